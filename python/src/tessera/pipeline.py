"""Generation with 4M models: any modality in, any modality out."""

from __future__ import annotations

import ctypes as c
import os
from dataclasses import dataclass
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Tuple, Union

import numpy as np

from . import _structs as s
from . import tensors
from ._handles import Handle, encoded, long_made, texts
from ._inputs import Keep, given_structs, mask_structs
from ._library import lib, text
from .errors import TesseraError, UsageError
from .generation import Generation
from .interrupts import Cancellation

PathLike = Union[str, "os.PathLike[str]"]


@dataclass(frozen=True)
class Modality:
    """A kind of thing that a model takes, gives, or both; ``grid`` are rows and columns of tokens of an image-like one."""

    name: str
    is_input: bool
    is_output: bool
    is_text: bool
    vocabulary_size: Optional[int]
    grid: Optional[Tuple[int, int]]


@dataclass(frozen=True)
class Condition:
    """A value that guides a generation towards itself, or away with a negative weight."""

    modality: str
    value: Any
    weight: float = 1.0


@dataclass(frozen=True)
class Progress:
    """What is being done, and how much of the whole is done, 0...1."""

    what: str
    share: float


@dataclass(frozen=True)
class Step:
    """What one step of the model wrote for one sample."""

    target: str
    sample: int
    variation: int
    #: From 1 to ``steps``; a text counts its tokens.
    step: int
    steps: int
    #: How much of the sample's whole generation is done, 0...1.
    share: float
    #: Places that were written, of image-like targets row by row, and what was written there.
    positions: np.ndarray[Any, Any]
    tokens: np.ndarray[Any, Any]
    #: Of a text: all of it so far.
    text: Optional[str]
    is_last: bool
    #: What the target looks like so far, [height, width, channels], where ``drafts`` asks for it.
    picture: Optional[np.ndarray[Any, Any]]


OnStep = Callable[[Step], Optional[bool]]
OnProgress = Callable[[Progress], Optional[bool]]


class Pipeline(Handle):
    """A 4M model with its tokenizers. One generation runs after the other."""

    def __init__(self, source: PathLike, precision: Optional[str] = None, threads: Optional[int] = None) -> None:
        """Opens a bundle (a folder or a single ``.tess``), a 4M model alone, or a name on the Hub.

        :param precision: of its checkpoints: f32 (default), bf16, f16, int8, int4, w4; compiled models keep theirs.
        :param threads: None for the cores granted to the process; results are the same for every number."""
        self._pointer = 0
        self.source, self.precision, self.threads = os.fspath(source), precision, threads
        pointer = self._open()
        rows = (lib.tessera_pipeline_modality(pointer, i).contents for i in range(lib.tessera_pipeline_modality_count(pointer)))
        #: What the model takes and gives, by name.
        self.modalities: Dict[str, Modality] = {text(row.name): _modality(row) for row in rows}

    def _open(self) -> int:
        _require_threads()
        pointer = long_made(lib.tessera_pipeline_open, encoded(self.source), encoded(self.precision), self.threads or 0)
        self._own(pointer, lib.tessera_pipeline_free)
        _State.was_opened = True
        return pointer

    @property
    def handle(self) -> int:
        """Pointer to the object of the library.

        Raises :class:`tessera.UsageError` if it is closed, or a forked process inherited it."""
        _require_threads()
        return super().handle

    @property
    def name(self) -> str:
        """Name of the bundle, or of the model."""
        return text(lib.tessera_pipeline_name(self.handle))

    def generate(
        self, inputs: Optional[Mapping[str, Any]] = None, *, targets: Sequence[str] = (),
        masks: Optional[Mapping[str, Any]] = None, conditions: Sequence[Condition] = (), seed: int = 0, variations: int = 1, batch_size: int = 8, independent: bool = False, steps: Optional[int] = None,
        temperature: Optional[float] = None, guidance: Optional[float] = None, top_p: Optional[float] = None,
        top_k: Optional[int] = None, max_tokens: Optional[int] = None, diffusion_steps: Optional[int] = None,
        preview_decoders: bool = False, super_resolution: bool = True, drafts: bool = False, on_step: Optional[OnStep] = None,
        on_progress: Optional[OnProgress] = None, cancellation: Optional[Cancellation] = None, **modalities: Any,
    ) -> Generation:  # fmt: skip
        """Generates ``targets`` (none for all that the model can add) from what is given, and waits for the end.

        Modalities are named as everywhere in Tessera (``rgb``, ``depth``, ``caption``, or in full in ``inputs``: ``{"rgb@224": ...}``). A
        value is a picture (of PIL, an array [height, width, 3] of uint8, the bytes of a file, a path), a text, any other array (tokens, or
        what the tokenizer takes), or a list of those, one for each sample.

        :param masks: what is hidden of inputs, by modality, for each sample or for all: pictures as above whose white pixels hide the tokens
            they touch, or arrays that are not 0 where something is hidden: a value for each token, or [height, width] for each pixel.
            Hidden tokens are no input; where the modality is a target as well, they are generated and the others stay:
            ``generate({"tok_rgb": photo}, masks={"tok_rgb": hole}, targets=["tok_rgb"])``.
        :param conditions: guidance by weighted conditions instead of by the inputs.
        :param seed: the same seed gives the same result, whatever the threads and samples computed together.
        :param variations: each sample so often, every time another result.
        :param independent: each target from the inputs alone, not from those before it.
        :param steps: like the parameters up to ``diffusion_steps``, in place of the preset's.
        :param drafts: gives steps pictures of what is there so far, which costs time.
        :param on_step: told each step of the model; ``False`` stops, and so does an exception, which comes out of this function.
        :param on_progress: told what is being done, in the same way."""
        keep = Keep()
        values = {**(inputs or {}), **modalities}
        given = given_structs([(name, value, 0.0) for name, value in values.items()], self._is_text, keep)
        hidden = mask_structs(masks or {}, [one.grid for one in self.modalities.values()], keep)
        guides = given_structs([(one.modality, one.value, one.weight) for one in conditions], self._is_text, keep)
        stop = cancellation or Cancellation()
        listener = _Listener(on_step, on_progress)
        numbers = [None if value is None else c.c_double(value) for value in (temperature, guidance, top_p)]
        options = s.GenerateOptions(
            inputs=s.array(s.Given, given), input_count=len(given), targets=texts(_list(targets)), target_count=len(_list(targets)),
            conditions=s.array(s.Given, guides), condition_count=len(guides), seed=seed, variations=variations,
            batch_size=batch_size, independent=independent, steps=steps or 0, top_k=top_k or 0, max_tokens=max_tokens or 0,
            diffusion_steps=diffusion_steps or 0, preview_decoders=preview_decoders, no_super_resolution=not super_resolution,
            drafts=drafts, cancellation=stop._handle, masks=s.array(s.Given, hidden), mask_count=len(hidden),
        )  # fmt: skip
        for name, number in zip(("temperature", "guidance", "top_p"), numbers):
            if number is not None:
                setattr(options, name, c.pointer(number))
        if on_step or on_progress:
            options.on_event = listener.callback
        try:
            handle = long_made(lib.tessera_generate, self.handle, options, cancellation=stop)
        except TesseraError:
            if listener.problem is not None:
                raise listener.problem from None
            raise
        finally:
            listener.ended = True
        found = Generation(handle, keep)
        if listener.problem is not None:
            raise listener.problem
        return found

    def _is_text(self, name: str) -> bool:
        exact = self.modalities.get(name)
        if exact:
            return exact.is_text
        # A word for several spellings: those of one kind are all texts, or none is.
        return any(one.is_text for one in self.modalities.values() if one.name.split("@")[0] == name.split("@")[0])

    def _recipe(self) -> Tuple[Any, ...]:
        return Pipeline, (self.source, self.precision, self.threads)

    def __repr__(self) -> str:
        return f"<tessera.Pipeline {self.name!r}: {', '.join(self.modalities)}>" if self._pointer else "<tessera.Pipeline closed>"


class _State:
    """Whether this process, or the one that it was forked from, opened a pipeline."""

    was_opened = False
    was_opened_before_fork = False


def _forked() -> None:
    _State.was_opened_before_fork = _State.was_opened


os.register_at_fork(after_in_child=_forked)


def _require_threads() -> None:
    """Pipelines compute on threads of the system's, which a forked child believes to have and has not: it would wait for ever."""
    if _State.was_opened_before_fork:
        raise UsageError(
            "the process that this one was forked from had opened a Pipeline, so that this one cannot generate: start processes by 'spawn' "
            "or 'forkserver', or open pipelines in the children alone"
        )


def _list(value: Union[str, Sequence[str]]) -> List[str]:
    return [value] if isinstance(value, str) else list(value)


def _modality(row: s.Modality) -> Modality:
    grid = (row.grid_rows, row.grid_columns) if row.grid_rows else None
    return Modality(text(row.name), row.is_input, row.is_output, row.is_text, row.vocabulary_size or None, grid)


class _Listener:
    """Turns events of the library into calls of Python."""

    def __init__(self, on_step: Optional[OnStep], on_progress: Optional[OnProgress]) -> None:
        self.on_step, self.on_progress = on_step, on_progress
        self.problem: Optional[BaseException] = None
        self.ended = False
        self.callback = s.EventCallback(self.tell)

    def tell(self, event: Any, _: object) -> bool:
        if self.ended or self.problem is not None:
            return False
        try:
            return self.passed_on(event.contents) is not False
        except BaseException as problem:  # noqa: BLE001 - raised by generate
            self.problem = problem
            return False

    def passed_on(self, event: s.Event) -> Optional[bool]:
        if event.kind == s.EVENT_PROGRESS:
            return self.on_progress(Progress(text(event.what), event.share)) if self.on_progress else None
        return self.on_step(_step(event)) if self.on_step and event.kind == s.EVENT_STEP else None


def _step(event: s.Event) -> Step:
    picture = None
    if event.picture:
        shape = (event.height, event.width, event.channels)
        picture = tensors.over(None, c.cast(event.picture, c.c_void_p).value, shape, np.dtype(np.uint8)).copy()
    return Step(
        text(event.target), event.sample, event.variation, event.step, event.steps, event.share,
        _numbers(event.positions, event.token_count), _numbers(event.tokens, event.token_count),
        None if event.text is None else text(event.text), event.is_last, picture,
    )  # fmt: skip


def _numbers(pointer: Any, count: int) -> np.ndarray[Any, Any]:
    return np.array(pointer[:count] if pointer and count else [], dtype=np.int64)


