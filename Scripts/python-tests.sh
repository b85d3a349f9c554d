#!/usr/bin/env bash
# The tests of the Python package, against ONNX Runtime and, where it is installed or TORCH=1 asks for it, PyTorch. Needs python3 and PyPI.
# TESSERA_LIBRARY and TESSERA_COMMAND name parts that were built elsewhere; TESSERA_PYTHON_ENV a virtual environment to use.
set -euo pipefail
cd "$(dirname "$0")/.."
: "${TESSERA_LIBRARY:=$PWD/.build/library/libtessera.so}" "${TESSERA_COMMAND:=$PWD/.build/release/tessera}"
: "${TESSERA_PYTHON_ENV:=.build/python-env}"
export TESSERA_LIBRARY TESSERA_COMMAND PYTHONPATH=$PWD/python/src
[ -e "$TESSERA_LIBRARY" ] || Scripts/library.sh
if ! [ -x "$TESSERA_PYTHON_ENV/bin/pytest" ]; then
    python3 -m venv "$TESSERA_PYTHON_ENV"
    "$TESSERA_PYTHON_ENV/bin/pip" install -q numpy onnx onnxruntime pillow pandas ml_dtypes pytest mypy nbclient nbformat ipykernel matplotlib
fi
[ -z "${TORCH:-}" ] || "$TESSERA_PYTHON_ENV/bin/pip" install -q torch
bin=$(cd "$TESSERA_PYTHON_ENV/bin" && pwd)
cd python
"$bin/mypy"
# A test that hangs shows where.
"$bin/python" -m pytest -q -W ignore -o faulthandler_timeout=300 "$@"
