"""Cancellation, and Ctrl-C while the library computes.

Python runs its signal handlers on the main thread, between two of its own instructions: a call of the library would have to end first.

- Calls that take long by nature (opening, compiling, generating) run on a thread of their own while the main thread waits for them, which
  handlers can interrupt: whatever a handler raises comes out at once, and the call is cancelled.
- Runs of a session are too short for that. Python tells of signals through a pipe as well (``signal.set_wakeup_fd``), at which a watching
  thread cancels the run that lasts, if the signal would raise ``KeyboardInterrupt``. That costs less than a microsecond a run.

On other threads than the main one nothing is done: signals are not theirs.
"""

from __future__ import annotations

import atexit
import ctypes
import os
import signal
import threading
import time
from typing import Callable, List, Optional, Tuple, TypeVar

from ._library import lib

T = TypeVar("T")


class Cancellation:
    """A wish to stop, which any thread may utter: give it to a call, and :meth:`cancel` it from elsewhere.

    Work stops between two steps with :class:`tessera.CancelledError`. Ctrl-C cancels the one that was given to the call it interrupts.
    """

    def __init__(self) -> None:
        self._handle: Optional[int] = lib.tessera_cancellation_create()
        #: Whether :meth:`cancel` was called here: known without a call of the library.
        self.was_asked = False

    def cancel(self) -> None:
        """Asks the work that was given this to stop; again does nothing."""
        self.was_asked = True
        lib.tessera_cancellation_cancel(self._handle)

    @property
    def is_cancelled(self) -> bool:
        """Whether :meth:`cancel` was called."""
        return bool(lib.tessera_cancellation_is_cancelled(self._handle))

    def __del__(self, free: Callable[[Optional[int]], None] = lib.tessera_cancellation_free) -> None:
        handle = getattr(self, "_handle", None)
        if handle:
            free(handle)

    def __reduce__(self) -> Tuple[object, ...]:
        raise TypeError("a Cancellation cannot be pickled: it belongs to its process")


_main_thread = threading.main_thread().ident


class _Job:
    """A call of the library on a thread of its own."""

    live: List[_Job] = []

    def __init__(self, work: Callable[[], T], cancellation: Optional[Cancellation]) -> None:
        self.work, self.cancellation = work, cancellation
        self.result: Optional[T] = None
        self.error: Optional[BaseException] = None
        self.done = threading.Event()

    def run(self) -> None:
        try:
            self.result = self.work()
        except BaseException as error:  # noqa: BLE001 - raised by whoever waits
            self.error = error
        self.live.remove(self)
        self.done.set()

    @classmethod
    def stop_all(cls) -> None:
        """At the end of the program: nothing of ours should call Python any more."""
        for job in list(cls.live):
            if job.cancellation:
                job.cancellation.cancel()
                job.done.wait(5)


atexit.register(_Job.stop_all)


def interruptibly(work: Callable[[], T], cancellation: Optional[Cancellation] = None) -> T:
    """Result of ``work``, a long call of the library; a signal handler that raises ends the wait and cancels it."""
    if threading.get_ident() != _main_thread:
        return work()
    job = _Job(work, cancellation)
    _Job.live.append(job)
    threading.Thread(target=job.run, name="tessera", daemon=True).start()
    try:
        job.done.wait()
    except BaseException:
        if cancellation:
            cancellation.cancel()
            # Usually one step of the model; what takes longer ends by itself.
            job.done.wait(1)
        raise
    if job.error:
        raise job.error
    return job.result  # type: ignore[return-value]


class _Watch:
    """Cancels the run of the main thread when Ctrl-C is pressed."""

    #: Seconds after which a run looks again whether the pipe is still the one that Python writes signals to: event loops have their own.
    PATIENCE = 0.1

    def __init__(self) -> None:
        self.running: Optional[Cancellation] = None
        self.reader, self.writer = os.pipe()
        os.set_blocking(self.writer, False)
        self.before, self.looked = -1, 0.0
        threading.Thread(target=self.watch, name="tessera-signals", daemon=True).start()

    def install(self, now: float) -> None:
        before = signal.set_wakeup_fd(self.writer, warn_on_full_buffer=False)
        if before != self.writer:
            self.before = before
        self.looked = now

    def watch(self) -> None:
        while True:
            signals = os.read(self.reader, 64)
            running = self.running
            if running and signal.SIGINT in signals and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
                running.cancel()
            if self.before >= 0:
                try:
                    os.write(self.before, signals)
                except OSError:
                    pass


_watch: Optional[_Watch] = None


def _forget() -> None:
    """In a forked child the watching thread is not there, and the jobs are the parent's."""
    global _watch, _main_thread
    _main_thread = threading.get_ident()
    if _watch:
        before = signal.set_wakeup_fd(-1)
        if before not in (-1, _watch.writer):
            signal.set_wakeup_fd(before)
        os.close(_watch.reader)
        os.close(_watch.writer)
    _watch = None
    _Job.live.clear()


os.register_at_fork(after_in_child=_forget)


def watched(run: Callable[..., int], arguments: Tuple[object, ...], cancellation: Cancellation) -> int:
    """Status of a run that uses ``cancellation``, which Ctrl-C cancels."""
    global _watch
    if threading.get_ident() != _main_thread:
        return run(*arguments)
    watch = _watch
    if watch is None:
        watch = _watch = _Watch()
    now = time.monotonic()
    if now - watch.looked > watch.PATIENCE:
        watch.install(now)
    watch.running = cancellation
    try:
        return run(*arguments)
    finally:
        watch.running = None


def raise_pending() -> None:
    """Runs the handlers of signals that have come; raises ``KeyboardInterrupt`` after Ctrl-C."""
    ctypes.pythonapi.PyErr_CheckSignals()
