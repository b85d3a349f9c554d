"""What can go wrong: a class for each category of ``Docs/api.md``, which is also the fitting built-in one."""

from __future__ import annotations

import ctypes
from typing import Any, Dict, NoReturn, Optional, Tuple, Type

from . import _structs as s
from ._library import lib, text


class TesseraError(Exception):
    """Why something could not be done.

    ``file``, ``node`` and ``remedy`` say where and what to do, as far as it is known.
    """

    category = "internal"
    file: Optional[str] = None
    node: Optional[str] = None
    remedy: Optional[str] = None

    def __init__(
        self, message: str, file: Optional[str] = None, node: Optional[str] = None, remedy: Optional[str] = None
    ) -> None:
        super().__init__(message)
        self.message, self.file, self.node, self.remedy = message, file, node, remedy

    def __str__(self) -> str:
        return self.message

    def __reduce__(self) -> Tuple[Any, ...]:
        return type(self), (self.message, self.file, self.node, self.remedy)


class UsageError(TesseraError, ValueError):
    """What was asked for cannot be meant."""

    category = "usage"


class NotFoundError(TesseraError, FileNotFoundError):
    """A file, folder or model is not there."""

    category = "notFound"

    def __new__(cls, message: str, *rest: Any) -> NotFoundError:
        # OSError would take several arguments for an error number and a text.
        return super().__new__(cls, message)

    def __init__(self, message: str, *rest: Any) -> None:
        super().__init__(message, *rest)
        self.filename = self.file


class UnreadableError(TesseraError, ValueError):
    """What is in a file is damaged, or does not fit its use."""

    category = "unreadable"


class UnsupportedError(TesseraError, NotImplementedError):
    """Valid, but of a kind that is not supported."""

    category = "unsupported"


class UnsupportedModelError(UnsupportedError):
    """A sound model that asks for operators which are not supported."""

    category = "unsupportedModel"


class OutOfResourcesError(TesseraError, MemoryError):
    """Memory, disk, network or permission was lacking."""

    category = "outOfResources"


class CancelledError(TesseraError):
    """Stopped by the caller."""

    category = "cancelled"


class InternalError(TesseraError, RuntimeError):
    """A fault of Tessera itself."""

    category = "internal"


_CLASSES: Dict[int, Type[TesseraError]] = {
    s.USAGE: UsageError,
    s.NOT_FOUND: NotFoundError,
    s.UNREADABLE: UnreadableError,
    s.UNSUPPORTED: UnsupportedError,
    s.OUT_OF_RESOURCES: OutOfResourcesError,
    s.CANCELLED: CancelledError,
    s.INTERNAL: InternalError,
    s.UNSUPPORTED_MODEL: UnsupportedModelError,
}


def error(status: int, handle: ctypes.c_void_p) -> TesseraError:
    """The exception for a status and its error object, which is freed."""
    kind = _CLASSES.get(status, InternalError)
    if not handle:
        return kind(f"failed ({kind.category})")
    message = text(lib.tessera_error_message(handle))
    found = (lib.tessera_error_file(handle), lib.tessera_error_node(handle), lib.tessera_error_remedy(handle))
    where = [None if value is None else text(value) for value in found]
    lib.tessera_error_free(handle)
    return kind(message, *where)


def throw(status: int, handle: ctypes.c_void_p) -> NoReturn:
    """Raises what :func:`error` gives."""
    raise error(status, handle)
