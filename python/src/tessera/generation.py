"""What a generation made."""

from __future__ import annotations

import ctypes as c
import json
import os
from dataclasses import dataclass
from typing import Any, Dict, Iterator, List, Optional, Tuple, Union

import numpy as np

from . import _structs as s
from . import tensors
from ._handles import Handle, encoded
from ._library import lib, text
from .errors import throw


@dataclass(frozen=True)
class Box:
    """A detected object; coordinates are fractions of the picture's width and height."""

    label: str
    x_min: float
    y_min: float
    x_max: float
    y_max: float


class Target:
    """One generated modality in the forms that people and programs want. Its arrays lie over the library's memory."""

    def __init__(self, row: s.Target, owner: Any) -> None:
        self.modality = text(row.modality)
        #: Token ids; a grid's row by row.
        tokens = c.cast(row.tokens, c.c_void_p).value
        self.tokens: np.ndarray[Any, Any] = tensors.over(owner, tokens, (row.token_count,), np.dtype(np.int64))
        #: What the tokens stand for: colours or normals [3, height, width], depth and classes [height, width], features; None of texts.
        self.values: Optional[np.ndarray[Any, Any]] = tensors.array_of(row.values.contents, owner) if row.values else None
        #: The target as a person sees it, [height, width, channels]; None if there is nothing to see.
        self.pixels: Optional[np.ndarray[Any, Any]] = None
        if row.picture:
            shape = (row.height, row.width, row.channels)
            self.pixels = tensors.over(owner, c.cast(row.picture, c.c_void_p).value, shape, np.dtype(np.uint8))
        #: What a text says; None of other targets.
        self.text: Optional[str] = None if row.text is None else text(row.text)
        self._json: Optional[str] = None if row.json is None else text(row.json)
        #: Detected objects; empty of other targets.
        self.boxes: List[Box] = [
            Box(text(b.label), b.x_min, b.y_min, b.x_max, b.y_max) for b in (row.boxes[: row.box_count] if row.box_count else [])
        ]
        #: What of the tokens could not be read.
        self.warnings: List[str] = [text(w) for w in (row.warnings[: row.warning_count] if row.warning_count else [])]

    @property
    def json(self) -> Any:
        """The structure that the tokens stand for, as lists and dictionaries; None if there is none."""
        return None if self._json is None else json.loads(self._json)

    @property
    def image(self) -> Any:
        """The target as a ``PIL.Image``; None if there is nothing to see."""
        if self.pixels is None:
            return None
        try:
            from PIL import Image
        except ImportError as error:
            raise ImportError("images need Pillow: pip install pillow; .pixels is the same as an array") from error
        return Image.fromarray(self.pixels[:, :, 0] if self.pixels.shape[2] == 1 else self.pixels)

    def _repr_png_(self) -> Optional[bytes]:
        try:
            image = self.image
        except ImportError:
            return None
        return None if image is None else bytes(image._repr_png_())

    def __repr__(self) -> str:
        what = repr(self.text) if self.text is not None else f"{self.tokens.size} tokens"
        return f"<tessera.Target {self.modality}: {what}>"


class Sample:
    """All targets of one sample, by name; ``sample["depth"]`` finds ``tok_depth@224``."""

    def __init__(self, sample: int, variation: int, targets: List[Target]) -> None:
        self.sample, self.variation = sample, variation
        self.targets: Dict[str, Target] = {target.modality: target for target in targets}

    def __getitem__(self, name: str) -> Target:
        if name in self.targets:
            return self.targets[name]
        found = [target for key, target in self.targets.items() if name in _words(key)]
        if len(found) == 1:
            return found[0]
        raise KeyError(f"'{name}' was not generated; there are: {', '.join(self.targets)}")

    def __iter__(self) -> Iterator[str]:
        return iter(self.targets)

    def __len__(self) -> int:
        return len(self.targets)

    def __repr__(self) -> str:
        return f"<tessera.Sample {self.sample}, variation {self.variation}: {', '.join(self.targets)}>"


def _words(name: str) -> Tuple[str, str, str]:
    bare = name[4:] if name.startswith("tok_") else name
    return name.split("@")[0], bare, bare.split("@")[0]


class Generation(Handle):
    """Samples in order. ``generation["caption"]`` is that of the first sample; ``generation[1]["caption"]`` of the second."""

    def __init__(self, pointer: int, keep: Any = None) -> None:
        self._pointer = pointer
        # Arrays keep the memory, not this object: it is freed when the last of both is gone.
        self._memory = tensors.Memory(pointer, lib.tessera_generation_free)
        self.samples: List[Sample] = []
        rows = [lib.tessera_generation_get(pointer, i).contents for i in range(lib.tessera_generation_count(pointer))]
        keys = dict.fromkeys((row.sample, row.variation) for row in rows)
        for key in keys:
            targets = [Target(row, self._memory) for row in rows if (row.sample, row.variation) == key]
            self.samples.append(Sample(*key, targets))

    def __getitem__(self, key: Union[int, str]) -> Any:
        return self.samples[key] if isinstance(key, int) else self.samples[0][key]

    def __iter__(self) -> Iterator[Sample]:
        return iter(self.samples)

    def __len__(self) -> int:
        return len(self.samples)

    def save(self, folder: Union[str, os.PathLike[str]]) -> None:
        """Writes what ``tessera generate`` writes: pictures, values, tokens and texts.

        Several samples go to folders ``0000``, ``0001``, ... below it, variations to ``v0``, ``v1``, ..."""
        failure = c.c_void_p()
        status = lib.tessera_generation_write(self.handle, encoded(folder), c.byref(failure))
        if status:
            throw(status, failure)

    def close(self) -> None:
        """Lets go of the results; arrays that are still in use stay good."""
        self._pointer = 0
        self.samples = []
        del self._memory
        self._memory = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<tessera.Generation of {len(self.samples)} samples: {', '.join(self.samples[0]) if self.samples else ''}>"
