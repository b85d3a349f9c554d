#!/usr/bin/env python3
"""Weights and data for Scripts/mpi-tests.sh in the folder that is given; --compare FILE... compares weights with those of the first file."""
import json
import math
import os
import struct
import sys


def write(path, arrays):
    """A SafeTensors file of f32 arrays: name to (shape, numbers)."""
    header, body = {}, b""
    for name, (shape, numbers) in arrays.items():
        data = struct.pack(f"<{len(numbers)}f", *numbers)
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [len(body), len(body) + len(data)]}
        body += data
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + body)


def read(path):
    with open(path, "rb") as file:
        data = file.read()
    size = struct.unpack("<Q", data[:8])[0]
    arrays = {}
    for name, entry in json.loads(data[8 : 8 + size]).items():
        if name != "__metadata__":
            start, end = entry["data_offsets"]
            arrays[name] = struct.unpack(f"<{(end - start) // 4}f", data[8 + size + start : 8 + size + end])
    return arrays


def numbers(count, seed):
    return [math.sin(seed + 12.9898 * index) for index in range(count)]


def make(folder):
    for name, width in (("mlp.ir.safetensors", 64), ("other.weights", 63)):
        shapes = {"a.weight": [width, 8], "a.bias": [width], "b.weight": [4, width]}
        write(
            os.path.join(folder, name),
            {key: (shape, [0.3 * x for x in numbers(math.prod(shape), len(key))]) for key, shape in shapes.items()},
        )
    rows = 160
    x = numbers(rows * 8, 1)
    target = [x[row * 8 + column] * x[row * 8 + column + 4] for row in range(rows) for column in range(4)]
    os.makedirs(os.path.join(folder, "data"), exist_ok=True)
    write(os.path.join(folder, "data", "samples.safetensors"), {"x": ([rows, 8], x), "target": ([rows, 4], target)})


def compare(first, *others):
    expected = read(first)
    for path in others:
        found = read(path)
        far = max(abs(a - b) for key in expected for a, b in zip(expected[key], found[key], strict=True))
        print(f"{path}: weights differ by {far:.2g} at most")
        if not far <= 1e-4:
            sys.exit(1)


if sys.argv[1] == "--compare":
    compare(*sys.argv[2:])
else:
    make(sys.argv[1])
