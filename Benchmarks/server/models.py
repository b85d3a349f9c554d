"""The models that the server is measured with, and a request for each."""
import json, math, pathlib, random, struct

from onnx_writer import FLOAT, INT64, Graph

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Work:
    """A model and one request to it.

    `inputs`: name → (datatype of the protocol, shape, little-endian bytes, numbers for JSON or None where they would be too many).
    `bind`: sizes of the model's symbols, for `tessera bench`.
    """

    def __init__(self, name, path, function, bind, inputs, about):
        self.name, self.path, self.function, self.bind, self.inputs, self.about = name, path, function, bind, inputs, about

    def binary(self):
        """Body and headers of the binary form, answer in binary."""
        tensors = [{"name": n, "datatype": t, "shape": s, "parameters": {"binary_data_size": len(d)}} for n, (t, s, d, _) in self.inputs.items()]
        text = json.dumps({"inputs": tensors, "parameters": self._parameters({"binary_data_output": True})}, separators=(",", ":")).encode()
        headers = ["Content-Type: application/octet-stream", f"Inference-Header-Content-Length: {len(text)}"]
        return text + b"".join(d for _, _, d, _ in self.inputs.values()), headers

    def text(self):
        """Body and headers of the JSON form; None where that has too many numbers."""
        if any(numbers is None for *_, numbers in self.inputs.values()): return None
        tensors = [{"name": n, "datatype": t, "shape": s, "data": v} for n, (t, s, _, v) in self.inputs.items()]
        text = json.dumps({"inputs": tensors, "parameters": self._parameters({})}, separators=(",", ":")).encode()
        return text, ["Content-Type: application/json"]

    def _parameters(self, more): return {**({"function": self.function} if self.function else {}), **more}


def _floats(shape, seed, as_numbers=True):
    chance = random.Random(seed)
    data = struct.pack(f"<{math.prod(shape)}f", *(chance.uniform(-1, 1) for _ in range(math.prod(shape))))
    return "FP32", shape, data, list(struct.unpack(f"<{math.prod(shape)}f", data)) if as_numbers else None


def _whole(shape, values):
    return "INT64", shape, struct.pack(f"<{len(values)}q", *values), values


def digits(folder):
    """A convolutional net for 28 × 28 pictures: what small models cost."""
    g = Graph(1)
    g.input("x", FLOAT, ["batch", 1, 28, 28])
    v = "x"
    for inputs, outputs in ((1, 16), (16, 32)):
        v = g.node("Conv", [v, g.random(outputs, inputs, 5, 5, scale=0.1), g.random(outputs, scale=0.1)], pads=[2, 2, 2, 2], kernel_shape=[5, 5])
        v = g.node("MaxPool", [g.node("Relu", [v])], kernel_shape=[2, 2], strides=[2, 2])
    v = g.node("Flatten", [v], axis=1)
    g.output(g.node("Gemm", [v, g.random(1568, 10), g.random(10, scale=0.1)]), "y", FLOAT, ["batch", 10])
    return _write(folder, "digits", g, {"batch": 1}, {"x": _floats([1, 1, 28, 28], 1)}, "convolutions, 28 × 28 pixels, 3 kB in, 40 bytes out")


def sentences(folder, tokens=32, layers=6, width=384, heads=12):
    """A text encoder of MiniLM's size but for its vocabulary."""
    g = Graph(2)
    g.input("ids", INT64, ["batch", "tokens"])
    g.input("mask", INT64, ["batch", "tokens"])
    mask = g.node("Unsqueeze", [g.node("Cast", ["mask"], to=FLOAT), g.whole(1, 2)])
    mask = g.node("Mul", [g.node("Sub", [mask, g.scalar(1.0)]), g.scalar(10000.0)])

    def dense(v, rows, columns): return g.node("Add", [g.node("MatMul", [v, g.random(rows, columns)]), g.random(columns, scale=0.02)])

    def norm(v): return g.node("LayerNormalization", [v, g.floats(*[1.0] * width), g.floats(*[0.0] * width)], axis=-1, epsilon=1e-5)

    def split(v, order): return g.node("Transpose", [g.node("Reshape", [v, g.whole(0, 0, heads, width // heads)])], perm=order)

    def gelu(v):
        half = g.node("Mul", [v, g.scalar(0.5)])
        return g.node("Mul", [half, g.node("Add", [g.node("Erf", [g.node("Mul", [v, g.scalar(0.70710678)])]), g.scalar(1.0)])])

    x = norm(g.node("Gather", [g.random(2000, width, scale=0.5), "ids"], axis=0))
    for _ in range(layers):
        q, k, v = split(dense(x, width, width), [0, 2, 1, 3]), split(dense(x, width, width), [0, 2, 3, 1]), split(dense(x, width, width), [0, 2, 1, 3])
        scores = g.node("Mul", [g.node("MatMul", [q, k]), g.scalar(1 / math.sqrt(width // heads))])
        mixed = g.node("MatMul", [g.node("Softmax", [g.node("Add", [scores, mask])], axis=-1), v])
        mixed = g.node("Reshape", [g.node("Transpose", [mixed], perm=[0, 2, 1, 3]), g.whole(0, 0, width)])
        x = norm(g.node("Add", [x, dense(mixed, width, width)]))
        x = norm(g.node("Add", [x, dense(gelu(dense(x, width, 4 * width)), 4 * width, width)]))
    g.output(g.node("ReduceMean", [x], axes=[1], keepdims=0), "y", FLOAT, ["batch", width])
    chance = random.Random(3)
    inputs = {"ids": _whole([1, tokens], [chance.randrange(2000) for _ in range(tokens)]), "mask": _whole([1, tokens], [1] * tokens)}
    return _write(folder, "sentences", g, {"batch": 1, "tokens": tokens}, inputs, f"encoder, 6 layers of 384, {tokens} tokens, 0.5 kB in, 1.5 kB out")


def pictures(_):
    """The demo bundle's tokenizer: large requests, one row at a time."""
    path = ROOT / "Models/shapes/tok_rgb.safetensors"
    inputs = {"image": _floats([1, 3, 224, 224], 4, as_numbers=False)}
    return Work("tok_rgb", path, "tokenize", {"batch": 1}, inputs, "tokenizer of the demo, 224 × 224 pixels, 602 kB in, 1.6 kB out")


def all_works(folder): return [digits(folder), sentences(folder), pictures(folder)]


def _write(folder, name, graph, bind, inputs, about):
    path = pathlib.Path(folder) / f"{name}.onnx"
    path.write_bytes(graph.model())
    return Work(name, path, None, bind, inputs, about)
