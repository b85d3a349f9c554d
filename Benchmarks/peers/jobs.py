"""Whole jobs in PyTorch f32, recomputing what the reference's sampler recomputes, on the random 4M-B weights.

    python jobs.py [--threads N] [--text-tokens N] [--steps N] [--json]

photo:    CLIP features, depth, normals and segmentation of a photo, one decoding step each with guidance 2 (two passes
          over encoder and decoder; finished targets become inputs and are emptied in the unguided pass), then a caption
          and a box string (guidance 1, no cache: every step runs the whole decoder over the context and all tokens).
picture:  one picture from tokens by DDIM steps of the diffusion decoder.

Facts from apple/ml-4m: fourm/models/generate.py, and the presets in fourm/demo_4M_sampler.py. Tokens are the most
probable ones, and texts do not stop early, so that the work does not depend on what random weights say.
"""

import argparse
import json
import time
from pathlib import Path

import torch

from checkpoints import VOCABULARIES, checkpoint
from nets.fourm import Decoder, Embedding, Encoder
from nets.unet import UNet
from weights import load, read_config, tensor
from works import IMAGE, LATENT, SIDE, TOKENS

PICTURES = ("tok_clip@224", "tok_depth@224", "tok_normal@224", "tok_semseg@224")
TEXTS = ("caption", "det")
GUIDANCE = 2.0
FIRST_SENTINEL = 5
MODELS = Path(__file__).resolve().parent.parent.parent / ".build-peers/models"


class Sample:
    """values by modality (pixels [1, 3, h, w] or ids [1, n]), and how many of the first tokens are inputs."""

    def __init__(self, pixels, text_tokens):
        self.values, self.seen = {"rgb@224": pixels}, {"rgb@224": TOKENS}
        for name in PICTURES:
            self.set(name, torch.zeros(1, TOKENS, dtype=torch.long), 0)
        for name in TEXTS:
            self.set(name, torch.full((1, text_tokens + 1), FIRST_SENTINEL), 1)

    def set(self, name, ids, seen):
        self.values[name], self.seen[name] = ids, seen


class Sampler:
    def __init__(self, path):
        config = read_config(path) | {"vocabularies": VOCABULARIES}
        self.encoder, self.decoder = load(Encoder(config), path), load(Decoder(config), path)
        self.mask_token = tensor(path, "mask_token")

        def embeddings(side, names):
            is_target = side == "decoder"
            modules = {name: Embedding(config, name, is_target) for name in names}
            return {name: load(module, path, f"{side}_embeddings.{name}.") for name, module in modules.items()}

        self.inputs = embeddings("encoder", ("rgb@224", *PICTURES, *TEXTS))
        self.targets = embeddings("decoder", PICTURES + TEXTS)

    def encode(self, sample, emptied=()):
        """-> context [1, n, dim], mask [1, 1, n] over the inputs that are not emptied."""
        tokens, embs = [], []
        for name, values in sample.values.items():
            seen = 0 if name in emptied else sample.seen[name]
            tokens.append(self.inputs[name].tokens(values)[:, :seen])
            embs.append(self.inputs[name].emb()[:, :seen])
        tokens, embs = torch.cat(tokens, 1), torch.cat(embs, 1)
        mask = torch.zeros(1, 1, tokens.shape[1], dtype=torch.bool)
        return self.encoder(tokens, embs, mask), mask

    def picture_logits(self, sample, name, emptied):
        target = self.targets[name]
        y = self.mask_token + target.emb()
        return target.to_logits(self.decoder(y, *self.encode(sample, emptied)))

    def decode_picture(self, sample, name, conditions):
        """One step: all tokens of the target at once, guided."""
        given, free = (self.picture_logits(sample, name, emptied) for emptied in ((), conditions))
        sample.set(name, (free + (given - free) * GUIDANCE).argmax(-1), TOKENS)

    def write_text(self, sample, name, count):
        context, target = self.encode(sample), self.targets[name]
        ids = torch.full((1, 1), FIRST_SENTINEL)
        for _ in range(count):
            length = ids.shape[1]
            ahead = torch.ones(1, length, length, dtype=torch.bool).triu(1)
            y = target.tokens(ids) + target.emb()[:, :length]
            logits = target.to_logits(self.decoder(y, *context, ahead))
            ids = torch.cat([ids, logits[:, -1:].argmax(-1)], 1)
        sample.set(name, ids, ids.shape[1])


def signal_shares(train_steps=1000):
    """Cumulative products of 1 - beta for linear betas, shifted and scaled so that the last is 0."""
    roots = (1 - torch.linspace(1e-4, 0.02, train_steps)).cumprod(0).sqrt()
    return ((roots - roots[-1]) * roots[0] / (roots[0] - roots[-1])) ** 2


def denoise(network, x, cond, steps):
    """DDIM with trailing steps, from noise x to a picture [b, 3, h, w], for a network that predicts the picture."""
    shares, stride = signal_shares(), 1000 // steps
    for step in range(999, -1, -stride):
        picture = network(x, torch.full(x.shape[:1], float(step)), cond)
        now, later = shares[step], shares[step - stride] if step >= stride else torch.tensor(1.0)
        noise = (x - now.sqrt() * picture) / (1 - now).sqrt()
        x = later.sqrt() * picture.clamp(-1, 1) + (1 - later).sqrt() * noise
    return x


class Clock:
    """Seconds of named stages."""

    def __init__(self):
        self.seconds = {}

    def time(self, name, call):
        start = time.perf_counter()
        result = call()
        self.seconds[name] = round(time.perf_counter() - start, 2)
        return result


def photo_job(clock, text_tokens):
    sampler = Sampler(checkpoint("4m-b", MODELS))
    sample, conditions = Sample(torch.randn(1, 3, IMAGE, IMAGE), text_tokens), ["rgb@224"]
    sampler.encode(sample)
    for name in PICTURES:
        clock.time(name, lambda: sampler.decode_picture(sample, name, conditions))
        conditions.append(name)
    for name in TEXTS:
        clock.time(name, lambda: sampler.write_text(sample, name, text_tokens))


def picture_job(clock, steps):
    path = checkpoint("divae-unet", MODELS)
    network = load(UNet(read_config(path)), path, "decoder.").to(memory_format=torch.channels_last)
    noise, cond = torch.randn(1, 3, IMAGE, IMAGE), torch.randn(1, LATENT, SIDE, SIDE)
    denoise(network, noise, cond, 1)
    clock.time(f"picture, {steps} steps", lambda: denoise(network, noise, cond, steps))


@torch.inference_mode()
def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--text-tokens", type=int, default=64)
    parser.add_argument("--steps", type=int, default=25)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    torch.manual_seed(0)
    clock = Clock()
    photo_job(clock, given.text_tokens)
    picture_job(clock, given.steps)
    seconds = clock.seconds | {"all": round(sum(clock.seconds.values()), 2)}
    print(json.dumps(seconds) if given.json else "\n".join(f"{name:20} {s:8.2f} s" for name, s in seconds.items()))


if __name__ == "__main__":
    main()
