"""What is measured: parts of models, their inputs, and the results that must agree."""

from dataclasses import dataclass, field

import torch

from checkpoints import VOCABULARIES
from nets.fourm import DecoderWithLogits, Encoder
from nets.tokenizer import Tokenizer
from nets.unet import UNet
from weights import load, read_config

TOKENS = 196
TARGET = "tok_depth@224"
LATENT, SIDE, IMAGE = 32, 14, 224

TRANSFORMER_TARGETS = {"f32": (1.0, "f32"), "bf16": (0.8, "bf16"), "int8": (0.8, "int8")}
UNET_TARGETS = {"f32": (0.8, "f32"), "bf16": (0.8, "bf16"), "int8": (0.6, "bf16")}


@dataclass(frozen=True)
class Work:
    """One part of a model.

    functions: Tessera's names of it. sizes: its symbols other than the batch. result: the output that is compared.
    targets: by precision, the ratio to reach and the precision whose best peer it is a ratio to.
    """

    model: str
    kind: str
    functions: tuple
    sizes: dict
    result: str
    targets: dict = field(default_factory=lambda: TRANSFORMER_TARGETS)


def encoder(model):
    return Work(model, "encoder", ("encode",), {"tokens": TOKENS}, "context")


def decoder(model):
    sizes = {"tokens": TOKENS, "targets": TOKENS, "n": TOKENS}
    return Work(model, "decoder", ("decode_unmasked", f"logits.{TARGET}"), sizes, "logits")


GRID = {"gh": SIDE, "gw": SIDE}
WORKS = {
    "encoder-b": encoder("4m-b"),
    "decoder-b": decoder("4m-b"),
    "encoder-l": encoder("4m-l"),
    "decoder-l": decoder("4m-l"),
    "tokenize-vitb": Work("tokenizer-vitb", "tokenizer", ("tokenize",), GRID, "latents"),
    "unet-step": Work("divae-unet", "unet", ("denoise",), GRID | {"uh": 7, "uw": 7}, "prediction", UNET_TARGETS),
}
OUTPUTS = {
    "encoder": ("context",),
    "decoder": ("logits",),
    "tokenizer": ("tokens", "latents"),
    "unet": ("prediction",),
}


def module(work, path):
    """The PyTorch module of a work, filled from the checkpoint; takes inputs_of's values in their order."""
    config = read_config(path) | {"vocabularies": VOCABULARIES}
    if work.kind == "encoder":
        return load(Encoder(config), path)
    if work.kind == "decoder":
        return load(DecoderWithLogits(config, TARGET), path)
    if work.kind == "tokenizer":
        return load(Tokenizer(config), path)
    return load(UNet(config), path, "decoder.")


def inputs_of(work, path, batch, seed=0):
    """Random inputs by the names that Tessera's functions give them."""
    draw = torch.Generator().manual_seed(seed)

    def normal(*shape, std=1.0):
        return torch.randn(batch, *shape, generator=draw) * std

    seen = torch.zeros(batch, 1, TOKENS, dtype=torch.bool)
    if work.kind == "tokenizer":
        return {"image": normal(3, IMAGE, IMAGE, std=0.5)}
    if work.kind == "unet":
        step = torch.full((batch,), 500.0)
        return {"x": normal(3, IMAGE, IMAGE), "timestep": step, "cond": normal(LATENT, SIDE, SIDE)}
    rows = (TOKENS, read_config(path)["dim"])
    if work.kind == "encoder":
        return {"tokens": normal(*rows), "emb": normal(*rows, std=0.1), "mask": seen}
    return {"y": normal(*rows), "context": normal(*rows), "context_mask": seen}
