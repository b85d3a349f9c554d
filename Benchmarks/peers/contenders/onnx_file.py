"""The ONNX form that ONNX Runtime and OpenVINO start from; sizes are fixed, as suits both best."""

import torch


def exported(job):
    def write(path):
        inputs = job.inputs()
        torch.onnx.export(
            job.module(),
            tuple(inputs.values()),
            path,
            input_names=list(inputs),
            output_names=list(job.outputs),
            opset_version=20,
            external_data=True,
        )

    return job.cached("onnx-f32", write)
