"""Writes the random full-size checkpoints: official tensor names, configuration in the header, f32, seeded."""

import math
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn

from nets.fourm import Decoder, Embedding, Encoder
from nets.tokenizer import Tokenizer
from nets.unet import UNet

VOCABULARIES = {
    "caption": 30000,
    "det": 30000,
    "tok_clip@224": 8192,
    "tok_depth@224": 8192,
    "tok_normal@224": 8192,
    "tok_rgb@224": 16384,
    "tok_semseg@224": 4096,
}

FOURM = {
    "domains_in": ["rgb@224", *VOCABULARIES],
    "domains_out": [*VOCABULARIES],
    "image_size": 224,
    "patch_size": 16,
    "mlp_ratio": 4.0,
    "gated_mlp": True,
    "act_layer": "SiLU",
    "qkv_bias": False,
    "proj_bias": False,
    "mlp_bias": False,
    "norm_bias": False,
    "qk_norm": False,
    "num_register_tokens": 0,
    "share_modality_embeddings": False,
    "decoder_causal_mask": False,
    "decoder_sep_mask": False,
    "use_act_checkpoint": False,
}

TOKENIZER = {
    "image_size": 224,
    "n_channels": 3,
    "n_labels": None,
    "enc_type": "vit_b_enc",
    "patch_proj": True,
    "post_mlp": True,
    "patch_size": 16,
    "quant_type": "lucid",
    "num_codebooks": 1,
    "latent_dim": 32,
    "norm_codes": True,
    "norm_latents": False,
    "undo_std": False,
}

DIFFUSION = {
    "dec_type": "unet_patched",
    "num_train_timesteps": 1000,
    "cls_free_guidance_dropout": 0.0,
    "masked_cfg": False,
    "masked_cfg_low": 0,
    "masked_cfg_high": None,
    "scheduler": "ddpm",
    "clip_sample": False,
    "thresholding": True,
    "conditioning": "concat",
    "dec_transformer_dropout": 0.2,
    "zero_terminal_snr": True,
    "beta_schedule": "linear",
    "prediction_type": "sample",
}

MODELS = {
    "4m-b": FOURM | {"dim": 768, "encoder_depth": 12, "decoder_depth": 12, "num_heads": 12},
    "4m-l": FOURM | {"dim": 1024, "encoder_depth": 24, "decoder_depth": 24, "num_heads": 16},
    "tokenizer-vitb": TOKENIZER | {"codebook_size": 8192, "dec_type": "vit_b_dec", "out_conv": False},
    "divae-unet": TOKENIZER | DIFFUSION | {"codebook_size": 16384},
}


def prefixed(prefix, module):
    return {prefix + name: tensor for name, tensor in module.state_dict().items()}


def fourm_tensors(config):
    config = config | {"vocabularies": VOCABULARIES}
    tensors = {"mask_token": randn(1, 1, config["dim"])}
    for module in (Encoder(config), Decoder(config)):
        tensors |= prefixed("", randomized(module, bias=False))
    for side, domains in (("encoder", config["domains_in"]), ("decoder", config["domains_out"])):
        for name in domains:
            module = randomized(Embedding(config, name, side == "decoder"), bias=False)
            tensors |= prefixed(f"{side}_embeddings.{name}.", module)
    return tensors


def tokenizer_tensors(config):
    tensors = prefixed("", randomized(Tokenizer(config)))
    if config["dec_type"] == "unet_patched":
        tensors |= prefixed("decoder.", randomized(UNet(config)))
    return tensors


def randn(*shape, std=1.0):
    return torch.randn(*shape) * std


def randomized(module, bias=True):
    """Weights that keep activations of order one: rows of products have unit norm, residual branches half of it."""
    for name, tensor in module.state_dict().items():
        tensor.copy_(random_tensor(module, name, tensor, bias))
    return module


def random_tensor(module, name, tensor, bias):
    owner = module.get_submodule(name.rpartition(".")[0])
    if isinstance(owner, (nn.LayerNorm, nn.GroupNorm)):
        return 1 + randn(*tensor.shape, std=0.1) if name.endswith("weight") else randn(*tensor.shape, std=0.1 * bias)
    if isinstance(owner, nn.Embedding) or name.endswith("_codebook.embed"):
        return randn(*tensor.shape)
    if tensor.dim() == 1 or name.endswith(("pos_emb", "mod_emb")):
        return randn(*tensor.shape, std=0.1)
    fan_in = tensor[0].numel()
    is_branch_end = name.endswith(("proj.weight", "fc2.weight", "out_layers.3.weight", "proj_out.weight"))
    return randn(*tensor.shape, std=(0.5 if is_branch_end else 1.0) / math.sqrt(fan_in))


def write(name, path):
    torch.manual_seed(0)
    config = MODELS[name]
    tensors = fourm_tensors(config) if name.startswith("4m") else tokenizer_tensors(config)
    partial = path.with_suffix(".partial")
    header = {key: str(value) for key, value in config.items()}
    save_file({key: tensor.contiguous() for key, tensor in tensors.items()}, partial, metadata=header)
    partial.rename(path)


def checkpoint(name, folder):
    """The path of the model's checkpoint, which is written if it is not there yet."""
    path = Path(folder) / f"{name}.safetensors"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        print(f"writing {path}", file=sys.stderr)
        with torch.inference_mode():
            write(name, path)
    return path


if __name__ == "__main__":
    for name in MODELS:
        checkpoint(name, sys.argv[1])
