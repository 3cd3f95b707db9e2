# Everything a person or the CI runs. Each target sets up what it needs; nothing is done twice.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUST := $(shell find rust -name '*.rs' -o -name Cargo.toml) Cargo.toml Cargo.lock
# One cargo profile for the wheel, the tests and the lints, and always the whole workspace where features are chosen:
# Arrow is compiled once.
CARGO := cargo
PROFILE := --release
# Seconds that each load scenario runs.
LOAD_SECONDS ?= 20
# Fuzz targets, all of them unless one is named, and the seconds that each runs.
TARGET ?= xlsx formula json arrow csv number_format
SECONDS ?= 60
# Per input: seconds, and megabytes in one piece and in all, of which the sanitizer takes a good part itself.
FUZZ_LIMITS := -timeout=20 -malloc_limit_mb=256 -rss_limit_mb=2048 -max_len=65536 -print_final_stats=1

.PHONY: setup demo test test-rust test-python check fuzz format bench load oracle wheel clean

setup: $(VENV)/.native

$(VENV)/.packages: pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	$(BIN)/python -m pip install --quiet --group dev
	touch $@

$(VENV)/.native: $(VENV)/.packages $(RUST)
	PIP_QUIET=1 VIRTUAL_ENV=$(abspath $(VENV)) $(BIN)/maturin develop --quiet $(PROFILE)
	touch $@

# The documented sample of Execute v4 against a server of its own; ONCE=1 stops after the answers.
demo: setup
	$(BIN)/python examples/demo.py $(if $(ONCE),--once)

test: test-rust test-python

test-rust:
	$(CARGO) test --quiet $(PROFILE) --workspace

test-python: setup
	$(BIN)/python -m pytest

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/stubtest execd._native
	$(CARGO) fmt --check
	$(CARGO) clippy --quiet $(PROFILE) --workspace --all-targets -- -D warnings
	$(BIN)/python -m pytest --quiet tests/python/test_layers.py

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
	$(BIN)/python benches/run.py

load: setup
	$(BIN)/python loadtests/run.py --seconds $(LOAD_SECONDS)

# Recreates the reference values of the benchmark models; installs LibreOffice if there is none.
oracle: setup
	$(BIN)/python tests/oracle/recreate.py

wheel: setup
	VIRTUAL_ENV=$(abspath $(VENV)) $(BIN)/maturin build --profile dist

clean:
	rm -rf $(VENV) target build data
