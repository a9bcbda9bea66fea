# The two commands to know are `make demo` and `make test`. The work is done by the scripts in `.ci`.
.DEFAULT_GOAL := help
PYTHON ?= python3
.PHONY: help demo test bench fmt lint reference python-docs

help: ## Show this list
	@grep -hE '^[a-z-]+: ## ' $(MAKEFILE_LIST) | sed 's/: ## /\t/' | expand -t 14

demo: ## Build the command and bake the example flow (examples/fraud-detection)
	@bash .ci/demo

test: ## Check everything: format, lints, Rust tests, Python tests
	@bash .ci/run

bench: ## Measure speed; pass arguments as ARGS="..."
	cargo build --release --locked -p flow-cli -p flow-benches
	./target/release/flow-bench $(ARGS)

reference: ## Write the tables of flow-core/reference.md anew
	RENEW_REFERENCE=1 cargo test --locked -p flow-tests --test suite reference::

python-docs: ## Write the pages of the Python API into target/python-docs; needs `pip install './python[docs]'`
	$(PYTHON) .ci/python-docs.py target/python-docs

fmt: ## Format the sources
	cargo fmt --all

lint: ## Check format and lints only
	@bash .ci/run fmt lint
