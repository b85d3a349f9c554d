"""Contender processes: pinned to cores, one at a time awake."""

import json
import os
import signal
import subprocess
import time

THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
REMOVED_VARIABLES = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")


def environment(threads):
    kept = {name: value for name, value in os.environ.items() if name not in REMOVED_VARIABLES}
    return kept | {name: str(threads) for name in THREAD_VARIABLES} | {"TORCHINDUCTOR_COMPILE_THREADS": "1"}


def first_cores(count):
    return set(sorted(os.sched_getaffinity(0))[:count])


class Process:
    """A contender that answers lines with JSON lines. Between requests it is stopped, so that it cannot spin."""

    def __init__(self, command, threads, log):
        started = time.perf_counter()
        self.log = log
        self.child = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log.open("w"),
            text=True,
            env=environment(threads),
            preexec_fn=lambda: os.sched_setaffinity(0, first_cores(threads)),
        )
        try:
            self.facts = self.read()
        except BaseException:
            self.child.kill()
            raise
        self.facts.pop("ready", None)
        self.facts["start_s"] = round(time.perf_counter() - started, 1)
        self.child.send_signal(signal.SIGSTOP)

    def read(self):
        """The next line that is a JSON object."""
        for line in self.child.stdout:
            if line.startswith("{"):
                return json.loads(line)
        status, lines = self.child.wait(), self.log.read_text().splitlines()
        raise RuntimeError(f"{self.log.stem} ended with status {status}: {lines[-1] if lines else ''}")

    def ask(self, line):
        self.child.send_signal(signal.SIGCONT)
        self.child.stdin.write(line + "\n")
        self.child.stdin.flush()
        reply = self.read()
        self.child.send_signal(signal.SIGSTOP)
        return reply

    def times(self, calls):
        """Milliseconds of each call; one more goes before them and is dropped, after the time asleep."""
        return self.ask(f"run {calls + 1}")["times_ms"][1:]

    def close(self):
        self.child.send_signal(signal.SIGCONT)
        self.child.stdin.close()
        try:
            self.child.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
