"""Attention over heads that are slices of the channels, shared by the 4M transformer and the tokenizers' ViT."""

import torch.nn.functional as F
from torch import nn


def heads_of(x, parts, heads):
    """[b, n, parts * heads * d] -> one [b, heads, n, d] for each part."""
    b, n, width = x.shape
    return x.reshape(b, n, parts, heads, width // (parts * heads)).permute(2, 0, 3, 1, 4).unbind(0)


def joined(x):
    """[b, heads, n, d] -> [b, n, heads * d]."""
    b, heads, n, d = x.shape
    return x.transpose(1, 2).reshape(b, n, heads * d)


class SelfAttention(nn.Module):
    """x [b, n, dim], visible (True = attended to) broadcastable to [b, heads, n, n] or None."""

    def __init__(self, dim, heads, bias):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(dim, 3 * dim, bias=bias)
        self.proj = nn.Linear(dim, dim, bias=bias)

    def forward(self, x, visible=None):
        q, k, v = heads_of(self.qkv(x), 3, self.heads)
        return self.proj(joined(F.scaled_dot_product_attention(q, k, v, attn_mask=visible)))


class CrossAttention(nn.Module):
    """x [b, m, dim] attends to context [b, n, dim]; visible as in SelfAttention."""

    def __init__(self, dim, heads, bias):
        super().__init__()
        self.heads = heads
        self.q = nn.Linear(dim, dim, bias=bias)
        self.kv = nn.Linear(dim, 2 * dim, bias=bias)
        self.proj = nn.Linear(dim, dim, bias=bias)

    def forward(self, x, context, visible=None):
        (q,) = heads_of(self.q(x), 1, self.heads)
        k, v = heads_of(self.kv(context), 2, self.heads)
        return self.proj(joined(F.scaled_dot_product_attention(q, k, v, attn_mask=visible)))
