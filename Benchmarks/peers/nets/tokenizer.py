"""Encoder and quantizer of a VQ-VAE tokenizer over a ViT with patch projection, post-MLP and cosine codebook.

Facts from apple/ml-4m: fourm/vq/models/vit_models.py, fourm/vq/quantizers/quantize_lucid.py.
"""

import torch.nn.functional as F
import torch
from torch import nn

from .attention import SelfAttention

EPS = 1e-6
PRESETS = {"vit_b_enc": {"dim_tokens": 768, "depth": 12, "num_heads": 12}}


class MLP(nn.Module):
    def __init__(self, dim, activation):
        super().__init__()
        self.fc1 = nn.Linear(dim, 4 * dim)
        self.fc2 = nn.Linear(4 * dim, dim)
        self.activation = activation

    def forward(self, x):
        return self.fc2(self.activation(self.fc1(x)))


class Block(nn.Module):
    def __init__(self, dim, heads):
        super().__init__()
        self.norm1 = nn.LayerNorm(dim, eps=EPS)
        self.attn = SelfAttention(dim, heads, bias=True)
        self.norm2 = nn.LayerNorm(dim, eps=EPS)
        self.mlp = MLP(dim, F.gelu)

    def forward(self, x):
        x = x + self.attn(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class VisionEncoder(nn.Module):
    """image [b, 3, h, w] of the configured size -> [b, dim, h / patch, w / patch]."""

    def __init__(self, config):
        super().__init__()
        args = {**PRESETS[config["enc_type"]], **config.get("enc_args", {})}
        dim, patch = args["dim_tokens"], config["patch_size"]
        self.side = config["image_size"] // patch
        self.proj = nn.Conv2d(config["n_channels"], dim, patch, stride=patch)
        self.pos_emb = nn.Parameter(torch.zeros(1, dim, self.side, self.side))
        self.blocks = nn.ModuleList(Block(dim, args["num_heads"]) for _ in range(args["depth"]))
        self.norm_mlp = nn.LayerNorm(dim, eps=EPS)
        self.post_mlp = MLP(dim, torch.tanh)

    def forward(self, image):
        x = (self.proj(image) + self.pos_emb).flatten(2).transpose(1, 2)
        for block in self.blocks:
            x = block(x)
        x = x + self.post_mlp(self.norm_mlp(x))
        return x.transpose(1, 2).unflatten(2, (self.side, self.side))


class Codebook(nn.Module):
    """latents [b, latent, gh, gw] -> codes [b, gh, gw]: the code whose direction is nearest."""

    def __init__(self, config):
        super().__init__()
        self.register_buffer("embed", torch.zeros(config["codebook_size"], config["latent_dim"]))

    def forward(self, latents):
        rows = F.normalize(latents.permute(0, 2, 3, 1), dim=-1)
        return F.linear(rows, F.normalize(self.embed, dim=-1)).argmax(-1)


class Tokenizer(nn.Module):
    """image [b, 3, h, w] -> tokens i64 [b, gh, gw], latents [b, latent, gh, gw]."""

    def __init__(self, config):
        super().__init__()
        self.encoder = VisionEncoder(config)
        dim = self.encoder.norm_mlp.normalized_shape[0]
        self.quant_proj = nn.Conv2d(dim, config["latent_dim"], 1)
        self.quantize = nn.ModuleDict({"_codebook": Codebook(config)})

    def forward(self, image):
        latents = self.quant_proj(self.encoder(image))
        return self.quantize["_codebook"](latents), latents
