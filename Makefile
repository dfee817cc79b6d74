# The targets that people use; each that needs an environment makes it first. README.md says which to begin with.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
TOOLS := .tools/bin
PIP := -m pip install --quiet --disable-pip-version-check
N ?= 60
# The extras that have a file of pinned packages of their own; requirements/lock.txt has everything, with hashes.
EXTRAS := export report monitor distributed browser evidence datasette docs
# Without kept bytecode each process of the tests would compile all packages again.
unexport PYTHONDONTWRITEBYTECODE

# The tests that kill processes, fail system calls and flip bits.
FAULTS := tests/integration/hostile/test_failing_calls.py $(patsubst %,tests/integration/schedule/test_%.py,killed killed_commands flipped_bits)

.PHONY: runtime setup demo crawl browse test faults simulate coverage check docs bench bench-scale size audit lock clean

runtime: $(VENV)/runtime-ready  ## Make the environment, with what a crawl needs.

setup: $(VENV)/ready  ## Add what the tests, the checks, the benchmark and the optional parts need.

$(VENV)/runtime-ready: pyproject.toml requirements.txt requirements/build.txt
	@$(PYTHON) -c 'import sys; sys.exit("vokcrawl needs Python 3.11 or newer; name one with make PYTHON=…" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python $(PIP) --no-compile -r requirements.txt -r requirements/build.txt
	$(BIN)/python $(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/ready: $(VENV)/runtime-ready requirements/lock.txt
	$(BIN)/python $(PIP) --require-hashes -r requirements/lock.txt
	@touch $@

demo: runtime  ## Crawl the bundled sample site of N articles and show the result.
	@$(BIN)/scrapy demo --articles $(N)

crawl: runtime  ## Crawl the live site with the default settings.
	$(BIN)/scrapy crawl vok

browse: $(VENV)/browse-ready  ## Open the output of crawls (or of VOK_OUTPUT_DIR) in a web browser, at http://127.0.0.1:8001/.
	@$(BIN)/scrapy browse $(if $(VOK_OUTPUT_DIR),-s VOK_OUTPUT_DIR='$(VOK_OUTPUT_DIR)')

$(VENV)/browse-ready: $(VENV)/runtime-ready requirements/datasette.txt
	$(BIN)/python $(PIP) -r requirements/datasette.txt
	@touch $@

test: setup  ## Run the tests. VOK_TEST_KILLS=500 kills the crawl more often, VOK_TEST_COLD=1 starts each child process without preloaded modules.
	$(BIN)/python -m pytest -n auto --dist worksteal $(PYTEST_ARGS)

faults: setup  ## Kill 300 crawls and 50 commands, fail each system call that writes, and flip bits; print the figures (about half an hour).
	VOK_TEST_THOROUGH=1 $(BIN)/python -m pytest -n auto --dist worksteal $(FAULTS) $(PYTEST_ARGS)

coverage: export COVERAGE_CORE = $(shell $(PYTHON) -c 'import sys; print("sysmon" if sys.version_info >= (3, 12) else "ctrace")')
coverage: setup  ## Run the tests and measure the package's line coverage (1 if it is under the minimum of pyproject.toml).
	rm -rf build/coverage
	$(BIN)/python -m coverage run -m pytest -n auto --dist worksteal $(PYTEST_ARGS)
	$(BIN)/python -m coverage combine --quiet
	@rm -f build/coverage/data.*  # cut off in processes that a test killed
	$(BIN)/python -m coverage report --fail-under=0 --show-missing > build/coverage/report.txt
	@echo "Line coverage: $$($(BIN)/python -m coverage report --fail-under=0 --format=total --precision=2) %; build/coverage/report.txt names the lines that were not run"
	@$(BIN)/python -m coverage report --format=total --precision=2 > build/coverage/total.txt || { echo "It is under the minimum of pyproject.toml"; exit 1; }

simulate: N = 100000
simulate: setup  ## Run the crawl core against N simulated sites, and report what fails.
	$(BIN)/python -m tests.simulation $(N) --workers $$(getconf _NPROCESSORS_ONLN)

check: setup  ## Lint, check the direction of imports, and type-check.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy

docs: setup  ## Build the documentation as a site, in build/site.
	$(BIN)/zensical build --strict --clean

bench: setup  ## Measure against a bare Scrapy spider on the same site.
	$(BIN)/python -m benchmarks

bench-scale: setup  ## Measure how each command grows, up to a million articles (takes hours).
	$(BIN)/python -m benchmarks.scale --articles 10000,100000,1000000 --runs 1000

size:  ## Run `make demo` in a new environment; print the environment's size and the CPU time (1 if it is over 250 MB).
	@$(PYTHON) benchmarks/environment.py

audit: .tools/ready  ## Look up all pins in PyPI's database of vulnerabilities (needs the network; exit code 1 if there is one, or a look-up failed).
	$(TOOLS)/pip-audit --strict --disable-pip --progress-spinner off -r requirements/lock.txt -r requirements/tools.txt

# Options of uv that all pins share. LOCK_ARGS=--upgrade takes the newest versions that pyproject.toml allows.
COMPILE := $(TOOLS)/uv pip compile --quiet --universal --python-version 3.11 --custom-compile-command "make lock"
HASHED := --generate-hashes $(LOCK_ARGS)
# The same versions as the lock's.
PINNED := --constraint requirements/lock.txt --no-annotate

lock: .tools/ready  ## Pin all dependencies again: the lock, with hashes, and the files for pip (needs the network).
	$(COMPILE) pyproject.toml --all-extras $(HASHED) --output-file requirements/lock.txt
	$(COMPILE) pyproject.toml --extra splash $(PINNED) --output-file requirements.txt
	for extra in $(EXTRAS); do $(COMPILE) pyproject.toml --extra $$extra $(PINNED) --output-file requirements/$$extra.txt || exit 1; done
	$(COMPILE) requirements/build.in $(PINNED) --output-file requirements/build.txt
	$(COMPILE) requirements/tools.in $(HASHED) --output-file requirements/tools.txt

.tools/ready: requirements/tools.txt
	$(PYTHON) -m venv .tools
	$(TOOLS)/python $(PIP) --require-hashes -r requirements/tools.txt
	@touch $@

clean:  ## Remove the environments and what the tools have left.
	rm -rf .venv .tools .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .cache build
