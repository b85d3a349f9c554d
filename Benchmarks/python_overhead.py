"""What a small run costs from Python, against ONNX Runtime: Models/onnx-encoder on 2 x 8 ids, microseconds a call.

    python_overhead.py [--runs N] [--rounds N] [--cpu]

Needs numpy and onnxruntime, and the package `tessera` (or PYTHONPATH=python/src and TESSERA_LIBRARY). Both run with one thread; each round times
all rows once, and the median over the rounds is told, with the least. `bare` is the library's call alone, without what Python does around it.
"""

import argparse
import itertools
import statistics
import time
from pathlib import Path

import numpy as np
import onnxruntime

import tessera
import tessera.onnxruntime
from tessera import session as sessions

MODEL = Path(__file__).resolve().parents[1] / "Models" / "onnx-encoder" / "model.onnx"


def bare(session, inputs):
    """The call of the library that `session.run` makes, again and again with the same structs."""
    session.run(inputs)
    call = session._calls[None]
    count = call.set_inputs(inputs)
    made, free, at = call.made, tessera._library.lib.tessera_results_free, (call.name_at, call.inputs_at)

    def run():
        status = sessions._run(session.handle, *at, count, call.options_at, call.made_at, call.failure_at)
        assert status == 0
        free(made)

    return run


def rows():
    inputs = {"ids": np.arange(16).reshape(2, 8), "mask": np.ones((2, 8), np.int64)}
    others = [{name: value.copy() for name, value in inputs.items()} for _ in range(8)]
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    peer = onnxruntime.InferenceSession(MODEL, options, providers=["CPUExecutionProvider"])
    compiled = tessera.load(MODEL).compile(threads=1)
    session, like = compiled.session(), tessera.onnxruntime.InferenceSession(MODEL, _one_thread())
    into = {name: np.empty_like(value) for name, value in session.run(inputs).items()}
    for one, other in zip(compiled.run(inputs).values(), peer.run(None, inputs)):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)
    turns = itertools.cycle(others)
    return {
        "ONNX Runtime": lambda: peer.run(None, inputs),
        "ONNX Runtime, other arrays": lambda: peer.run(None, next(turns)),
        "model.run": lambda: compiled.run(inputs),
        "model.run, other arrays": lambda: compiled.run(next(turns)),
        "session.run": lambda: session.run(inputs),
        "session.run into": lambda: session.run(inputs, into=into),
        "tessera.onnxruntime": lambda: like.run(None, inputs),
        "bare": bare(compiled.session(), inputs),
    }


def _one_thread():
    options = tessera.onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return options


def timed(run, count, clock):
    start = clock()
    for _ in range(count):
        run()
    return (clock() - start) / count * 1e6


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--runs", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--cpu", action="store_true", help="processor time of the thread, for a machine that is busy")
    chosen = parser.parse_args()
    clock = time.thread_time if chosen.cpu else time.perf_counter
    found = {name: (run, []) for name, run in rows().items()}
    for run, _ in found.values():
        timed(run, 200, clock)
    for _ in range(chosen.rounds):
        for run, times in found.values():
            times.append(timed(run, chosen.runs, clock))
    print(f"{'':28} median   least  µs a call")
    for name, (_, times) in found.items():
        print(f"{name:28} {statistics.median(times):6.1f}  {min(times):6.1f}")


if __name__ == "__main__":
    main()
