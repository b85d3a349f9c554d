"""Bytes of quantized models: what several files hold, each weight once."""

import hashlib
import xml.etree.ElementTree as ElementTree

import onnx

from .graphs import TABLE_ROWS

# Bits of a weight in llama.cpp's formats: blocks of 32 with a scale in f16, and the average that it states for its mix Q4_K_M.
LLAMA_BITS = {"Q8_0": 8.5, "Q4_0": 4.5, "Q4_K_M": 4.85}


def onnx_tensors(file):
    """The tensors of an ONNX file: names and bytes."""
    return ((tensor.name, onnx.numpy_helper.to_array(tensor).tobytes()) for tensor in onnx.load(str(file)).graph.initializer)


def openvino_tensors(file):
    """The constants of an OpenVINO model: names and bytes."""
    data = file.with_suffix(".bin").read_bytes()
    for layer in ElementTree.parse(file).getroot().iter("layer"):
        held = layer.find("data")
        if layer.get("type") == "Const" and held is not None:
            start = int(held.get("offset"))
            yield layer.get("name"), data[start : start + int(held.get("size"))]


def weights(files):
    """Bytes of the tensors in all of the files, one that several hold counted once."""
    sizes = {}
    for file in files:
        for name, tensor in openvino_tensors(file) if file.suffix == ".xml" else onnx_tensors(file):
            sizes[name, hashlib.sha256(tensor).digest()] = len(tensor)
    return sum(sizes.values())


def computed_rows(model, files):
    for name, count in computed(files).items():
        yield {"model": model, "scheme": f"llama.cpp {name}, computed", "bytes": count}


def computed(files):
    """Bytes that the model would have with its dense weights in llama.cpp's formats, large tables in Q8_0 and all else in f32."""
    dense, tables, others = {}, {}, {}
    for file in files:
        graph = onnx.load(str(file)).graph
        uses = {name: node.op_type for node in graph.node for name in node.input}
        for tensor in graph.initializer:
            array = onnx.numpy_helper.to_array(tensor)
            is_product = uses.get(tensor.name) in ("MatMul", "Gemm") and array.ndim == 2
            is_table = uses.get(tensor.name) == "Gather" and array.ndim == 2 and len(array) >= TABLE_ROWS
            place = dense if is_product else tables if is_table else others
            place[tensor.name, hashlib.sha256(array.tobytes()).digest()] = array
    count = lambda arrays: sum(array.size for array in arrays.values())
    rest = count(tables) * LLAMA_BITS["Q8_0"] / 8 + sum(array.nbytes for array in others.values())
    return {name: round(count(dense) * bits / 8 + rest) for name, bits in LLAMA_BITS.items()}
