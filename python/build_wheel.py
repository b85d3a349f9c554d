"""Builds the wheel (PEP 517): setuptools' own, with the library, OpenMP's and the command inside, and by auditwheel whatever those need that
a manylinux system may lack.

The library is ``TESSERA_LIBRARY`` or ``.build/library/libtessera.so`` of the repository, which ``Scripts/library.sh`` makes where Swift is
installed; the command ``TESSERA_COMMAND`` or ``.build/library/tessera``. ``TESSERA_WHEEL_COMMAND=no`` leaves the command out.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from setuptools import build_meta
from setuptools.build_meta import (  # noqa: F401 - hooks of PEP 517
    get_requires_for_build_editable,
    get_requires_for_build_sdist,
    get_requires_for_build_wheel,
    prepare_metadata_for_build_editable,
    prepare_metadata_for_build_wheel,
)

HERE = Path(__file__).resolve().parent
PACKAGE = HERE / "src" / "tessera"
REPOSITORY = HERE.parent


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    """The wheel for this platform."""
    staged = _stage()
    try:
        with tempfile.TemporaryDirectory() as folder:
            made = build_meta.build_wheel(folder, config_settings, metadata_directory)
            return _repaired(Path(folder, made), Path(wheel_directory))
    finally:
        for folder in staged:
            shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(HERE / "build", ignore_errors=True)


def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    """For those who work on the package: TESSERA_LIBRARY says which library counts."""
    return build_meta.build_editable(wheel_directory, config_settings, metadata_directory)


def build_sdist(sdist_directory, config_settings=None):
    """The sources of the package alone; the library is another project's build."""
    return build_meta.build_sdist(sdist_directory, config_settings)


def _made(variable, name, script):
    """A part that was built, or is built now."""
    named = os.environ.get(variable)
    path = Path(named) if named else REPOSITORY / ".build" / "library" / name
    maker = REPOSITORY / "Scripts" / script
    if not named and not path.exists() and maker.exists() and shutil.which("swift"):
        subprocess.run([maker], check=True, cwd=REPOSITORY)
    if not path.exists():
        raise SystemExit(f"{path} is not there: 'Scripts/{script}' makes it where Swift is installed; {variable} names another")
    return path.resolve()


def _stage():
    """Copies into the package what is built elsewhere. libomp is loaded by name at run time, and looked for beside what loads it."""
    lib, program = PACKAGE / "lib", PACKAGE / "bin"
    for folder in (lib, program):
        shutil.rmtree(folder, ignore_errors=True)
    lib.mkdir()
    shutil.copy(_made("TESSERA_LIBRARY", "libtessera.so", "library.sh"), lib / "libtessera.so")
    shutil.copy(_libomp(), lib / "libomp.so.5")
    _patch("--set-rpath", "$ORIGIN", lib / "libtessera.so")
    if os.environ.get("TESSERA_WHEEL_COMMAND") != "no":
        program.mkdir()
        shutil.copy(_made("TESSERA_COMMAND", "tessera", "program.sh"), program / "tessera")
        _patch("--set-rpath", "$ORIGIN/../lib", program / "tessera")
    return [lib, program]


def _patch(*arguments):
    subprocess.run(["patchelf", *map(str, arguments)], check=True)


def _libomp():
    listed = subprocess.run(["/sbin/ldconfig", "-p"], check=True, capture_output=True, text=True).stdout
    for line in listed.splitlines():
        if line.strip().startswith("libomp.so.5 "):
            return Path(line.split("=>")[1].strip()).resolve()
    raise SystemExit("libomp.so.5 is not there: apt-get install libomp5")


def _repaired(wheel, folder):
    """Gives the wheel the libraries that its own need, and the tag of the oldest system that it runs on."""
    with tempfile.TemporaryDirectory() as made:
        command = [sys.executable, "-m", "auditwheel", "repair", "--plat", "auto", "--only-plat", "-w", made, wheel]
        subprocess.run([str(word) for word in command], check=True)
        (found,) = Path(made).iterdir()
        shutil.move(found, folder / found.name)
        return found.name
