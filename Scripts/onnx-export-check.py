#!/usr/bin/env python3
"""Checks exported ONNX models against our own results.

    onnx-export-check.py [--runtimes ort,openvino] [--rtol R] [--atol A] [--seconds S] [--verbose] FOLDER...

A folder holds model.onnx and test_data_set_0/{input,output}_K.pb. Each model goes through onnx.checker (full check), then runs in
ONNX Runtime and in OpenVINO. A float output passes if |out - ref| <= atol + rtol * max|ref| (rtol at
least 2e-3 for f16, 2e-2 for bf16); others must be equal. Prints a line for
each failure, then a count for each check; status 1 if the checker or ONNX Runtime fails one.
Needs: pip install onnx onnxruntime openvino numpy.
"""
import argparse
import importlib
import json
import os
import signal
import sys

import numpy as np
import onnx
from onnx import numpy_helper


MODULES = {"ort": "onnxruntime", "openvino": "openvino"}


def value(path, kind):
    data = open(path, "rb").read()
    if kind == "sequence_type":
        sequence = onnx.SequenceProto.FromString(data)
        return [numpy_helper.to_array(item) for item in sequence.tensor_values]
    if kind == "optional_type":
        optional = onnx.OptionalProto.FromString(data)
        return numpy_helper.to_array(optional.tensor_value) if optional.HasField("tensor_value") else None
    # OpenVINO takes no arrays that may not be written.
    return np.array(numpy_helper.to_array(onnx.TensorProto.FromString(data)))


def difference(out, ref, rtol, atol):
    """What is wrong, or None."""
    if isinstance(ref, list):
        if len(out) != len(ref):
            return f"{len(out)} items, not {len(ref)}"
        return next((d for d in (difference(o, r, rtol, atol) for o, r in zip(out, ref)) if d), None)
    out, ref = np.asarray(out), np.asarray(ref)
    if out.shape != ref.shape:
        return f"shape {out.shape}, not {ref.shape}"
    if ref.dtype.kind not in "fV" and "float" not in str(ref.dtype):
        count = int((out != ref).sum())
        return f"{count} of {ref.size} differ" if count else None
    rtol = max(rtol, {"float16": 2e-3, "bfloat16": 2e-2}.get(str(ref.dtype), 0))
    out, ref = out.astype(np.float64), ref.astype(np.float64)
    both = np.isfinite(ref)
    if not np.array_equal(out[~both], ref[~both], equal_nan=True):
        return "NaN or infinity elsewhere"
    if not both.any():
        return None
    error, scale = np.abs(out[both] - ref[both]).max(), np.abs(ref[both]).max()
    return None if error <= atol + rtol * scale else f"off by {error:.3g} where values reach {scale:.3g}"


def run_ort(path, feeds):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    return session.run(None, feeds)


def run_openvino(path, feeds):
    core = openvino.Core()
    compiled = core.compile_model(
        core.read_model(path), "CPU", {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": 1})
    # Inputs that nothing reads are gone; others are called as the model calls them.
    known = {name: index for index, port in enumerate(compiled.inputs) for name in port.names}
    result = compiled({known[name]: array for name, array in feeds.items() if name in known})
    return [result[index] for index in range(len(compiled.outputs))]


def check(folder, options, runners):
    """Yields the name of each check with what is wrong, or None."""
    path = os.path.join(folder, "model.onnx")
    try:
        onnx.checker.check_model(path, full_check=True)
        yield "checker", None
    except Exception as error:
        yield "checker", str(error)
    model = onnx.load(path, load_external_data=False)
    data = os.path.join(folder, "test_data_set_0")
    feeds = {
        entry.name: value(os.path.join(data, f"input_{index}.pb"), entry.type.WhichOneof("value"))
        for index, entry in enumerate(model.graph.input)
    }
    references = [
        value(os.path.join(data, f"output_{index}.pb"), entry.type.WhichOneof("value"))
        for index, entry in enumerate(model.graph.output)
    ]
    for name in options.runtimes.split(","):
        try:
            results = runners[name](path, feeds)
            problems = [difference(o, r, options.rtol, options.atol) for o, r in zip(results, references)]
            yield name, next((f"output {i}: {p}" for i, p in enumerate(problems) if p), None)
        except Exception as error:
            yield name, f"{type(error).__name__}: {error}"


def isolated(body, names, seconds):
    """What `body` yields, from a process of its own: a runtime that crashes fails its check, and those that would follow are not made."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        signal.alarm(seconds)
        with os.fdopen(writing, "w") as pipe:
            for result in body():
                print(json.dumps(result), file=pipe, flush=True)
            pipe.flush()
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        results = [tuple(json.loads(line)) for line in pipe]
    status = os.waitpid(child, 0)[1]
    if status != 0 and len(results) < len(names):
        results.append((names[len(results)], f"the process ended with status {status}"))
    return results


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+")
    parser.add_argument("--runtimes", default="ort,openvino")
    parser.add_argument("--rtol", type=float, default=1e-4)
    parser.add_argument("--atol", type=float, default=1e-6)
    parser.add_argument("--seconds", type=int, default=60, help="that one model may take")
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()
    runners = {"ort": run_ort, "openvino": run_openvino}
    # Once, before there are processes for the models.
    for name in options.runtimes.split(","):
        globals()[MODULES[name]] = importlib.import_module(MODULES[name])
    counts = {name: [0, 0] for name in ["checker"] + options.runtimes.split(",")}

    for folder in options.folders:
        if not os.path.exists(os.path.join(folder, "model.onnx")):
            continue
        for name, problem in isolated(lambda: check(folder, options, runners), list(counts), options.seconds):
            counts[name][1 if problem else 0] += 1
            if problem:
                print(f"{name} {folder}: {problem if options.verbose else problem.strip().splitlines()[0][:300]}", flush=True)
    for name, (good, bad) in counts.items():
        print(f"{name}: {good} passed, {bad} failed")
    return 1 if counts["checker"][1] or counts.get("ort", [0, 0])[1] else 0


if __name__ == "__main__":
    sys.exit(main())
