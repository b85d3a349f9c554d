"""One model in a process of its own: timing.py MODEL INPUTS.npz RUNS THREADS.

Prints JSON: seconds until the model is loaded, the median of the times of RUNS calls after one, and the most memory that the process had, of
which `base_bytes` before there was a model.
"""

import json
import statistics
import sys
import time
from importlib import import_module
from pathlib import Path

import numpy as np


def memory():
    """The most memory so far, in bytes. What getrusage says is the parent's where that had more."""
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmHWM"))


def seconds(call, *arguments):
    start = time.perf_counter()
    result = call(*arguments)
    return time.perf_counter() - start, result


def main():
    model, inputs, runs, threads = sys.argv[1:]
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    import_module("openvino" if model.endswith(".xml") else "onnxruntime")
    session = import_module("quantized.sessions").session
    with np.load(inputs) as file:
        arrays = dict(file)
    base = memory()
    load, run = seconds(session, Path(model), int(threads))
    run(arrays)
    peak = memory()
    times = [seconds(run, arrays)[0] for _ in range(int(runs))]
    print(json.dumps({"load_s": load, "ms": 1e3 * statistics.median(times), "peak_bytes": peak, "base_bytes": base}))


if __name__ == "__main__":
    main()
