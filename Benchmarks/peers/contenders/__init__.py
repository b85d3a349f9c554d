"""The peers. Each module has `start(job, name)`, which loads a contender and returns a Contender."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable

from checkpoints import checkpoint
from works import OUTPUTS, WORKS, inputs_of, module

CALIBRATION_SAMPLES = 4

PEERS = {
    "f32": ("torch", "torch-compile", "onnxruntime", "openvino"),
    "bf16": ("torch-bf16", "torch-compile-bf16", "openvino-bf16"),
    "int8": ("torch-int8", "onnxruntime-int8", "openvino-int8"),
}


@dataclass(frozen=True)
class Contender:
    """call: runs once and returns the outputs by name as arrays; facts: what is worth knowing about it."""

    call: Callable
    facts: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Job:
    """One work at one batch size, and where its models lie."""

    work_name: str
    batch: int
    threads: int
    models: Path

    @property
    def work(self):
        return WORKS[self.work_name]

    @property
    def checkpoint(self):
        return checkpoint(self.work.model, self.models)

    @property
    def outputs(self):
        return OUTPUTS[self.work.kind]

    def module(self):
        return module(self.work, self.checkpoint)

    def inputs(self, seed=0):
        return inputs_of(self.work, self.checkpoint, self.batch, seed)

    def arrays(self, seed=0):
        return {name: tensor.numpy() for name, tensor in self.inputs(seed).items()}

    def cached(self, suffix, make):
        """The file of this job with that suffix; `make` writes it, with the data it needs beside it, if missing."""
        folder = self.models / f"{self.work_name}-b{self.batch}"
        path, unfinished = folder / suffix / f"model.{suffix.rpartition('-')[0]}", folder / f"{suffix}.partial"
        if not path.exists():
            unfinished.mkdir(parents=True, exist_ok=True)
            make(unfinished / path.name)
            unfinished.rename(path.parent)
        return path
