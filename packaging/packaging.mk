# What is made of the program for others: manual pages, an installation, packages.
MAN_PAGES := imagefs.1 mount.imagefs.8
MAN := $(MAN_PAGES:%=artifacts/man/%)

.PHONY: man
man: $(MAN) ## artifacts/man/: the manual pages, with what they share put in
	@command -v man >/dev/null || exit 0; for page in $(MAN); do \
	  LC_ALL=C.UTF-8 MANWIDTH=80 MANROFFOPT=-ww man --warnings -E UTF-8 -l "$$page" 2>&1 >/dev/null | { ! grep . >&2; } || exit 1; \
	done

# A line `.so FILE` stands for the file.
artifacts/man/%: docs/man/% $(wildcard docs/man/*.man)
	@mkdir -p $(@D)
	@awk '$$1 == ".so" { while ((getline line < ("docs/man/" $$2)) > 0) print line; next } 1' $< >$@
