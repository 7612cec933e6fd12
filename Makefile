# make app      the demo in the browser, on the bundled weights
# make test     lint, types and the whole suite
# make results  all recipes on the same photos, judged: docs/results.md; 25 minutes on a GPU
# All set up .venv first, when it is missing or out of date (make install).
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet --constraint constraints.txt

.PHONY: app test results install clean

app: install
	$(BIN)/python app.py --open

test: .venv/installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder

MINUTES ?= 25
results: .venv/installed-test
	$(BIN)/python experiments/results.py --minutes $(MINUTES) $(if $(DEVICE),--device $(DEVICE)) \
		$(if $(DATA),--data $(DATA)) $(if $(RESOLUTION),--resolution $(RESOLUTION)) $(ARGS)

install: .venv/installed

.venv/installed: pyproject.toml constraints.txt
	@'$(PYTHON)' -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "colorgan needs Python 3.11 or newer, as python3 or by 'make PYTHON=/path/to/python'" >&2; exit 1; }
	@echo "Setting up .venv: a minute or two, 2.1 GB, the first time"
	'$(PYTHON)' -m venv .venv
	$(PIP) --editable '.[app]'
	$(PIP) --only-binary imagecodecs,pillow-heif,pillow-jxl-plugin,rawpy --editable '.[files]' || \
		echo "colorgan goes on without the packages for HEIC, JPEG XL, raw and deep files: not all are made for this Python"
	$(PIP) --only-binary av,opencv-python-headless --editable '.[film]' || \
		echo "colorgan goes on without the packages for films: not all are made for this Python"
	@touch $@

.venv/installed-test: .venv/installed
	$(PIP) --editable '.[test]'
	@touch $@

clean:
	rm -rf .venv build dist *.egg-info
