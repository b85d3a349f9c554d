"""Tessera as a contender: its command line, and the files it reads and writes."""

import shutil
import subprocess

import numpy as np

from processes import Process, environment


def can_bench(binary):
    """Whether the binary is there and knows the command `bench`."""
    try:
        return subprocess.run([binary, "bench", "--help"], capture_output=True).returncode == 0
    except OSError:
        return False


class Tessera:
    """The command `tessera bench` for one job and precision; `process` serves the timings."""

    def __init__(self, binary, job, precision, log):
        self.binary, self.job, self.precision, self.log = binary, job, precision, log
        self.folder = job.models.parent / "tessera" / f"{job.work_name}-b{job.batch}"
        shutil.rmtree(self.folder, ignore_errors=True)
        (self.folder / "in").mkdir(parents=True)
        for name, array in job.arrays().items():
            np.save(self.folder / "in" / f"{name}.npy", array)
        # As peers' int8: convolutions in integers take ranges from data, here those of the job.
        self.compiled = self.calibrated() if precision == "int8" and job.work.kind == "unet" else None

    def calibrated(self):
        (function,) = self.job.work.functions
        shutil.copytree(self.folder / "in", self.folder / "calls" / function / "0")
        file = self.folder / "static.tess"
        command = [self.binary, "compile", self.job.checkpoint, "--function", function, "--precision", "int8-static",
                   "--calibrate", self.folder / "calls", "-o", file]
        with self.log.open("w") as log:
            subprocess.run([str(part) for part in command], check=True, stdout=log, stderr=log)
        return file

    def command(self, *options):
        work = self.job.work
        functions = [part for name in work.functions for part in ("--function", name)]
        if work.kind == "decoder":
            functions += ["--feed", "y=out"]
        sizes = {"batch": self.job.batch} | work.sizes
        binds = [part for name, size in sizes.items() for part in ("--bind", f"{name}={size}")]
        precision = [] if self.compiled else ["--precision", self.precision]
        settings = [*precision, "--threads", self.job.threads, "--json"]
        inputs = ["--inputs", self.folder / "in"]
        return [self.binary, "bench", self.compiled or self.job.checkpoint, *functions, *binds, *inputs, *settings, *options]

    def outputs(self):
        """The arrays by name of one call."""
        folder = self.folder / "out"
        command = [str(part) for part in self.command("--outputs", folder, "--runs", 1)]
        with self.log.open("w") as log:
            subprocess.run(command, check=True, env=environment(self.job.threads), stdout=log, stderr=log)
        return {path.stem: np.load(path) for path in folder.glob("*.npy")}

    def process(self):
        return Process(self.command("--serve"), self.job.threads, self.log)
