#!/usr/bin/env python3
"""Random quantized ONNX models against the reference evaluator of the onnx package.

    onnx-quantized-fuzz.py [--count N] [--seed S] [--work FOLDER] RUNNER

Writes N folders as those of the ONNX backend tests (model.onnx, test_data_set_0, tolerance.json), runs `RUNNER test FOLDER…` on them
(`tessera` is such a runner) and prints what fails; status 1 if anything does. The models are of the kinds that quantizers write: weights
with scales for all, for each channel or for blocks, in both orientations, signed or not, of 8 or 4 bits, shared by tables and layers; dynamic
quantization with MatMulInteger and ConvInteger; QLinearMatMul, QLinearConv; layers between QuantizeLinear and DequantizeLinear;
MatMulNBits of com.microsoft (against a product of numpy).
Needs: pip install onnx numpy.
"""
import argparse
import json
import os
import subprocess
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

TYPES = {"i8": (TensorProto.INT8, -128, 127), "u8": (TensorProto.UINT8, 0, 255),
         "i4": (TensorProto.INT4, -8, 7), "u4": (TensorProto.UINT4, 0, 15)}


class Model:
    """Nodes, initializers and inputs of one model that grows."""

    def __init__(self, rng):
        self.rng, self.nodes, self.initializers, self.inputs, self.feeds, self.outputs, self.count = rng, [], [], [], {}, [], 0
        # Where the reference evaluator has no operator.
        self.results = None

    def op(self, kind, *inputs, outputs=1, **attributes):
        self.count += 1
        names = [f"v{self.count}_{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(kind, list(inputs), names, **attributes))
        return names[0] if outputs == 1 else names

    def constant(self, array, dtype=None):
        self.count += 1
        name = f"c{self.count}"
        if dtype is None:
            self.initializers.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        else:
            self.initializers.append(helper.make_tensor(name, dtype, array.shape, array.flatten().astype(np.int32).tolist()))
        return name

    def input(self, array):
        name = f"x{len(self.inputs)}"
        self.inputs.append(helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(array.dtype), array.shape))
        self.feeds[name] = array
        return name

    def floats(self, *shape, low=-1.0, high=1.0):
        return self.rng.uniform(low, high, shape).astype(np.float32)

    def levels(self, kind, *shape):
        """Mostly small ones around the middle, a few at the ends, as quantizers make of normal weights; or all alike."""
        _, low, high = TYPES[kind]
        if self.rng.random() < 0.3:
            return self.rng.integers(low, high + 1, shape)
        middle, spread = (low + high + 1) // 2, (high - low) / self.rng.choice([6, 12, 30])
        return np.clip(np.rint(self.rng.normal(middle, spread, shape)), low, high).astype(np.int64)

    def pick(self, *options):
        return options[self.rng.integers(len(options))]

    def ending(self, x, columns, shape):
        if self.rng.random() < 0.5:
            x = self.op("Add", x, self.constant(self.floats(columns)))
        if self.rng.random() < 0.4:
            x = self.op(self.pick("Relu", "Sigmoid", "Tanh"), x)
        if self.rng.random() < 0.3:
            x = self.op("Add", x, self.input(self.floats(*shape)))
        return x

    def save(self, folder, tolerance):
        infos = [helper.make_tensor_value_info(name, TensorProto.UNDEFINED, None) for name in self.outputs]
        for info in infos:
            info.ClearField("type")
        graph = helper.make_graph(self.nodes, "fuzz", self.inputs, infos, self.initializers)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21), helper.make_opsetid("com.microsoft", 1)], ir_version=10)
        results = self.results or ReferenceEvaluator(model).run(None, self.feeds)
        typed = [helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(r.dtype), r.shape)
                 for n, r in zip(self.outputs, results)]
        del model.graph.output[:]
        model.graph.output.extend(typed)
        os.makedirs(os.path.join(folder, "test_data_set_0"), exist_ok=True)
        onnx.save(model, os.path.join(folder, "model.onnx"))
        for index, array in enumerate(self.feeds.values()):
            write(folder, f"input_{index}", array)
        for index, array in enumerate(results):
            write(folder, f"output_{index}", np.asarray(array))
        with open(os.path.join(folder, "tolerance.json"), "w") as file:
            json.dump(tolerance, file)


def write(folder, name, array):
    with open(os.path.join(folder, "test_data_set_0", name + ".pb"), "wb") as file:
        file.write(numpy_helper.from_array(array).SerializeToString())


def weight(m, rows, columns):
    """A matrix [rows, columns] of integers with scales: the name of what it stands for."""
    kind = m.pick("i8", "i8", "u8", "i4", "u4")
    dtype, low, high = TYPES[kind]
    turned = m.rng.random() < 0.4
    shape = (columns, rows) if turned else (rows, columns)
    form = m.pick("tensor", "channel", "other", "block")
    axis = 1 if form == "channel" else 0
    attributes = {}
    if form == "tensor":
        sizes = ()
    elif form == "block":
        block = m.pick(16, 32, 64, 128, 256)
        sizes = (shape[0] // block, shape[1])
        if shape[0] % block:
            form, sizes = "tensor", ()
        else:
            attributes = {"axis": 0, "block_size": block}
    else:
        sizes, attributes = (shape[axis],), {"axis": axis}
    q = m.constant(m.levels(kind, *shape), dtype)
    scale = m.floats(*sizes, low=0.002, high=0.02)
    zero = None
    if m.rng.random() < 0.5 or kind in ("u8", "u4"):
        spread = m.pick(0, 3, 40) if kind in ("i8", "u8") else m.pick(0, 2)
        middle = (low + high + 1) // 2
        zero = np.clip(middle + m.rng.integers(-spread, spread + 1, sizes), low, high)
    if form in ("tensor", "channel", "other") and zero is None and m.rng.random() < 0.5:
        # As some exporters spell it.
        aligned = scale if form == "tensor" else scale.reshape((1, -1) if axis == 1 else (-1, 1))
        w = m.op("Mul", m.op("Cast", q, to=TensorProto.FLOAT), m.constant(aligned))
    else:
        given = [q, m.constant(scale)] + ([m.constant(np.asarray(zero), dtype)] if zero is not None else [])
        w = m.op("DequantizeLinear", *given, **attributes)
    return m.op("Transpose", w, perm=[1, 0]) if turned else w


def weight_only(m):
    k, n, rows = m.pick(48, 64, 96, 256, 512), m.pick(24, 96, 200), m.pick(1, 3, 12, 40)
    x = m.input(m.floats(rows, k))
    y = m.op("MatMul", x, weight(m, k, n))
    if m.rng.random() < 0.3:
        gate = m.op("MatMul", x, weight(m, k, n))
        y = m.op("Mul", m.op("Mul", y, m.op("Sigmoid", y)), gate)
    m.outputs = [m.ending(y, n, (rows, n))]


def nbits(m):
    k, n, rows, bits = m.pick(32, 48, 100, 256, 300), m.pick(3, 24, 70), m.pick(1, 3, 12, 40), m.pick(4, 4, 4, 8)
    block, dtype = m.pick(16, 32, 64, 128, 256), np.float32
    blocks = -(-k // block)
    levels = m.rng.integers(0, 1 << bits, (n, blocks * block))
    scales = m.floats(n, blocks, low=0.002, high=0.02)
    x = m.floats(rows, k)

    def packed(values):
        per = 8 // bits
        padded = np.pad(values, ((0, 0), (0, -values.shape[1] % per)))
        return sum(padded[:, i::per] << (i * bits) for i in range(per)).astype(np.uint8)

    given = [m.input(x), m.constant(packed(levels).reshape(n, blocks, block * bits // 8)), m.constant(scales)]
    zeros = np.full((n, blocks), 1 << (bits - 1))
    if m.rng.random() < 0.5:
        zeros = m.rng.integers(0, 1 << bits, (n, blocks))
        given.append(m.constant(packed(zeros)))
    w = ((levels.reshape(n, blocks, block) - zeros[..., None]) * scales[..., None]).reshape(n, -1)[:, :k]
    m.outputs = [m.op("MatMulNBits", *given, domain="com.microsoft", K=k, N=n, bits=bits, block_size=block)]
    m.results = [(x.astype(np.float64) @ w.T).astype(dtype)]


def tied(m):
    v, d = m.pick(100, 300), m.pick(48, 64)
    table = weight(m, v, d)
    rows = m.op("Gather", table, m.input(m.rng.integers(0, v, (2, 5))), axis=0)
    m.outputs = [m.op("MatMul", rows, m.op("Transpose", table, perm=[1, 0]))]


def filters(m):
    q = m.constant(m.levels("i8", 24, 8, 3, 3), TensorProto.INT8)
    w = m.op("DequantizeLinear", q, m.constant(m.floats(24, low=0.002, high=0.02)), axis=0)
    m.outputs = [m.op("Conv", m.input(m.floats(1, 8, 10, 9)), w, pads=[1, 1, 1, 1])]


def byte_zero(m, kind, count=1):
    dtype, low, high = TYPES[kind]
    middle = (low + high + 1) // 2
    return np.clip(middle + m.rng.integers(-40, 41, () if count == 1 else (count,)), low, high), dtype


def dynamic(m):
    k, n, rows = m.pick(30, 64, 257), m.pick(24, 96, 200), m.pick(1, 5, 12, 70)
    x = m.input(m.floats(rows, k, low=m.pick(-1.0, 0.5), high=3.0))
    q, scale, zero = m.op("DynamicQuantizeLinear", x, outputs=3)
    kind = m.pick("i8", "i8", "u8")
    given = [q, m.constant(m.levels(kind, k, n), TYPES[kind][0]), zero]
    if kind == "u8" or m.rng.random() < 0.3:
        point, dtype = byte_zero(m, kind)
        given.append(m.constant(np.asarray(point), dtype))
    sums = m.op("Cast", m.op("MatMulInteger", *given), to=TensorProto.FLOAT)
    factor = m.op("Mul", scale, m.constant(m.floats(*m.pick((), (1,), (n,)), low=0.001, high=0.01)))
    y = m.op("Mul", sums, factor)
    if m.rng.random() < 0.3:
        y = m.op("Mul", m.op("Sigmoid", y), y)
    m.outputs = [m.ending(y, n, (rows, n))]


def conv_attributes(m, kernel, groups):
    return {"pads": [int(p) for p in m.rng.integers(0, 3, 4)], "strides": [int(s) for s in m.rng.integers(1, 3, 2)],
            "dilations": [int(d) for d in m.rng.integers(1, 3, 2)], "kernel_shape": list(kernel), "group": groups}


def dynamic_conv(m):
    groups = m.pick(1, 1, 1, 2)
    c, o, kernel = m.pick(4, 6, 24) * groups, m.pick(5, 16, 70) * groups, m.pick((1, 1), (3, 3), (2, 3))
    x = m.input(m.floats(m.pick(1, 2), c, 13, 11, low=-1, high=2))
    if m.rng.random() < 0.4:
        x = m.op("Conv", x, m.constant(m.floats(c, c, 1, 1)))
    q, scale, zero = m.op("DynamicQuantizeLinear", x, outputs=3)
    kind = m.pick("i8", "u8")
    given = [q, m.constant(m.levels(kind, o, c // groups, *kernel), TYPES[kind][0]), zero]
    if kind == "u8" or m.rng.random() < 0.4:
        point, dtype = byte_zero(m, kind)
        given.append(m.constant(np.asarray(point), dtype))
    y = m.op("ConvInteger", *given, **conv_attributes(m, kernel, groups))
    if m.rng.random() < 0.5:
        y = m.op("Add", y, m.constant(m.rng.integers(-3000, 3000, (1, o, 1, 1)).astype(np.int32)))
    factor = m.op("Mul", scale, m.constant(m.floats(low=0.001, high=0.01)))
    y = m.op("Mul", m.op("Cast", y, to=TensorProto.FLOAT), factor)
    if m.rng.random() < 0.5:
        y = m.op("Mul", y, m.op("Sigmoid", y))
    m.outputs = [y]


def point(m, kind="u8"):
    value, dtype = byte_zero(m, kind)
    return m.constant(np.asarray(value), dtype)


def qlinear_conv(m):
    c, o, kernel = m.pick(4, 24), m.pick(5, 70), m.pick((1, 1), (3, 3))
    x = m.input(m.rng.integers(0, 256, (1, c, 9, 8)).astype(np.uint8))
    scales = m.floats(o, low=0.002, high=0.01) if m.rng.random() < 0.5 else m.floats(low=0.002, high=0.01)
    zeros = m.constant(np.zeros(scales.shape, np.int64), TensorProto.INT8)
    given = [x, m.constant(np.float32(0.02)), point(m), m.constant(m.levels("i8", o, c, *kernel), TensorProto.INT8),
             m.constant(scales), zeros, m.constant(np.float32(0.07)), point(m)]
    if m.rng.random() < 0.5:
        given.append(m.constant(m.rng.integers(-2000, 2000, o).astype(np.int32)))
    y = m.op("QLinearConv", *given, **conv_attributes(m, kernel, 1))
    m.outputs = [m.op("Cast", y, to=TensorProto.FLOAT)]


def qlinear_matmul(m):
    k, n = m.pick(30, 128), m.pick(24, 100)
    x = m.input(m.rng.integers(0, 256, (m.pick(1, 12), k)).astype(np.uint8))
    kind = m.pick("i8", "u8")
    y = m.op("QLinearMatMul", x, m.constant(np.float32(0.02)), point(m), m.constant(m.levels(kind, k, n), TYPES[kind][0]),
             m.constant(np.float32(0.01)), point(m, kind), m.constant(np.float32(0.11)), point(m))
    m.outputs = [m.op("Cast", y, to=TensorProto.FLOAT)]


def between(m):
    """A layer between QuantizeLinear and DequantizeLinear."""
    k, n, rows = m.pick(48, 64), m.pick(24, 96), m.pick(1, 12)
    def rounded(x, scale):
        s, z = m.constant(np.float32(scale)), point(m)
        return m.op("DequantizeLinear", m.op("QuantizeLinear", x, s, z), s, z)
    x = rounded(m.input(m.floats(rows, k, low=-2, high=2)), 0.02)
    y = m.op("MatMul", x, weight(m, k, n))
    m.outputs = [rounded(m.op("Add", y, m.constant(m.floats(n))), 0.05)]


KINDS = [weight_only, weight_only, nbits, nbits, tied, filters, dynamic, dynamic, dynamic_conv, dynamic_conv, qlinear_conv, qlinear_matmul, between]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=66)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--work", default="quantized-fuzz")
    parser.add_argument("runner")
    options = parser.parse_args()
    folders = []
    for index in range(options.count):
        kind = KINDS[index % len(KINDS)]
        folder = os.path.join(options.work, f"{index:03}-{kind.__name__}")
        model = Model(np.random.default_rng([options.seed, index]))
        kind(model)
        # A level that is rounded the other way moves a result by a step; few of them are.
        rounds = kind in (between, qlinear_conv, qlinear_matmul, dynamic, dynamic_conv)
        model.save(folder, {"rtol": 1e-4, "atol": 1e-4, **({"rel_l2": 0.005} if rounds else {})})
        folders.append(folder)
    run = subprocess.run([options.runner, "test", *folders], capture_output=True, text=True)
    lines = [line for line in run.stdout.splitlines() if line.strip()]
    passed = [line for line in lines if line.startswith("PASS")]
    print("\n".join(line for line in lines if not line.startswith("PASS")))
    print(f"{len(passed)} of {len(folders)} passed {run.stderr.strip()[:300]}")
    sys.exit(len(passed) != len(folders))


if __name__ == "__main__":
    main()
