"""Models as their files have them, and made ready to run."""

from __future__ import annotations

import ctypes as c
import json
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Callable, Dict, List, Mapping, Optional, Sequence, Tuple, Union

import numpy as np

from . import _structs as s
from . import tensors
from ._handles import Handle, encoded, long_made, taken_text, texts
from ._library import lib, text
from .errors import UsageError, throw
from .interrupts import interruptibly
from .reports import CompilationReport

if TYPE_CHECKING:
    from .session import Session

PathLike = Union[str, "os.PathLike[str]"]
Arrays = Mapping[str, Any]


@dataclass(frozen=True)
class Value:
    """An input or output of a function: sizes are numbers, or expressions of symbols such as ``16*h``."""

    name: str
    dtype: str
    shape: Tuple[Union[int, str], ...]
    is_tensor: bool = True

    @property
    def numpy_dtype(self) -> np.dtype[Any]:
        """The type of its arrays."""
        return tensors.DTYPES[self.dtype]

    def __str__(self) -> str:
        return f"{self.name}: {self.dtype}[{', '.join(map(str, self.shape))}]"


@dataclass(frozen=True)
class Function:
    """What a model can run."""

    name: str
    inputs: Tuple[Value, ...]
    outputs: Tuple[Value, ...]

    def __str__(self) -> str:
        return f"{self.name}({', '.join(map(str, self.inputs))}) -> ({', '.join(map(str, self.outputs))})"


def _value(info: s.ValueInfo) -> Value:
    shape = tuple(d.value if d.symbol is None else text(d.symbol) for d in info.shape[: info.rank]) if info.rank else ()
    return Value(text(info.name), s.DTYPES[info.dtype - 1], shape, info.is_tensor)


def _functions(handle: int, count: Callable[[int], int], get: Callable[[int, int], Any]) -> Dict[str, Function]:
    found = {}
    for index in range(count(handle)):
        info = get(handle, index).contents
        inputs = tuple(_value(info.inputs[i]) for i in range(info.input_count))
        outputs = tuple(_value(info.outputs[i]) for i in range(info.output_count))
        found[text(info.name)] = Function(text(info.name), inputs, outputs)
    return found


@dataclass
class CompileOptions:
    """How a model is made ready to run; ``Docs/quantization.md`` explains what fewer bits do."""

    #: f32, bf16, f16, int8, int8-static, int4 or w4: type of the products of dense layers and convolutions.
    precision: str = "f32"
    #: "clean" fuses operators, "none" leaves them.
    pipeline: str = "clean"
    #: Schemes of layers by pattern, such as ``{"decoder.5.*": "int8"}``; the last that fits counts.
    overrides: Mapping[str, str] = field(default_factory=dict)
    #: Inputs that share a scale where weights have 4 bits: 32, 64 or 128.
    group_size: int = 32
    #: Whether such groups have a zero point beside their scale.
    zero_points: bool = False
    #: Inputs that weights are rounded for: mappings of arrays, or pairs of a function's name and such.
    calibration: Sequence[Union[Arrays, Tuple[str, Arrays]]] = ()
    #: How int8-static chooses ranges of activations: mse (default), min-max, percentile or entropy.
    ranges: Optional[str] = None
    #: Whether scales of channels may move between norms and the weights behind them (SmoothQuant, AWQ).
    moves_scales: bool = False
    #: Functions to keep; none for all.
    functions: Sequence[str] = ()
    #: Rewriting rules to leave out.
    disabled_rules: Sequence[str] = ()
    #: The largest sizes that symbols may get.
    largest_sizes: Mapping[str, int] = field(default_factory=dict)
    #: Threads of its sessions; None for the cores granted to the process.
    threads: Optional[int] = None

    def _struct(self, functions: Mapping[str, Function]) -> Tuple[s.CompileOptions, List[Any]]:
        calls, keep = _calls(self.calibration, functions)
        overrides = [s.Override(pattern=encoded(p), scheme=encoded(k)) for p, k in self.overrides.items()]
        sizes = [s.Size(symbol=encoded(symbol), value=value) for symbol, value in self.largest_sizes.items()]
        made = s.CompileOptions(
            precision=encoded(self.precision), pipeline=encoded(self.pipeline), overrides=s.array(s.Override, overrides),
            override_count=len(overrides), group_size=self.group_size, zero_points=self.zero_points,
            calibration=s.array(s.Call, calls), calibration_count=len(calls), ranges=encoded(self.ranges),
            moves_scales=self.moves_scales, functions=texts(self.functions), function_count=len(self.functions),
            disabled_rules=texts(self.disabled_rules), disabled_rule_count=len(self.disabled_rules),
            largest_sizes=s.array(s.Size, sizes), largest_size_count=len(sizes), threads=self.threads or 0,
        )  # fmt: skip
        return made, keep


def _calls(calibration: Sequence[Any], functions: Mapping[str, Function]) -> Tuple[List[s.Call], List[Any]]:
    """Recorded calls for the library, and what must live as long as it reads them."""
    made, keep = [], []
    for call in calibration:
        name, inputs = call if isinstance(call, tuple) else (_only(functions), call)
        declared = {value.name: value.dtype for value in functions[name].inputs} if name in functions else {}
        rows = (s.Tensor * len(inputs))()
        for row, (key, value) in zip(rows, inputs.items()):
            row.struct_size = c.sizeof(s.Tensor)
            keep.append(tensors.fill(row, encoded(key), tensors.as_array(value, declared.get(key)), declared.get(key)))
        made.append(s.Call(function=encoded(name), inputs=rows, input_count=len(inputs)))
    return made, keep


def _only(functions: Mapping[str, Function]) -> str:
    if len(functions) == 1:
        return next(iter(functions))
    raise UsageError(f"say which function is meant; there are: {', '.join(functions)}")


class Runnable(Handle):
    """What a model and a compiled model have in common."""

    #: Functions by name, in the model's order.
    functions: Dict[str, Function]

    def function(self, name: Optional[str] = None) -> Function:
        """The function called ``name``, or the only one."""
        name = name if name is not None else _only(self.functions)
        if name not in self.functions:
            raise UsageError(f"there is no function '{name}'; there are: {', '.join(self.functions)}")
        return self.functions[name]

    @property
    def compiled(self) -> CompiledModel:
        """The model made ready to run."""
        raise NotImplementedError

    def session(self, threads: Optional[int] = None) -> Session:
        """Working memory of its own, for one thread at a time."""
        from .session import Session

        return Session(self.compiled, threads)

    def run(self, inputs: Arrays, function: Optional[str] = None, **options: Any) -> Dict[str, np.ndarray[Any, Any]]:
        """Outputs by name, for arrays by name; may be called from several threads at once.

        Arrays in and out are the same memory that the library computes on. ``options`` are those of :meth:`Session.run`."""
        return self.compiled._run(inputs, function, options)


class Model(Runnable):
    """A model as its file has it. Weights are mapped, not read; :meth:`compile` makes it ready to run, as the first :meth:`run` does."""

    def __init__(
        self, source: Union[PathLike, bytes], *, configuration: Optional[PathLike] = None, state_key: Optional[str] = None,
        part: str = "whole", adapters: Union[Mapping[str, float], Sequence[PathLike]] = (), name: str = "model.onnx",
    ) -> None:  # fmt: skip
        """Opens a checkpoint, an ONNX file, IR text, or a model's name on the Hub; ``bytes`` are an ONNX file in memory.

        :param configuration: file beside a checkpoint, which is found by itself where it has the usual name.
        :param state_key: key of the weights in a torch file.
        :param part: ``whole``, or ``encoder`` or ``decoder`` of a tokenizer.
        :param adapters: LoRA files, with their scales if it is a mapping.
        :param name: of a model in memory, for messages."""
        self._pointer = 0
        self.source = source if isinstance(source, bytes) else os.fspath(source)
        self._options = dict(configuration=configuration, state_key=state_key, part=part, adapters=adapters, name=name)
        files = list(adapters)
        scales = list(adapters.values()) if isinstance(adapters, Mapping) else [1.0] * len(files)
        options = s.ModelOptions(
            configuration=encoded(configuration), state_key=encoded(state_key), part=encoded(part), adapters=texts(files),
            adapter_scales=s.array(c.c_double, scales), adapter_count=len(files),
        )  # fmt: skip
        if isinstance(source, bytes):
            pointer = long_made(lib.tessera_model_open_memory, source, len(source), encoded(name), options)
        else:
            pointer = long_made(lib.tessera_model_open, encoded(source), options)
        self._own(pointer, lib.tessera_model_free)
        self.functions = _functions(pointer, lib.tessera_model_function_count, lib.tessera_model_function)
        self._compiled: Optional[CompiledModel] = None

    @property
    def name(self) -> str:
        """The model's name."""
        return text(lib.tessera_model_name(self.handle))

    @property
    def format(self) -> str:
        """What kind of file it is."""
        return text(lib.tessera_model_format(self.handle))

    @property
    def parameter_count(self) -> int:
        """Elements of all weights."""
        return int(lib.tessera_model_parameter_count(self.handle))

    @property
    def weight_bytes(self) -> int:
        """Bytes of all weights as stored."""
        return int(lib.tessera_model_weight_bytes(self.handle))

    @property
    def metadata(self) -> Dict[str, Any]:
        """What the file says of the model: family, normalisation, modalities, ..."""
        found = json.loads(text(lib.tessera_model_metadata(self.handle)) or "{}")
        return found if isinstance(found, dict) else {}

    @property
    def compiled(self) -> CompiledModel:
        """The model in f32, made ready to run when it is first asked for."""
        if self._compiled is None:
            self._compiled = self.compile()
        return self._compiled

    def compile(self, options: Optional[CompileOptions] = None, **fields: Any) -> CompiledModel:
        """Makes it ready to run, in memory. ``fields`` are those of :class:`CompileOptions`."""
        return CompiledModel(self, options or CompileOptions(**fields))

    def write(self, path: PathLike, options: Optional[CompileOptions] = None, **fields: Any) -> Optional[CompilationReport]:
        """Compiles it into a file, a ``.tess``, which is ready at once and whose memory processes share.

        Returns what rounding did, where it was told calls to round for."""
        struct, keep = (options or CompileOptions(**fields))._struct(self.functions)
        self.handle  # noqa: B018 - raises if closed
        report = c.c_void_p()
        def work() -> None:
            error = c.c_void_p()
            status = lib.tessera_model_write(self.handle, encoded(path), struct, c.byref(report), c.byref(error))
            if status:
                throw(status, error)
            keep.clear()

        interruptibly(work)
        return CompilationReport.parse(taken_text(report.value)) if report.value else None

    def close(self) -> None:
        """Frees the model; what was compiled from it stays good."""
        super().close()
        self._compiled = None

    def _recipe(self) -> Tuple[Any, ...]:
        return _open_model, (self.source, self._options)

    def __repr__(self) -> str:
        return f"<tessera.Model {self.name!r}: {', '.join(self.functions)}>" if self._pointer else "<tessera.Model closed>"


class CompiledModel(Runnable):
    """A model made ready to run: its plan and packed weights, once, for any number of threads and sessions."""

    def __init__(self, source: Union[PathLike, Model], options: Optional[CompileOptions] = None) -> None:
        """Opens a compiled model (``.tess``), which is mapped; or compiles a :class:`Model` in memory."""
        self._pointer = 0
        self.source = source if isinstance(source, Model) else os.fspath(source)
        self.options = options
        if isinstance(source, Model):
            struct, keep = (options or CompileOptions())._struct(source.functions)
            pointer = long_made(lib.tessera_model_compile, source.handle, struct)
            keep.clear()
        else:
            pointer = long_made(lib.tessera_compiled_open, encoded(source))
        self._own(pointer, lib.tessera_compiled_free)
        self.functions = _functions(pointer, lib.tessera_compiled_function_count, lib.tessera_compiled_function)
        #: Sessions that nobody uses; taking and giving back are one instruction each.
        self._idle: List[Session] = []

    @property
    def name(self) -> str:
        """The model's name."""
        return text(lib.tessera_compiled_name(self.handle))

    @property
    def weight_bytes(self) -> int:
        """Bytes of the weights as packed."""
        return int(lib.tessera_compiled_weight_bytes(self.handle))

    @property
    def report(self) -> Optional[CompilationReport]:
        """What rounding did, where it was told calls to round for."""
        found = lib.tessera_compiled_report(self.handle)
        return CompilationReport.parse(text(found)) if found else None

    @property
    def compiled(self) -> CompiledModel:
        """Itself."""
        return self

    def _run(self, inputs: Arrays, function: Optional[str], options: Dict[str, Any]) -> Dict[str, np.ndarray[Any, Any]]:
        try:
            session = self._idle.pop()
        except IndexError:
            session = self.session()
        try:
            return session.run(inputs, function, **options)
        finally:
            if self._pointer:
                self._idle.append(session)

    def close(self) -> None:
        """Frees the plan and the weights, as soon as no session uses them."""
        super().close()
        self._idle.clear()

    def _recipe(self) -> Tuple[Any, ...]:
        return CompiledModel, (self.source, self.options)

    def __repr__(self) -> str:
        if not self._pointer:
            return "<tessera.CompiledModel closed>"
        return f"<tessera.CompiledModel {self.name!r}: {', '.join(self.functions)}>"


def _open_model(source: Union[str, bytes], options: Dict[str, Any]) -> Model:
    return Model(source, **options)


def load(source: Union[PathLike, bytes], **options: Any) -> Union[Model, CompiledModel]:
    """Opens any model: a compiled one (``.tess``), an ONNX file or its bytes, a checkpoint, or a name on the Hub.

    ``options`` are those of :class:`Model`. 4M models with their tokenizers are opened by :class:`tessera.Pipeline`."""
    if not isinstance(source, bytes) and os.fspath(source).endswith(".tess"):
        if options:
            raise UsageError(f"{', '.join(options)}: {source} is compiled already")
        return CompiledModel(source)
    return Model(source, **options)


def compile(  # noqa: A001 - as it is called everywhere
    source: Union[PathLike, bytes, Model], output: Optional[PathLike] = None, options: Optional[CompileOptions] = None, **fields: Any
) -> CompiledModel:
    """Makes a model ready to run; with ``output`` as a file, a ``.tess``, which is mapped and shared between processes.

    ``fields`` are those of :class:`CompileOptions`, such as ``precision="int8"``."""
    model = source if isinstance(source, Model) else Model(source)
    if output is None:
        return model.compile(options, **fields)
    model.write(output, options, **fields)
    return CompiledModel(output)


def quantize(
    source: Union[PathLike, bytes, Model], precision: str = "int8", calibration: Sequence[Any] = (),
    output: Optional[PathLike] = None, **fields: Any,
) -> CompiledModel:  # fmt: skip
    """:func:`compile` with fewer bits: weights are rounded for the inputs of ``calibration``, of which a hundred are plenty.

    ``quantize(...).report.table()`` says what that did to each layer."""
    return compile(source, output, precision=precision, calibration=calibration, **fields)
