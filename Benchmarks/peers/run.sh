#!/usr/bin/env bash
# Measures Tessera against PyTorch, ONNX Runtime and OpenVINO. Makes what it needs in .build-peers: a virtual
# environment and random checkpoints. Arguments go to bench.py; `run.sh --jobs …` times whole jobs in PyTorch instead, `run.sh --onnx …` ONNX
# models.
set -euo pipefail
cd "$(dirname "$0")/../.."
venv=.build-peers/venv
requirements=Benchmarks/peers/requirements.txt
if ! cmp -s "$requirements" "$venv/requirements.txt"; then
    [ -x "$venv/bin/python" ] || python3 -m venv "$venv"
    "$venv/bin/python" -m pip install --quiet --requirement "$requirements"
    cp "$requirements" "$venv/requirements.txt"
fi
if [ "${1:-}" = --jobs ]; then
    exec "$venv/bin/python" Benchmarks/peers/jobs.py "${@:2}"
fi
make build
if [ "${1:-}" = --onnx ]; then
    exec "$venv/bin/python" Benchmarks/peers/onnx_models.py "${@:2}"
fi
exec "$venv/bin/python" Benchmarks/peers/bench.py "$@"
