"""The structs, enumerations and functions of ``tessera.h`` as ctypes know them. A test holds them against the header."""

from __future__ import annotations

import ctypes as c
from typing import Any, ClassVar, Dict, List, Optional, Sequence, Tuple, Type

OK, USAGE, NOT_FOUND, UNREADABLE, UNSUPPORTED, OUT_OF_RESOURCES, CANCELLED, INTERNAL, UNSUPPORTED_MODEL = range(9)

#: Names of element types in the order of ``tessera_dtype``, whose first is 1.
DTYPES: Tuple[str, ...] = (
    "f32", "f64", "f16", "bf16", "i8", "u8", "i16", "u16", "i32", "u32", "i64", "u64", "bool", "i4", "u4", "i2", "u2",
    "f8e4m3fn", "f8e4m3fnuz", "f8e5m2", "f8e5m2fnuz", "f8e8m0", "f4e2m1", "string",
)  # fmt: skip

INPUT_FILE, INPUT_TEXT, INPUT_ENCODED, INPUT_PICTURE, INPUT_TENSOR = range(1, 6)
EVENT_PROGRESS, EVENT_STEP = 1, 2

Handle = c.c_void_p


class Struct(c.Structure):
    """A struct of the header. Those that begin with their size know it from the start."""

    c_name: ClassVar[str]

    def __init__(self, **fields: Any) -> None:
        super().__init__(**fields)
        if self._fields_[0][0] == "struct_size":
            self.struct_size = c.sizeof(self)


def pointer(kind: Type[Struct]) -> Any:
    """The type of pointers to ``kind``."""
    return c.POINTER(kind)


def array(kind: Any, values: Sequence[Any]) -> Any:
    """A C array of ``values``; None if there are none."""
    return (kind * len(values))(*values) if values else None


class Tensor(Struct):
    c_name = "tessera_tensor"
    _fields_ = [
        ("struct_size", c.c_size_t), ("name", c.c_char_p), ("dtype", c.c_int), ("rank", c.c_size_t),
        ("shape", c.POINTER(c.c_int64)), ("data", c.c_void_p), ("bytes", c.c_size_t),
    ]  # fmt: skip


class Size(Struct):
    c_name = "tessera_size"
    _fields_ = [("symbol", c.c_char_p), ("value", c.c_int64)]


class ModelOptions(Struct):
    c_name = "tessera_model_options"
    _fields_ = [
        ("struct_size", c.c_size_t), ("configuration", c.c_char_p), ("state_key", c.c_char_p), ("part", c.c_char_p),
        ("adapters", c.POINTER(c.c_char_p)), ("adapter_scales", c.POINTER(c.c_double)), ("adapter_count", c.c_size_t),
    ]  # fmt: skip


class Override(Struct):
    c_name = "tessera_override"
    _fields_ = [("pattern", c.c_char_p), ("scheme", c.c_char_p)]


class Call(Struct):
    c_name = "tessera_call"
    _fields_ = [("function", c.c_char_p), ("inputs", pointer(Tensor)), ("input_count", c.c_size_t)]


class CompileOptions(Struct):
    c_name = "tessera_compile_options"
    _fields_ = [
        ("struct_size", c.c_size_t), ("precision", c.c_char_p), ("pipeline", c.c_char_p),
        ("overrides", pointer(Override)), ("override_count", c.c_size_t), ("group_size", c.c_int32), ("zero_points", c.c_bool),
        ("calibration", pointer(Call)), ("calibration_count", c.c_size_t), ("ranges", c.c_char_p), ("moves_scales", c.c_bool),
        ("functions", c.POINTER(c.c_char_p)), ("function_count", c.c_size_t),
        ("disabled_rules", c.POINTER(c.c_char_p)), ("disabled_rule_count", c.c_size_t),
        ("largest_sizes", pointer(Size)), ("largest_size_count", c.c_size_t), ("threads", c.c_int32),
    ]  # fmt: skip


class Dimension(Struct):
    c_name = "tessera_dimension"
    _fields_ = [("value", c.c_int64), ("symbol", c.c_char_p)]


class ValueInfo(Struct):
    c_name = "tessera_value_info"
    _fields_ = [
        ("name", c.c_char_p), ("is_tensor", c.c_bool), ("dtype", c.c_int), ("rank", c.c_size_t), ("shape", pointer(Dimension)),
    ]  # fmt: skip


class FunctionInfo(Struct):
    c_name = "tessera_function_info"
    _fields_ = [
        ("name", c.c_char_p), ("input_count", c.c_size_t), ("inputs", pointer(ValueInfo)),
        ("output_count", c.c_size_t), ("outputs", pointer(ValueInfo)),
    ]  # fmt: skip


StepCallback = c.CFUNCTYPE(None, c.c_char_p, c.c_char_p, c.c_uint64, c.c_void_p)


class RunOptions(Struct):
    c_name = "tessera_run_options"
    _fields_ = [
        ("struct_size", c.c_size_t), ("sizes", pointer(Size)), ("size_count", c.c_size_t),
        ("states", pointer(Tensor)), ("state_count", c.c_size_t), ("cancellation", Handle),
        ("on_step", StepCallback), ("context", c.c_void_p),
    ]  # fmt: skip


class Modality(Struct):
    c_name = "tessera_modality"
    _fields_ = [
        ("name", c.c_char_p), ("is_input", c.c_bool), ("is_output", c.c_bool), ("is_text", c.c_bool),
        ("vocabulary_size", c.c_int64), ("grid_rows", c.c_int64), ("grid_columns", c.c_int64),
    ]  # fmt: skip


class Input(Struct):
    c_name = "tessera_input"
    _fields_ = [
        ("struct_size", c.c_size_t), ("kind", c.c_int), ("text", c.c_char_p), ("data", c.c_void_p), ("bytes", c.c_size_t),
        ("width", c.c_int32), ("height", c.c_int32), ("channels", c.c_int32), ("tensor", pointer(Tensor)),
    ]  # fmt: skip


class Given(Struct):
    c_name = "tessera_given"
    _fields_ = [("modality", c.c_char_p), ("values", pointer(Input)), ("value_count", c.c_size_t), ("weight", c.c_double)]


class Event(Struct):
    c_name = "tessera_event"
    _fields_ = [
        ("struct_size", c.c_size_t), ("kind", c.c_int), ("what", c.c_char_p), ("share", c.c_double), ("target", c.c_char_p),
        ("sample", c.c_int64), ("variation", c.c_int64), ("step", c.c_int64), ("steps", c.c_int64), ("token_count", c.c_size_t),
        ("positions", c.POINTER(c.c_int64)), ("tokens", c.POINTER(c.c_int64)), ("text", c.c_char_p), ("is_last", c.c_bool),
        ("width", c.c_int32), ("height", c.c_int32), ("channels", c.c_int32), ("picture", c.POINTER(c.c_uint8)),
    ]  # fmt: skip


EventCallback = c.CFUNCTYPE(c.c_bool, pointer(Event), c.c_void_p)


class GenerateOptions(Struct):
    c_name = "tessera_generate_options"
    _fields_ = [
        ("struct_size", c.c_size_t), ("inputs", pointer(Given)), ("input_count", c.c_size_t),
        ("targets", c.POINTER(c.c_char_p)), ("target_count", c.c_size_t),
        ("conditions", pointer(Given)), ("condition_count", c.c_size_t), ("seed", c.c_uint64),
        ("variations", c.c_int32), ("batch_size", c.c_int32), ("independent", c.c_bool), ("steps", c.c_int32),
        ("temperature", c.POINTER(c.c_double)), ("guidance", c.POINTER(c.c_double)), ("top_p", c.POINTER(c.c_double)),
        ("top_k", c.c_int32), ("max_tokens", c.c_int32), ("diffusion_steps", c.c_int32),
        ("preview_decoders", c.c_bool), ("no_super_resolution", c.c_bool), ("drafts", c.c_bool),
        ("cancellation", Handle), ("on_event", EventCallback), ("context", c.c_void_p),
        ("masks", pointer(Given)), ("mask_count", c.c_size_t),
    ]  # fmt: skip


class Box(Struct):
    c_name = "tessera_box"
    _fields_ = [
        ("label", c.c_char_p), ("x_min", c.c_double), ("y_min", c.c_double), ("x_max", c.c_double), ("y_max", c.c_double),
    ]  # fmt: skip


class Target(Struct):
    c_name = "tessera_target"
    _fields_ = [
        ("struct_size", c.c_size_t), ("sample", c.c_int64), ("variation", c.c_int64), ("modality", c.c_char_p),
        ("token_count", c.c_size_t), ("tokens", c.POINTER(c.c_int64)), ("values", pointer(Tensor)),
        ("width", c.c_int32), ("height", c.c_int32), ("channels", c.c_int32), ("picture", c.POINTER(c.c_uint8)),
        ("text", c.c_char_p), ("json", c.c_char_p), ("box_count", c.c_size_t), ("boxes", pointer(Box)),
        ("warning_count", c.c_size_t), ("warnings", c.POINTER(c.c_char_p)),
    ]  # fmt: skip


#: All structs of the header.
STRUCTS: List[Type[Struct]] = list(Struct.__subclasses__())

_text, _size, _status, _out = c.c_char_p, c.c_size_t, c.c_int, c.POINTER(c.c_void_p)

#: Result and arguments of every function of the header, without the prefix ``tessera_``. ``char *`` that the caller frees is a handle.
FUNCTIONS: Dict[str, Tuple[Optional[Any], List[Any]]] = {
    "version": (_text, []),
    "error_status": (_status, [Handle]),
    "error_message": (_text, [Handle]),
    "error_file": (_text, [Handle]),
    "error_node": (_text, [Handle]),
    "error_remedy": (_text, [Handle]),
    "error_free": (None, [Handle]),
    "string_free": (None, [Handle]),
    "cancellation_create": (Handle, []),
    "cancellation_cancel": (None, [Handle]),
    "cancellation_is_cancelled": (c.c_bool, [Handle]),
    "cancellation_free": (None, [Handle]),
    "dtype_name": (_text, [c.c_int]),
    "dtype_bytes": (_size, [c.c_int, _size, c.POINTER(c.c_int64)]),
    "model_open": (_status, [_text, pointer(ModelOptions), _out, _out]),
    "model_open_memory": (_status, [c.c_char_p, _size, _text, pointer(ModelOptions), _out, _out]),
    "model_free": (None, [Handle]),
    "model_name": (_text, [Handle]),
    "model_format": (_text, [Handle]),
    "model_parameter_count": (c.c_uint64, [Handle]),
    "model_weight_bytes": (c.c_uint64, [Handle]),
    "model_metadata": (_text, [Handle]),
    "model_compile": (_status, [Handle, pointer(CompileOptions), _out, _out]),
    "model_write": (_status, [Handle, _text, pointer(CompileOptions), _out, _out]),
    "compiled_open": (_status, [_text, _out, _out]),
    "compiled_free": (None, [Handle]),
    "compiled_name": (_text, [Handle]),
    "compiled_weight_bytes": (c.c_uint64, [Handle]),
    "compiled_report": (_text, [Handle]),
    "model_function_count": (_size, [Handle]),
    "model_function": (pointer(FunctionInfo), [Handle, _size]),
    "compiled_function_count": (_size, [Handle]),
    "compiled_function": (pointer(FunctionInfo), [Handle, _size]),
    "session_create": (_status, [Handle, c.c_int32, _out, _out]),
    "session_free": (None, [Handle]),
    "session_peak_bytes": (c.c_uint64, [Handle]),
    "session_run": (_status, [Handle, _text, pointer(Tensor), _size, pointer(RunOptions), _out, _out]),
    "session_run_into": (_status, [Handle, _text, pointer(Tensor), _size, pointer(Tensor), _size, pointer(RunOptions), _out]),
    "results_count": (_size, [Handle]),
    "results_get": (pointer(Tensor), [Handle, _size]),
    "results_free": (None, [Handle]),
    "inspect": (_status, [_text, _text, _text, pointer(Size), _size, _out, _out]),
    "pipeline_open": (_status, [_text, _text, c.c_int32, _out, _out]),
    "pipeline_free": (None, [Handle]),
    "pipeline_name": (_text, [Handle]),
    "pipeline_modality_count": (_size, [Handle]),
    "pipeline_modality": (pointer(Modality), [Handle, _size]),
    "generate": (_status, [Handle, pointer(GenerateOptions), _out, _out]),
    "generation_free": (None, [Handle]),
    "generation_count": (_size, [Handle]),
    "generation_get": (pointer(Target), [Handle, _size]),
    "generation_write": (_status, [Handle, _text, _out]),
}
