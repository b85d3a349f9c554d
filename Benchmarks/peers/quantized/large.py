"""4M-B with random weights in the peers: sizes of the whole model, and times of what quant.py times of Tessera."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np

from . import sizes
from .exports import exported, functions
from .inputs import made_up
from .schemes import made

HERE = Path(__file__).resolve().parent
SCHEMES = ["ONNX Runtime f32", "ONNX Runtime int8, dynamic", "OpenVINO f32", "OpenVINO int8, NNCF", "OpenVINO int8 weights", "OpenVINO int4 weights"]
SIZES = {"batch": 1, "tokens": 196, "targets": 196, "n": 196}
STEP = SIZES | {"targets": 1, "n": 1, "length": 64, "capacity": 64}
TIMED = ("encode", "decode_step")
RUNS, THREADS = 20, 2


def timed(file, inputs, folder, runs):
    """What a process of its own says about a model."""
    np.savez(folder / "inputs.npz", **inputs)
    command = [sys.executable, HERE / "timing.py", file, folder / "inputs.npz", runs, THREADS]
    done = subprocess.run([str(part) for part in command], check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def rows(tessera, work, schemes=SCHEMES, is_quiet=True):
    """`is_quiet`: whether times mean anything."""
    folder = work / "peers/4m-b"
    model = next((work / "4m-b").glob("*.safetensors"))
    names = functions(tessera, model)
    files = exported(tessera, model, [*names, "decode_step"], folder / "f32")
    inputs = {name: made_up(file, STEP if name == "decode_step" else SIZES) for name, file in files.items()}
    yield from sizes.computed_rows("4M-B", [files[name] for name in names])
    for scheme in schemes:
        own = made(scheme, files, folder / "scheme", {name: [call] for name, call in inputs.items()})
        row = {"model": "4M-B", "scheme": scheme, "bytes": sizes.weights(own[name] for name in names)}
        for name in TIMED:
            facts = timed(own[name], inputs[name], folder, RUNS if is_quiet else 1)
            if is_quiet:
                row[f"{name}_ms"] = facts["ms"]
            if name == "encode":
                row |= {key: facts[key] for key in ("peak_bytes", "base_bytes", *(["load_s"] if is_quiet else []))}
        yield row
