"""Objects of the library as Python objects: closed once, usable in ``with``, pickled as what they were opened from."""

from __future__ import annotations

import ctypes as c
import os
import weakref
from typing import Any, Callable, Optional, Sequence, Tuple, TypeVar

from . import _structs as s
from ._library import lib
from .errors import UsageError, throw
from .interrupts import Cancellation, interruptibly

Self = TypeVar("Self", bound="Handle")


def made(call: Callable[..., int], *arguments: Any) -> int:
    """The handle that a function of the library makes: its last two arguments are the handle and the error."""
    handle, error = c.c_void_p(), c.c_void_p()
    status = call(*arguments, c.byref(handle), c.byref(error))
    if status:
        throw(status, error)
    return handle.value or 0


def long_made(call: Callable[..., int], *arguments: Any, cancellation: Optional[Cancellation] = None) -> int:
    """The same for what takes long: Ctrl-C ends the wait."""
    return interruptibly(lambda: made(call, *arguments), cancellation)


def taken_text(handle: int) -> str:
    """A text that is the caller's, which is freed."""
    try:
        return (c.cast(handle, c.c_char_p).value or b"").decode()
    finally:
        lib.tessera_string_free(handle)


def encoded(value: Any) -> Optional[bytes]:
    """A str or path for the library; None stays NULL."""
    return None if value is None else os.fsencode(value) if isinstance(value, os.PathLike) else str(value).encode()


def texts(values: Sequence[Any]) -> Any:
    """A C array of texts; None if there are none."""
    return s.array(c.c_char_p, [encoded(value) for value in values])


def _free(pid: int, free: Callable[[int], None], handle: int) -> None:
    # What a forked child inherited is its parent's to free.
    if os.getpid() == pid:
        free(handle)


class Handle:
    """What all objects have in common. ``close`` frees the memory at once; otherwise the garbage collector does."""

    _pointer: int
    _finalizer: weakref.finalize[Any, Any]

    def _own(self, pointer: int, free: Callable[[int], None]) -> None:
        self._pointer = pointer
        self._finalizer = weakref.finalize(self, _free, os.getpid(), free, pointer)
        # At the end of the process the system takes all memory, while threads of the library may still use it.
        self._finalizer.atexit = False

    @property
    def handle(self) -> int:
        """Pointer to the object of the library.

        Raises :class:`tessera.UsageError` if it is closed."""
        if not self._pointer:
            raise UsageError(f"this {type(self).__name__} is closed")
        return self._pointer

    @property
    def is_closed(self) -> bool:
        """Whether :meth:`close` was called."""
        return not self._pointer

    def close(self) -> None:
        """Frees the object. What was made from it (sessions, results) stays good."""
        self._pointer = 0
        self._finalizer()

    def __enter__(self: Self) -> Self:
        return self

    def __exit__(self, *problem: object) -> None:
        self.close()

    def _recipe(self) -> Tuple[Any, ...]:
        raise TypeError(f"a {type(self).__name__} cannot be pickled")

    def __reduce__(self) -> Tuple[Any, ...]:
        return self._recipe()
