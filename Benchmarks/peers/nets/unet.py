"""The patched UNet that denoises pictures under the condition of a token grid.

Facts from apple/ml-4m: fourm/vq/models/unet/unet.py (PatchedUNetCondCat).
"""

import math

import torch
import torch.nn.functional as F
from torch import nn

GROUPS = 32
PRESET = {
    "patch_size": 4,
    "model_channels": 256,
    "num_res_blocks": 3,
    "attention_resolutions": [4, 8],
    "channel_mult": [1, 2, 2, 2],
}


def norm(channels):
    return nn.GroupNorm(GROUPS, channels)


def conv3(inputs, outputs, stride=1):
    return nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1)


class ResBlock(nn.Module):
    """x [b, inputs, h, w], time [b, width] -> [b, outputs, h, w]."""

    def __init__(self, inputs, outputs, time_width):
        super().__init__()
        self.in_layers = nn.Sequential(norm(inputs), nn.SiLU(), conv3(inputs, outputs))
        self.emb_layers = nn.Sequential(nn.SiLU(), nn.Linear(time_width, outputs))
        self.out_layers = nn.Sequential(norm(outputs), nn.SiLU(), nn.Identity(), conv3(outputs, outputs))
        self.skip_connection = nn.Identity() if inputs == outputs else nn.Conv2d(inputs, outputs, 1)

    def forward(self, x, time):
        h = self.in_layers(x) + self.emb_layers(time)[:, :, None, None]
        return self.skip_connection(x) + self.out_layers(h)


class MapAttention(nn.Module):
    """Every position of x [b, channels, h, w] attends to every other, with one head."""

    def __init__(self, channels):
        super().__init__()
        self.norm = norm(channels)
        self.qkv = nn.Conv1d(channels, 3 * channels, 1)
        self.proj_out = nn.Conv1d(channels, channels, 1)

    def forward(self, x, time):
        flat = x.flatten(2)
        q, k, v = self.qkv(self.norm(flat)).transpose(1, 2)[:, None].chunk(3, dim=-1)
        mixed = F.scaled_dot_product_attention(q, k, v)[:, 0].transpose(1, 2)
        return (flat + self.proj_out(mixed)).reshape(x.shape)


class Down(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.op = conv3(channels, channels, stride=2)

    def forward(self, x, time):
        return self.op(x)


class Up(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv = conv3(channels, channels)

    def forward(self, x, time):
        return self.conv(F.interpolate(x, scale_factor=2, mode="nearest"))


class First(nn.Conv2d):
    """The first convolution, with the call of the other layers."""

    def forward(self, x, time):
        return super().forward(x)


class Stage(nn.ModuleList):
    def forward(self, x, time):
        for layer in self:
            x = layer(x, time)
        return x


class UNet(nn.Module):
    """x [b, 3, h, w], timestep [b], cond [b, latent, gh, gw] -> prediction [b, 3, h, w]."""

    def __init__(self, config):
        super().__init__()
        args = {**PRESET, **config.get("dec_args", {})}
        self.patch, self.width = args["patch_size"], args["model_channels"]
        self.time_width = 4 * self.width
        self.time_embed = nn.Sequential(
            nn.Linear(self.width, self.time_width), nn.SiLU(), nn.Linear(self.time_width, self.time_width)
        )
        widths = [self.width * factor for factor in args["channel_mult"]]
        attended, blocks = args["attention_resolutions"], args["num_res_blocks"]
        pixels = config["n_channels"] * self.patch**2
        first = First(pixels + config["latent_dim"], widths[0], 3, padding=1)
        skips = self.add_input_blocks(first, widths, blocks, attended)
        last = widths[-1]
        self.middle_block = Stage([self.res(last, last), MapAttention(last), self.res(last, last)])
        self.add_output_blocks(skips, widths, blocks, attended)
        self.out = nn.Sequential(norm(widths[0]), nn.SiLU(), conv3(widths[0], pixels))

    def res(self, inputs, outputs):
        return ResBlock(inputs, outputs, self.time_width)

    def add_input_blocks(self, first, widths, blocks, attended):
        """Makes the way down; returns the channels of each map that the way up takes in again."""
        self.input_blocks = nn.ModuleList([Stage([first])])
        channels, skips = widths[0], [widths[0]]
        for level, width in enumerate(widths):
            for _ in range(blocks):
                attention = [MapAttention(width)] if 2**level in attended else []
                self.input_blocks.append(Stage([self.res(channels, width), *attention]))
                channels = width
                skips.append(channels)
            if level < len(widths) - 1:
                self.input_blocks.append(Stage([Down(channels)]))
                skips.append(channels)
        return skips

    def add_output_blocks(self, skips, widths, blocks, attended):
        self.output_blocks = nn.ModuleList()
        channels = widths[-1]
        for level, width in reversed(list(enumerate(widths))):
            for block in range(blocks + 1):
                attention = [MapAttention(width)] if 2**level in attended else []
                up = [Up(width)] if level > 0 and block == blocks else []
                self.output_blocks.append(Stage([self.res(channels + skips.pop(), width), *attention, *up]))
                channels = width

    def time(self, timestep, dtype):
        """[b] -> [b, 4 * width] by way of cosines and sines of falling frequency."""
        half = self.width // 2
        steps = torch.arange(half, dtype=torch.float32)
        angles = timestep[:, None].float() * torch.exp(steps * (-math.log(10000) / half))
        waves = torch.cat([angles.cos(), angles.sin()], dim=1)
        return self.time_embed(waves.to(dtype))

    def forward(self, x, timestep, cond):
        patches = F.pixel_unshuffle(x, self.patch)
        h = torch.cat([patches, F.interpolate(cond, patches.shape[2:], mode="nearest")], dim=1)
        time, maps = self.time(timestep, x.dtype), []
        for stage in self.input_blocks:
            h = stage(h, time)
            maps.append(h)
        h = self.middle_block(h, time)
        for stage in self.output_blocks:
            h = stage(torch.cat([h, maps.pop()], dim=1), time)
        return F.pixel_shuffle(self.out(h), self.patch)
