#!/usr/bin/env bash
# Trainings that are killed, stopped, run out of disk or run twice, and TensorBoard's own reader on what they log, with `tessera train graph`.
# Arguments: the program, then those of training-tests.py, `--kills N` for one. Needs python3 and, the first time, PyPI; the environment stays in
# .build-training. The full disk is a tmpfs of 3 MB, which needs root; without, that part is left out.
set -euo pipefail
cd "$(dirname "$0")/.."
program=.build/release/tessera
if [[ $# -gt 0 && $1 != -* ]]; then
    program=$1
    shift
fi
[ -x "$program" ] || { echo "$program is missing; make build makes it" >&2; exit 1; }
python=${TESSERA_TRAINING_PYTHON:-.build-training/venv/bin/python}
if ! "$python" -c 'import tensorboard' 2> /dev/null; then
    python3 -m venv .build-training/venv
    python=.build-training/venv/bin/python
    "$python" -m pip -q install tensorboard==2.20.0 'setuptools<81'
fi
"$python" -W ignore Scripts/training-tests.py "$program" "$@"
