"""Measures Tessera on ONNX models as people have them, against ONNX Runtime and OpenVINO: contenders in turn, medians of their times.

A model is a folder as the ONNX tests have them: model.onnx, test_data_set_0/input_0.pb, …. ../shared/onnx/fetch_models.py fetches the eight
that the results are of.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from processes import Process, environment, first_cores

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PEERS = ("onnxruntime", "openvino")


# MARK: a peer's process


def inputs(folder):
    """The first data set, by name."""
    import onnx
    from onnx import numpy_helper

    graph = onnx.load(str(folder / "model.onnx"), load_external_data=False).graph
    held = {item.name for item in graph.initializer}
    arrays = {}
    for index, item in enumerate(item for item in graph.input if item.name not in held):
        tensor = onnx.TensorProto()
        tensor.ParseFromString((folder / f"test_data_set_0/input_{index}.pb").read_bytes())
        arrays[item.name] = numpy_helper.to_array(tensor)
    return arrays


def onnxruntime_session(path, threads):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return lambda arrays: session.run(None, arrays)


def openvino_session(path, threads):
    import openvino

    hints = {"INFERENCE_NUM_THREADS": threads, "PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f32"}
    request = openvino.Core().compile_model(str(path), "CPU", hints).create_infer_request()
    return lambda arrays: list(request.infer(arrays).values())


def milliseconds(call, *arguments):
    started = time.perf_counter()
    result = call(*arguments)
    return (time.perf_counter() - started) * 1e3, result


def work(peer, folder, threads):
    arrays = inputs(folder)
    __import__(peer)
    load, call = milliseconds(globals()[f"{peer}_session"], folder / "model.onnx", threads)
    first, _ = milliseconds(call, arrays)
    print(json.dumps({"ready": True, "load_ms": load, "first_ms": first}), flush=True)
    for line in sys.stdin:
        times = [milliseconds(call, arrays)[0] for _ in range(int(line.split()[1]))]
        print(json.dumps({"times_ms": times}), flush=True)


# MARK: the contest


def tessera_command(binary, folder, threads, *options):
    data = folder / "test_data_set_0"
    return [binary, "bench", folder / "model.onnx", "--inputs", data, "--threads", threads, *options]


def tessera_facts(binary, folder, threads, log):
    """Loading and the first run, as a process of its own says them."""
    command = [str(part) for part in tessera_command(binary, folder, threads, "--runs", 1, "--warmup", 0, "--json")]
    with log.open("w") as errors:
        done = subprocess.run(
            command,
            check=True,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env=environment(threads),
            preexec_fn=lambda: os.sched_setaffinity(0, first_cores(threads)),
        )
    report = json.loads(done.stdout.splitlines()[-1])
    return {"load_ms": report["compile_ms"], "first_ms": report["first_ms"]}


def contenders(given, folder, threads, logs):
    """Processes by name; what cannot run the model is None."""
    found = {}
    for name in ("tessera", *PEERS):
        log = logs / f"onnx-{folder.name}-{name}.log"
        command = [sys.executable, Path(__file__).resolve(), "--work", name, folder, threads]
        if name == "tessera":
            command = tessera_command(given.tessera, folder, threads, "--serve")
        try:
            found[name] = Process(command, threads, log)
            if name == "tessera":
                found[name].facts |= tessera_facts(given.tessera, folder, threads, log)
        except Exception as error:
            print(f"  {name} does not run {folder.name}: {str(error)[:120]}", file=sys.stderr)
            found[name] = None
    return found


def measured(given, folder, threads, logs):
    running = contenders(given, folder, threads, logs)
    times = {name: [] for name, process in running.items() if process}
    for _ in range(given.rounds):
        for name in times:
            times[name] += running[name].times(given.runs)
    row = {"model": folder.name, "threads": threads, "times_ms": {}, "load_ms": {}, "first_ms": {}}
    for name, process in running.items():
        if process:
            row["times_ms"][name] = round(statistics.median(times[name]), 4)
            for key in ("load_ms", "first_ms"):
                row[key][name] = round(process.facts[key], 1)
            process.close()
    peers = [row["times_ms"][name] for name in PEERS if name in row["times_ms"]]
    if peers and "tessera" in row["times_ms"]:
        row["ratio"] = round(row["times_ms"]["tessera"] / min(peers), 3)
    return row


def text(row):
    def cell(table, name):
        return f"{row[table][name]:9.2f}" if name in row[table] else "        -"

    def start(name):
        return f"{row['load_ms'][name] + row['first_ms'][name]:8.0f}" if name in row["load_ms"] else "       -"

    names = ("tessera", *PEERS)
    times, starts = " ".join(cell("times_ms", name) for name in names), " ".join(start(name) for name in names)
    return f"{row['model']:18} {row['threads']:2}  {times}   {row.get('ratio', float('nan')):6.2f}   {starts}"


def main():
    if sys.argv[1:2] == ["--work"]:
        return work(sys.argv[2], Path(sys.argv[3]), int(sys.argv[4]))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", type=Path, help="model folders; default: those in .build-peers/onnx")
    parser.add_argument("--threads", type=lambda text: [int(part) for part in text.split(",")], default=[1, 2], metavar="N,M")
    parser.add_argument("--rounds", type=int, default=9, help="turns of each contender; default: 9")
    parser.add_argument("--runs", type=int, default=5, help="timed calls of each turn; default: 5")
    parser.add_argument("--tessera", default=ROOT / ".build/release/tessera", metavar="FILE", help="the binary")
    parser.add_argument("--results", type=Path, default=HERE.parent / "results/onnx.json", metavar="FILE")
    given = parser.parse_args()
    folders = given.folders or sorted(path.parent for path in (ROOT / ".build-peers/onnx").glob("*/model.onnx"))
    if not folders:
        parser.error("no models: python3 ../shared/onnx/fetch_models.py .build-peers/onnx fetches eight")
    logs = ROOT / ".build-peers/logs"
    logs.mkdir(parents=True, exist_ok=True)
    print(f"{'':18}     {'milliseconds a run':^29}            {'ms to the first result':^26}")
    print(f"{'model':18} th  {'tessera':>9} {'ort':>9} {'openvino':>9}    ratio   {'tessera':>8} {'ort':>8} {'openvino':>8}")
    rows = []
    for threads in given.threads:
        for folder in folders:
            rows.append(measured(given, folder, threads, logs))
            print(text(rows[-1]), flush=True)
        ratios = [row["ratio"] for row in rows if row["threads"] == threads and "ratio" in row]
        if ratios:
            print(f"geometric mean of the ratios to the better peer, {threads} threads: {np.exp(np.mean(np.log(ratios))):.2f}")
    given.results.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
