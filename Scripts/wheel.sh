#!/usr/bin/env bash
# Makes the Python wheel in .build/wheel and tries it in a fresh virtual environment, with nothing else of this project in sight.
# TESSERA_LIBRARY and TESSERA_COMMAND name parts that were built elsewhere; otherwise Swift makes them in .build/library.
set -euo pipefail
cd "$(dirname "$0")/.."
# What lies there counts as installed for pip.
unset PYTHONPATH
place=.build/wheel
rm -rf "$place"
mkdir -p "$place"
[ -n "${TESSERA_LIBRARY:-}" ] || Scripts/library.sh
[ -n "${TESSERA_COMMAND:-}" ] || [ "${TESSERA_WHEEL_COMMAND:-}" = no ] || Scripts/program.sh
python3 -m venv "$place/build"
# As an earlier build leaves it that was cut short: nothing of that may get in.
platform=$(python3 -c 'import sys, sysconfig; print(f"{sysconfig.get_platform()}-{sys.implementation.cache_tag}")')
for lib in lib "lib.$platform"; do
    mkdir -p "python/build/$lib/tessera/lib"
    echo "left over" >"python/build/$lib/tessera/lib/left-over.so"
done
"$place/build/bin/pip" wheel -q --no-deps ./python -w "$place"
wheel=$(echo "$place"/tessera-*.whl)
python3 - "$wheel" <<'PYTHON'
import collections, re, sys, zipfile
names = [name for name in zipfile.ZipFile(sys.argv[1]).namelist() if name.startswith("tessera/lib/")]
twice = [stem for stem, count in collections.Counter(re.sub(r"(-[0-9a-f]{8})?\.so.*", "", name) for name in names).items() if count > 1]
assert names and not twice and not any("left-over" in name for name in names), names
PYTHON
echo "$wheel, $(du -m "$wheel" | cut -f1) MB"

python3 -m venv "$place/try"
"$place/try/bin/pip" install -q "$wheel[images]"
models=$PWD/Models
cd /
try=$OLDPWD/$place/try/bin
# No path to Swift, no library from outside.
env -i HOME=/nonexistent PATH=/usr/bin:/bin "$try/python" - "$models" <<'PYTHON'
import sys
import numpy as np
import tessera
models = sys.argv[1]
found = tessera.load(f"{models}/onnx-encoder/model.onnx").run({"ids": np.zeros((1, 4), np.int64), "mask": np.ones((1, 4), np.int64)})
assert all(np.isfinite(value).all() for value in found.values())
made = tessera.Pipeline(f"{models}/shapes").generate(rgb=f"{models}/shapes/images/000_rgb.png", targets=["caption", "depth"])
assert "cube" in made["caption"].text and made["depth"].image.size == (224, 224)
maps = {line.split()[-1] for line in open("/proc/self/maps") if ".so" in line}
inside = [path for path in maps if "/tessera/lib/" in path]
assert any("libomp" in path for path in inside) and not any("swift" in path for path in maps), maps
print(f"tessera {tessera.__version__}: {made['caption'].text}")
PYTHON
[ "${TESSERA_WHEEL_COMMAND:-}" = no ] || env -i HOME=/nonexistent PATH=/usr/bin:/bin "$try/tessera" --version
