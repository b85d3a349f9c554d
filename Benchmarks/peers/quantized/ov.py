"""OpenVINO models by NNCF: quantized with ranges from data, or with compressed weights."""

import nncf
import numpy as np
import openvino
from openvino import opset13 as operators

from .cpu import has_vnni

GROUP = 32
MOST_CALLS = 128


def read(file):
    """A model whose weights are [outputs, inputs], as PyTorch has them and NNCF's data-aware methods want them: it refuses others for GPTQ,
    and its scale estimation makes nonsense of them."""
    model = openvino.Core().read_model(file)
    for node in model.get_ordered_ops():
        if node.get_type_name() == "MatMul" and not node.get_attributes()["transpose_b"]:
            turn(node)
    return model


def turn(node):
    """Turns a product's weights, if they are constant."""
    weights = node.input_value(1).get_node()
    if weights.get_type_name() == "Constant" and len(weights.get_output_shape(0)) == 2:
        turned = operators.constant(np.ascontiguousarray(weights.get_data().T))
        turned.set_friendly_name(weights.get_friendly_name())
        product = operators.matmul(node.input_value(0), turned, node.get_attributes()["transpose_a"], True)
        product.set_friendly_name(node.get_friendly_name())
        openvino.utils.replace_node(node, product)


def save(model, file):
    openvino.save_model(model, file, compress_to_fp16=False)


def quantized(source, file, calls, left):
    """Weights and activations of eight bits; nodes in `left` stay f32."""
    calls = spread(calls)
    # Without VNNI weights of half range, as Tessera's are there: NNCF's advice where sums of 16 bits overflow.
    advanced = nncf.AdvancedQuantizationParameters(overflow_fix=None if has_vnni() else nncf.OverflowFix.ENABLE)
    model = nncf.quantize(
        read(source),
        nncf.Dataset(calls),
        subset_size=len(calls),
        model_type=nncf.ModelType.TRANSFORMER,
        ignored_scope=nncf.IgnoredScope(names=left, validate=False),
        advanced_parameters=advanced,
    )
    save(model, file)


def compressed(source, file, mode, calls, left, **options):
    """Weights alone; those of four bits in groups of 32. Tables, and layers whose rows are not made of such groups, have eight bits."""
    model = read(source)
    if mode.startswith("int4"):
        picks = [node for node in model.get_ops() if node.get_type_name() == "Gather"]
        has_tables = any(node.input_value(0).get_node().get_type_name() == "Constant" for node in picks)
        fallback = nncf.AdvancedCompressionParameters(group_size_fallback_mode=nncf.GroupSizeFallbackMode.ADJUST)
        options |= {"group_size": GROUP, "all_layers": not has_tables, "advanced_parameters": fallback}
    if calls:
        calls = spread(calls)
        options |= {"dataset": nncf.Dataset(calls), "subset_size": len(calls)}
    model = nncf.compress_weights(
        model,
        mode=nncf.CompressWeightsMode(mode),
        ignored_scope=nncf.IgnoredScope(names=left, validate=False),
        **options,
    )
    save(model, file)


def spread(calls):
    """At most MOST_CALLS of them, drawn so that what takes turns is there in all its kinds."""
    drawn = np.random.default_rng(0).permutation(len(calls))[:MOST_CALLS]
    return [calls[index] for index in sorted(drawn)]
