"""Measures Tessera against its peers, part by part of the models: contenders in turn, medians of their times.

Results go to --results (rows of earlier runs that are not measured again stay), a table to standard output.
"""

import argparse
import json
import signal
import sys
from pathlib import Path

import numpy as np

import machine
from chart import draw
from contenders import PEERS, Job
from processes import Process
from results import judged, merged, relative_error, row, table
from tessera import Tessera, can_bench
from works import WORKS

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
WORKER = [sys.executable, HERE / "worker.py"]
# A peer this many times as slow as the fastest peer is not asked again after its trial call.
HOPELESS = 3


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    several = {"type": lambda text: text.split(","), "metavar": "A,B"}
    numbers = {"type": lambda text: [int(part) for part in text.split(",")], "metavar": "N,M"}
    parser.add_argument("--works", **several, default=list(WORKS), help=f"of {','.join(WORKS)}; default: all")
    parser.add_argument("--precisions", **several, default=list(PEERS), help=f"of {','.join(PEERS)}; default: all")
    parser.add_argument("--threads", **numbers, default=[1, 2], help="thread counts; default: 1,2")
    parser.add_argument("--batch", **numbers, help="batch sizes; default: 1, and for encoder-b also 8")
    parser.add_argument("--rounds", type=int, default=5, help="turns of each contender; default: 5")
    parser.add_argument("--runs", type=int, default=4, help="timed calls of each turn; default: 4")
    parser.add_argument("--quick", action="store_true", help="2 rounds of 2 runs, batch 1, 1 thread")
    parser.add_argument("--tessera", default=ROOT / ".build/release/tessera", metavar="FILE", help="the binary")
    parser.add_argument("--models", type=Path, default=ROOT / ".build-peers/models", metavar="DIR")
    parser.add_argument("--results", type=Path, default=HERE.parent / "results/peers.json", metavar="FILE")
    given = parser.parse_args()
    if given.quick:
        given.rounds, given.runs, given.batch, given.threads = 2, 2, [1], [1]
    return given


def batches(given, work_name):
    return given.batch or ([1, 8] if work_name == "encoder-b" else [1])


class Contest:
    """All contenders of one job, each a process that sleeps until its turn."""

    def __init__(self, given, job):
        self.given, self.job = given, job
        self.logs = given.models.parent / "logs"
        self.logs.mkdir(parents=True, exist_ok=True)
        self.expected = self.reference()

    def log(self, name):
        return self.logs / f"{self.job.work_name}-b{self.job.batch}-t{self.job.threads}-{name}.log"

    def peer(self, name):
        job = self.job
        command = [*WORKER, self.given.models, job.work_name, job.batch, job.threads, name]
        return Process(command, job.threads, self.log(name))

    def peer_outputs(self, process, name):
        file = self.log(name).with_suffix(".npz")
        process.ask(f"outputs {file}")
        with np.load(file) as arrays:
            return arrays[self.job.work.result]

    def reference(self):
        """What PyTorch computes in f32."""
        process = self.peer("torch")
        try:
            return self.peer_outputs(process, "torch")
        finally:
            process.close()

    def start(self, name, precision):
        """-> process, result of one call"""
        if name == "tessera":
            ours = Tessera(self.given.tessera, self.job, precision, self.log(f"tessera-{precision}"))
            outputs = ours.outputs()
            return ours.process(), outputs[self.job.work.result]
        process = self.peer(name)
        return process, self.peer_outputs(process, name)

    def row(self, precision):
        names = [*PEERS[precision], *(["tessera"] if can_bench(self.given.tessera) else [])]
        measured, processes = {}, {}
        try:
            for name in names:
                self.enter(name, precision, measured, processes)
            self.drop_hopeless(measured, processes)
            for turn in range(self.given.rounds):
                for name in rotated(list(processes), turn):
                    measured[name]["times"] += processes[name].times(self.given.runs)
        finally:
            for process in processes.values():
                process.close()
        return row(self.job, precision, measured)

    def enter(self, name, precision, measured, processes):
        try:
            processes[name], found = self.start(name, precision)
        except Exception as error:
            print(f"{self.job.work_name}: {name} failed: {error}", file=sys.stderr)
            measured[name] = {"error": str(error)}
            return
        error = relative_error(found, self.expected)
        facts = processes[name].facts
        measured[name] = {"times": [], "trial": processes[name].times(1), "rel_l2": error, "facts": facts}

    def drop_hopeless(self, measured, processes):
        """Ends peers that are far from the fastest; the trial call is their time, and noted as such."""
        trials = {name: measured[name].pop("trial") for name in processes}
        peers = {name: times[0] for name, times in trials.items() if name != "tessera"}
        limit = HOPELESS * min(peers.values(), default=0)
        for name in [name for name, ms in peers.items() if ms > limit]:
            processes.pop(name).close()
            measured[name]["times"] = trials[name]
            measured[name]["facts"]["calls"] = 1


def rotated(names, turn):
    shift = turn % len(names) if names else 0
    return names[shift:] + names[:shift]


def save(given, facts, rows):
    given.results.parent.mkdir(parents=True, exist_ok=True)
    rows = judged(merged(given.results, rows), WORKS)
    given.results.write_text(json.dumps({"machine": facts, "rows": rows}, indent=1) + "\n")
    draw(rows, facts, given.results.with_suffix(".png"))
    return rows


def main():
    given = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if not can_bench(given.tessera):
        print(f"{given.tessera} has no command `bench`: only peers are measured", file=sys.stderr)
    facts, rows = machine.facts(given.threads), []
    for work_name in given.works:
        for batch in batches(given, work_name):
            for threads in given.threads:
                contest = Contest(given, Job(work_name, batch, threads, given.models))
                for precision in given.precisions:
                    rows.append(contest.row(precision))
                    print(table(judged(rows, WORKS)).splitlines()[-1], file=sys.stderr)
                    save(given, facts, rows)
    print(table(judged(rows, WORKS)))


if __name__ == "__main__":
    main()
