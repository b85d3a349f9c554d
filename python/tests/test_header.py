"""The structs and functions of the package are those of the header."""

import ctypes
import re
import shutil
import subprocess

import pytest
from conftest import ROOT

from tessera import _structs

HEADER = ROOT / "Sources" / "CTessera" / "include" / "tessera.h"
COMPILER = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
pytestmark = pytest.mark.skipif(not HEADER.exists(), reason="the header is not beside the package")


@pytest.mark.skipif(not COMPILER, reason="no C compiler")
def test_structs_lie_as_in_c(tmp_path):
    lines = []
    for struct in _structs.STRUCTS:
        lines.append(f'printf("{struct.c_name} %zu\\n", sizeof({struct.c_name}));')
        lines += [
            f'printf("{struct.c_name}.{name} %zu %zu\\n", offsetof({struct.c_name}, {name}), sizeof((({struct.c_name} *)0)->{name}));'
            for name, *_ in struct._fields_
        ]
    lines += [f'printf("{kind} %d\\n", TESSERA_{kind.upper()});' for kind in _structs.DTYPES]
    source, program = tmp_path / "layout.c", tmp_path / "layout"
    body = "\n".join(lines)
    source.write_text(f'#include <stdio.h>\n#include "{HEADER}"\nint main(void) {{\n{body}\nreturn 0;\n}}\n')
    subprocess.run([COMPILER, "-o", program, source], check=True)
    said = subprocess.run([program], check=True, capture_output=True, text=True).stdout.split("\n")
    ours = []
    for struct in _structs.STRUCTS:
        ours.append(f"{struct.c_name} {ctypes.sizeof(struct)}")
        ours += [f"{struct.c_name}.{n} {getattr(struct, n).offset} {getattr(struct, n).size}" for n, *_ in struct._fields_]
    ours += [f"{kind} {code}" for code, kind in enumerate(_structs.DTYPES, 1)]
    assert said[:-1] == ours


def test_everything_of_the_header_is_there():
    text = HEADER.read_text()
    functions = set(re.findall(r"\btessera_(\w+)\s*\(", re.sub(r"/\*.*?\*/", "", text, flags=re.S)))
    assert functions == set(_structs.FUNCTIONS)
    structs = set(re.findall(r"typedef struct (tessera_\w+) \{", text))
    assert structs == {struct.c_name for struct in _structs.STRUCTS}


def test_statuses():
    text = HEADER.read_text()
    for name, value in re.findall(r"TESSERA_(\w+) = (\d)", text[text.index("enum tessera_status") : text.index("} tessera_status;")]):
        assert getattr(_structs, name) == int(value)
