#!/usr/bin/env bash
# The tests of the Python package, against ONNX Runtime and, where it is installed or TORCH=1 asks for it, PyTorch. Needs python3 and PyPI.
# With --quick, as CI has it, without types, the notebook, and what these need. Other arguments go to pytest.
# TESSERA_LIBRARY and TESSERA_COMMAND name parts that were built elsewhere; TESSERA_PYTHON_ENV a virtual environment to use.
set -euo pipefail
cd "$(dirname "$0")/.."
: "${TESSERA_LIBRARY:=$PWD/.build/library/libtessera.so}" "${TESSERA_COMMAND:=$PWD/.build/release/tessera}"
: "${TESSERA_PYTHON_ENV:=.build/python-env}"
export TESSERA_LIBRARY TESSERA_COMMAND PYTHONPATH=$PWD/python/src
[ -e "$TESSERA_LIBRARY" ] || Scripts/library.sh
packages=(numpy onnx onnxruntime pillow pandas ml_dtypes pytest) quick= last=mypy
if [ "${1:-}" = --quick ]; then
    quick=1 last=pytest
    shift
else
    packages+=(mypy nbclient nbformat ipykernel matplotlib)
fi
if ! [ -x "$TESSERA_PYTHON_ENV/bin/$last" ]; then
    python3 -m venv "$TESSERA_PYTHON_ENV"
    "$TESSERA_PYTHON_ENV/bin/pip" install -q "${packages[@]}"
fi
[ -z "${TORCH:-}" ] || "$TESSERA_PYTHON_ENV/bin/pip" install -q torch
bin=$(cd "$TESSERA_PYTHON_ENV/bin" && pwd)
cd python
[ -n "$quick" ] || "$bin/mypy"
# A test that hangs shows where. Where packages are missing, pytest says what it skipped.
"$bin/python" -m pytest -q -W ignore -o faulthandler_timeout=300 "$@"
