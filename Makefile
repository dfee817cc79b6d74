# The targets that people use; each that needs the environment makes it first. README.md says which to begin with.
PYTHON ?= python3
BIN := .venv/bin
N ?= 60

.PHONY: setup demo crawl test check docs audit bench clean

setup: .venv/ready

.venv/ready: pyproject.toml requirements.txt $(wildcard requirements/*.txt)
	@$(PYTHON) -c 'import sys; sys.exit("vokcrawl needs Python 3.11 or newer; name one with make PYTHON=…" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: setup  ## Crawl the bundled sample site and show what comes of it.
	@$(BIN)/scrapy demo --articles $(N)

crawl: setup  ## Crawl the live site with the default settings.
	$(BIN)/scrapy crawl vok

test: setup  ## Run the tests. VOK_TEST_KILLS=500 kills the crawl more often, VOK_TEST_COLD=1 lets each child begin at nothing.
	$(BIN)/python -m pytest -n auto --dist worksteal $(PYTEST_ARGS)

check: setup  ## Lint and type-check.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

docs: setup  ## Build the documentation as a site, in build/site.
	$(BIN)/mkdocs build --strict --quiet

audit: .audit/ready  ## Look all pins up in PyPI's database of known faults (needs the network; 1 when one is found, or could not be looked up).
	.audit/bin/pip-audit --strict --no-deps --disable-pip --progress-spinner off $(foreach file,requirements.txt $(wildcard requirements/*.txt),-r $(file))

.audit/ready: requirements/audit.txt
	$(PYTHON) -m venv .audit
	.audit/bin/python -m pip install --quiet --disable-pip-version-check -r requirements/audit.txt
	@touch $@

bench: setup  ## Measure against a bare Scrapy spider on the same site.
	$(BIN)/python -m benchmarks

clean:  ## Remove the environment and what the tools have left.
	rm -rf .venv .audit .mypy_cache .ruff_cache .pytest_cache .hypothesis build
