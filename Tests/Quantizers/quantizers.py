#!/usr/bin/env python3
"""Writes quantizers.json beside this file: batches, and what the quantizers of ml-4m make of them while they are trained; and losses.json: losses of
reconstructions as run_training_vqvae.py takes them. All in double precision.

pip install torch einops; python3 quantizers.py PATH/TO/ml-4m

A latent is an input times a scale, which has the gradients; the loss is the mean of (quant - input)² + 0.7 · the quantizer's loss.
"""
import importlib.util
import json
import os
import sys

import torch
import torch.nn.functional as F

torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)
here = os.path.dirname(os.path.abspath(__file__))


def reference(name):
    path = os.path.join(sys.argv[1], "fourm/vq/quantizers", name + ".py")
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


lucid = reference("quantize_lucid")
# Single precision in the reference; noise too small to matter.
torch.Tensor.float = lambda x: x
lucid.add_noise = lambda x, eps=0: x


def tensor(x):
    return {"shape": list(x.shape), "values": [float(v) for v in x.detach().flatten().tolist()]}


def case(name, *, latent=4, codes=8, heads=1, cosine=True, norm=False, decay=0.8, dead=0.0, policy="batch_random", commitment=1.0,
         kmeans=False, batch=2, rows=2, columns=3, fresh=False):
    torch.manual_seed(len(cases) + 1)
    quantizer = lucid.VectorQuantize(
        dim=latent, codebook_size=codes, codebook_dim=latent, heads=heads, decay=decay, use_cosine_sim=cosine, threshold_ema_dead_code=dead,
        code_replacement_policy=policy, commitment_weight=commitment, norm_latents=norm, kmeans_init=kmeans)
    quantizer.train()
    book = quantizer._codebook
    picks = []

    def sample(samples, num):
        if samples.shape[0] >= num:
            indices = torch.randperm(samples.shape[0])[:num]
        else:
            indices = torch.randint(0, samples.shape[0], (num,))
        picks.append(indices.tolist())
        return samples[indices]

    book.sample_fn = sample
    kmeans_function = lucid.kmeans
    lucid.kmeans = lambda *args, **options: kmeans_function(*args, **dict(options, sample_fn=sample))
    if not kmeans:
        with torch.no_grad():
            book.embed.copy_(torch.randn(codes, latent))
            book.cluster_size.copy_(torch.rand(codes) * 3)
            if not cosine:
                book.embed_avg.copy_(book.embed * book.cluster_size[:, None])
    before = {k: v.clone() for k, v in quantizer.state_dict().items()}
    x = torch.randn(batch, latent, rows, columns)
    scale = (torch.rand(latent) + 0.5).requires_grad_()
    quant, loss, tokens = quantizer(x * scale[:, None, None])
    total = F.mse_loss(quant, x) + 0.7 * loss
    total.backward()
    gradients = {"scale": scale.grad}
    gradients.update({"quantize." + k: p.grad for k, p in quantizer.named_parameters()})
    lucid.kmeans = kmeans_function
    cases.append({
        "name": name,
        "settings": {
            "latent_dim": latent, "codebook_size": codes, "num_codebooks": heads, "norm_codes": cosine, "norm_latents": norm, "ema_decay": decay,
            "threshold_ema_dead_code": dead, "code_replacement_policy": policy, "commitment_weight": commitment},
        "isStarted": kmeans,
        "input": tensor(x), "scale": tensor(scale),
        "before": {"quantize." + k: tensor(v) for k, v in before.items()},
        "after": {"quantize." + k: tensor(v) for k, v in quantizer.state_dict().items() if k.startswith("_codebook.")},
        "picks": picks, "loss": total.item(), "code": loss.item(), "tokens": tokens.flatten().tolist(),
        "gradients": {k: tensor(v) for k, v in gradients.items() if v is not None},
    })


cases = []
for cosine in (True, False):
    kind = "cosine" if cosine else "euclidean"
    case(kind, cosine=cosine)
    case(f"{kind}, unit latents", cosine=cosine, norm=True)
    case(f"{kind}, two codebooks", cosine=cosine, heads=2)
    case(f"{kind}, three codebooks of unit latents, random replacement", cosine=cosine, heads=3, norm=True, dead=1.2)
    case(f"{kind}, random replacement", cosine=cosine, dead=1.5, decay=0.6)
    case(f"{kind}, more dead codes than latents", cosine=cosine, dead=9.0, batch=1, rows=1, columns=3)
    case(f"{kind}, replacement by the most used", cosine=cosine, dead=1.5, policy="linde_buzo_gray", decay=0.9)
    case(f"{kind}, no commitment", cosine=cosine, commitment=0.0, heads=2)
    case(f"{kind}, started by k-means", cosine=cosine, kmeans=True, codes=5, batch=3)
    case(f"{kind}, two codebooks started by k-means, then replaced", cosine=cosine, kmeans=True, codes=5, batch=3, heads=2, dead=4.0)


def flat(x):
    return x.flatten(2)


def binary(y, x):
    y = torch.sigmoid(y)
    return F.cross_entropy(torch.cat([y, 1 - y], 1), torch.cat([x, 1 - x], 1))


losses = []
for name, function in {
    "mse": F.mse_loss, "l1": F.l1_loss, "smooth_l1": F.smooth_l1_loss, "cross_entropy": F.cross_entropy, "binary_cross_entropy": binary,
    "cosine": lambda y, x: 1 - F.cosine_similarity(flat(y), flat(x), dim=-1).mean(),
    "cosine_1d": lambda y, x: 1 - F.cosine_similarity(flat(y), flat(x), dim=1).mean(),
}.items():
    y = (2 * torch.randn(2, 3, 2, 2)).requires_grad_()
    x = torch.randint(0, 3, (2, 2, 2)) if name == "cross_entropy" else torch.rand(2, 3, 2, 2) if "binary" in name else torch.randn(2, 3, 2, 2)
    loss = function(y, x)
    loss.backward()
    losses.append({"name": name, "result": tensor(y), "target": tensor(x), "loss": loss.item(), "gradient": tensor(y.grad)})

for name, content in {"quantizers": cases, "losses": losses}.items():
    with open(os.path.join(here, name + ".json"), "w") as file:
        file.write("[\n" + ",\n".join(json.dumps(c) for c in content) + "\n]\n")
    print(len(content), name)
