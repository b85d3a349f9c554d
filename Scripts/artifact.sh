#!/usr/bin/env bash
# Holds compiled models against the Python package safetensors: it opens them, reads every tensor, and their bytes have the checksums that the
# header names. Also: equal input, equal bytes. Needs python3 and, the first time, PyPI; .build-artifact keeps the environment.
set -euo pipefail
cd "$(dirname "$0")/.."
place=.build-artifact
python=$place/venv/bin/python
if ! "$python" -c 'import safetensors, numpy' 2> /dev/null; then
    python3 -m venv "$place/venv"
    "$python" -m pip -q install safetensors numpy
fi
tessera=.build/release/tessera
for precision in f32 bf16 int8 int4; do
    for target in native generic avx512vnni; do
        "$tessera" compile Models/shapes/fm.safetensors --precision $precision --target $target -o "$place/a.tess" > /dev/null
        "$tessera" compile Models/shapes/fm.safetensors --precision $precision --target $target -o "$place/b.tess" > /dev/null
        cmp "$place/a.tess" "$place/b.tess"
        "$python" Scripts/artifact.py "$place/a.tess"
        "$tessera" inspect "$place/a.tess" --verify > /dev/null 2>&1
    done
done
