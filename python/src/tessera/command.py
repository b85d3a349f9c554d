"""The command ``tessera``, which the wheel brings, and the reports that only it makes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, List, Mapping, Optional, Sequence, Tuple, Type, Union

import numpy as np

from . import errors
from .inspection import Source, source_of
from .model import Arrays
from .reports import Evaluation, Profile

PathLike = Union[str, "os.PathLike[str]"]

_EXIT = {2: errors.UsageError, 3: errors.UnsupportedModelError, 130: errors.CancelledError}


def path() -> str:
    """Path of the program: ``TESSERA_COMMAND``, that of the package, or the one that the shell finds."""
    named = os.environ.get("TESSERA_COMMAND")
    inside = Path(__file__).parent / "bin" / "tessera"
    found = named or (str(inside) if inside.exists() else _elsewhere())
    if not found:
        raise errors.NotFoundError("there is no command 'tessera': this package was built without it; set TESSERA_COMMAND to it")
    return found


def _elsewhere() -> Optional[str]:
    """The program in the shell's path, which may hold this package's own script."""
    own = Path(sys.prefix, "bin")
    places = [place for place in os.environ.get("PATH", "").split(os.pathsep) if place and Path(place) != own]
    return shutil.which("tessera", path=os.pathsep.join(places))


def main() -> None:
    """What the script ``tessera`` of the package runs: becomes the program."""
    try:
        program = path()
    except errors.NotFoundError as error:
        sys.exit(str(error))
    os.execv(program, ["tessera", *sys.argv[1:]])


def run(arguments: Sequence[Any]) -> str:
    """What the command prints. Raises the exception for its exit code with what it said."""
    process = subprocess.Popen(
        [path(), *(os.fspath(a) if isinstance(a, os.PathLike) else str(a) for a in arguments)],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        output, problem = process.communicate()
    except BaseException:
        # Ctrl-C at the terminal reaches the command as well; elsewhere it is told here.
        process.terminate()
        process.wait()
        raise
    if process.returncode:
        said = problem.decode(errors="replace").strip()
        kind: Type[errors.TesseraError] = _EXIT.get(process.returncode, errors.UnreadableError)
        raise kind(said.removeprefix("Error: ") or f"the command ended with code {process.returncode}")
    return output.decode()


Data = Union[PathLike, Arrays, Sequence[Union[PathLike, Arrays, Tuple[str, Arrays]]]]


def _files(data: Data, folder: str) -> List[str]:
    """Places of the data for the command; arrays are written into ``folder``, a file for each call."""
    many = [data] if isinstance(data, (str, os.PathLike, Mapping)) else list(data)
    found: List[str] = []
    for number, one in enumerate(many):
        if isinstance(one, (str, os.PathLike)):
            found.append(os.fspath(one))
            continue
        function, arrays = one if isinstance(one, tuple) else (None, one)
        place = Path(folder, function) if function else Path(folder)
        place.mkdir(exist_ok=True)
        np.savez(place / f"{number:06}.npz", allow_pickle=False, **{name: np.asarray(value) for name, value in arrays.items()})
        if folder not in found:
            found.append(folder)
    return found


def evaluate(
    model: Source, other: Optional[Source] = None, *, data: Data, precision: Optional[str] = None,
    overrides: Optional[Mapping[str, str]] = None, targets: Sequence[str] = (), samples: Optional[int] = None,
    threads: Optional[int] = None,
) -> Evaluation:  # fmt: skip
    """How far ``other``, or the model itself in ``precision``, is from ``model`` on the same data.

    :param data: of 4M models pictures and captions (paths or patterns); of others inputs: mappings of arrays, or pairs of a function's name
        and such."""
    with tempfile.TemporaryDirectory(prefix="tessera-") as folder:
        arguments: List[Any] = ["evaluate", source_of(model), *([source_of(other)] if other is not None else [])]
        for place in _files(data, folder):
            arguments += ["--data", place]
        for target in targets:
            arguments += ["--target", target]
        for pattern, scheme in (overrides or {}).items():
            arguments += ["--override", f"{pattern}={scheme}"]
        arguments += _options(precision=precision, samples=samples, threads=threads)
        report: Evaluation = Evaluation.parse(run([*arguments, "--json"]))
    report.main = "targets" if "targets" in report else "outputs"
    return report


def profile(
    model: Source, inputs: Optional[Union[PathLike, Arrays]] = None, function: Union[None, str, Sequence[str]] = None, *,
    sizes: Optional[Mapping[str, int]] = None, runs: int = 10, warmup: int = 2, precision: Optional[str] = None,
    threads: Optional[int] = None, trace: Optional[PathLike] = None, html: Optional[PathLike] = None,
) -> Profile:  # fmt: skip
    """Where the time of a function goes, by node, kernel, operator and block; on random inputs where none are given.

    :param trace: file to write for Perfetto.
    :param html: file to write for the browser."""
    with tempfile.TemporaryDirectory(prefix="tessera-") as folder:
        arguments: List[Any] = ["profile", source_of(model)]
        for name in [function] if isinstance(function, str) else function or ():
            arguments += ["--function", name]
        if isinstance(inputs, Mapping):
            file = Path(folder, "inputs.npz")
            np.savez(file, allow_pickle=False, **{name: np.asarray(value) for name, value in inputs.items()})
            inputs = file
        arguments += ["--random"] if inputs is None else ["--inputs", inputs]
        for symbol, size in (sizes or {}).items():
            arguments += ["--bind", f"{symbol}={size}"]
        arguments += _options(runs=runs, warmup=warmup, precision=precision, threads=threads, trace=trace, html=html)
        report: Profile = Profile.parse(run([*arguments, "--json"]))
    return report


def _options(**values: Any) -> List[Any]:
    return [word for name, value in values.items() if value is not None for word in (f"--{name}", value)]
