# What a person types. The work is in scripts/ and CMakeLists.txt.
#
# GULO_PYTHON=python3   take torch from that interpreter, cmake and ninja from the PATH, instead of making .venv
# TOGETHER=all          compile several sources as one (GULO_TOGETHER in CMakeLists.txt): all at once sooner, one by one later. A
#                       build that begins with demo, test or examples does; one that is there stays as it is; TOGETHER= undoes it
# JOBS=N                compilers and tests side by side (default: all cores)
export GULO_PYTHON
JOBS ?= $(shell nproc)
ifndef GULO_PYTHON
  export PATH := $(CURDIR)/.venv/bin:$(PATH)
endif
ifeq ($(origin TOGETHER),undefined)
  # "=all", "=" or, where nothing is built, nothing.
  built_together := $(shell sed -n 's/^GULO_TOGETHER:.*=/=/p' build/CMakeCache.txt 2>/dev/null)
  ifeq ($(built_together),)
    demo test examples: TOGETHER := all
  else
    TOGETHER := $(patsubst =%,%,$(built_together))
  endif
endif
.DEFAULT_GOAL := help
.PHONY: help setup build programs test demo examples lint lint-all format fuzz cuda bench suite clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

setup: ## Debian packages and .venv (quick when they are there)
	@scripts/setup.sh

# $(call compile,TARGET): configures, quietly unless that fails, and builds it.
define compile
@log=$$(cmake --preset release $(if $(GULO_PYTHON),-D GULO_PYTHON=$(GULO_PYTHON),-U GULO_PYTHON) \
    -D GULO_TOGETHER=$(TOGETHER) 2>&1) || { echo "$$log"; exit 1; }
@cmake --build build --parallel $(JOBS) --target $(1)
endef

build: setup ## build/gulo, build/gulo-engine and the tests
	$(call compile,all)

programs: setup ## the programs alone
	$(call compile,programs)

test: build ## build, then every test
	@OMP_WAIT_POLICY=PASSIVE ctest --test-dir build --output-on-failure --parallel $(JOBS)

demo: programs ## learn to recognise this machine's own file types, in a minute or two
	@scripts/demo.sh

examples: programs ## one for each kind of data, on data that the machine can fetch
	@scripts/examples.sh

lint: setup ## format and clang-tidy of what changed since the main branch
	@scripts/lint.sh changed

lint-all: setup ## format and clang-tidy of everything
	@scripts/lint.sh all

format: setup ## formats every C++ and CUDA source in place
	@git ls-files -z '*.h' '*.cpp' '*.cu' | xargs -0 clang-format -i

fuzz: setup ## look for files that break a reader, for SECONDS=10 (needs clang)
	@scripts/fuzz.sh $(or $(SECONDS),10)

cuda: setup ## the CUDA variant in build-cuda/ and its tests (scripts/cuda.sh)
	@scripts/cuda.sh

bench: build ## the benchmarks, on DATA=FOLDER_OF_SETS
	@DATA="$(DATA)" bench/run_all.sh

suite: build ## gulo against ordinary pipelines on all sets, of DATA=FOLDER_OF_SETS and of Debian's packages
	@python3 bench/suite.py "$(DATA)"
	@python3 bench/readme_table.py

clean: ## removes what was built, and the demo; .venv stays
	@rm -rf build build-* demo
