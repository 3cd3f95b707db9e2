# Everything a person or the CI runs. Each target sets up what it needs; nothing is done twice.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUST := $(shell find rust -name '*.rs' -o -name Cargo.toml) Cargo.toml Cargo.lock
# One cargo profile for the wheel, the tests and the lints, and always the whole workspace where features are chosen:
# Arrow is compiled once.
CARGO := cargo
PROFILE := --release
# Shows that a long command goes on.
PATIENTLY := $(PYTHON) .ci/patiently.py
# Seconds that each load scenario runs.
LOAD_SECONDS ?= 20
# Fuzz targets, all of them unless one is named, and the seconds that each runs.
TARGET ?= xlsx workbook formula json envelope patterns csv ndjson arrow parquet packed number_format
SECONDS ?= 60
# Per input: seconds, and megabytes in one piece and in all, of which the sanitizer takes a good part itself.
FUZZ_LIMITS := -timeout=20 -malloc_limit_mb=256 -rss_limit_mb=2048 -max_len=65536 -print_final_stats=1

.PHONY: setup demo test test-rust test-python test-engines check fuzz format bench load oracle wheel deny clean

setup: $(VENV)/.native

$(VENV)/.packages: pyproject.toml
	@echo 'installing Python packages into $(VENV) (about a minute)'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	@$(BIN)/python -m pip install --quiet --group dev
	@touch $@

$(VENV)/.native: $(VENV)/.packages $(RUST)
	@echo 'compiling the Rust code (some minutes the first time, then what has changed)'
	@PIP_QUIET=1 VIRTUAL_ENV=$(abspath $(VENV)) $(PATIENTLY) compiling $(BIN)/maturin develop $(PROFILE)
	@touch $@

# The documented sample of Execute v4 against a server of its own; ONCE=1 stops after the answers.
demo:
	@echo 'make demo does three things. The first time, on two cores:'
	@echo '  1. installs Python packages into $(VENV): about a minute'
	@echo '  2. compiles the Rust code: four to ten minutes'
	@echo '  3. starts a server with the example workbooks and sends it the documented sample: seconds'
	@$(MAKE) --no-print-directory setup
	@$(BIN)/python -m examples.demo $(if $(ONCE),--once)

test: test-rust test-python

test-rust:
	$(CARGO) test --quiet $(PROFILE) --workspace

test-python: setup
	$(BIN)/python -m pytest

# The library inside Ray, Spark and DuckDB beside Polars and Dask. Spark needs Java 17 or newer.
test-engines: $(VENV)/.engines
	$(BIN)/python -m pytest tests/python/adapters tests/python/docs/test_engines.py

$(VENV)/.engines: $(VENV)/.native
	@echo 'installing Ray, Spark and DuckDB into $(VENV) (about a gigabyte)'
	@$(BIN)/python -m pip install --quiet --group engines
	@touch $@

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/stubtest execd._native
	$(CARGO) fmt --check
	$(CARGO) clippy --quiet $(PROFILE) --workspace --all-targets -- -D warnings
	$(BIN)/python -m pytest --quiet tests/python/house/test_layers.py

# Runs the fuzz targets with libFuzzer and AddressSanitizer; `make test` replays their corpus without. What they find is
# kept in rust/fuzz/artifacts, what they learn in target/fuzz.
fuzz:
	@cargo fuzz --version >/dev/null 2>&1 || { echo 'make fuzz needs cargo-fuzz: cargo install cargo-fuzz' >&2; exit 1; }
	@c++ --version >/dev/null 2>&1 || { echo 'make fuzz needs a C++ compiler for libFuzzer: apt-get install g++' >&2; exit 1; }
	for target in $(TARGET); do \
		mkdir -p target/fuzz/$$target && \
		RUSTC_BOOTSTRAP=1 cargo fuzz run --fuzz-dir rust/fuzz --features libfuzzer $$target \
			target/fuzz/$$target rust/fuzz/corpus/$$target -- $(FUZZ_LIMITS) -max_total_time=$(SECONDS) || exit 1; \
	done

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(CARGO) fmt

bench: setup
	$(BIN)/python -m benches.run

load: setup
	$(BIN)/python -m loadtests.run --seconds $(LOAD_SECONDS)

# Recreates the reference values of the benchmark models; installs LibreOffice if there is none.
oracle: setup
	$(BIN)/python tests/oracle/recreate.py

# For every CPython from 3.11 on, and for systems whose glibc is as new as this one's or newer; MANYLINUX=2014 builds for
# glibc 2.17 and newer, with zig as the linker.
wheel: $(VENV)/.packages
	@echo 'building the wheel with link-time optimisation (seven to ten minutes on two cores)'
	$(if $(MANYLINUX),@$(BIN)/python -m pip install --quiet ziglang)
	@VIRTUAL_ENV=$(abspath $(VENV)) PATH=$(abspath $(BIN)):$$PATH $(PATIENTLY) building \
		$(BIN)/maturin build --profile dist $(if $(MANYLINUX),--zig --compatibility manylinux$(MANYLINUX))

# Licences, versions and sources of the crates, as deny.toml allows them; needs cargo-deny.
deny:
	$(CARGO) deny check

clean:
	rm -rf $(VENV) target build data
