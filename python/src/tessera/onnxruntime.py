"""The interface of ONNX Runtime, so that programs written for it change one import::

    import tessera.onnxruntime as onnxruntime

What ONNX Runtime does by options that mean nothing here (arenas, log levels, execution modes) is accepted and ignored. Exceptions are those of
Tessera under ONNX Runtime's names. ``tessera.precision`` as a session configuration entry compiles with fewer bits.
"""

from __future__ import annotations

import enum
import os
import threading
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Tuple, Union

import numpy as np

from . import tensors
from ._library import version
from .errors import InternalError, NotFoundError, UnreadableError, UnsupportedError, UnsupportedModelError, UsageError
from .interrupts import Cancellation
from .model import CompiledModel, CompileOptions, Function, Model, Value, load

__version__ = version()

InvalidArgument = UsageError
NoSuchFile = NotFoundError
InvalidProtobuf = InvalidGraph = UnreadableError
NotImplemented = UnsupportedError  # noqa: A001 - as it is called there
ModelRequiresCompilation = UnsupportedModelError
Fail = RuntimeException = InternalError

_PROVIDER = "CPUExecutionProvider"
_TYPES = {
    "f32": "float", "f64": "double", "f16": "float16", "bf16": "bfloat16", "i8": "int8", "u8": "uint8", "i16": "int16",
    "u16": "uint16", "i32": "int32", "u32": "uint32", "i64": "int64", "u64": "uint64", "bool": "bool", "string": "string",
    "i4": "int4", "u4": "uint4", "i2": "int2", "u2": "uint2", "f8e4m3fn": "float8e4m3fn", "f8e4m3fnuz": "float8e4m3fnuz",
    "f8e5m2": "float8e5m2", "f8e5m2fnuz": "float8e5m2fnuz", "f8e8m0": "float8e8m0", "f4e2m1": "float4e2m1",
}  # fmt: skip


def get_available_providers() -> List[str]:
    """The processor is all there is."""
    return [_PROVIDER]


get_all_providers = get_available_providers


def get_device() -> str:
    """CPU."""
    return "CPU"


def set_default_logger_severity(level: int) -> None:
    """Nothing is logged."""


def set_default_logger_verbosity(level: int) -> None:
    """Nothing is logged."""


def disable_telemetry_events() -> None:
    """Nothing is reported to anybody."""


class GraphOptimizationLevel(enum.IntEnum):
    """``ORT_DISABLE_ALL`` leaves operators as they are; all others mean the same."""

    ORT_DISABLE_ALL = 0
    ORT_ENABLE_BASIC = 1
    ORT_ENABLE_EXTENDED = 2
    ORT_ENABLE_LAYOUT = 3
    ORT_ENABLE_ALL = 99


class ExecutionMode(enum.IntEnum):
    """Means nothing here."""

    ORT_SEQUENTIAL = 0
    ORT_PARALLEL = 1


class SessionOptions:
    """``intra_op_num_threads``, ``graph_optimization_level``, free dimensions and ``tessera.precision`` count; others are kept only."""

    def __init__(self) -> None:
        self.intra_op_num_threads = 0
        self.inter_op_num_threads = 0
        self.graph_optimization_level = GraphOptimizationLevel.ORT_ENABLE_ALL
        self.execution_mode = ExecutionMode.ORT_SEQUENTIAL
        self.enable_cpu_mem_arena = self.enable_mem_pattern = self.enable_mem_reuse = True
        self.enable_profiling = self.use_deterministic_compute = False
        self.log_severity_level = 2
        self.log_verbosity_level = 0
        self.logid = self.optimized_model_filepath = self.profile_file_prefix = ""
        self._entries: Dict[str, str] = {}
        self._dimensions: Dict[str, int] = {}

    def add_session_config_entry(self, key: str, value: str) -> None:
        """Keeps a setting; ``tessera.precision`` is one of ours."""
        self._entries[key] = value

    def get_session_config_entry(self, key: str) -> str:
        """A setting that was kept."""
        return self._entries[key]

    def add_free_dimension_override_by_name(self, name: str, size: int) -> None:
        """Gives the size of a symbol that inputs leave open."""
        self._dimensions[name] = size


class RunOptions:
    """``terminate = True``, from any thread, stops the runs that were given these options."""

    def __init__(self) -> None:
        self._cancellation = Cancellation()
        self.log_severity_level = 2
        self.log_verbosity_level = 0
        self.logid = ""
        self.only_execute_path_to_fetches = False

    @property
    def terminate(self) -> bool:
        """Whether runs shall stop."""
        return self._cancellation.is_cancelled

    @terminate.setter
    def terminate(self, value: bool) -> None:
        if value:
            self._cancellation.cancel()
        elif self._cancellation.is_cancelled:
            self._cancellation = Cancellation()

    def add_run_config_entry(self, key: str, value: str) -> None:
        """Means nothing here."""


class NodeArg:
    """An input or output: its name, type such as ``tensor(float)``, and sizes, of which names are open."""

    def __init__(self, value: Value) -> None:
        self.name = value.name
        self.type = f"tensor({_TYPES[value.dtype]})" if value.is_tensor else f"seq(tensor({_TYPES[value.dtype]}))"
        self.shape: List[Union[int, str]] = list(value.shape)

    def __repr__(self) -> str:
        return f"NodeArg(name='{self.name}', type='{self.type}', shape={self.shape})"


class ModelMetadata:
    """What the model's file says of itself."""

    def __init__(self, name: str, facts: Mapping[str, Any]) -> None:
        self.graph_name = name
        self.producer_name = str(facts.get("producer", "") or "")
        self.domain = str(facts.get("domain", "") or "")
        self.description = str(facts.get("docString", "") or "")
        self.graph_description = str(facts.get("graphDocString", "") or "")
        self.version = int(facts.get("modelVersion", 0) or 0)
        found = facts.get("properties", {})
        self.custom_metadata_map: Dict[str, str] = {k: str(v) for k, v in found.items()} if isinstance(found, Mapping) else {}


class OrtValue:
    """A tensor in memory of its own, or of a NumPy array."""

    def __init__(self, array: np.ndarray[Any, Any]) -> None:
        self._array = array

    @staticmethod
    def ortvalue_from_numpy(array: Any, device_type: str = "cpu", device_id: int = 0) -> OrtValue:
        """Over the memory of ``array``."""
        _require_cpu(device_type)
        return OrtValue(tensors.as_array(array))

    @staticmethod
    def ortvalue_from_shape_and_type(shape: Sequence[int], element_type: Any, device_type: str = "cpu", device_id: int = 0) -> OrtValue:
        """Memory of this shape and NumPy type."""
        _require_cpu(device_type)
        return OrtValue(np.empty(tuple(shape), np.dtype(element_type)))

    def numpy(self) -> np.ndarray[Any, Any]:
        """The array itself."""
        return self._array

    def update_inplace(self, array: Any) -> None:
        """Copies ``array`` into it."""
        np.copyto(self._array, array)

    def shape(self) -> List[int]:
        """Its sizes."""
        return list(self._array.shape)

    def data_type(self) -> str:
        """Such as ``tensor(float)``."""
        return f"tensor({_TYPES[tensors.element_type(self._array.dtype)]})"

    def data_ptr(self) -> int:
        """Address of the first element."""
        return int(self._array.__array_interface__["data"][0])

    def device_name(self) -> str:
        """cpu."""
        return "cpu"

    def is_tensor(self) -> bool:
        """Whether it is one: yes."""
        return True

    def has_value(self) -> bool:
        """Whether it has one: yes."""
        return True

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray[Any, Any]:
        return self._array if dtype is None else self._array.astype(dtype)


def _require_cpu(device: str) -> None:
    if device.lower() != "cpu":
        raise UsageError(f"there is no device '{device}'; there is: cpu")


class IOBinding:
    """Inputs and outputs of a session that stay where they are from run to run."""

    def __init__(self, session: InferenceSession) -> None:
        self._session = session
        self._inputs: Dict[str, np.ndarray[Any, Any]] = {}
        self._outputs: Dict[str, Optional[np.ndarray[Any, Any]]] = {}
        self._results: Dict[str, np.ndarray[Any, Any]] = {}

    def bind_cpu_input(self, name: str, array: Any) -> None:
        """Reads the input from ``array``."""
        self._inputs[name] = tensors.as_array(array)

    def bind_ortvalue_input(self, name: str, value: OrtValue) -> None:
        """Reads the input from ``value``."""
        self._inputs[name] = value.numpy()

    def bind_input(self, name: str, device_type: str, device_id: int, element_type: Any, shape: Sequence[int], buffer_ptr: int) -> None:
        """Reads the input from an address."""
        _require_cpu(device_type)
        self._inputs[name] = tensors.over(None, buffer_ptr, tuple(shape), np.dtype(element_type))

    def bind_output(
        self, name: str, device_type: str = "cpu", device_id: int = 0, element_type: Any = None,
        shape: Optional[Sequence[int]] = None, buffer_ptr: Optional[int] = None,
    ) -> None:  # fmt: skip
        """Writes the output to an address, or to memory of its own where none is given."""
        _require_cpu(device_type)
        given = buffer_ptr is not None and shape is not None
        self._outputs[name] = tensors.over(None, buffer_ptr, tuple(shape or ()), np.dtype(element_type)) if given else None

    def bind_ortvalue_output(self, name: str, value: OrtValue) -> None:
        """Writes the output to ``value``."""
        self._outputs[name] = value.numpy()

    def clear_binding_inputs(self) -> None:
        """Forgets all inputs."""
        self._inputs.clear()

    def clear_binding_outputs(self) -> None:
        """Forgets all outputs."""
        self._outputs.clear()

    def synchronize_inputs(self) -> None:
        """Everything is in place already."""

    def synchronize_outputs(self) -> None:
        """Everything is in place already."""

    def get_outputs(self) -> List[OrtValue]:
        """Bound outputs of the last run, in the order in which they were bound."""
        return [OrtValue(self._results[name]) for name in self._outputs]

    def copy_outputs_to_cpu(self) -> List[np.ndarray[Any, Any]]:
        """Their arrays."""
        return [self._results[name] for name in self._outputs]


class InferenceSession:
    """Runs a model; from several threads at once, if they like."""

    def __init__(
        self, path_or_bytes: Union[str, bytes, os.PathLike[str]], sess_options: Optional[SessionOptions] = None,
        providers: Optional[Sequence[Any]] = None, provider_options: Optional[Sequence[Any]] = None, **ignored: Any,
    ) -> None:  # fmt: skip
        """Opens an ONNX file, its bytes, or any other model that Tessera takes. Providers are ignored: it runs on the processor."""
        self._arguments = (path_or_bytes, sess_options)
        self._options = options = sess_options or SessionOptions()
        model = load(path_or_bytes)
        facts = model.metadata if isinstance(model, Model) else {}
        self._model = model if isinstance(model, CompiledModel) else model.compile(_compile_options(options))
        self._function: Function = self._model.function() if len(self._model.functions) == 1 else self._refused()
        self._metadata = ModelMetadata(self._model.name, facts)
        known = [value.name for value in self._function.inputs]
        self._sizes = {name: size for name, size in options._dimensions.items()}
        self._required = known

    def _refused(self) -> Function:
        raise UsageError(f"this model has several functions ({', '.join(self._model.functions)}): run it by tessera.load")

    def get_inputs(self) -> List[NodeArg]:
        """What it takes."""
        return [NodeArg(value) for value in self._function.inputs]

    def get_outputs(self) -> List[NodeArg]:
        """What it gives."""
        return [NodeArg(value) for value in self._function.outputs]

    def get_overridable_initializers(self) -> List[NodeArg]:
        """None."""
        return []

    def get_modelmeta(self) -> ModelMetadata:
        """What the model's file says of itself."""
        return self._metadata

    def get_providers(self) -> List[str]:
        """The processor."""
        return [_PROVIDER]

    def set_providers(self, providers: Any = None, provider_options: Any = None) -> None:
        """There is nothing to choose from."""

    def get_provider_options(self) -> Dict[str, Dict[str, str]]:
        """None."""
        return {_PROVIDER: {}}

    def get_session_options(self) -> SessionOptions:
        """The options that it was made with."""
        return self._options

    def run(
        self, output_names: Optional[Sequence[str]], input_feed: Mapping[str, Any], run_options: Optional[RunOptions] = None
    ) -> List[np.ndarray[Any, Any]]:
        """Outputs in the order of ``output_names``, or of the model. They lie over memory of the library."""
        found = self._run(input_feed, run_options)
        return [self._result(found, name) for name in (output_names or [value.name for value in self._function.outputs])]

    def run_with_ort_values(
        self, output_names: Optional[Sequence[str]], input_dict_ort_values: Mapping[str, OrtValue],
        run_options: Optional[RunOptions] = None,
    ) -> List[OrtValue]:  # fmt: skip
        """The same with values in place of arrays."""
        feed = {name: value.numpy() for name, value in input_dict_ort_values.items()}
        return [OrtValue(array) for array in self.run(output_names, feed, run_options)]

    def run_async(
        self, output_names: Optional[Sequence[str]], input_feed: Mapping[str, Any], callback: Callable[[Any, Any, str], None],
        user_data: Any, run_options: Optional[RunOptions] = None,
    ) -> None:  # fmt: skip
        """Runs on a thread, which calls ``callback`` with results, ``user_data`` and what went wrong, or an empty text."""

        def work() -> None:
            try:
                results: Any = self.run(output_names, input_feed, run_options)
            except Exception as error:  # noqa: BLE001 - told to the callback
                callback([], user_data, str(error))
            else:
                callback(results, user_data, "")

        threading.Thread(target=work, daemon=True).start()

    def io_binding(self) -> IOBinding:
        """Inputs and outputs to bind for :meth:`run_with_iobinding`."""
        return IOBinding(self)

    def run_with_iobinding(self, iobinding: IOBinding, run_options: Optional[RunOptions] = None) -> None:
        """Runs on what is bound; without a copy if every output of the model has memory."""
        bound = {name: array for name, array in iobinding._outputs.items() if array is not None}
        if len(bound) == len(self._function.outputs):
            iobinding._results = self._run(iobinding._inputs, run_options, into=bound)
            return
        iobinding._results = found = self._run(iobinding._inputs, run_options)
        for name, array in bound.items():
            np.copyto(array, self._result(found, name))
            found[name] = array

    def end_profiling(self) -> str:
        """There is no such file: :func:`tessera.profile` tells where the time goes."""
        return ""

    def _run(self, feed: Mapping[str, Any], options: Optional[RunOptions], **more: Any) -> Dict[str, np.ndarray[Any, Any]]:
        missing = [name for name in self._required if name not in feed]
        if missing:
            raise UsageError(f"Required inputs ({missing}) are missing from input feed ({list(feed)}).")
        if options is not None:
            more["cancellation"] = options._cancellation
        return self._model.run(feed, self._function.name, sizes=self._sizes, **more)

    def _result(self, found: Mapping[str, np.ndarray[Any, Any]], name: str) -> np.ndarray[Any, Any]:
        if name not in found:
            raise UsageError(f"Invalid output name: {name}; there are: {', '.join(found)}")
        return found[name]

    def __reduce__(self) -> Tuple[Any, ...]:
        return InferenceSession, self._arguments


def _compile_options(options: SessionOptions) -> CompileOptions:
    level = options.graph_optimization_level
    return CompileOptions(
        precision=options._entries.get("tessera.precision", "f32"),
        pipeline="none" if level == GraphOptimizationLevel.ORT_DISABLE_ALL else "clean",
        threads=options.intra_op_num_threads or None,
    )
