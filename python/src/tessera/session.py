"""Working memory of a compiled model, and runs."""

from __future__ import annotations

import ctypes as c
import threading
from typing import Any, Callable, Dict, List, Mapping, Optional, Tuple

import numpy as np

from . import _structs as s
from . import tensors
from ._handles import Handle, encoded, made
from ._library import lib, text
from .errors import UsageError, throw
from .interrupts import Cancellation, raise_pending, watched
from .model import Arrays, CompiledModel, Function

_TENSOR_BYTES = c.sizeof(s.Tensor)

OnStep = Callable[[str, str, float], None]


class Session(Handle):
    """Runs the functions of a compiled model, for one thread at a time; sessions of one model run side by side.

    Its memory grows to the largest call and stays. :meth:`CompiledModel.run` keeps sessions by itself and may be called from any thread."""

    def __init__(self, model: CompiledModel, threads: Optional[int] = None) -> None:
        """A session of ``model``; ``threads`` None for the model's."""
        self._pointer = 0
        self.model, self.threads = model, threads
        self._own(made(lib.tessera_session_create, model.handle, threads or 0), lib.tessera_session_free)
        self._cancellation = Cancellation()
        self._busy = threading.Lock()
        self._calls: Dict[Optional[str], _Call] = {}

    @property
    def peak_bytes(self) -> int:
        """Weights plus the most working memory so far."""
        return int(lib.tessera_session_peak_bytes(self.handle))

    def run(
        self, inputs: Arrays, function: Optional[str] = None, *, into: Optional[Mapping[str, np.ndarray[Any, Any]]] = None,
        sizes: Optional[Mapping[str, int]] = None, states: Optional[Mapping[str, np.ndarray[Any, Any]]] = None,
        cancellation: Optional[Cancellation] = None, on_step: Optional[OnStep] = None,
    ) -> Dict[str, np.ndarray[Any, Any]]:  # fmt: skip
        """Outputs by name, for arrays by name.

        Nothing is copied: row-major arrays of the model's types are read where they are, and the outputs lie over the library's memory.

        :param function: may be left out if there is one only.
        :param into: arrays that the outputs are written to, one for each; the same are returned.
        :param sizes: sizes that the inputs leave open, by symbol.
        :param states: arrays that are inputs and, updated in place, the outputs of their names.
        :param cancellation: stops the run between two steps.
        :param on_step: told after each step: kernel, node, seconds. An exception that it raises ends the run."""
        if not self._busy.acquire(blocking=False):
            raise UsageError("this session is running; sessions serve one thread at a time: make another, or use the model's run")
        try:
            call = self._calls.get(function)
            if call is None:
                call = self._calls[function] = _Call(self.model.function(function))
            count = call.set_inputs(inputs)
            options, keep = self._options(call, sizes, states, cancellation, on_step)
            if into is None:
                return self._run(call, count, options, keep)
            buffers, keep.outputs = _tensors(into, call.results)
            failure = c.c_void_p()
            arguments = (self.handle, call.name, call.inputs, count, buffers, len(into), options, c.byref(failure))
            self._checked(lib.tessera_session_run_into, arguments, failure, keep)
            return dict(into)
        finally:
            self._busy.release()

    def _run(self, call: _Call, count: int, options: s.RunOptions, keep: _Keep) -> Dict[str, np.ndarray[Any, Any]]:
        handle, failure = c.c_void_p(), c.c_void_p()
        arguments = (self.handle, call.name, call.inputs, count, options, c.byref(handle), c.byref(failure))
        try:
            self._checked(lib.tessera_session_run, arguments, failure, keep)
        except BaseException:
            lib.tessera_results_free(handle)
            raise
        owner = tensors.Memory(handle.value, lib.tessera_results_free)
        found = {}
        for index in range(lib.tessera_results_count(handle)):
            tensor = lib.tessera_results_get(handle, index).contents
            name = tensor.name
            found[call.result_names.get(name) or text(name)] = tensors.array_of(tensor, owner)
        return found

    def _checked(self, run: Callable[..., int], arguments: Tuple[Any, ...], failure: c.c_void_p, keep: _Keep) -> None:
        status = watched(run, arguments, keep.cancellation)
        if keep.problem is not None:
            lib.tessera_error_free(failure)
            raise keep.problem
        if status == s.CANCELLED and keep.cancellation is self._cancellation:
            # Only Ctrl-C cancels the session's own.
            lib.tessera_error_free(failure)
            raise_pending()
            raise KeyboardInterrupt
        if status:
            throw(status, failure)

    def _options(
        self, call: _Call, sizes: Optional[Mapping[str, int]], states: Optional[Mapping[str, Any]],
        cancellation: Optional[Cancellation], on_step: Optional[OnStep],
    ) -> Tuple[s.RunOptions, _Keep]:  # fmt: skip
        if self._cancellation.is_cancelled:
            # Ctrl-C came when the last run had just ended.
            self._cancellation = Cancellation()
        keep = _Keep(cancellation or self._cancellation)
        options = call.options
        options.cancellation = keep.cancellation._handle
        if sizes or options.size_count:
            rows = [s.Size(symbol=encoded(name), value=value) for name, value in (sizes or {}).items()]
            options.sizes, options.size_count = s.array(s.Size, rows), len(rows)
        if states or options.state_count:
            buffers, keep.states = _tensors(states or {}, call.declared)
            options.states, options.state_count = buffers, len(states or {})
        if on_step or call.tells:
            options.on_step = keep.callback(on_step) if on_step else s.StepCallback()
            call.tells = on_step is not None
        return options, keep

    def close(self) -> None:
        """Frees the working memory; results stay good."""
        super().close()
        self._calls.clear()

    def _recipe(self) -> Tuple[Any, ...]:
        return Session, (self.model, self.threads)

    def __repr__(self) -> str:
        return f"<tessera.Session of {self.model!r}>"


class _Keep:
    """What a call of the library needs until it returns."""

    __slots__ = ("cancellation", "states", "outputs", "tell", "problem")

    def __init__(self, cancellation: Cancellation) -> None:
        self.cancellation = cancellation
        self.states: Any = None
        self.outputs: Any = None
        self.tell: Any = None
        self.problem: Optional[BaseException] = None

    def callback(self, on_step: OnStep) -> Any:
        def tell(kernel: bytes, node: bytes, nanoseconds: int, _: object) -> None:
            if self.problem is None:
                try:
                    on_step(text(kernel), text(node), nanoseconds * 1e-9)
                except BaseException as problem:  # noqa: BLE001 - raised when the library has returned
                    self.problem = problem
                    self.cancellation.cancel()

        self.tell = s.StepCallback(tell)
        return self.tell


class _Call:
    """The structs of a function's call, which runs fill again; only addresses change where names, types and sizes are the last run's."""

    def __init__(self, function: Function) -> None:
        self.name = encoded(function.name)
        self.declared = {value.name: value.dtype for value in function.inputs}
        self.results = {value.name: value.dtype for value in function.outputs}
        self.result_names = {encoded(name): name for name in self.results}
        self.inputs = _rows(max(len(function.inputs), 1))
        self.rows = list(self.inputs)
        self.filled: List[Any] = [None] * len(self.rows)
        self.options = s.RunOptions()
        self.tells = False
        self.kept: List[Any] = []

    def set_inputs(self, inputs: Arrays) -> int:
        """Fills the structs for these arrays; how many there are."""
        count = len(inputs)
        if count > len(self.rows):
            self.inputs = _rows(count)
            self.rows, self.filled = list(self.inputs), [None] * count
        kept: List[Any] = []
        for index, (name, value) in enumerate(inputs.items()):
            array = value
            if type(value) is not np.ndarray or not value.flags.carray or not value.dtype.isnative:
                array = tensors.as_array(value, self.declared.get(name))
            form = (name, array.dtype, array.shape)
            row = self.rows[index]
            if self.filled[index] == form:
                row.data = array.__array_interface__["data"][0]
                kept.append(array)
                continue
            kind = self.declared.get(name)
            kept.append(tensors.fill(row, encoded(name), array, kind))
            self.filled[index] = form if tensors.is_plain(tensors.element_type(array.dtype, kind)) else None
        self.kept = kept
        return count


def _rows(count: int) -> Any:
    rows = (s.Tensor * count)()
    for row in rows:
        row.struct_size = _TENSOR_BYTES
    return rows


def _tensors(arrays: Mapping[str, Any], declared: Mapping[str, str]) -> Tuple[Any, List[Any]]:
    """Structs over arrays that the library writes to."""
    rows, keep = _rows(max(len(arrays), 1)), []
    for row, (name, array) in zip(rows, arrays.items()):
        if not isinstance(array, np.ndarray) or not array.flags.c_contiguous or not array.flags.writeable:
            raise UsageError(f"'{name}' must be a row-major NumPy array that can be written to")
        keep.append(tensors.fill(row, encoded(name), array, declared.get(name)))
        if keep[-1] is not array:
            raise UsageError(f"'{name}': arrays of {array.dtype} cannot be written in place: the library keeps them in another form")
    return rows, keep
