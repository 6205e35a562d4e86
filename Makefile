# From a bare clone with only Python, venv and make:
#   make demo [ARGS=--no-browser]    JupyterLab on a copy of the notebooks, practice cloud
#   make test                        lint, types, import rules and all tests
#   make ready                       all that the tests need, and none of them
#   make quick                       the tests of single modules and of the form, within a minute
#   make docs                        the documentation in English and 中文, into build/docs
PYTHON ?= python3
# Folders that are made and removed: the call may name others, no variable of the environment does.
VENV   := .venv
LITE   := _lite
ifneq ($(words $(VENV)) $(words $(LITE)),1 1)
$(error VENV and LITE each name one folder, without blanks)
endif
BIN    := $(VENV)/bin
KERNELS := $(VENV)-kernels
HOSTS  := lab lab-4-2 notebook notebook-7-0 voila jupyterhub

.PHONY: demo ready test pytest quick lint soak kernels hosts class rooms test-pythons test-oldest package picture bench docs docs-en docs-zh test-docs lite test-lite clean

demo: $(VENV)/.lab-ready
	$(BIN)/ppio-widgets demo $(ARGS)

# What the tests need. 7.0.1 is the first ipykernel that keeps in a context which cell an output belongs to.
ready: $(VENV)/.dev-ready $(KERNELS)/ipykernel-7-0-1/.ready
	$(BIN)/python tests/support/ensure_chromium.py

# Lint takes its time beside the tests.
test: ready
	$(MAKE) --no-print-directory --jobs 2 --keep-going lint pytest

pytest: $(VENV)/.dev-ready
	$(BIN)/python -m pytest $(AT_ONCE) $(ARGS)

quick: $(VENV)/.dev-ready
	$(BIN)/python -m pytest $(AT_ONCE) --hypothesis-profile=quick -m 'not long' $(filter-out tests/contract tests/docs tests/magics tests/notebooks tests/proofs,$(ROOMS)) $(ARGS)

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

# A launch in each ipykernel that is promised, and in the environment's own, the newest; what shows no page.
kernels: $(foreach row,6-31 7-0-1 7-1 7-2 7-3,$(KERNELS)/ipykernel-$(row)/.ready) $(KERNELS)/papermill/.ready $(KERNELS)/jupyter-console/.ready
	$(BIN)/python -m pytest tests/kernels $(ARGS)

# All that a person does, in each place that shows notebooks; writes the table of them in docs. Some of them only:
# make hosts ARGS="-k notebook"
hosts: $(VENV)/.dev-ready $(foreach host,$(HOSTS) solara,$(VENV)-hosts/$(host)/.ready) lite
	$(BIN)/python tests/support/ensure_chromium.py
	PPIO_WIDGETS_HOSTS=$(VENV)-hosts PPIO_WIDGETS_LITE=$(LITE)/site $(BIN)/python -m pytest tests/browser/hosts $(ARGS)

# A lesson as a class does it: thirty kernels at once, and five people of a JupyterHub.
class: $(VENV)/.dev-ready $(VENV)-hosts/jupyterhub/.ready
	$(BIN)/python tests/support/ensure_chromium.py
	PPIO_WIDGETS_STUDENTS=30 PPIO_WIDGETS_HOSTS=$(VENV)-hosts $(BIN)/python -m pytest tests/classroom $(ARGS)

# All that needs no browser, and no kernel or site that another target brings.
ROOMS := $(filter-out tests/browser tests/kernels tests/lite,$(patsubst %/__init__.py,%,$(wildcard tests/*/__init__.py)))
rooms: $(VENV)/.test-ready
	$(BIN)/python -m pytest $(AT_ONCE) $(ROOMS) $(ARGS)

# With the newest dependencies in each Python that is promised and installed, as python3.X or by pyenv.
PYTHONS := 3.10 3.11 3.12 3.13 3.14
test-pythons:
	@told= failed=; for version in $(PYTHONS); do \
	  for python in "python$$version" "$$HOME"/.pyenv/versions/$$version.*/bin/python missing; do \
	    "$$python" -c "" 2>/dev/null && break; \
	  done; \
	  if [ "$$python" = missing ]; then told="$$told\nPython $$version: NOT RUN, it is not installed"; \
	  elif $(MAKE) --no-print-directory rooms VENV="$(VENV)-$$version" PYTHON="$$python"; \
	  then told="$$told\nPython $$version: passed"; \
	  else told="$$told\nPython $$version: FAILED"; failed=1; fi; \
	done; printf "$$told\n"; [ -z "$$failed" ]

# The lower end of every dependency's range; the upper end is what `make test` installs.
test-oldest: $(VENV)-oldest/.ready
	$(VENV)-oldest/bin/python -m pytest $(AT_ONCE) $(ROOMS) $(ARGS)

# What is uploaded, in dist/: looked at as the index does.
package: $(VENV)-package/.ready
	rm -rf dist
	$(VENV)-package/bin/python -m build
	$(VENV)-package/bin/python -m twine check --strict dist/*

# The pictures of README and docs, taken in a real browser.
picture: $(VENV)/.dev-ready
	$(BIN)/python tests/support/ensure_chromium.py
	PPIO_WIDGETS_PICTURES=docs/pictures $(BIN)/python -m pytest tests/browser/test_picture.py

# The documentation in both languages, into build/docs; a warning or a dead link within it stops it. All is read
# anew (-E): what the pages take from the package is in none of their files. LITE_SITE is where the site of `make lite` is
# served: each lesson leads there.
docs: docs-en docs-zh
	cp docs/index.html build/docs/index.html

docs-en docs-zh: docs-%: $(VENV)-docs/.ready
	$(VENV)-docs/bin/sphinx-build -q -E -W --keep-going -t $* -c docs -d build/doctrees/$* $(if $(LITE_SITE),-D lite_site=$(LITE_SITE)) docs/$* build/docs/$* $(ARGS)

# The built site in a real browser: search, the other language, phones, dark pictures.
test-docs: $(VENV)/.dev-ready
	$(BIN)/python tests/support/ensure_chromium.py
	$(BIN)/python -m pytest docs/test_site.py $(ARGS)

# Side by side with its peers, in one run of about a quarter of an hour; writes benchmarks/RESULTS.md.
bench: $(VENV)-bench/.ready
	$(VENV)-bench/bin/python tests/support/ensure_chromium.py
	$(VENV)-bench/bin/python -m benchmarks $(ARGS)

# A site of JupyterLite with the notebooks, in _lite/site: Python runs in the browser, the server hands out
# files. Needs npm, for Pyodide.
lite: $(VENV)-lite/.ready
	$(VENV)-lite/bin/python lite/build.py $(LITE)

# That site in a browser that may ask nobody but its own server.
test-lite: lite $(VENV)/.dev-ready
	$(BIN)/python tests/support/ensure_chromium.py
	PPIO_WIDGETS_LITE=$(LITE)/site $(BIN)/python -m pytest tests/lite $(ARGS)

# Several workers, see tests/conftest.py: a file is one worker's, and they begin in the order of collection.
AT_ONCE := -n auto --dist loadfile --no-loadscope-reorder

# Each worker and each kernel would compile all modules again where the environment says so.
export PYTHONDONTWRITEBYTECODE :=

# Where the tests look for kernels.
export PPIO_WIDGETS_KERNELS := $(abspath $(KERNELS))

# $(call set_up,FOLDER,WHAT TO INSTALL): sets an environment up, and shows what pip does. One that was interrupted begins
# anew; one that somebody else made is used, also without pip, as uv makes them, and never removed.
define set_up
@echo "Setting up $(1). The first time it takes a minute or two."
@if [ -e $(1)/.made-here ] && { [ -e $(1)/.unfinished ] || ! $(1)/bin/python -c "" 2>/dev/null; }; then \
  rm -rf $(1); fi
@if [ -z "$$(ls -A $(1) 2>/dev/null)" ]; then mkdir -p $(1) && touch $(1)/.made-here; \
elif [ ! -e $(1)/pyvenv.cfg ]; then echo "$(1) is no environment of Python: name another folder." >&2; exit 1; \
elif ! $(1)/bin/python -c ""; then echo "The Python of $(1) does not start: name another folder." >&2; exit 1; fi
@[ ! -e $(1)/.made-here ] || touch $(1)/.unfinished
@rm -f $(1)/.ready $(1)/.*-ready
@[ -e $(1)/bin/python ] || "$(PYTHON)" -m venv --without-pip $(1)
@$(1)/bin/python -c "import pip" 2>/dev/null || $(1)/bin/python -m ensurepip || { echo "pip is missing: install what \
this Python needs to make environments, on Debian python3-venv." >&2; exit 1; }
$(1)/bin/python -m pip --disable-pip-version-check install "pip>=25.1"
$(1)/bin/python -m pip --disable-pip-version-check install $(2)
@rm -f $(1)/.unfinished
endef

# A stamp per set-up: nothing is installed again until pyproject.toml changes.
$(VENV)/.lab-ready: pyproject.toml
	$(call set_up,$(VENV),--editable ".[lab]")
	@touch $@

$(VENV)/.dev-ready: pyproject.toml
	$(call set_up,$(VENV),--editable ".[lab]" --group dev)
	@touch $@ $(VENV)/.lab-ready

$(VENV)/.test-ready: pyproject.toml
	$(call set_up,$(VENV),--editable . --group test)
	@touch $@

# Only the kernel itself, to be put in front of the environment's own.
$(KERNELS)/%/.ready: pyproject.toml | $(VENV)/.dev-ready
	rm -rf $(@D)
	$(BIN)/python -m pip --disable-pip-version-check install --no-deps --target $(@D) --group $*
	@touch $@

$(VENV)-hosts/%/.ready: pyproject.toml
	$(call set_up,$(@D),--editable . --group host-$*)
	@touch $@

$(VENV)-hosts/solara/.ready: pyproject.toml
	$(call set_up,$(@D),--editable . --group solara)
	@touch $@

# Its proxy is a program of Node.
$(VENV)-hosts/jupyterhub/.ready: pyproject.toml
	$(call set_up,$(@D),--editable . --group host-jupyterhub)
	npm install --silent --no-package-lock --prefix $(@D) configurable-http-proxy
	@touch $@

$(VENV)-oldest/.ready: pyproject.toml tests/oldest.txt
	$(call set_up,$(@D),--editable . --group test --constraint tests/oldest.txt)
	@touch $@

$(VENV)-package/.ready: pyproject.toml
	$(call set_up,$(@D),--group package)
	@touch $@

$(VENV)-bench/.ready: pyproject.toml
	$(call set_up,$(@D),--editable ".[lab]" --group bench)
	@touch $@

$(VENV)-docs/.ready: pyproject.toml
	$(call set_up,$(@D),--editable . --group docs)
	@touch $@

$(VENV)-lite/.ready: pyproject.toml
	$(call set_up,$(@D),--group lite)
	@touch $@

clean:
	rm -rf $(LITE) $(VENV) $(VENV)-* build/docs build/doctrees
