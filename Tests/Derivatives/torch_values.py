#!/usr/bin/env python3
"""Writes torch.json beside this file: functions as text of the IR, inputs, and the loss and gradients that PyTorch gives, in double precision.

pip install torch; python3 torch_values.py
"""
import json
import os
import torch
import torch.nn.functional as F

torch.manual_seed(7)
torch.set_num_threads(1)
cases = []


def draw(*shape, positive=False):
    x = torch.randn(*shape, dtype=torch.float64)
    return x.abs() + 0.1 if positive else x


def text(x):
    return f"{'f64' if x.is_floating_point() else 'bool' if x.dtype == torch.bool else 'i64'}[{', '.join(map(str, x.shape))}]"


def tensor(x):
    return {"shape": list(x.shape), "values": [float(v) for v in x.flatten().tolist()]}


def case(name, inputs, lines, function, stage="imported"):
    """`lines`: the body, with the result of the last in %y; the loss is the sum of y times %c. `function` is the same in torch."""
    leaves = {k: v.clone().requires_grad_(v.is_floating_point()) for k, v in inputs.items()}
    y = function(**leaves)
    c = draw(*y.shape)
    loss = (y * c).sum()
    loss.backward()
    given = dict(inputs, c=c)
    body = "\n".join("    " + line for line in lines)
    axes = ", ".join(map(str, range(y.dim())))
    ir = (
        f"module @torch stage({stage}) {{\n  func @main({', '.join(f'%{k}: {text(v)}' for k, v in given.items())}) -> (loss: f64[]) {{\n{body}\n"
        f"    %weighted = mul(%y, %c) : {text(y)}\n    %loss = reduce_sum(%weighted) {{axes: [{axes}]}} : f64[]\n    return %loss\n  }}\n}}\n"
    )
    cases.append(
        {
            "name": name, "ir": ir, "inputs": {k: tensor(v) for k, v in given.items()}, "loss": loss.item(),
            "gradients": {k: tensor(v.grad) for k, v in leaves.items() if v.grad is not None},
        }
    )


def unary(name, function, x=None):
    x = draw(3, 5) if x is None else x
    case(name, {"x": x}, [f"%y = {name}(%x) : {text(x)}"], lambda x: function(x))


unary("gelu", F.gelu)
unary("gelu_tanh", lambda x: F.gelu(x, approximate="tanh"))
unary("silu", F.silu)
unary("softplus", F.softplus)
unary("erf", torch.erf)
unary("relu", F.relu, torch.tensor([[-1.0, 0.0, 2.0]], dtype=torch.float64))
unary("abs", torch.abs, torch.tensor([[-1.5, 0.0, 2.0]], dtype=torch.float64))
unary("rsqrt", torch.rsqrt, draw(2, 4, positive=True))
unary("acosh", torch.acosh, draw(5, positive=True) + 1)
ties = {"a": torch.tensor([1.0, 2.0, 3.0, 3.0], dtype=torch.float64), "b": torch.tensor([[1.0, 1.0, 4.0, 3.0]], dtype=torch.float64)}
for name, function in [("minimum", torch.minimum), ("maximum", torch.maximum)]:
    case(f"{name} of equals", ties, [f"%y = {'min' if name == 'minimum' else 'max'}(%a, %b) : f64[1, 4]"], lambda a, b, f=function: f(a, b))
case("pow", {"a": draw(2, 3, positive=True), "b": draw(3)}, ["%y = pow(%a, %b) : f64[2, 3]"], lambda a, b: a**b)
case(
    "amax of equals", {"x": torch.tensor([[1.0, 3.0, 3.0], [2.0, 0.0, 1.0]], dtype=torch.float64)},
    ["%y = reduce_max(%x) {axes: [1]} : f64[2]"], lambda x: x.amax(1))
case(
    "prod with zeros", {"x": torch.tensor([[1.0, 0.0, 3.0], [2.0, -1.5, 1.0], [0.0, 0.0, 2.0]], dtype=torch.float64)},
    ["%y = reduce_prod(%x) {axes: [1]} : f64[3]"], lambda x: x.prod(1))
case("softmax", {"x": draw(2, 3, 4) * 4}, ["%y = softmax(%x) {axis: 1} : f64[2, 3, 4]"], lambda x: x.softmax(1))
case("log_softmax of large values", {"x": draw(2, 5) * 400}, ["%y = log_softmax(%x) : f64[2, 5]"], lambda x: x.log_softmax(-1))
case(
    "layer_norm", {"x": draw(2, 3, 6), "w": draw(6), "b": draw(6)}, ["%y = layer_norm(%x, %w, %b) {eps: 1e-6} : f64[2, 3, 6]"],
    lambda x, w, b: F.layer_norm(x, (6,), w, b, 1e-6))
case("rms_norm", {"x": draw(4, 6), "w": draw(6)}, ["%y = rms_norm(%x, %w) {eps: 1e-6} : f64[4, 6]"], lambda x, w: F.rms_norm(x, (6,), w, 1e-6))
case(
    "group_norm", {"x": draw(2, 6, 3, 2), "w": draw(6), "b": draw(6)}, ["%y = group_norm(%x, %w, %b) {groups: 3, eps: 1e-5} : f64[2, 6, 3, 2]"],
    lambda x, w, b: F.group_norm(x, 3, w, b, 1e-5))
case("l2_normalize", {"x": draw(3, 5)}, ["%y = l2_normalize(%x) : f64[3, 5]"], lambda x: F.normalize(x, dim=-1))
case(
    "linear", {"x": draw(2, 3, 4), "w": draw(5, 4), "b": draw(5)}, ["%y = linear(%x, %w, %b) : f64[2, 3, 5]"],
    lambda x, w, b: F.linear(x, w, b))
case("matmul", {"a": draw(2, 1, 3, 4), "b": draw(3, 4, 2)}, ["%y = matmul(%a, %b) : f64[2, 3, 3, 2]"], lambda a, b: a @ b)
case(
    "conv strided in groups", {"x": draw(2, 4, 7, 8), "w": draw(6, 2, 3, 2), "b": draw(6)},
    ["%y = conv(%x, %w, %b) {stride: [2, 3], padding: [1, 2, 1, 2], dilation: [1, 2], groups: 2} : f64[2, 6, 4, 4]"],
    lambda x, w, b: F.conv2d(x, w, b, (2, 3), (1, 2), (1, 2), 2))
case(
    "max_pool", {"x": draw(1, 2, 6, 7)}, ["%y = max_pool(%x) {kernel: [3, 2], stride: [2, 2], padding: [1, 0, 1, 0]} : f64[1, 2, 3, 3]"],
    lambda x: F.max_pool2d(x, (3, 2), 2, (1, 0)))
case(
    "average_pool", {"x": draw(1, 2, 6, 7)},
    ["%y = average_pool(%x) {kernel: [3, 2], stride: [2, 2], padding: [1, 0, 1, 0]} : f64[1, 2, 3, 3]"],
    lambda x: F.avg_pool2d(x, (3, 2), 2, (1, 0), count_include_pad=False))
for mode, torch_mode in [("linear", "bilinear"), ("cubic", "bicubic")]:
    case(
        f"resize {mode}", {"x": draw(1, 2, 4, 5)}, [f'%y = resize(%x) {{mode: "{mode}", size: [7, 3]}} : f64[1, 2, 7, 3]'],
        lambda x, m=torch_mode: F.interpolate(x, (7, 3), mode=m))
case("pad reflect", {"x": draw(1, 2, 4, 5)}, ['%y = pad(%x) {before: [0, 0, 2, 1], after: [0, 0, 3, 2], mode: "reflect"} : f64[1, 2, 9, 8]'],
     lambda x: F.pad(x, (1, 2, 2, 3), mode="reflect"))
case(
    "embedding", {"table": draw(5, 3), "ids": torch.tensor([[1, 4, 1], [0, 1, 4]])}, ["%y = gather(%table, %ids) : f64[2, 3, 3]"],
    lambda table, ids: F.embedding(ids, table))
case(
    "cross entropy", {"x": draw(4, 6) * 5, "ids": torch.tensor([[1], [5], [0], [1]])},
    ["%p = log_softmax(%x) : f64[4, 6]", "%q = gather_elements(%p, %ids) {axis: 1} : f64[4, 1]", "%y = neg(%q) : f64[4, 1]"],
    lambda x, ids: F.cross_entropy(x, ids[:, 0], reduction="none")[:, None])
mask = torch.tensor([[[[False, True, False, False]]], [[[True, True, True, True]]]])
case(
    "attention masked", {"q": draw(2, 2, 3, 4), "k": draw(2, 2, 4, 4), "v": draw(2, 2, 4, 3), "mask": mask},
    ["%y = attention(%q, %k, %v, %mask) {scale: 0.5} : f64[2, 2, 3, 3]"],
    lambda q, k, v, mask: ((q @ k.transpose(2, 3)) * 0.5).masked_fill(mask, -torch.finfo(torch.float32).max).softmax(-1) @ v, stage="clean")
case(
    "attention causal", {"q": draw(1, 4, 3, 4), "k": draw(1, 2, 5, 4), "v": draw(1, 2, 5, 3)},
    ["%y = attention(%q, %k, %v) {causal: true, scale: 0.25} : f64[1, 4, 3, 3]"],
    lambda q, k, v: F.scaled_dot_product_attention(
        q, k, v, scale=0.25, enable_gqa=True, attn_mask=torch.ones(3, 5, dtype=torch.bool).tril(2)), stage="clean")

path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "torch.json")
with open(path, "w") as file:
    file.write("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]\n")
print(len(cases), "cases")
