"""Rows of results: what a measurement says, how rows of earlier runs are kept, and the table."""

import json
import os
from statistics import median

import numpy as np

# Above these relative errors a result counts as wrong; a contender with a wrong result is never the best peer.
LIMITS = {"f32": 1e-4, "bf16": 0.05, "int8": 0.2}
PRECISIONS = list(LIMITS)
KEY = ("work", "precision", "batch", "threads")
HEADING = "work           precision batch threads   ours ms   ratio  target    any  peers ms (* held against, ! wrong result)"


def relative_error(found, expected):
    found, expected = np.asarray(found, np.float64), np.asarray(expected, np.float64)
    if found.shape != expected.shape:
        return float("inf")
    return float(np.linalg.norm(found - expected) / np.linalg.norm(expected))


def row(job, precision, measured):
    """measured: by contender (ours is "tessera") its times in ms, rel_l2 and facts, or an error."""
    done = {name: one for name, one in measured.items() if "times" in one}
    medians = {name: round(median(one["times"]), 2) for name, one in done.items()}
    errors = {name: one["rel_l2"] for name, one in done.items()}
    return {
        "work": job.work_name,
        "precision": precision,
        "batch": job.batch,
        "threads": job.threads,
        "ours_ms": medians.pop("tessera", None),
        "peers": medians,
        "min_ms": {name: round(min(one["times"]), 2) for name, one in done.items()},
        "rel_l2": {name: float(f"{error:.3g}") for name, error in errors.items()},
        "wrong": [name for name, error in errors.items() if not error <= LIMITS[precision]],
        "failed": {name: one["error"] for name, one in measured.items() if "error" in one},
        "load": round(os.getloadavg()[0], 2),
        "facts": {name: one["facts"] for name, one in done.items()},
    }


def best_peer(row):
    right = {name: ms for name, ms in row["peers"].items() if name not in row["wrong"]}
    return min(right, key=right.get, default=None)


def judged(rows, works):
    """Adds to each row its best peer, target, the peer the target is held against, and the ratio to its time.

    ratio_any: the ratio to the fastest peer of the same or any higher precision.
    """
    found = {tuple(row[key] for key in KEY): row for row in rows}
    for row in rows:
        target, against = works[row["work"]].targets[row["precision"]]
        base = found.get((row["work"], against, row["batch"], row["threads"]))
        no_worse = PRECISIONS[: PRECISIONS.index(row["precision"]) + 1]
        any_base = [found.get((row["work"], name, row["batch"], row["threads"])) for name in no_worse]
        row["best_peer"], row["target"] = best_peer(row), target
        row["target_against"] = best_peer(base) if base else None
        row["ratio"] = ratio(row, [base])
        row["ratio_any"] = ratio(row, any_base)
    return rows


def ratio(row, bases):
    """Our time by the best right one of the peers of `bases`, rows or None."""
    times = [base["peers"][best_peer(base)] for base in bases if base and best_peer(base)]
    if not times or not row["ours_ms"] or "tessera" in row["wrong"]:
        return None
    return round(row["ours_ms"] / min(times), 3)


def merged(path, rows):
    """`rows` and the rows of the file at `path` that they do not replace."""
    new = {tuple(row[key] for key in KEY) for row in rows}
    old = json.loads(path.read_text())["rows"] if path.exists() else []
    return [row for row in old if tuple(row[key] for key in KEY) not in new] + rows


def table(rows):
    lines = [HEADING]
    for row in rows:
        ours = f"{row['ours_ms']:9.1f}" if row["ours_ms"] else "        -"
        ratio, any_ratio = (f"{row[key]:6.2f}" if row[key] else "     -" for key in ("ratio", "ratio_any"))
        lines.append(
            f"{row['work']:14} {row['precision']:9} {row['batch']:5} {row['threads']:7} {ours}{flag(row, 'tessera')}"
            f" {ratio}  {row['target']:6.2f} {any_ratio}  {peers_text(row)}"
        )
    return "\n".join(lines)


def flag(row, name):
    if name in row["wrong"]:
        return "!"
    return "*" if name == row["target_against"] else " "


def peers_text(row):
    ordered = sorted(row["peers"].items(), key=lambda item: item[1])
    failed = [f"{name} failed" for name in row["failed"]]
    return "  ".join([f"{name} {ms:.1f}{flag(row, name)}".rstrip() for name, ms in ordered] + failed)
