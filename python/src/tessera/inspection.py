"""Looking inside models: what ``tessera inspect`` tells, as objects and tables."""

from __future__ import annotations

import ctypes as c
import os
from typing import Any, Mapping, Optional, Union

from . import _structs as s
from ._handles import encoded, long_made, taken_text
from ._library import lib
from .errors import UsageError
from .model import CompiledModel, Model
from .pipeline import Pipeline
from .reports import Inspection

Source = Union[str, "os.PathLike[str]", Model, CompiledModel, Pipeline]

#: The list of each report that ``table()`` takes.
_MAIN = {
    "summary": "functions", "ops": "total", "cost": "functions", "memory": "parts.arena.buffers", "weights": "tensors",
    "passes": "rules",
}  # fmt: skip


def source_of(model: Any) -> str:
    """Path or name that a model was opened from."""
    if isinstance(model, CompiledModel) and isinstance(model.source, Model):
        raise UsageError("this model was compiled in memory: compile it into a file, or give the model that it was made of")
    if isinstance(model, (Model, CompiledModel, Pipeline)):
        model = model.source
    if isinstance(model, bytes):
        raise UsageError("this model was opened from memory: only files can be looked into")
    return str(os.fspath(model))


def inspect(
    model: Source, what: str = "summary", function: Optional[str] = None, sizes: Optional[Mapping[str, int]] = None
) -> Inspection:
    """What there is to say of a model: ``summary``, ``ops``, ``cost``, ``memory``, ``weights`` or ``passes``.

    ``sizes`` are those of symbols, such as ``{"tokens": 196}``. ``inspect(...).table()`` is a table of pandas."""
    rows = [s.Size(symbol=encoded(symbol), value=value) for symbol, value in (sizes or {}).items()]
    arguments = (encoded(source_of(model)), encoded(what), encoded(function), s.array(s.Size, rows), c.c_size_t(len(rows)))
    report: Inspection = Inspection.parse(taken_text(long_made(lib.tessera_inspect, *arguments)))
    report.main = _MAIN.get(what)
    return report
