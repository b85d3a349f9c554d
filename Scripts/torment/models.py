"""Texts of the IR that serve as models: each a few lines, their weights none."""
import os, pathlib, tempfile

HEAD = "module @{name} stage(imported) {{\n  func @main(%x: {type}) -> (y: {type}) {{\n"


def _module(name, type_, lines, result):
    body = "".join(f"    {line}\n" for line in lines)
    return HEAD.format(name=name, type=type_) + body + f"    return {result}\n  }}\n}}\n"


def times(factor, name="double"):
    """y = factor · x for f32[batch, 2], factor 2 or 3."""
    type_ = "f32[batch, 2]"
    lines = [f'%0 = add(%x, %x) : {type_} "add"']
    if factor == 3: lines.append(f'%1 = add(%0, %x) : {type_} "more"')
    return _module(name, type_, lines, f"%{len(lines) - 1}")


def same(name="same"): return _module(name, "f32[n]", ['%0 = reshape(%x) {shape: [n]} : f32[n] "same"'], "%0")


def slow(steps=200, size=512, name="slow"):
    """A chain of products, 2 · size³ operations each, so that a run takes long and has many steps between which it can stop."""
    type_ = f"f32[{size}, {size}]"
    lines = [f'%{i} = matmul({"%x" if i == 0 else f"%{i - 1}"}, %x) : {type_} "step{i}"' for i in range(steps)]
    return _module(name, type_, lines, f"%{steps - 1}")


def put(folder, file, text):
    """Writes a model as the server wants them written: whole, then renamed."""
    handle, hidden = tempfile.mkstemp(dir=folder, prefix=".new-")
    with os.fdopen(handle, "w") as stream: stream.write(text)
    os.rename(hidden, pathlib.Path(folder) / file)
