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
            stop = cancellation or self._unasked()
            count = call.set_inputs(inputs)
            call.set_options(stop, sizes, states, on_step)
            if into is None:
                return self._run(call, count, stop)
            buffers, keep = _tensors(into, call.results)
            arguments = (self.handle, call.name_at, call.inputs_at, count, c.addressof(buffers), len(into), call.options_at, call.failure_at)
            self._checked(_run_into, arguments, call, stop)
            del keep
            return dict(into)
        finally:
            self._busy.release()

    def _run(self, call: _Call, count: int, stop: Cancellation) -> Dict[str, np.ndarray[Any, Any]]:
        made = call.made
        made.value = None
        try:
            self._checked(_run, (self.handle, call.name_at, call.inputs_at, count, call.options_at, call.made_at, call.failure_at), call, stop)
        except BaseException:
            lib.tessera_results_free(made)
            raise
        handle = made.value
        owner = tensors.Memory(handle, lib.tessera_results_free)
        found = {}
        for index in range(_results_count(handle)):
            tensor = s.Tensor.from_address(_results_get(handle, index))
            name = tensor.name
            found[call.result_names.get(name) or text(name)] = tensors.array_of(tensor, owner)
        return found

    def _checked(self, run: Callable[..., int], arguments: Tuple[Any, ...], call: _Call, stop: Cancellation) -> None:
        status = watched(run, arguments, stop)
        problem, call.problem = call.problem, None
        if not status and problem is None:
            return
        failure = c.c_void_p(call.failure.value)
        call.failure.value = None
        if problem is not None:
            lib.tessera_error_free(failure)
            raise problem
        if status == s.CANCELLED and stop is self._cancellation:
            # Only Ctrl-C cancels the session's own.
            lib.tessera_error_free(failure)
            raise_pending()
            raise KeyboardInterrupt
        throw(status, failure)

    def _unasked(self) -> Cancellation:
        """The session's own: another where Ctrl-C came when the last run had just ended."""
        if self._cancellation.was_asked:
            self._cancellation = Cancellation()
        return self._cancellation

    def close(self) -> None:
        """Frees the working memory; results stay good."""
        super().close()
        self._calls.clear()

    def _recipe(self) -> Tuple[Any, ...]:
        return Session, (self.model, self.threads)

    def __repr__(self) -> str:
        return f"<tessera.Session of {self.model!r}>"


def _plain(name: str, count: int, result: Any = c.c_int) -> Callable[..., int]:
    """A function of the library that takes ``count`` numbers: addresses and counts, of which ctypes checks and converts nothing."""
    return c.CFUNCTYPE(result, *[c.c_void_p] * count)((f"tessera_{name}", lib))


_run, _run_into = _plain("session_run", 7), _plain("session_run_into", 8)
_results_count, _results_get = _plain("results_count", 1, c.c_size_t), _plain("results_get", 2, c.c_size_t)
_no_callback = s.StepCallback()


class _Call:
    """The structs of a function's call, which runs fill again; only addresses change where names, types and sizes are the last run's."""

    def __init__(self, function: Function) -> None:
        self.name = c.create_string_buffer(function.name.encode())
        self.name_at = c.addressof(self.name)
        self.declared = {value.name: value.dtype for value in function.inputs}
        self.results = {value.name: value.dtype for value in function.outputs}
        self.result_names = {encoded(name): name for name in self.results}
        self._room(max(len(function.inputs), 1))
        self.options = s.RunOptions()
        self.options_at = c.addressof(self.options)
        #: What the run makes, or why it does not.
        self.made, self.failure = c.c_void_p(), c.c_void_p()
        self.made_at, self.failure_at = c.addressof(self.made), c.addressof(self.failure)
        #: What the options hold: a cancellation, and whether they tell steps.
        self.stop: Optional[Cancellation] = None
        self.tells = False
        #: What a callback raised.
        self.problem: Optional[BaseException] = None
        #: What the structs point to.
        self.kept: List[Any] = []
        self.kept_states: Any = None

    def _room(self, count: int) -> None:
        self.inputs = _rows(count)
        self.inputs_at = c.addressof(self.inputs)
        self.rows = list(self.inputs)
        #: Name, type and shape that a row was filled with; None where it must be filled again in any case.
        self.filled: List[Any] = [None] * count

    def set_inputs(self, inputs: Arrays) -> int:
        """Fills the structs for these arrays; how many there are."""
        count = len(inputs)
        if count > len(self.rows):
            self._room(count)
        kept: List[Any] = []
        for index, (name, value) in enumerate(inputs.items()):
            form = self.filled[index]
            if type(value) is np.ndarray and form and form == (name, value.dtype, value.shape) and value.flags.carray:
                self.rows[index].data = tensors.address(value)
                kept.append(value)
            else:
                kept.append(self._fill(index, name, value))
        self.kept = kept
        return count

    def _fill(self, index: int, name: str, value: Any) -> Any:
        kind = self.declared.get(name)
        array = tensors.as_array(value, kind)
        self.filled[index] = None
        keep = tensors.fill(self.rows[index], encoded(name), array, kind)
        if tensors.is_plain(tensors.element_type(array.dtype, kind)):
            self.filled[index] = (name, array.dtype, array.shape)
        return keep

    def set_options(
        self, stop: Cancellation, sizes: Optional[Mapping[str, int]], states: Optional[Mapping[str, Any]], on_step: Optional[OnStep]
    ) -> None:
        """Fills the options; what the last run's were, and are not asked for again, goes."""
        options = self.options
        if stop is not self.stop:
            self.stop, options.cancellation = stop, stop._handle
        if sizes or options.size_count:
            rows = [s.Size(symbol=encoded(name), value=value) for name, value in (sizes or {}).items()]
            options.sizes, options.size_count = s.array(s.Size, rows), len(rows)
        if states or options.state_count:
            buffers, self.kept_states = _tensors(states or {}, self.declared)
            options.states, options.state_count = buffers, len(states or {})
        if on_step or self.tells:
            options.on_step = self._callback(on_step, stop) if on_step else _no_callback
            self.tells, self.problem = on_step is not None, None

    def _callback(self, on_step: OnStep, stop: Cancellation) -> Any:
        def tell(kernel: bytes, node: bytes, nanoseconds: int, _: object) -> None:
            if self.problem is None:
                try:
                    on_step(text(kernel), text(node), nanoseconds * 1e-9)
                except BaseException as problem:  # noqa: BLE001 - raised when the library has returned
                    self.problem = problem
                    stop.cancel()

        return s.StepCallback(tell)


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
