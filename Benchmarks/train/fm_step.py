#!/usr/bin/env python3
"""Seconds of a training step of 4M-B (128 + 128 tokens, batch 4, AdamW) in PyTorch, to hold against `tessera train fm fm_b.yaml`.

    python3 fm_step.py [--bf16] [--threads 2] [--steps 4]

The blocks are those of Benchmarks/peers. Needs torch. Prints a step a line, and the most memory of the process.
"""
import argparse, pathlib, resource, sys, time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "peers"))

import torch  # noqa: E402
from torch import nn  # noqa: E402
from torch.nn import functional as F  # noqa: E402
from nets.fourm import DecoderBlock, EncoderBlock  # noqa: E402

SIZES = dict(dim=768, num_heads=12, mlp_ratio=4.0, encoder_depth=12, decoder_depth=12)
VOCABULARIES = dict(caption=30000, det=30000, tok_depth=8192, tok_normal=8192, tok_rgb=16384, tok_semseg=4096)
TEXTS = ("caption", "det")
BATCH, TOKENS, DIM = 4, 128, 768
# Tokens of each modality before the 128 are picked, and predictions of each.
IN, OUT, PREDICTED = 20, 22, BATCH * TOKENS // len(VOCABULARIES)


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        tables = lambda: nn.ModuleDict({name: nn.Embedding(size, DIM) for name, size in VOCABULARIES.items()})  # noqa: E731
        marks = lambda names: nn.ParameterDict({name: nn.Parameter(torch.zeros(1, 1, DIM)) for name in names})  # noqa: E731
        self.given, self.asked = tables(), tables()
        self.given_marks, self.asked_marks = marks([*VOCABULARIES, "rgb"]), marks(VOCABULARIES)
        self.patches, self.mask = nn.Linear(3 * 16 * 16, DIM, bias=False), nn.Parameter(torch.zeros(1, 1, DIM))
        self.encoder = nn.ModuleList(EncoderBlock(SIZES) for _ in range(12))
        self.decoder = nn.ModuleList(DecoderBlock(SIZES) for _ in range(12))
        self.encoder_norm, self.decoder_norm, self.context = nn.LayerNorm(DIM), nn.LayerNorm(DIM), nn.Linear(DIM, DIM)
        for table in [*self.given.values(), *self.asked.values()]:
            nn.init.normal_(table.weight, std=0.02)
        self.register_buffer("positions", torch.randn(1, 512, DIM) * 0.1)

    def embedded(self, batch):
        x, emb = [], []
        for name in VOCABULARIES:
            x.append(self.given[name](batch["in." + name]))
            emb.append((self.positions[:, :IN] + self.given_marks[name]).expand(BATCH, -1, -1))
        grid = batch["rgb"].reshape(BATCH, 3, 14, 16, 14, 16).permute(0, 2, 4, 3, 5, 1).flatten(3).flatten(1, 2)
        x.append(self.patches(grid))
        emb.append((self.positions[:, :196] + self.given_marks["rgb"]).expand(BATCH, -1, -1))
        return torch.cat(x, 1), torch.cat(emb, 1)

    def queries(self, batch):
        made = []
        for name in VOCABULARIES:
            emb = self.positions[:, :OUT] + self.asked_marks[name]
            made.append(self.asked[name](batch["out." + name]) + emb if name in TEXTS else (self.mask + emb).expand(BATCH, -1, -1))
        return torch.cat(made, 1)

    def forward(self, batch):
        pick = lambda rows, places: torch.gather(rows, 1, places[..., None].expand(-1, -1, DIM))  # noqa: E731
        x, emb = (pick(rows, batch["in"]) for rows in self.embedded(batch))
        visible = batch["visible"][:, None]
        x = x + emb
        for block in self.encoder:
            x = block(x, visible)
        context = self.context(self.encoder_norm(x)) + emb
        y = pick(self.queries(batch), batch["out"])
        for block in self.decoder:
            y = block(y, context, visible, batch["self"][:, None])
        y = self.decoder_norm(y).flatten(0, 1)
        losses = []
        for name in VOCABULARIES:
            logits = F.linear(y[batch["rows." + name]], self.asked[name].weight)
            losses.append(F.cross_entropy(logits.float(), batch["ids." + name]))
        return sum(losses) / len(losses)


def random_batch():
    batch = {"rgb": torch.randn(BATCH, 3, 224, 224), "visible": torch.ones(BATCH, 1, TOKENS, dtype=torch.bool)}
    batch["self"] = torch.ones(BATCH, TOKENS, TOKENS, dtype=torch.bool)
    batch["in"] = torch.randint(0, len(VOCABULARIES) * IN + 196, (BATCH, TOKENS))
    batch["out"] = torch.randint(0, len(VOCABULARIES) * OUT, (BATCH, TOKENS))
    for name, size in VOCABULARIES.items():
        batch["in." + name] = torch.randint(0, size, (BATCH, IN))
        batch["out." + name] = torch.randint(0, size, (BATCH, OUT))
        batch["rows." + name] = torch.randint(0, BATCH * TOKENS, (PREDICTED,))
        batch["ids." + name] = torch.randint(0, size, (PREDICTED,))
    return batch


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bf16", action="store_true")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, default=4)
    options = parser.parse_args()
    torch.manual_seed(0)
    torch.set_num_threads(options.threads)
    model, batch = Model(), random_batch()
    print(sum(p.numel() for p in model.parameters()), "parameters")
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, betas=(0.9, 0.95), weight_decay=0.05, foreach=True)
    for step in range(1, options.steps + 1):
        start = time.perf_counter()
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cpu", torch.bfloat16, enabled=options.bf16):
            loss = model(batch)
        loss.backward()
        # The reference logs it at each step.
        torch.nn.utils.get_total_norm([p.grad for p in model.parameters() if p.grad is not None])
        optimizer.step()
        print(step, f"{time.perf_counter() - start:.2f} s, loss {loss.item():.3f}", flush=True)
    print("peak", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10, "MB")


if __name__ == "__main__":
    main()
