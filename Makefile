# Debian 12 or newer. QGIS's own Python is the system's, not the first on PATH.
SYSTEM_PYTHON := /usr/bin/python3
ENGINE := .venv/engine/bin/python
QGIS_PYTHON := .venv/qgis/bin/python
SCENE ?= build/sample_scene.tif
OUTPUT ?= demo_output

export QT_QPA_PLATFORM ?= offscreen

.PHONY: help demo test check test-engine test-qgis test-quiet test-older-processor gpu-report test-qgis-newer docs dev plugin release \
	translations system clean

help:
	@echo "make demo [SCENE=image.tif] [OUTPUT=folder]   mask a scene with qgis_process, with a picture"
	@echo "make test                                     check style and types, and run all tests"
	@echo "make check                                    check style and types (part of make test)"
	@echo "make test-older-processor                     what computes, as on a processor with AVX2 (part of make test)"
	@echo "make gpu-report                               measure and check on a graphics card, ten minutes at most"
	@echo "make test-qgis-newer [SUITES=trixie]          run the plugin's tests on newer QGIS (root, 4 GB a suite)"
	@echo "make plugin                                   build the plugin's zip in dist/"
	@echo "make translations                             collect and compile the texts of the plugin"
	@echo "make docs                                     build the documentation in build/docs/"
	@echo "make dev                                      start QGIS with the plugin of this folder"
	@echo "make release VERSION=0.2.0                    set the version everywhere and build the zip"

system:
	@tools/install_system_packages.sh

# The engine's own environment: PyTorch and friends never meet QGIS's Python.
.venv/engine/.installed: pyproject.toml constraints.txt | system
	$(SYSTEM_PYTHON) -m venv .venv/engine
	$(ENGINE) -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $@

# QGIS's Python with pytest added, and the bot that waits and clicks.
.venv/qgis/.installed: constraints.txt | system
	$(SYSTEM_PYTHON) -m venv --system-site-packages .venv/qgis
	$(QGIS_PYTHON) -m pip install --quiet --constraint constraints.txt pytest pytest-qt
	@touch $@

plugin:
	$(SYSTEM_PYTHON) tools/stage_plugin.py --zip

translations: | system
	$(SYSTEM_PYTHON) tools/translations.py

build/sample_scene.tif: .venv/engine/.installed
	@mkdir -p build
	$(ENGINE) tools/make_sample_scene.py $@

# The scene is no prerequisite: names with blanks are none that make can handle.
demo: .venv/engine/.installed build/sample_scene.tif
	$(SYSTEM_PYTHON) tools/stage_plugin.py
	$(SYSTEM_PYTHON) tools/demo.py --engine $(ENGINE) --scene '$(SCENE)' --output '$(OUTPUT)'

# Both suites side by side: each leaves a core idle while it waits for files, processes and windows.
test: check .venv/engine/.installed .venv/qgis/.installed
	$(SYSTEM_PYTHON) tools/stage_plugin.py
	$(MAKE) --jobs=2 --output-sync=target test-engine test-qgis
	$(MAKE) test-quiet

test-engine: .venv/engine/.installed
	$(ENGINE) -m pytest tests/engine

test-qgis: .venv/engine/.installed .venv/qgis/.installed
	CLOUDMAMBA_ENGINE=$(abspath $(ENGINE)) $(QGIS_PYTHON) -m pytest -m 'not quiet' tests/qgis tests/end_to_end
	$(MAKE) test-older-processor

# Those that measure time, alone.
test-quiet: .venv/engine/.installed .venv/qgis/.installed
	CLOUDMAMBA_ENGINE=$(abspath $(ENGINE)) $(QGIS_PYTHON) -m pytest -m quiet tests/qgis

# As a processor with AVX2 computes, whatever newer one this machine has: first as such a one does by
# itself, in float32, then with bfloat16, which it has to convert.
OLDER_PROCESSOR := NUMBA_CPU_NAME=haswell NUMBA_CPU_FEATURES= ONEDNN_MAX_CPU_ISA=AVX2 ATEN_CPU_CAPABILITY=avx2
IN_FLOAT32 := $(addprefix tests/engine/test_,processors.py kernels.py scan.py inference.py tiles_at_once.py detection.py)
IN_BFLOAT16 := $(addprefix tests/engine/test_,inference.py tiles_at_once.py detect_command.py)
test-older-processor: .venv/engine/.installed
ifeq ($(shell uname -m),x86_64)
	$(OLDER_PROCESSOR) $(ENGINE) -m pytest $(IN_FLOAT32)
	$(OLDER_PROCESSOR) CLOUDMAMBA_PRECISION=bfloat16 $(ENGINE) -m pytest $(IN_BFLOAT16)
else
	@echo "No older processor is tried: that is one of the x86-64 kind."
endif

# What can be said of a graphics card only on one; see docs/decisions/gpu.md.
gpu-report: .venv/engine/.installed
	$(ENGINE) benchmarks/gpu_report.py

# Debian trixie has QGIS 3.40, its backports 3.44, sid 3.44 or newer; see docs/use/compatibility.md.
SUITES ?= trixie trixie-backports
test-qgis-newer:
	for suite in $(SUITES); do tools/test_qgis_newer.sh $$suite || exit 1; done

check: .venv/engine/.installed
	$(ENGINE) -m ruff check .
	$(ENGINE) -m ruff format --check .
	$(ENGINE) -m mypy

# The site is read from the sources: neither PyTorch nor QGIS is needed for it.
.venv/docs/.installed: docs/requirements.txt
	$(SYSTEM_PYTHON) -m venv --clear .venv/docs
	.venv/docs/bin/python -m pip install --quiet --requirement $<
	@touch $@

docs: .venv/docs/.installed
	NO_MKDOCS_2_WARNING=1 .venv/docs/bin/mkdocs build

# QGIS needs a screen here, not the one that tests do without.
dev: .venv/engine/.installed
	$(SYSTEM_PYTHON) tools/dev.py --engine $(ENGINE)

release:
	$(SYSTEM_PYTHON) tools/release.py $(VERSION)

clean:
	rm -rf build dist .venv
