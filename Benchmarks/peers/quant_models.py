"""Rows of quantized models in ONNX Runtime and OpenVINO, each a line of JSON: what quant.py shows beside Tessera's.

    python quant_models.py --tessera FILE --work DIR [--only shapes,4m-b] [--schemes "OpenVINO int8, NNCF;…"] [--untimed]

DIR is quant.py's: its scenes and its random 4M-B.
"""

import argparse
import json
from importlib.metadata import version
from pathlib import Path

from quantized import large, shapes

PACKAGES = ("onnxruntime", "openvino", "nncf")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tessera", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--only", default="shapes,4m-b")
    parser.add_argument("--schemes", type=lambda text: text.split(";"))
    parser.add_argument("--untimed", action="store_true", help="leave out times: the machine is not quiet")
    given = parser.parse_args()
    chosen = {"schemes": given.schemes} if given.schemes else {}
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    made = []
    if "shapes" in given.only:
        made.append(shapes.rows(given.tessera, given.work, given.work / "scenes", given.work / "calibration", **chosen))
    if "4m-b" in given.only:
        made.append(large.rows(given.tessera, given.work, is_quiet=not given.untimed, **chosen))
    for rows in made:
        for row in rows:
            print(json.dumps(row | {"versions": versions}), flush=True)


if __name__ == "__main__":
    main()
