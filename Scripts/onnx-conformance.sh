#!/usr/bin/env bash
# The 2,033 backend tests of onnx 1.23.2 and the exported blocks of ../shared/onnx through `tessera test`. Arguments go to its conformance.py,
# `--list-failures` for one. Needs python3 and, the first time, PyPI; folders and results stay in .build-onnx. Tests/ONNX/passing.txt names
# those that must pass. `Scripts/onnx-conformance.sh --update` writes that list and the table of Docs/onnx.md anew.
set -euo pipefail
cd "$(dirname "$0")/.."
shared=../shared/onnx
[ -d "$shared" ] || { echo "$shared is missing: the ONNX conformance tests were not run"; [[ ${TESSERA_REQUIRE_SHARED:-} != 1 ]]; exit; }
place=.build-onnx
python=$place/venv/bin/python
if ! "$python" -c 'import onnx' 2> /dev/null; then
    python3 -m venv "$place/venv"
    # The tests are made with ml_dtypes, whose 0.7 casts numbers out of range to 0 in place of their low bits.
    "$python" -m pip -q install onnx==1.23.2 ml_dtypes==0.6.0
fi
run=("$python" "$shared/conformance.py" --runner .build/release/tessera --jobs 2 --work "$place/tests")
if [ "${1:-}" = --update ]; then
    "${run[@]}" --json "$place/result.json" > /dev/null
    "$python" Scripts/onnx-table.py "$place/result.json" Docs/onnx.md Tests/ONNX/passing.txt
    exit
fi
"${run[@]}" --expect Tests/ONNX/passing.txt "$@"
.build/release/tessera test "$shared"/exports/*/
