"""ONNX Runtime's dynamic quantization, with a scale for each output."""

from onnxruntime.quantization import QuantType, quantize_dynamic

from .cpu import has_vnni


def quantized(source, file, left):
    """Writes the dynamically quantized model; nodes in `left` stay f32."""
    quantize_dynamic(
        source,
        file,
        per_channel=True,
        # Without VNNI sums of full range overflow 16 bits, and ONNX Runtime's manual asks for this.
        reduce_range=not has_vnni(),
        weight_type=QuantType.QInt8,
        nodes_to_exclude=left,
        extra_options={"MatMulConstBOnly": True},
    )
