"""What is given to a generation, as the library takes it."""

from __future__ import annotations

import ctypes as c
import os
from typing import Any, Callable, Collection, List, Mapping, Optional, Sequence, Tuple

import numpy as np

from . import _structs as s
from . import tensors
from ._handles import encoded
from .errors import UsageError


class Keep(List[Any]):
    """What must live as long as a call."""


def given_structs(rows: Sequence[Tuple[str, Any, float]], is_text: Callable[[str], bool], keep: Keep) -> List[s.Given]:
    """The structs of modalities with their values and weights."""
    made = []
    for name, value, weight in rows:
        values = list(value) if isinstance(value, (list, tuple)) else [value]
        inputs = s.array(s.Input, [_input(name, one, is_text(name), keep) for one in values])
        made.append(s.Given(modality=encoded(name), values=inputs, value_count=len(values), weight=weight))
    return made


def mask_structs(masks: Mapping[str, Any], grids: Collection[Optional[Tuple[int, int]]], keep: Keep) -> List[s.Given]:
    """The structs of masks by modality; arrays [height, width] that are none of the ``grids`` of tokens are of pixels."""
    rows = []
    for name, value in masks.items():
        values = value if isinstance(value, (list, tuple)) else [value]
        rows.append((name, [_mask(one, grids) for one in values], 0.0))
    return given_structs(rows, lambda name: False, keep)


def _mask(value: Any, grids: Collection[Optional[Tuple[int, int]]]) -> Any:
    if _is_image(value):
        return value.convert("RGB")
    if isinstance(value, np.ndarray) and value.ndim == 2 and value.shape not in grids:
        return np.where(value != 0, np.uint8(255), np.uint8(0))[:, :, None]
    return value


def _input(name: str, value: Any, is_text: bool, keep: Keep) -> s.Input:
    if isinstance(value, str):
        return s.Input(kind=s.INPUT_TEXT if is_text else s.INPUT_FILE, text=value.encode())
    if isinstance(value, os.PathLike):
        return s.Input(kind=s.INPUT_FILE, text=os.fsencode(value))
    if isinstance(value, (bytes, bytearray, memoryview)):
        data = np.frombuffer(value, np.uint8)
        keep.append(data)
        return s.Input(kind=s.INPUT_ENCODED, data=data.ctypes.data, bytes=data.nbytes)
    if _is_image(value):
        value = _pixels(value)
    try:
        array = tensors.as_array(value)
    except Exception as error:
        raise UsageError(f"'{name}' cannot be a {type(value).__name__}: give a picture, a path, a text or an array") from error
    if array.dtype == object:
        raise UsageError(f"'{name}' cannot be a {type(value).__name__}: give a picture, a path, a text or an array")
    return _picture(array, keep) if _is_picture(array) else _tensor(array, keep)


def _is_image(value: Any) -> bool:
    """Whether it is a picture of PIL, which need not be installed."""
    return hasattr(value, "convert") and hasattr(value, "mode")


def _pixels(image: Any) -> np.ndarray[Any, Any]:
    """Pixels of a PIL image: ids of classes and 16 bits stay as they are, everything else becomes colours."""
    if image.mode in ("P", "L"):
        # One channel, told from an array of ids by its last size.
        return np.asarray(image)[:, :, None]
    if image.mode.startswith("I"):
        return np.asarray(image)
    return np.asarray(image.convert("RGB"))


def _is_picture(array: np.ndarray[Any, Any]) -> bool:
    return array.dtype == np.uint8 and array.ndim == 3 and array.shape[2] in (1, 3, 4)


def _picture(array: np.ndarray[Any, Any], keep: Keep) -> s.Input:
    array = tensors.as_array(array[:, :, :3] if array.shape[2] == 4 else array)
    keep.append(array)
    height, width, channels = array.shape
    return s.Input(
        kind=s.INPUT_PICTURE, data=array.ctypes.data, bytes=array.nbytes, width=width, height=height, channels=channels
    )


def _tensor(array: np.ndarray[Any, Any], keep: Keep) -> s.Input:
    tensor = s.Tensor()
    keep.extend((tensor, tensors.fill(tensor, None, array)))
    return s.Input(kind=s.INPUT_TENSOR, tensor=c.pointer(tensor))
