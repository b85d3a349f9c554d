"""Functions of a 4M model as ONNX files in f32, as `tessera export` writes them."""

import json
import subprocess

import numpy as np
import onnx


def functions(tessera, checkpoint):
    """The functions that hold each weight of a model once: other forms of the decoder have the weights of `decode`."""
    summary = json.loads(output(tessera, "inspect", checkpoint, "--json"))
    names = [function["name"] for function in summary["functions"]]
    return [name for name in names if name.startswith(("embed_", "logits.")) or name in ("encode", "decode")]


def exported(tessera, checkpoint, names, folder):
    """The files by function, in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {}
    for name in names:
        files[name] = folder / f"{name}.onnx"
        if not files[name].exists():
            output(tessera, "export", checkpoint, "--function", name, "-o", files[name])
            onnx.save(turned(onnx.load(str(files[name]))), str(files[name]))
    return files


def turned(model):
    """The model with weights turned as products want them, which the file leaves to the runtime: quantize_dynamic looks for constants."""
    graph = model.graph
    weights = {tensor.name: tensor for tensor in graph.initializer}
    made = {}
    for node in [node for node in graph.node if node.op_type == "Transpose" and node.input[0] in weights]:
        held = onnx.numpy_helper.to_array(weights[node.input[0]])
        order = next((list(item.ints) for item in node.attribute if item.name == "perm"), None)
        made[node.output[0]] = onnx.numpy_helper.from_array(np.ascontiguousarray(held.transpose(order)), node.output[0])
        graph.node.remove(node)
    used = {name for node in graph.node for name in node.input}
    kept = [tensor for tensor in graph.initializer if tensor.name in used]
    del graph.initializer[:]
    graph.initializer.extend([*kept, *made.values()])
    return model


def output(*command):
    command = [str(part) for part in command]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}\n{done.stderr}")
    return done.stdout
