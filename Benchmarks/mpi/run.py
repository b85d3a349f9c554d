#!/usr/bin/env python3
"""How much faster two processes of one thread each train than one: rates of one and two ranks in turn on this machine, which should be quiet.

    Benchmarks/mpi/run.py [--tessera PROGRAM] [--rounds 3] [--layers 8] [--width 1024] [--rows 512]

The model is a perceptron whose gradients have as many bytes for each operation as those of 4M-B in batches of four samples of 128 + 128 tokens.
Needs `make mpi` and mpirun. Prints the rates, their ratio by that of the ranks, and the load of the machine before each run.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "Scripts"))
parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--tessera", default=".build/release/tessera")
parser.add_argument("--rounds", type=int, default=3)
parser.add_argument("--layers", type=int, default=8)
parser.add_argument("--width", type=int, default=1024)
parser.add_argument("--rows", type=int, default=512)
parser.add_argument("--steps", type=int, default=12)
options = parser.parse_args()


def floats(shape, seed):
    """Bytes of f32 numbers in -0.05 … 0.05; a multiplicative generator, so that NumPy is not needed."""
    import array

    state, made = seed * 2654435761 % 2**32 | 1, array.array("f")
    count = 1
    for size in shape:
        count *= size
    for _ in range(count):
        state = state * 1664525 + 1013904223 & 0xFFFFFFFF
        made.append((state / 2**32 - 0.5) * 0.1)
    return made.tobytes()


def write(path, shapes):
    header, parts, start = {}, [], 0
    for seed, (name, shape) in enumerate(shapes.items()):
        data = floats(shape, seed + 1)
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [start, start + len(data)]}
        parts.append(data)
        start += len(data)
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text + b"".join(parts))


def model(folder):
    width, names = options.width, [f"l{index}.weight" for index in range(options.layers)]
    lines = ["module @mlp stage(imported) {", '  weights "mlp.ir.safetensors"']
    lines += [f"  const @{name} : f32[{width}, {width}]" for name in names]
    lines += [f"  func @main(%x: f32[n, {width}]) -> (y: f32[n, {width}]) {{"]
    value, number = "%x", 0
    for name in names:
        lines.append(f"    %{number} = linear({value}, @{name}) : f32[n, {width}]")
        lines.append(f"    %{number + 1} = tanh(%{number}) : f32[n, {width}]")
        value, number = f"%{number + 1}", number + 2
    lines += [f"    return {value}", "  }", "}", ""]
    with open(os.path.join(folder, "mlp.ir"), "w") as file:
        file.write("\n".join(lines))
    write(os.path.join(folder, "mlp.ir.safetensors"), {name: [width, width] for name in names})
    rows = 2 * options.rows
    write(os.path.join(folder, "data.safetensors"), {"x": [rows, width], "target": [rows, width]})


def rate(folder, ranks, number):
    """Samples a second of all ranks: the median of the log's lines but the first."""
    output = os.path.join(folder, f"run-{ranks}-{number}")
    command = [options.tessera, "train", "graph", os.path.join(folder, "mlp.ir"), "--loss", "mse(y,target)", "--data"]
    command += [os.path.join(folder, "data.safetensors"), "--threads", "1", "--batch", str(options.rows), "--steps", str(options.steps)]
    command += ["--log-every", "2", "--checkpoint-every", "1000", "-o", output]
    if ranks > 1:
        root = ["--allow-run-as-root"] if os.getuid() == 0 else []
        command = ["mpirun", *root, "--bind-to", "core", "-n", str(ranks), *command]
    load = os.getloadavg()[0]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    with open(os.path.join(output, "log.jsonl")) as file:
        entries = [json.loads(line) for line in file]
    seconds = [entry["seconds"] for entry in entries if "seconds" in entry]
    paces = [(b - a) / 2 for a, b in zip(seconds, seconds[1:])]
    made = options.rows * ranks / statistics.median(paces)
    print(f"{ranks} rank{'s' if ranks > 1 else ''}: {made:.1f} samples/s (load before: {load:.2f})", flush=True)
    return made


with tempfile.TemporaryDirectory() as folder:
    model(folder)
    pairs = [(rate(folder, 1, number), rate(folder, 2, number)) for number in range(options.rounds)]
ratios = [two / (2 * one) for one, two in pairs]
print(f"{4 * options.layers * options.width**2 / 1e6:.0f} MB of gradients; efficiency {statistics.median(ratios):.3f} ({min(ratios):.3f} … {max(ratios):.3f})")
