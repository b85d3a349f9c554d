"""What tests share: places of models, and small ONNX models."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, Callable, Sequence

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

ROOT = Path(__file__).resolve().parents[2]
SHAPES = ROOT / "Models" / "shapes"
ENCODER = ROOT / "Models" / "onnx-encoder" / "model.onnx"
#: Exported blocks with inputs and outputs, which lie beside the checkout.
EXPORTS = Path(os.environ.get("TESSERA_SHARED", ROOT.parent / "shared")) / "onnx" / "exports"


def onnx_bytes(nodes: Sequence[Any], inputs: Sequence[Any], outputs: Sequence[Any], initializers: Sequence[Any] = (), opset: int = 21) -> bytes:
    """An ONNX model; values are (name, type, shape)."""
    values = [[helper.make_tensor_value_info(*value) for value in row] for row in (inputs, outputs)]
    graph = helper.make_graph(list(nodes), "test", *values, initializer=list(initializers))
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=10)
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


@pytest.fixture
def double() -> bytes:
    """y = x + x, for any number of rows of 4."""
    return onnx_bytes([helper.make_node("Add", ["x", "x"], ["y"])], [("x", TensorProto.FLOAT, ["n", 4])], [("y", TensorProto.FLOAT, ["n", 4])])


def slow_bytes(steps: int = 300, size: int = 512) -> bytes:
    """Many products after each other: takes seconds."""
    weight = onnx.numpy_helper.from_array(np.eye(size, dtype=np.float32), "w")
    nodes = []
    for i in range(steps):
        nodes.append(helper.make_node("MatMul", [f"v{i}", "w"], [f"m{i}"]))
        nodes.append(helper.make_node("Sin", [f"m{i}"], [f"v{i + 1}"]))
    shape = ["n", size]
    return onnx_bytes(nodes, [("v0", TensorProto.FLOAT, shape)], [(f"v{steps}", TensorProto.FLOAT, shape)], [weight])


@pytest.fixture
def encoder_inputs() -> dict[str, Any]:
    return {"ids": np.arange(16).reshape(2, 8), "mask": np.ones((2, 8), np.int64)}


@pytest.fixture
def after() -> Callable[..., threading.Timer]:
    """Does something in a while."""

    def start(seconds: float, work: Callable[[], object]) -> threading.Timer:
        timer = threading.Timer(seconds, work)
        timer.start()
        return timer

    return start


def python(program: str, *arguments: object, interrupt_at: str | None = None, timeout: float = 120) -> subprocess.CompletedProcess[str]:
    """Runs a program with this Python; sends SIGINT as soon as it prints ``interrupt_at``."""
    # Shells start what runs in the background with SIGINT ignored, and children keep that.
    heard = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n" + program
    process = subprocess.Popen(
        [sys.executable, "-u", "-c", heard, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        # Another group, so that nobody else is told.
        start_new_session=True,
    )
    watchdog = threading.Timer(timeout, process.kill)
    watchdog.start()
    said = ""
    assert process.stdout
    for line in process.stdout:
        said += line
        if interrupt_at and interrupt_at in line:
            process.send_signal(signal.SIGINT)
    watchdog.cancel()
    return subprocess.CompletedProcess(program, process.wait(), said)
