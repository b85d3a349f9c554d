"""Finds and opens the shared library.

``TESSERA_LIBRARY`` names a file, for people who build the library themselves; then the one inside the package counts, then the system's.
"""

from __future__ import annotations

import ctypes
import os
from pathlib import Path
from typing import List

from . import _structs

NAME = "libtessera.so"


def candidates() -> List[str]:
    """Where the library may be, the first that is there counts."""
    named = os.environ.get("TESSERA_LIBRARY")
    if named:
        return [named]
    inside = Path(__file__).parent / "lib" / NAME
    return [str(inside)] if inside.exists() else [NAME]


def _open() -> ctypes.CDLL:
    path = candidates()[0]
    # Another package may bring an OpenMP runtime of the same family (MKL's libiomp5). Each keeps to itself, and none may end the process
    # because it finds the other.
    os.environ.setdefault("KMP_DUPLICATE_LIB_OK", "TRUE")
    try:
        opened = ctypes.CDLL(path)
    except OSError as error:
        raise ImportError(
            f"cannot open {path}: {error}. Install the wheel, or set TESSERA_LIBRARY to the libtessera.so that was built"
        ) from error
    for name, (result, arguments) in _structs.FUNCTIONS.items():
        try:
            function = getattr(opened, "tessera_" + name)
        except AttributeError as error:
            raise ImportError(f"{path} has no tessera_{name}: it is of another version than this package") from error
        function.restype, function.argtypes = result, arguments
    return opened


lib = _open()


def text(value: object) -> str:
    """A ``const char *`` as str; empty for NULL."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else ""


def version() -> str:
    """Version of the library."""
    return text(lib.tessera_version())
