"""ONNX Runtime on the CPU, in f32 and dynamically quantized to int8."""

import onnxruntime as ort
from onnxruntime.quantization import QuantType, quantize_dynamic

from . import Contender
from .onnx_file import exported


def start(job, name):
    path = quantized(job) if name.endswith("int8") else exported(job)
    options = ort.SessionOptions()
    options.intra_op_num_threads = job.threads
    options.inter_op_num_threads = 1
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_ALL
    session = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    inputs, names = job.arrays(), list(job.outputs)
    return Contender(lambda: dict(zip(names, session.run(names, inputs))))


def quantized(job):
    def write(path):
        quantize_dynamic(
            exported(job),
            path,
            per_channel=True,
            weight_type=QuantType.QInt8,
            use_external_data_format=True,
            extra_options={"MatMulConstBOnly": True},
        )

    return job.cached("onnx-int8", write)
