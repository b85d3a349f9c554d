"""Builds the wheel (PEP 517): setuptools' own, with the library, the command, and what both need and a manylinux system may lack.

The library is ``TESSERA_LIBRARY`` or ``.build/library/libtessera.so`` of the repository, which ``Scripts/library.sh`` makes where Swift is
installed; the command ``TESSERA_COMMAND`` or ``.build/library/tessera``. ``TESSERA_WHEEL_COMMAND=no`` leaves the command out.

Libraries are copied under names of their own, as auditwheel does, so that no other package's of the same name is taken in their place.
auditwheel itself takes a quarter of an hour over the symbols of a program of this size.
"""

import hashlib
import os
import re
import shutil
import subprocess
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


#: Libraries that every manylinux system has (PEP 600); libz is on all of them, too.
SYSTEM = re.compile(r"(linux-vdso|ld-linux|libc|libm|libz|libdl|librt|libpthread|libstdc\+\+|libgcc_s)[-.]")


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    """The wheel for this platform."""
    # setuptools adds to what lies there, and takes all of it: libraries of an earlier build that was cut short, too.
    shutil.rmtree(HERE / "build", ignore_errors=True)
    staged = _stage()
    try:
        files = [file for folder in staged for file in folder.iterdir()]
        os.environ["TESSERA_WHEEL_PLATFORM"] = f"manylinux_2_{_glibc(files)}_x86_64"
        return build_meta.build_wheel(wheel_directory, config_settings, metadata_directory)
    finally:
        for folder in [*staged, HERE / "build"]:
            shutil.rmtree(folder, ignore_errors=True)


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
        folder.mkdir()
    made = [lib / "libtessera.so"]
    shutil.copy(_made("TESSERA_LIBRARY", "libtessera.so", "library.sh"), made[0])
    shutil.copy(_libomp(), lib / "libomp.so.5")
    if os.environ.get("TESSERA_WHEEL_COMMAND") != "no":
        made.append(program / "tessera")
        shutil.copy(_made("TESSERA_COMMAND", "tessera", "program.sh"), made[1])
    names = {}
    for file in made:
        _gather(file, lib, names)
    for file in [*made, *(lib / name for name in names.values())]:
        place = "$ORIGIN/../lib" if file.parent == program else "$ORIGIN"
        replaced = [word for old, new in names.items() if old in _needed(file) for word in ("--replace-needed", old, new)]
        _patch("--set-rpath", place, *replaced, file)
    return [lib, program]


def _needed(file):
    listed = subprocess.run(["patchelf", "--print-needed", file], check=True, capture_output=True, text=True)
    return listed.stdout.split()


def _gather(file, lib, names):
    """Copies the libraries of ``file``, and those of these; ``names`` has their names by those that they had."""
    listed = subprocess.run(["ldd", file], check=True, capture_output=True, text=True).stdout
    for name, path in re.findall(r"(\S+) => (\S+)", listed):
        if path == "not":
            raise SystemExit(f"{file.name} needs {name}, which is not there")
        if name in names or SYSTEM.match(name):
            continue
        digest = hashlib.sha256(Path(path).read_bytes()).hexdigest()[:8]
        stem, dot, rest = name.partition(".so")
        names[name] = f"{stem}-{digest}{dot}{rest}"
        shutil.copy(Path(path).resolve(), lib / names[name])
        _patch("--set-soname", names[name], lib / names[name])


def _glibc(files):
    """The newest minor version of glibc that any of the files asks for."""
    return max(int(minor) for file in files for minor in re.findall(rb"\0GLIBC_2\.(\d+)(?=\0)", file.read_bytes()))


def _patch(*arguments):
    subprocess.run(["patchelf", *map(str, arguments)], check=True)


def _libomp():
    listed = subprocess.run(["/sbin/ldconfig", "-p"], check=True, capture_output=True, text=True).stdout
    for line in listed.splitlines():
        if line.strip().startswith("libomp.so.5 "):
            return Path(line.split("=>")[1].strip()).resolve()
    raise SystemExit("libomp.so.5 is not there: apt-get install libomp5")
