"""The 4M transformer without biases and with a gated SiLU MLP, as 4M-B and 4M-L are released.

Facts from apple/ml-4m: fourm/models/fm.py, fm_utils.py, encoder_embeddings.py, decoder_embeddings.py.
Masks are boolean with True = masked out, as in the checkpoints' own convention.
"""

import torch
import torch.nn.functional as F
from torch import nn

from .attention import CrossAttention, SelfAttention

EPS = 1e-6
TEXT_ROWS = 512


class GatedMLP(nn.Module):
    """fc2(silu(fc1 x) * fc3 x), two thirds as wide as a plain MLP of the same ratio."""

    def __init__(self, dim, ratio):
        super().__init__()
        width = int(2 * int(dim * ratio) / 3)
        self.fc1 = nn.Linear(dim, width, bias=False)
        self.fc2 = nn.Linear(width, dim, bias=False)
        self.fc3 = nn.Linear(dim, width, bias=False)

    def forward(self, x):
        return self.fc2(F.silu(self.fc1(x)) * self.fc3(x))


class EncoderBlock(nn.Module):
    def __init__(self, config):
        super().__init__()
        dim = config["dim"]
        self.norm1 = nn.LayerNorm(dim, eps=EPS)
        self.attn = SelfAttention(dim, config["num_heads"], bias=False)
        self.norm2 = nn.LayerNorm(dim, eps=EPS)
        self.mlp = GatedMLP(dim, config["mlp_ratio"])

    def forward(self, x, visible):
        x = x + self.attn(self.norm1(x), visible)
        return x + self.mlp(self.norm2(x))


class DecoderBlock(nn.Module):
    def __init__(self, config):
        super().__init__()
        dim, heads = config["dim"], config["num_heads"]
        self.norm1 = nn.LayerNorm(dim, eps=EPS)
        self.self_attn = SelfAttention(dim, heads, bias=False)
        self.query_norm = nn.LayerNorm(dim, eps=EPS)
        self.context_norm = nn.LayerNorm(dim, eps=EPS)
        self.cross_attn = CrossAttention(dim, heads, bias=False)
        self.norm2 = nn.LayerNorm(dim, eps=EPS)
        self.mlp = GatedMLP(dim, config["mlp_ratio"])

    def forward(self, y, context, context_visible, visible):
        y = y + self.self_attn(self.norm1(y), visible)
        y = y + self.cross_attn(self.query_norm(y), self.context_norm(context), context_visible)
        return y + self.mlp(self.norm2(y))


class Encoder(nn.Module):
    """tokens, emb [b, n, dim], mask [b, 1, n] -> the decoder's context [b, n, dim]."""

    def __init__(self, config):
        super().__init__()
        dim = config["dim"]
        self.encoder = nn.ModuleList(EncoderBlock(config) for _ in range(config["encoder_depth"]))
        self.encoder_norm = nn.LayerNorm(dim, eps=EPS)
        self.decoder_proj_context = nn.Linear(dim, dim)

    def forward(self, tokens, emb, mask):
        visible = ~mask[:, None]
        x = tokens + emb
        for block in self.encoder:
            x = block(x, visible)
        return self.decoder_proj_context(self.encoder_norm(x)) + emb


class Decoder(nn.Module):
    """y [b, m, dim], context [b, n, dim], context_mask [b, 1, n], self_mask [b, m, m] or None -> [b, m, dim]."""

    def __init__(self, config):
        super().__init__()
        self.decoder = nn.ModuleList(DecoderBlock(config) for _ in range(config["decoder_depth"]))
        self.decoder_norm = nn.LayerNorm(config["dim"], eps=EPS)

    def forward(self, y, context, context_mask, self_mask=None):
        context_visible = ~context_mask[:, None]
        visible = None if self_mask is None else ~self_mask[:, None]
        for block in self.decoder:
            y = block(y, context, context_visible, visible)
        return self.decoder_norm(y)


class DecoderWithLogits(Decoder):
    """The decoder and the head of one modality: -> logits [b, m, vocabulary]."""

    def __init__(self, config, modality):
        super().__init__(config)
        self.modality = modality
        head = nn.Linear(config["dim"], config["vocabularies"][modality], bias=False)
        self.decoder_embeddings = nn.ModuleDict({modality: nn.ModuleDict({"to_logits": head})})

    def forward(self, y, context, context_mask, self_mask=None):
        out = super().forward(y, context, context_mask, self_mask)
        return self.decoder_embeddings[self.modality]["to_logits"](out)


class Embedding(nn.Module):
    """Token, position and modality embedding of one modality, with a head if it can be a target.

    tokens: ids [b, n] -> [b, n, dim] (pixels [b, 3, h, w] for an image modality); emb: [1, rows, dim].
    """

    def __init__(self, config, modality, is_target):
        super().__init__()
        dim, vocabulary = config["dim"], config["vocabularies"].get(modality)
        side = config["image_size"] // config["patch_size"]
        rows = side * side if "@" in modality else TEXT_ROWS
        self.patch = config["patch_size"]
        self.register_buffer("pos_emb", torch.zeros(1, rows, dim))
        self.mod_emb = nn.Parameter(torch.zeros(1, 1, dim))
        if vocabulary is None:
            self.proj = nn.Linear(3 * self.patch**2, dim, bias=False)
        else:
            self.token_emb = nn.Embedding(vocabulary, dim)
        if is_target:
            self.to_logits = nn.Linear(dim, vocabulary, bias=False)

    def emb(self):
        return self.pos_emb + self.mod_emb

    def tokens(self, values):
        if hasattr(self, "token_emb"):
            return self.token_emb(values)
        b, channels, height, width = values.shape
        grid = values.reshape(b, channels, height // self.patch, self.patch, width // self.patch, self.patch)
        return self.proj(grid.permute(0, 2, 4, 3, 5, 1).flatten(3).flatten(1, 2))
