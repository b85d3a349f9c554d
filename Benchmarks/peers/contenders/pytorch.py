"""PyTorch: as written, compiled with frozen weights, in bf16, and with dynamically quantized linear layers."""

import torch

from . import Contender

# Eight-bit products need a layer type with an eight-bit kernel; there is none for convolutions of float activations.
QUANTIZED_LAYERS = {torch.nn.Linear}


def start(job, name):
    torch.set_num_threads(job.threads)
    network, inputs = job.module(), job.inputs()
    facts = {}
    if name.endswith("bf16"):
        has_products = torch.ops.mkldnn._is_mkldnn_bf16_supported()
        if "compile" in name and not has_products:
            raise RuntimeError("left out: this CPU has no bf16 products, and compiling does not make up for it")
        network = network.bfloat16()
        inputs = {key: x.bfloat16() if x.is_floating_point() else x for key, x in inputs.items()}
        facts["executes"] = "bf16 in oneDNN" if has_products else "bf16 without oneDNN"
    if name.endswith("int8"):
        network = torch.ao.quantization.quantize_dynamic(network, QUANTIZED_LAYERS, torch.qint8)
        facts["executes"] = f"int8 linear layers, {torch.backends.quantized.engine}"
    if job.work.kind == "unet":
        network = network.to(memory_format=torch.channels_last)
    if "compile" in name:
        network = compiled(network)
    return Contender(lambda: run(network, inputs, job.outputs), facts)


def compiled(network):
    import torch._inductor.config

    torch._inductor.config.freezing = True
    return torch.compile(network)


@torch.inference_mode()
def run(network, inputs, names):
    results = network(*inputs.values())
    results = results if isinstance(results, tuple) else (results,)
    return {name: x.float().numpy() if x.is_floating_point() else x.numpy() for name, x in zip(names, results)}
