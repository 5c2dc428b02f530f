# What is made of the program for others: manual pages, an installation, packages.
VERSION := $(shell sed -n 's/.*<Version>\(.*\)<.*/\1/p' Directory.Build.props)
MAN_PAGES := imagefs.1 mount.imagefs.8
MAN := $(MAN_PAGES:%=artifacts/man/%)

.PHONY: man
man: $(MAN) ## artifacts/man/: the manual pages, with what they share put in
	@command -v man >/dev/null || exit 0; for page in $(MAN); do \
	  LC_ALL=C.UTF-8 MANWIDTH=80 MANROFFOPT=-ww man --warnings -E UTF-8 -l "$$page" 2>&1 >/dev/null | { ! grep . >&2; } || exit 1; \
	done

# A line `.so FILE` stands for the file.
artifacts/man/%: docs/man/% $(wildcard docs/man/*.man) Directory.Build.props
	@mkdir -p $(@D)
	@awk '$$1 == ".so" { while ((getline line < ("docs/man/" $$2)) > 0) print line; next } { sub(/@VERSION@/, "$(VERSION)") } 1' $< >$@

# PREFIX=/usr is where mount(8) finds mount.imagefs; DESTDIR is put before all of it.
PREFIX ?= /usr/local
SBINDIR ?= $(PREFIX)/sbin
DESTDIR ?=
APPLICATION := io.github.imagefs.ImageFs

# Mode, what, and where below the prefix.
INSTALLED := \
  755:$(DIST):bin/imagefs \
  644:artifacts/man/imagefs.1:share/man/man1/imagefs.1 \
  644:artifacts/man/mount.imagefs.8:share/man/man8/mount.imagefs.8 \
  644:packaging/completions/imagefs.bash:share/bash-completion/completions/imagefs \
  644:packaging/completions/_imagefs:share/zsh/site-functions/_imagefs \
  644:packaging/completions/imagefs.fish:share/fish/vendor_completions.d/imagefs.fish \
  644:artifacts/systemd/imagefs@.service:lib/systemd/system/imagefs@.service \
  644:artifacts/systemd/imagefs-url@.service:lib/systemd/system/imagefs-url@.service \
  644:packaging/desktop/$(APPLICATION).desktop:share/applications/$(APPLICATION).desktop \
  644:packaging/desktop/$(APPLICATION).metainfo.xml:share/metainfo/$(APPLICATION).metainfo.xml

.PHONY: install uninstall deb rpm container pack public-api picture
install: $(DIST) man ## Install below PREFIX=/usr/local, and DESTDIR= before that; PREFIX=/usr is where mount(8) looks
	@install -d artifacts/systemd
	@for unit in imagefs@.service imagefs-url@.service; do sed 's#@BINDIR@#$(PREFIX)/bin#' "packaging/systemd/$$unit" >"artifacts/systemd/$$unit" || exit 1; done
	@for file in $(INSTALLED); do \
	  IFS=: read -r mode from to <<<"$$file"; install -D -m "$$mode" "$$from" "$(DESTDIR)$(PREFIX)/$$to" || exit 1; \
	done
	@install -d "$(DESTDIR)$(SBINDIR)" && ln -sf "$$(realpath -ms --relative-to="$(SBINDIR)" "$(PREFIX)/bin/imagefs")" "$(DESTDIR)$(SBINDIR)/mount.imagefs"

uninstall: ## Remove what `make install` installed
	@rm -f $(foreach file,$(INSTALLED),"$(DESTDIR)$(PREFIX)/$(lastword $(subst :, ,$(file)))") "$(DESTDIR)$(SBINDIR)/mount.imagefs"

$(DIST):
	@$(MAKE) --no-print-directory publish

deb: $(DIST) man ## artifacts/imagefs_VERSION_ARCH.deb, a Debian package of what `make install` installs
	@packaging/debian/build.sh $(VERSION) artifacts

rpm: $(DIST) man ## artifacts/rpm/: a package for Fedora and its relatives of what `make install` installs, by rpmbuild
	@rpmbuild -bb --build-in-place --quiet --define "_topdir $(abspath artifacts/rpmbuild)" --define "_rpmdir $(abspath artifacts/rpm)" $(RPMBUILD) packaging/fedora/imagefs.spec
	@ls artifacts/rpm/*/imagefs-$(VERSION)-*.rpm

CONTAINER ?= $(firstword $(foreach tool,buildah podman docker,$(if $(shell command -v $(tool)),$(tool))))
container: $(DIST) ## The image localhost/imagefs:VERSION, with nothing in it but the program and its libraries, by buildah, podman or docker
	@packaging/container/root.sh $(DIST) artifacts/container/root
	@[[ -n "$(CONTAINER)" ]] || { echo "There is no buildah, podman or docker; artifacts/container/root is what would be in the image" >&2; exit 1; }
	@$(CONTAINER) build --build-arg VERSION=$(VERSION) -t localhost/imagefs:$(VERSION) -f packaging/container/Containerfile artifacts/container

LIBRARIES := ImageFs.Fuse ImageFs.Images ImageFs.Manifest ImageFs.FileSystems ImageFs.Tree ImageFs.Storage ImageFs.Linux

pack: tools ## artifacts/packages/: the program as a dotnet tool, and as libraries ImageFs.Fuse and ImageFs.Images with what they need
	@for project in ImageFs $(LIBRARIES); do \
	  dotnet pack "src/$$project" -c Release -o artifacts/packages -nologo -v quiet || exit 1; \
	done
	@ls artifacts/packages

public-api: tools ## Write down what the libraries offer (src/*/PublicAPI.Unshipped.txt), after it was changed on purpose
	@src/public-api.sh $(LIBRARIES)

picture: $(DIST) ## docs/session.svg, the README's picture of a session
	@docs/session.sh $(DIST) >artifacts/session.svg && mv artifacts/session.svg docs/session.svg
