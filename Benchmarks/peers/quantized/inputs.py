"""Made-up inputs of an exported function: what its symbols and types allow."""

import numpy as np
import onnx

# Ids and positions stay below the smallest table of the 4M models.
IDS = 64


def made_up(file, sizes, seed=0):
    """Normal floats, small ids, masks that hide nothing, by name; `sizes` are those of the symbols."""
    graph = onnx.load(str(file), load_external_data=False).graph
    draw = np.random.default_rng(seed)
    return {item.name: array(item.type.tensor_type, sizes, draw) for item in graph.input}


def array(kind, sizes, draw):
    shape = [sizes[dim.dim_param] if dim.dim_param else dim.dim_value for dim in kind.shape.dim]
    if kind.elem_type == onnx.TensorProto.FLOAT:
        return draw.standard_normal(shape, np.float32)
    if kind.elem_type == onnx.TensorProto.BOOL:
        return np.zeros(shape, bool)
    return draw.integers(0, IDS, shape).astype(np.int64)
