"""Files that the faces are compared by; Python's own library is all that it needs.

    files.py picture FILE                   a picture of f32 [1, 3, 224, 224] in -1...1, the same for everybody
    files.py npy TYPE SHAPE IN OUT          bare elements as .npy
    files.py raw IN OUT                     each .npy of a folder as bare elements, NAME.raw
    files.py answer IN OUT                  the JSON answer of /v1/generate as the files that 'tessera generate' writes
"""

import array
import ast
import base64
import json
import struct
import sys
from pathlib import Path

TYPES = {"f32": "<f4", "i64": "<i8"}


def picture(file):
    """Slopes and an edge, of a height that no type rounds."""
    values = (((7 * x + 3 * y + 29 * c) % 256 - 128) / 128 for c in range(3) for y in range(224) for x in range(224))
    Path(file).write_bytes(array.array("f", values).tobytes())


def npy(kind, shape, source, file):
    sizes = tuple(int(size) for size in shape.split("x"))
    text = repr({"descr": TYPES[kind], "fortran_order": False, "shape": sizes}).encode()
    text += b" " * (-(len(text) + 11) % 64) + b"\n"
    Path(file).write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + Path(source).read_bytes())


def elements(file):
    """Description, and the elements as they are."""
    data = file.read_bytes()
    count = struct.unpack_from("<H", data, 8)[0] if data[6] == 1 else struct.unpack_from("<I", data, 8)[0]
    start = (10 if data[6] == 1 else 12) + count
    return ast.literal_eval(data[start - count : start].decode()), data[start:]


def raw(source, folder):
    Path(folder).mkdir(exist_ok=True)
    for file in Path(source).glob("*.npy"):
        assert not elements(file)[0]["fortran_order"]
        Path(folder, file.stem + ".raw").write_bytes(elements(file)[1])


def answer(source, folder):
    Path(folder).mkdir(exist_ok=True)
    (result,) = json.loads(Path(source).read_text())["results"]
    for target in result["targets"]:
        name = target["modality"]
        Path(folder, f"{name}.tokens.raw").write_bytes(array.array("q", target["tokens"]).tobytes())
        if target["text"] is not None:
            Path(folder, f"{name}.txt").write_text(target["text"] + "\n")
        if target["picture"] is not None:
            Path(folder, f"{name}.png").write_bytes(base64.b64decode(target["picture"].split(",", 1)[1]))


{"picture": picture, "npy": npy, "raw": raw, "answer": answer}[sys.argv[1]](*sys.argv[2:])
