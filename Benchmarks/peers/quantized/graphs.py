"""What Tessera keeps in f32 in all of its schemes, in an exported function; the peers are asked to do so too. Nodes by name, also that of
their result, which OpenVINO calls them by."""

import onnx

# Fewest rows of a table that is worth eight bits.
TABLE_ROWS = 1025


def small_tables(file):
    """Picks from tables of few rows."""
    graph = onnx.load(str(file)).graph
    rows = {tensor.name: tensor.dims[0] for tensor in graph.initializer if len(tensor.dims) == 2}
    return names(node for node in graph.node if node.op_type == "Gather" and rows.get(node.input[0], TABLE_ROWS) < TABLE_ROWS)


def searches(file):
    """Products whose results are only compared: those of a tokenizer with its codes."""
    graph = onnx.load(str(file)).graph
    compared = {node.input[0] for node in graph.node if node.op_type == "ArgMax"}
    return names(node for node in graph.node if node.op_type == "MatMul" and node.output[0] in compared)


def names(nodes):
    return [name for node in nodes for name in dict.fromkeys((node.name, node.output[0]))]
