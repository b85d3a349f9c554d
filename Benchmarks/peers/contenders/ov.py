"""OpenVINO on the CPU, in f32, with the bf16 hint, and quantized after training by NNCF."""

from collections import Counter

import openvino as ov

from . import CALIBRATION_SAMPLES, Contender
from .onnx_file import exported


def start(job, name):
    path = quantized(job) if name.endswith("int8") else exported(job)
    core = ov.Core()
    settings = {
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_NUM_THREADS": job.threads,
        "NUM_STREAMS": 1,
        "ENABLE_CPU_PINNING": False,
        "INFERENCE_PRECISION_HINT": "bf16" if name.endswith("bf16") else "f32",
    }
    model = core.compile_model(core.read_model(path), "CPU", settings)
    inputs, names = job.arrays(), list(job.outputs)
    request = model.create_infer_request()

    def call():
        results = request.infer(inputs, share_inputs=True)
        return {key: results[key] for key in names}

    return Contender(call, {"executes": executed(model), "hint": precision_hint(model)})


def precision_hint(model):
    return model.get_property("INFERENCE_PRECISION_HINT").get_type_name()


def executed(model):
    """Precisions of the executed matrix products, with how many there are of each."""
    products = Counter()
    for node in model.get_runtime_model().get_ops():
        info = node.get_rt_info()
        if info["layerType"].astype(str) in ("FullyConnected", "MatMul", "Convolution"):
            products[info["runtimePrecision"].astype(str)] += 1
    return ", ".join(f"{precision} x {count}" for precision, count in products.most_common())


def quantized(job):
    import nncf

    def write(path):
        samples = [job.arrays(seed) for seed in range(1, CALIBRATION_SAMPLES + 1)]
        model = nncf.quantize(
            ov.Core().read_model(exported(job)),
            nncf.Dataset(samples),
            subset_size=CALIBRATION_SAMPLES,
            model_type=None if job.work.kind == "unet" else nncf.ModelType.TRANSFORMER,
        )
        ov.save_model(model, path, compress_to_fp16=False)

    return job.cached("xml-int8", write)
