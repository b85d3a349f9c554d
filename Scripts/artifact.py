"""Reads a compiled model with the package safetensors, and compares the checksums that its header has."""

import hashlib
import json
import struct
import sys

from safetensors import safe_open

path = sys.argv[1]
with open(path, "rb") as file:
    (length,) = struct.unpack("<Q", file.read(8))
    header = json.loads(file.read(length))
assert (8 + length) % 64 == 0, "the data are not aligned"
count = 0
# PyTorch would be needed for bf16, so the bytes are read here; the package checks the header and the places of all tensors.
with safe_open(path, "np") as opened, open(path, "rb") as file:
    sums = json.loads(opened.metadata()["tessera.checksums"])
    for name in opened.keys():
        if name.startswith("#padding."):
            continue
        begin, end = header[name]["data_offsets"]
        assert begin % 64 == 0, f"{name} is not aligned"
        file.seek(8 + length + begin)
        assert hashlib.sha256(file.read(end - begin)).hexdigest() == sums.pop(name), f"{name}: another checksum"
        if header[name]["dtype"] != "BF16":
            assert list(opened.get_tensor(name).shape) == header[name]["shape"], name
        count += 1
assert not sums, f"no tensors: {sorted(sums)}"
print(f"{path}: {count} tensors, {header['__metadata__']['tessera.target']}, all as written")
