"""One contender in a process of its own, driven over its standard streams.

    python worker.py MODELS WORK BATCH THREADS CONTENDER

prints {"ready": true, ...facts}, then answers each line: "run K" with {"times_ms": [...]} of K calls,
"outputs FILE.npz" by writing the outputs there. It ends when its input does.
"""

import json
import sys
import time
from importlib import import_module
from pathlib import Path

import numpy as np

from contenders import Job

MODULES = {"torch": "contenders.pytorch", "onnxruntime": "contenders.ort", "openvino": "contenders.ov"}


def timed(call):
    start = time.perf_counter()
    call()
    return (time.perf_counter() - start) * 1000


def answer(line, contender):
    verb, argument = line.split(maxsplit=1)
    if verb == "outputs":
        np.savez(argument.strip(), **contender.call())
        return {"written": True}
    return {"times_ms": [timed(contender.call) for _ in range(int(argument))]}


def main():
    models, work, batch, threads, name = sys.argv[1:]
    replies, sys.stdout = sys.stdout, sys.stderr
    job = Job(work, int(batch), int(threads), Path(models))
    contender = import_module(MODULES[name.split("-")[0]]).start(job, name)
    contender.call()
    print(json.dumps({"ready": True, **contender.facts}), file=replies, flush=True)
    for line in sys.stdin:
        print(json.dumps(answer(line, contender)), file=replies, flush=True)


if __name__ == "__main__":
    main()
