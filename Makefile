# ImageFs: `make help` lists the targets.
SHELL := /bin/bash
.DEFAULT_GOAL := build
CONFIGURATION ?= Release
RID ?= linux-$(if $(filter aarch64,$(shell uname -m)),arm64,x64)
IMAGE ?=
DIR ?=
TFM ?= net10.0

PROGRAM := artifacts/bin/ImageFs/$(shell echo $(CONFIGURATION) | tr A-Z a-z)/imagefs
PUBLISH := dotnet publish src/ImageFs -c Release -r $(RID) -o artifacts/publish/imagefs
CC_FLAG := $(if $(shell command -v clang),,-p:CppCompilerAndLinker=gcc)

BENCH := dotnet run --project test/ImageFs.Benchmarks -c Release --no-launch-profile --
DIST ?= dist/imagefs
WAYS ?= reply=splice reply=copy reply=gather reply=direct
MICRO ?= --filter '*'
FORMAT ?= all
MINUTES ?= 1

.PHONY: build run test fuzz lint images publish publish-aot publish-r2r bench bench-r2r bench-ways bench-encrypted bench-nbd bench-http bench-ewf bench-micro bench-tools check clean help tools

build: tools ## Build everything
	dotnet build ImageFs.sln -c $(CONFIGURATION) -nologo -v quiet

run: tools ## Build, mount a small sample image, read from it, unmount; or mount IMAGE=x.iso on DIR=/mnt
	dotnet build src/ImageFs -c $(CONFIGURATION) -nologo -v quiet
	@images/run.sh $(PROGRAM) "$(IMAGE)" "$(DIR)"

test: tools ## Run all tests; IMAGEFS=dist/imagefs tests that program
	@test/run.sh $(CONFIGURATION) "$(IMAGEFS)"

fuzz: tools ## Mutants of images against the parsers; FORMAT=ext4,vfat MINUTES=10 SEED=1, KEEP=1 adds to the corpus, COUNT=1 counts code (docs/security.md)
	@dotnet build test/ImageFs.Fuzz -c Release -nologo -v quiet
	@nice -n 19 artifacts/bin/ImageFs.Fuzz/release/fuzz $(FORMAT) minutes=$(MINUTES) $(if $(SEED),seed=$(SEED)) $(if $(KEEP),keep) $(if $(COUNT),count)

lint: tools ## Formatting, code style and warnings, all as errors
	dotnet build ImageFs.sln -c $(CONFIGURATION) -nologo -v quiet
	dotnet format ImageFs.sln --no-restore --verify-no-changes

images: ## Rebuild the test images, and say whether they came out the same
	@test/install-tools.sh
	@for build in images/build.sh images/*/build.sh; do echo "$$build"; $$build || exit 1; done

publish: tools ## dist/imagefs, one executable file: Native AOT if its packs can be restored, else ReadyToRun
	@$(MAKE) --no-print-directory publish-aot || $(MAKE) --no-print-directory publish-r2r

publish-aot: tools ## dist/imagefs by Native AOT; TFM=net9.0 takes that framework's packs
	$(PUBLISH) -p:Tfm=$(TFM) -p:PublishAot=true $(CC_FLAG) -nologo
	@$(MAKE) --no-print-directory dist

publish-r2r: tools ## dist/imagefs by ReadyToRun: self-contained, single file, trimmed
	$(PUBLISH) --self-contained -p:PublishReadyToRun=true -p:PublishSingleFile=true -p:PublishTrimmed=true -nologo
	@$(MAKE) --no-print-directory dist

.PHONY: dist
dist:
	@install -D -m 755 artifacts/publish/imagefs/imagefs $(DIST)
	@ls -l $(DIST)

bench: bench-tools ## ImageFs beside other programs, into docs/performance.md; BENCH_ROUNDS=1, BENCH_ONLY=seq,fuse2fs for a quick look
	@$(BENCH) compare

bench-r2r: ## Have the ReadyToRun build in the next `make bench` too
	@$(MAKE) --no-print-directory publish-r2r DIST=artifacts/bench/imagefs-r2r

bench-ways: bench-tools ## Ways of replying, by size, source and readers; WAYS="reply=copy max_threads=1" are mount options
	@$(BENCH) ways $(WAYS)

bench-encrypted: bench-tools ## An encrypted volume beside the same in the clear, and beside openssl speed
	@$(BENCH) encrypted

bench-nbd: bench-tools ## An image of an NBD server 20 ms away, beside the kernel's driver over nbdfuse and qemu-storage-daemon
	@$(BENCH) nbd

bench-http: bench-tools ## An image of nginx on this machine, beside curl
	@$(BENCH) http

bench-ewf: bench-tools ## A forensic image, beside the kernel's driver over ewfmount
	@$(BENCH) ewf

bench-micro: tools ## Lookups, parsing and replies by themselves, by BenchmarkDotNet; MICRO="--filter '*Extent*'"
	@$(BENCH) micro $(MICRO)

bench-tools: tools
	@test/ImageFs.Benchmarks/install-peers.sh
	@[[ -n "$(IMAGEFS)" || -x dist/imagefs ]] || $(MAKE) --no-print-directory publish

include packaging/packaging.mk

check: lint images publish man ## All of the above
	@$(MAKE) --no-print-directory test IMAGEFS=$(DIST)

clean: ## Remove what was built
	rm -rf artifacts dist

help: ## This list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

tools:
	@command -v dotnet >/dev/null || { echo "The .NET SDK 10 is missing: https://dot.net, or your distribution's dotnet-sdk-10.0" >&2; exit 1; }
