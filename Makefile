# From a bare clone with only Python, venv and make:
#   make demo [ARGS=--no-browser]    JupyterLab on the quickstart, practice cloud
#   make test                        lint, types, import rules and all tests
#   make quick                       the tests of single modules and of the form, within a minute
#   make docs                        the documentation in English and 中文, into build/docs
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
KERNELS := $(VENV)-kernels
PIP    := $(BIN)/python -m pip --disable-pip-version-check -q

.PHONY: demo test pytest quick lint soak kernels test-oldest picture bench docs docs-en docs-zh test-docs clean

demo: $(VENV)/.lab-ready
	$(BIN)/ppio-widgets demo $(ARGS)

# Lint takes its time beside the tests. 7.0.1 is the first ipykernel that keeps in a context which cell an
# output belongs to.
test: $(VENV)/.dev-ready $(KERNELS)/ipykernel-7-0-1/.ready
	$(BIN)/python tests/support/ensure_chromium.py
	$(MAKE) --no-print-directory --jobs 2 --keep-going lint pytest

pytest: $(VENV)/.dev-ready
	$(BIN)/python -m pytest $(AT_ONCE) $(ARGS)

quick: $(VENV)/.dev-ready
	$(BIN)/python -m pytest $(AT_ONCE) --hypothesis-profile=quick -m 'not long' tests/package tests/locale tests/runtime tests/request tests/secrets tests/formats tests/cloud tests/practice tests/instances tests/launches tests/cards tests/support tests/widgets $(ARGS)

lint: $(VENV)/.dev-ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

# The launcher's proof at its full length: 2,000 random faults, 300 kills, 25 rounds of each race; three kinds of
# exception at every line of a launch and a look, 3,000 Interrupts within the wire; every pace of
# double clicks and held keys on every button.
soak: $(VENV)/.dev-ready
	$(BIN)/python tests/support/ensure_chromium.py
	PPIO_WIDGETS_SOAK=1 $(BIN)/python -m pytest tests/proofs tests/browser/test_consent.py $(ARGS)

# A launch in each ipykernel that is promised, and in the environment's own, the newest.
kernels: $(foreach row,6-31 7-0-1 7-1 7-2 7-3,$(KERNELS)/ipykernel-$(row)/.ready)
	$(BIN)/python -m pytest tests/kernels $(ARGS)

# The lower end of every dependency's range; the upper end is what `make test` installs.
test-oldest: $(VENV)-oldest/.ready
	$(VENV)-oldest/bin/python -m pytest tests/package tests/locale tests/runtime tests/request tests/secrets tests/formats tests/cloud tests/practice tests/instances tests/launches tests/cards tests/support tests/contract tests/proofs tests/widgets tests/magics tests/notebooks tests/docs $(ARGS)

# The pictures of README and docs, taken in a real browser.
picture: $(VENV)/.dev-ready
	$(BIN)/python tests/support/ensure_chromium.py
	PPIO_WIDGETS_PICTURES=docs/pictures $(BIN)/python -m pytest tests/browser/test_picture.py

# The documentation in both languages, into build/docs; a warning or a dead link within it stops it. All is read
# anew (-E): what the pages take from the package is in none of their files.
docs: docs-en docs-zh
	cp docs/index.html build/docs/index.html

docs-en docs-zh: docs-%: $(VENV)-docs/.ready
	$(VENV)-docs/bin/sphinx-build -q -E -W --keep-going -t $* -c docs -d build/doctrees/$* docs/$* build/docs/$* $(ARGS)

# The built site in a real browser: search, the other language, phones, dark pictures.
test-docs: $(VENV)/.dev-ready
	$(BIN)/python tests/support/ensure_chromium.py
	$(BIN)/python -m pytest docs/test_site.py $(ARGS)

# Side by side with its peers, in one run of about a quarter of an hour; writes benchmarks/RESULTS.md.
bench: $(VENV)-bench/.ready
	$(VENV)-bench/bin/python tests/support/ensure_chromium.py
	$(VENV)-bench/bin/python -m benchmarks $(ARGS)

# Several workers, see tests/conftest.py: a file is one worker's, and they begin in the order of collection.
AT_ONCE := -n auto --dist loadfile --no-loadscope-reorder

# Each worker and each kernel would compile all modules again where the environment says so.
export PYTHONDONTWRITEBYTECODE :=

# Where the tests look for kernels.
export PPIO_WIDGETS_KERNELS := $(abspath $(KERNELS))

# A stamp per set-up: nothing is installed again until pyproject.toml changes.
$(BIN)/python:
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --upgrade "pip>=25.1"

$(VENV)/.lab-ready: pyproject.toml | $(BIN)/python
	$(PIP) install --editable ".[lab]"
	@touch $@

$(VENV)/.dev-ready: pyproject.toml | $(BIN)/python
	$(PIP) install --editable ".[lab]" --group dev
	@touch $@ $(VENV)/.lab-ready

# Only the kernel itself, to be put in front of the environment's own.
$(KERNELS)/%/.ready: pyproject.toml | $(VENV)/.dev-ready
	rm -rf $(@D)
	$(PIP) install --no-deps --target $(@D) --group $*
	@touch $@

$(VENV)-oldest/.ready: pyproject.toml tests/oldest.txt
	$(PYTHON) -m venv $(VENV)-oldest
	$(VENV)-oldest/bin/python -m pip -q install --upgrade "pip>=25.1"
	$(VENV)-oldest/bin/python -m pip -q install --editable . --group test --constraint tests/oldest.txt
	@touch $@

$(VENV)-bench/.ready: pyproject.toml
	$(PYTHON) -m venv $(VENV)-bench
	$(VENV)-bench/bin/python -m pip -q install --upgrade "pip>=25.1"
	$(VENV)-bench/bin/python -m pip -q install --editable ".[lab]" --group bench
	@touch $@

$(VENV)-docs/.ready: pyproject.toml
	$(PYTHON) -m venv $(VENV)-docs
	$(VENV)-docs/bin/python -m pip -q install --upgrade "pip>=25.1"
	$(VENV)-docs/bin/python -m pip -q install --editable . --group docs
	@touch $@

clean:
	rm -rf $(VENV) $(KERNELS) $(VENV)-oldest $(VENV)-bench $(VENV)-docs build/docs build/doctrees
