#!/usr/bin/env python3
"""What sharing a training among machines should cost, from constants: the table of Docs/training.md.

    Benchmarks/mpi/model.py [--gigabytes 1.46] [--seconds 5] [--batches 1,16]

The sum of G bytes over R machines sends 2 (1 - 1/R) G each way, in pieces of 4 MB, each with a latency for each round and a cost for each
message; it overlaps with the backward pass of an update's last batch, and takes time of the cores that compute.
"""
import argparse

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--gigabytes", type=float, default=1.46, help="of gradients; 4M-B has 364 million parameters in f32")
parser.add_argument("--seconds", type=float, default=5, help="of a batch on one machine")
parser.add_argument("--backward", type=float, default=2 / 3, help="share of the backward pass")
parser.add_argument("--batches", default="1,16", help="of an update in each machine")
parser.add_argument("--latency", type=float, default=50e-6, help="seconds of a round")
parser.add_argument("--message", type=float, default=10e-6, help="seconds of a message")
parser.add_argument("--cpu", type=float, default=0.53, help="seconds of a core for each gigabyte that is summed over TCP")
parser.add_argument("--cores", type=int, default=2)
options = parser.parse_args()


def radices(size):
    """As Radices.swift has them."""
    factors, rest, divisor = [], size, 2
    while divisor * divisor <= rest:
        while rest % divisor == 0:
            factors.append(divisor)
            rest //= divisor
        divisor += 1
    factors += [rest] if rest > 1 else []
    joined = []
    for factor in factors:
        if joined and joined[-1] * factor <= 8:
            joined[-1] *= factor
        else:
            joined.append(factor)
    return joined


def efficiency(ranks, bits, batches):
    pieces = options.gigabytes * 1e9 / 2**22
    rows = radices(ranks)
    overhead = 2 * len(rows) * options.latency + 2 * sum(size - 1 for size in rows) * options.message
    exchange = 2 * (1 - 1 / ranks) * options.gigabytes * 8 / bits + pieces * overhead
    compute = options.seconds * batches
    stolen = options.cpu * options.gigabytes / options.cores
    hidden = options.seconds * options.backward
    return compute / (compute + stolen + max(0, exchange - hidden)), exchange


print("| machines | rows | batches of an update | 1 Gbit/s | 10 Gbit/s | 25 Gbit/s |\n|---|---|---|---|---|---|")
for ranks in (2, 10, 100, 1000):
    for batches in map(int, options.batches.split(",")):
        cells = []
        for bits in (1, 10, 25):
            share, exchange = efficiency(ranks, bits, batches)
            cells.append(f"{share:.2f} ({exchange:.1f} s)")
        print(f"| {ranks} | {' × '.join(map(str, radices(ranks)))} | {batches} | {' | '.join(cells)} |")
