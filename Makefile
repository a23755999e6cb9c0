# SPDX-License-Identifier: GPL-2.0-only
#
# Ferry's top-level makefile. Every target fetches and installs what it needs;
# "make help" lists them. Kernels and their sources are kept outside the
# checkout, in $FERRY_CACHE (default: ~/.cache/ferry).

MAKEFLAGS += --no-print-directory --no-builtin-rules
SHELL := /bin/bash
.DELETE_ON_ERROR:
.DEFAULT_GOAL := all

# Every sub-makefile puts its results below this folder.
OUT := $(CURDIR)/build

# What a user picks: the kernel to build for, the kernel to test on.
KDIR ?=
KERNEL ?= 6.1 6.12 newest
# The newest as UML: built and through the tests in a fraction of the time
CHECK_KERNEL ?= 6.1 6.12 uml

VM := selftests/vm
PROGRAMS := $(wildcard userspace/ferry/Makefile userspace/run/Makefile)
TEST_DIRS := $(wildcard selftests/net/Makefile selftests/apps/Makefile selftests/fuzz/Makefile)

## all           the module for Debian's 6.12, the tool and the libraries
.PHONY: all
all: module tools

## module        ferry.ko for KDIR=<kernel headers> (default: Debian's 6.12)
.PHONY: module
module: | prepare-build
	@kdir="$(KDIR)"; \
	kdir=$${kdir:-$$($(VM)/kernel 6.12)/kdir} && module/build "$$kdir"

## tools         build/bin/ferry and build/lib/libferryrun.so
.PHONY: tools $(PROGRAMS)
tools: $(PROGRAMS)
$(PROGRAMS): | prepare-build
	@$(MAKE) -C $(dir $@) O=$(OUT)

## selftests     the compiled parts of the kselftests
.PHONY: selftests $(TEST_DIRS)
selftests: $(TEST_DIRS)
$(TEST_DIRS): | prepare-build
	@$(MAKE) -C $(dir $@) O=$(OUT)

## kunit         run the KUnit suites in UML
.PHONY: kunit
kunit: | prepare-test
	@$(VM)/kunit

## sim           the engine on simulated networks: SIM_COUNT scenarios from SIM_SEED on
.PHONY: sim
sim: | prepare-build
	@$(MAKE) -C selftests/sim check O=$(OUT)

## mutants       do the engine's tests notice a broken engine? MUTANTS="name..." of them
.PHONY: mutants
mutants: | prepare-build
	@$(MAKE) -C selftests/sim mutants

## sim-table     the standard scenarios' figures into Documentation/sim
## sim-plots     the same as curves (gnuplot)
.PHONY: sim-table sim-plots
sim-table: | prepare-build
	@$(MAKE) -C selftests/sim table O=$(OUT)
sim-plots: | prepare-build prepare-plots
	@$(MAKE) -C selftests/sim plots O=$(OUT)

## fuzz          libFuzzer on the engine, FUZZ_SECONDS (60) for each target
.PHONY: fuzz fuzz-ci fuzz-coverage
fuzz: | prepare-fuzz
	@set -o pipefail; $(MAKE) -C selftests/fuzz fuzz O=$(OUT) | $(VM)/ktap

fuzz-ci: | prepare-fuzz
	@set -o pipefail; $(MAKE) -C selftests/fuzz fuzz O=$(OUT) \
		FUZZ_SECONDS=$${FUZZ_SECONDS:-60} | $(VM)/ktap

## fuzz-coverage lines of the engine that the fuzzers' corpus reaches
fuzz-coverage: | prepare-fuzz
	@$(MAKE) -C selftests/fuzz coverage O=$(OUT)

## soak          MINUTES (30) of everything at once on the debug kernel
.PHONY: soak
soak: tools selftests | prepare-test
	@set -o pipefail; selftests/fuzz/soak | $(VM)/ktap

## kselftest     run the kselftests on KERNEL="6.1 6.12 newest" or uml, TESTS="name..." of them
.PHONY: kselftest
kselftest: tools selftests | prepare-test
	@$(VM)/kselftest $(KERNEL)

## preload       ferry run's library against programs, without the module
.PHONY: preload
preload: tools selftests | prepare-test
	@set -o pipefail; selftests/apps/test_run.sh | $(VM)/ktap

## bench         Ferry beside TCP, UDP and others on KERNEL=6.12|uml|6.12-icount, BENCH="names..."
.PHONY: bench
bench: selftests | prepare-test prepare-plots
	@$(MAKE) -C selftests/bench O=$(OUT)
	@KERNEL="$(if $(filter file,$(origin KERNEL)),,$(KERNEL))" selftests/bench/run

## lint          compiler, sparse and checkpatch warnings are errors here
.PHONY: lint
lint: | prepare-build
	@selftests/lint/run

## demo          a download over Ferry through a bad link, start to end
.PHONY: demo
demo: tools | prepare-test
	@selftests/demo/run

## check         everything CI runs: lint, sim, three mutants, fuzz, preload, kunit, kselftest, demo
.PHONY: check
check:
	@$(VM)/check $(CHECK_KERNEL:%=kselftest-%) lint kunit sim mutants-ci fuzz-ci preload demo

## check-debug   the KUnit suites and the kselftests on the debug kernel
.PHONY: check-debug
check-debug:
	@$(VM)/check kunit-debug kselftest-debug

## clean         remove build/ (the cache outside the checkout stays)
.PHONY: clean
clean:
	@rm -rf $(OUT)

## help          this list
.PHONY: help
help:
	@sed -n 's/^## /  make /p' $(firstword $(MAKEFILE_LIST))

.PHONY: prepare-build prepare-test prepare-fuzz prepare-plots
prepare-build:
	@$(VM)/prepare build
prepare-test:
	@$(VM)/prepare all
prepare-fuzz:
	@$(VM)/prepare build fuzz
prepare-plots:
	@$(VM)/prepare plots
