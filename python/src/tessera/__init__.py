"""Tessera: a compiler and CPU runtime for 4M and ONNX models.

    import tessera

    model = tessera.load("model.onnx")
    outputs = model.run({"x": array})

    pipeline = tessera.Pipeline("Models/shapes")
    print(pipeline.generate(rgb="photo.jpg", targets=["caption"])["caption"].text)
"""

from ._library import version
from .command import evaluate, profile
from .errors import (
    CancelledError,
    InternalError,
    NotFoundError,
    OutOfResourcesError,
    TesseraError,
    UnreadableError,
    UnsupportedError,
    UnsupportedModelError,
    UsageError,
)
from .generation import Box, Generation, Sample, Target
from .inspection import inspect
from .interrupts import Cancellation
from .model import CompiledModel, CompileOptions, Function, Model, Value, compile, load, quantize
from .pipeline import Condition, Modality, Pipeline, Progress, Step
from .reports import CompilationReport, Evaluation, Inspection, Profile, Record, Report
from .session import Session

__version__ = version()

__all__ = [
    "Box", "CancelledError", "Cancellation", "CompilationReport", "CompileOptions", "CompiledModel", "Condition", "Evaluation",
    "Function", "Generation", "Inspection", "InternalError", "Modality", "Model", "NotFoundError", "OutOfResourcesError", "Pipeline",
    "Profile", "Progress", "Record", "Report", "Sample", "Session", "Step", "Target", "TesseraError", "UnreadableError",
    "UnsupportedError", "UnsupportedModelError", "UsageError", "Value", "compile", "evaluate", "inspect", "load", "profile",
    "quantize", "version",
]  # fmt: skip
