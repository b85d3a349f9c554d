"""NumPy arrays and tensors of the library: the same memory, seen from two sides.

Types that NumPy lacks (bf16, 8-bit floats, 4 bits) are those of ``ml_dtypes`` where it is installed, else unsigned integers of their bits.
Elements of 4 and 2 bits lie packed in the library and one a byte in NumPy: they alone are copied, and texts.
"""

from __future__ import annotations

import ctypes as c
import math
import sys
from typing import Any, Callable, Dict, List, Optional, Tuple

import numpy as np

from . import _structs as s
from ._library import lib
from .errors import UsageError

try:
    import ml_dtypes as _ml
except ImportError:
    _ml = None  # type: ignore[assignment]

#: Bits of the types that are packed.
_PACKED = {"i4": 4, "u4": 4, "i2": 2, "u2": 2, "f4e2m1": 4}
_NUMPY = {
    "f32": "float32", "f64": "float64", "f16": "float16", "i8": "int8", "u8": "uint8", "i16": "int16", "u16": "uint16",
    "i32": "int32", "u32": "uint32", "i64": "int64", "u64": "uint64", "bool": "bool",
}  # fmt: skip
_ML = {
    "bf16": "bfloat16", "i4": "int4", "u4": "uint4", "i2": "int2", "u2": "uint2", "f8e4m3fn": "float8_e4m3fn",
    "f8e4m3fnuz": "float8_e4m3fnuz", "f8e5m2": "float8_e5m2", "f8e5m2fnuz": "float8_e5m2fnuz", "f8e8m0": "float8_e8m0fnu",
    "f4e2m1": "float4_e2m1fn",
}  # fmt: skip
_BITS = {"bf16": "uint16", "i4": "int8", "i2": "int8"}


def _dtypes() -> Dict[str, np.dtype[Any]]:
    made = {name: np.dtype(numpy) for name, numpy in _NUMPY.items()}
    for name, special in _ML.items():
        kind = getattr(_ml, special, None) if _ml else None
        made[name] = np.dtype(kind) if kind else np.dtype(_BITS.get(name, "uint8"))
    made["string"] = np.dtype(object)
    return made


#: The NumPy type of each element type.
DTYPES: Dict[str, np.dtype[Any]] = _dtypes()
_CODES = {name: code for code, name in enumerate(s.DTYPES, 1)}
_BY_DTYPE: Dict[np.dtype[Any], str] = {}
for _name, _dtype in DTYPES.items():
    if _name in _NUMPY or _dtype not in _BY_DTYPE and _dtype not in map(np.dtype, _NUMPY.values()):
        _BY_DTYPE[_dtype] = _name

_shapes: Dict[Tuple[int, ...], Any] = {}


def c_shape(shape: Tuple[int, ...]) -> Any:
    """Sizes as the library takes them; those of a shape that was asked for before are the same memory."""
    found = _shapes.get(shape)
    if found is None:
        if len(_shapes) > 1000:
            _shapes.clear()
        found = _shapes[shape] = (c.c_int64 * max(len(shape), 1))(*shape)
    return found


def _finder() -> Callable[[np.ndarray[Any, Any]], int]:
    """What finds the address of an array's first element.

    NumPy's ABI keeps it right behind the head that all objects of CPython have. Asked by name it comes with a description of the whole array,
    which takes five times as long; that is the way where a look at some arrays shows that it lies elsewhere."""

    def told(array: np.ndarray[Any, Any]) -> int:
        return int(array.__array_interface__["data"][0])

    head, word = object.__basicsize__, c.c_size_t.from_address

    def seen(array: np.ndarray[Any, Any]) -> int:
        return word(id(array) + head).value

    tried: List[np.ndarray[Any, Any]] = [np.zeros(3), np.zeros((4, 5), np.int8)[1:, 2:], np.zeros(())]
    return seen if sys.implementation.name == "cpython" and all(seen(array) == told(array) for array in tried) else told


#: Address of an array's first element.
address: Callable[[np.ndarray[Any, Any]], int] = _finder()


def element_type(dtype: np.dtype[Any], declared: Optional[str] = None) -> str:
    """Name of the element type of a NumPy type. Bits of a type that NumPy lacks pass as unsigned integers where it is ``declared``."""
    if declared is not None:
        if DTYPES[declared] == dtype:
            return declared
        if declared in _ML and dtype.kind == "u" and dtype.itemsize == DTYPES[declared].itemsize:
            return declared
    found = _BY_DTYPE.get(dtype)
    if found is None:
        if dtype.kind in "OUST":
            return "string"
        raise UsageError(f"arrays of {dtype} are no tensors; convert it, for instance with .astype('float32')")
    return found


def as_array(value: Any, declared: Optional[str] = None) -> np.ndarray[Any, Any]:
    """A dense row-major array over ``value``, which is copied only if it is not one, and converted to ``declared`` only from plain numbers."""
    if type(value) is not np.ndarray:
        plain = isinstance(value, (int, float, bool, str, list, tuple)) and declared is not None
        value = np.asarray(value, dtype=DTYPES[declared] if plain and declared else None)
    if not value.flags.carray and not (value.flags.c_contiguous and value.flags.aligned):
        # Not ascontiguousarray, which makes a list of a number.
        value = np.array(value, order="C", copy=True)
    if not value.dtype.isnative:
        value = value.astype(value.dtype.newbyteorder("="))
    found: np.ndarray[Any, Any] = value
    return found


def fill(target: s.Tensor, name: Optional[bytes], array: np.ndarray[Any, Any], declared: Optional[str] = None) -> Any:
    """Lets ``target`` describe ``array``; what is returned must live as long as the call."""
    kind = element_type(array.dtype, declared)
    keep: Any = array
    if kind == "string":
        keep = _texts(array)
        place, count = c.addressof(keep), array.size * c.sizeof(c.c_char_p)
    else:
        if kind in _PACKED:
            keep = _pack(array, _PACKED[kind])
        place, count = address(keep), keep.nbytes
    target.name, target.dtype, target.rank = name, _CODES[kind], array.ndim
    target.shape, target.data, target.bytes = c_shape(array.shape), place, count
    return keep


def is_plain(kind: str) -> bool:
    """Whether the library takes arrays of this element type as they are."""
    return kind not in _PACKED and kind != "string"


def _texts(array: np.ndarray[Any, Any]) -> Any:
    made: List[bytes] = []
    for text in array.ravel():
        data = text if isinstance(text, bytes) else str(text).encode()
        if b"\0" in data:
            raise UsageError(f"the text {text!r} holds a NUL, with which texts end")
        made.append(data)
    return (c.c_char_p * max(len(made), 1))(*made)


def _pack(array: np.ndarray[Any, Any], bits: int) -> np.ndarray[Any, Any]:
    each = 8 // bits
    codes = array.view(np.uint8).ravel() & ((1 << bits) - 1)
    padded = np.zeros(-(-codes.size // each) * each, np.uint8)
    padded[: codes.size] = codes
    shifts = (np.arange(each) * bits).astype(np.uint8)
    packed: np.ndarray[Any, Any] = np.bitwise_or.reduce(padded.reshape(-1, each) << shifts, axis=1).astype(np.uint8)
    return packed


def _unpack(data: np.ndarray[Any, Any], kind: str, shape: Tuple[int, ...]) -> np.ndarray[Any, Any]:
    bits = _PACKED[kind]
    shifts = (np.arange(8 // bits) * bits).astype(np.uint8)
    codes = ((data[:, None] >> shifts) & ((1 << bits) - 1)).ravel()[: int(np.prod(shape, dtype=np.int64))].reshape(shape)
    if kind.startswith("i"):
        signed = ((codes.astype(np.int8) ^ (1 << (bits - 1))) - (1 << (bits - 1))).astype(np.int8)
        return signed.astype(DTYPES[kind])
    return codes.view(DTYPES[kind]) if kind == "f4e2m1" else codes.astype(DTYPES[kind])


class Memory:
    """An object of the library whose memory arrays lie over; freed when the last of them is gone."""

    __slots__ = ("_free", "_handle")

    def __init__(self, handle: Any, free: Callable[[Any], None]) -> None:
        self._handle, self._free = handle, free

    def __del__(self) -> None:
        self._free(self._handle)


_buffers: Dict[int, Any] = {}


def _buffer(count: int) -> Any:
    """The type of memory of so many bytes."""
    found = _buffers.get(count)
    if found is None:
        if len(_buffers) > 1000:
            _buffers.clear()
        found = _buffers[count] = c.c_char * count
    return found


def over(owner: Any, place: Optional[int], shape: Tuple[int, ...], dtype: np.dtype[Any]) -> np.ndarray[Any, Any]:
    """An array over memory at the address ``place``, which ``owner`` keeps as long as an array lies over it."""
    if not place or 0 in shape:
        return np.empty(shape, dtype)
    buffer = _buffer(math.prod(shape) * dtype.itemsize).from_address(place)
    buffer.owner = owner
    return np.ndarray(shape, dtype, buffer)


def array_of(tensor: s.Tensor, owner: Any) -> np.ndarray[Any, Any]:
    """An array over a tensor of the library."""
    kind = s.DTYPES[tensor.dtype - 1]
    shape = tuple(tensor.shape[: tensor.rank]) if tensor.rank else ()
    if kind in _PACKED:
        return _unpack(over(owner, tensor.data, (tensor.bytes,), np.dtype(np.uint8)), kind, shape)
    if kind != "string":
        return over(owner, tensor.data, shape, DTYPES[kind])
    count = int(np.prod(shape, dtype=np.int64))
    texts = c.cast(tensor.data, c.POINTER(c.c_char_p))
    made = np.empty(count, object)
    made[:] = [(texts[i] or b"").decode("utf-8", "replace") for i in range(count)]
    return made.reshape(shape)


def empty(shape: Tuple[int, ...], dtype: str) -> np.ndarray[Any, Any]:
    """Memory for a tensor of an element type by name."""
    return np.empty(shape, DTYPES[dtype])


def dtype_bytes(dtype: str, shape: Tuple[int, ...]) -> int:
    """Bytes of a dense tensor in the library."""
    return int(lib.tessera_dtype_bytes(_CODES[dtype], len(shape), c_shape(shape)))
