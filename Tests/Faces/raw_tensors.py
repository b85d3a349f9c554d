"""raw_tensors.py MODEL FUNCTION INPUT TYPE SHAPE IN OUT: as Examples/Sources/RawTensors, in Python."""

import sys
from pathlib import Path

import numpy as np

import tessera
from tessera import tensors

model, function, name, kind, shape, source, folder = sys.argv[1:]
values = np.fromfile(source, tensors.DTYPES[kind]).reshape([int(size) for size in shape.split("x")])
Path(folder).mkdir(exist_ok=True)
for key, value in tessera.load(model).run({name: values}, function).items():
    value.tofile(Path(folder, f"{key}.raw"))
