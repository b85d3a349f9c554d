"""Holds the PyTorch definitions against golden cases: python check_goldens.py GOLDENS_FOLDER."""

import sys
from pathlib import Path

import torch
from safetensors.torch import load_file

from jobs import denoise
from nets.fourm import Decoder, DecoderWithLogits, Embedding, Encoder
from nets.tokenizer import Tokenizer
from nets.unet import UNet
from weights import load, read_config


def case(folder):
    """-> model path, configuration, inputs, outputs"""
    model = folder / "model.safetensors"
    tensors = [load_file(folder / f"{name}.safetensors") for name in ("inputs", "outputs")]
    return model, read_config(model), *tensors


def report(name, found, expected):
    error = (found - expected).abs().max().item()
    print(f"{name:24} max error {error:.2e} of values up to {expected.abs().max().item():.2f}")
    return error


def transformer(folder):
    model, config, inputs, outputs = case(folder)
    target, text = "tok_depth@224", "det"
    config["vocabularies"] = {name: o["vocab_size"] for name, o in config["modality_overrides"].items()}
    mask, context = outputs["enc.mask"], outputs["enc.context"]
    yield report("encode", load(Encoder(config), model)(outputs["enc.tokens"], outputs["enc.emb"], mask), context)
    decoder = load(DecoderWithLogits(config, target), model)
    yield report("decode + logits", decoder(outputs["maskgit.dec_in"], context, mask), outputs["maskgit.logits"])
    embedding = load(Embedding(config, text, True), model, f"decoder_embeddings.{text}.")
    y = embedding.tokens(inputs["ar.ids"]) + outputs["ar.emb"]
    ahead = torch.ones(y.shape[1], y.shape[1], dtype=torch.bool).triu(1).expand(len(y), -1, -1)
    decoded = load(Decoder(config), model)(y, context, mask, ahead)
    yield report("causal decode + logits", embedding.to_logits(decoded), outputs["ar.logits"])
    pixels = load(Embedding(config, "rgb@224", False), model, "encoder_embeddings.rgb@224.")
    seen = int((~inputs["rgb@224.input_mask"][0]).sum())
    tokens = pixels.tokens(inputs["rgb@224.tensor"])[0][~inputs["rgb@224.input_mask"][0]]
    yield report("pixel embedding", tokens, outputs["enc.tokens"][0, :seen])


def tokenizer(folder):
    model, config, inputs, outputs = case(folder)
    tokens, latents = load(Tokenizer(config), model)(inputs["in0"])
    yield report("tokenize: latents", latents, outputs["in0.latents"])
    yield report("tokenize: codes", tokens.float(), outputs["in0.tokens"].float())


def unet(folder):
    model, config, inputs, outputs = case(folder)
    network = load(UNet(config), model, "decoder.")
    for call, step in ((0, 0.0), (3, 500.0), (4, 999.0)):
        x, cond = inputs[f"call{call}.x"], inputs[f"call{call}.cond"]
        found = network(x, torch.full([len(x)], step), cond)
        yield report(f"denoise at {step:.0f}", found, outputs[f"call{call}"])
    found = denoise(network, inputs["run0.noise"], outputs["in0.quant"], steps=6)
    yield report("DDIM, 6 steps", found, outputs["run0"])


@torch.inference_mode()
def main(goldens):
    errors = [
        *transformer(goldens / "fm/fm7_swiglu_nobias"),
        *tokenizer(goldens / "tokenizer/vqvae_rgb"),
        *unet(goldens / "diffusion/divae_unet"),
    ]
    sys.exit(max(errors) > 3e-4)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
