"""Sizes, speed and accuracy of quantized models: `make bench-quant`, or quant.py [--tessera FILE] [--only shapes,4m-b] [--samples N]
[--peers too|alone|no].

Compiles the demo bundle and a random 4M-B in every scheme and writes results/quant.json, results/quant.md. Accuracy of the demo bundle is
that of 60 scenes of Models/shapes/make_scenes.py that are neither trained nor calibrated with (needs numpy and pillow); of 4M-B, the SQNR of its logits
for its own embeddings of random tokens. Rows of ONNX Runtime and OpenVINO (quant_peers.py) go below.
"""
import argparse
import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

import quant_peers

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / ".build-peers/quant"
RESULTS = ROOT / "Benchmarks/results"


def run(*command):
    """Standard output of a command, its seconds and the most memory it had."""
    start = time.monotonic()
    process = subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    out, err = process.communicate()
    if process.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{err}")
    return out, time.monotonic() - start


def peak(*command):
    """The most memory that a command had, in bytes: of a child of its own."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        subprocess.run([str(part) for part in command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
        os.write(writer, str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss).encode())
        os._exit(0)
    os.close(writer)
    os.waitpid(child, 0)
    text = os.read(reader, 64).decode()
    os.close(reader)
    return int(text) * 1024 if text else None


def size(place):
    place = Path(place)
    return sum(file.stat().st_size for file in place.rglob("*.tess")) if place.is_dir() else place.stat().st_size


def scenes(place, first, count):
    sys.path.insert(0, str(ROOT / "Models/shapes"))
    import make_scenes
    from PIL import Image

    place.mkdir(parents=True, exist_ok=True)
    for index in range(count):
        file = place / f"{index:03d}_rgb.png"
        if not file.exists():
            Image.fromarray(make_scenes.make(first + index)["rgb"]).save(file)
    return place


def pictures(samples):
    """Folders of scenes: those to calibrate with, those to compare on."""
    return scenes(WORK / "calibration", 500_000, 64), scenes(WORK / "scenes", 900_000, samples)


def shapes(tessera, samples):
    bundle, (calibration, data) = ROOT / "Models/shapes", pictures(samples)
    near = ["--calibrate", calibration]
    schemes = {
        "f32": ["--precision", "f32"], "bf16": ["--precision", "bf16"], "int8": ["--precision", "int8"],
        "int8, calibrated": ["--precision", "int8", *near], "int8, smooth": ["--precision", "int8", *near, "--smooth"],
        "int8-static": ["--precision", "int8-static", *near],
        "int8, error 2 %": ["--precision", "int8", *near, "--budget", "error=0.02"],
        "int4": ["--precision", "int4"], "int4, calibrated": ["--precision", "int4", *near],
        "int4, zero points": ["--precision", "int4", "--zero-points", *near],
        "int4, groups of 128": ["--precision", "int4", "--group-size", "128", *near], "w4, calibrated": ["--precision", "w4", *near],
        "int4, 5 bits": ["--precision", "int4", *near, "--budget", "bits=5"],
    }
    rows = []
    for name, flags in schemes.items():
        place = WORK / f"shapes-{name.replace(' ', '-').replace(',', '').replace('%', 'percent')}"
        _, seconds = run(tessera, "compile", bundle, *flags, "-o", place)
        out, _ = run(tessera, "evaluate", bundle, place, "--data", data, "--json")
        targets = {target["target"]: target for target in json.loads(out)["targets"]}
        rows.append({
            "model": "Shapes", "scheme": name, "bytes": size(place / "fm.tess"), "compile_s": round(seconds, 1),
            "depth": targets["tok_depth@224"]["equalTokens"], "semseg": targets["tok_semseg@224"]["equalTokens"],
            "captions": targets["caption"]["equalSamples"], "divergence": targets["tok_depth@224"]["meanDivergence"],
            "tokenizer": targets["reconstruction"]["equalTokens"],
        })
        print(rows[-1], flush=True)
    return rows


def checkpoint(tessera):
    """4M-B with random weights."""
    folder = WORK / "4m-b"
    if not folder.exists():
        run(tessera, "init", "--preset", "4m-b", "-o", folder)
    return next(folder.glob("*.safetensors"))


def large(tessera):
    """4M-B with random weights: encode 196 tokens, decode 196 and a text's next token."""
    model = checkpoint(tessera)
    binds = {"encode": ["tokens=196"], "decode_step": ["tokens=196", "length=64", "capacity=64"]}
    rows = []
    for precision in ["f32", "bf16", "int8", "int4", "w4"]:
        file = WORK / f"4m-b-{precision}.tess"
        _, seconds = run(tessera, "compile", model, "--precision", precision, "-o", file)
        row = {"model": "4M-B", "scheme": precision, "bytes": size(file), "compile_s": round(seconds, 1)}
        encode = ["--function", "encode", "--random", "--bind", "tokens=196", "--outputs", WORK / "out"]
        row["load_s"] = json.loads(run(tessera, "run", file, *encode, "--json")[0])["compileSeconds"]
        row["peak_bytes"] = peak(tessera, "run", file, *encode)
        for function, sizes in binds.items():
            flags = [part for size in ["batch=1", *sizes] for part in ("--bind", size)]
            row[function + "_ms"] = json.loads(run(tessera, "bench", file, "--function", function, *flags, "--json")[0])["median_ms"]
        rows.append(row)
        print(row, flush=True)
    return rows


def instruction_set(tessera):
    kernels = run(tessera, "kernels")[0].splitlines()
    return next((line.split()[-1] for line in kernels if line.startswith("instruction set")), "?")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tessera", default=ROOT / ".build/release/tessera")
    parser.add_argument("--only", default="shapes,4m-b")
    parser.add_argument("--peers", choices=["too", "alone", "no"], default="too", help="whether ONNX Runtime and OpenVINO are measured")
    parser.add_argument("--samples", type=int, default=60)
    given = parser.parse_args()
    WORK.mkdir(parents=True, exist_ok=True)
    machine = instruction_set(given.tessera)
    rows = []
    if "shapes" in given.only and given.peers != "alone":
        rows += shapes(given.tessera, given.samples)
    if "4m-b" in given.only and given.peers != "alone":
        rows += large(given.tessera)
    # What a run does not measure stays as it was.
    file, measured = RESULTS / "quant.json", {row["model"] for row in rows}
    known = json.loads(file.read_text()) if file.exists() else {"rows": []}
    peers = known.get("peers", [])
    if given.peers != "no":
        pictures(given.samples)
        if "4m-b" in given.only:
            checkpoint(given.tessera)
        peers = quant_peers.merged(peers, quant_peers.measured(given.tessera, WORK, given.only, machine))
    if not rows:
        machine = known.get("instruction_set", machine)
    if known.get("instruction_set") == machine:
        rows = sorted([row for row in known["rows"] if row["model"] not in measured] + rows, key=lambda row: row["model"] != "Shapes")
    file.write_text(json.dumps({"instruction_set": machine, "samples": given.samples, "rows": rows, "peers": peers}, indent=1) + "\n")
    lines = ["| model | scheme | size | depth | semseg | captions | tokenizer | encode ms | decode_step ms | ready s | peak |", "|---|---|" + "---:|" * 9]

    def share(row, key):
        return f"{100 * row[key]:.1f} %" if key in row else ""

    def number(row, key, scale=1, digits=2):
        return f"{row[key] / scale:.{digits}f}" if row.get(key) else ""

    for row in rows:
        lines.append(
            f"| {row['model']} | {row['scheme']} | {number(row, 'bytes', 1e6, 1)} MB | {share(row, 'depth')} | {share(row, 'semseg')} | "
            f"{share(row, 'captions')} | {share(row, 'tokenizer')} | {number(row, 'encode_ms')} | {number(row, 'decode_step_ms')} | "
            f"{number(row, 'load_s')} | {number(row, 'peak_bytes', 1e6, 0)} |")
    head = f"Two threads, {machine}. Shares of tokens and captions that equal those of f32, {given.samples} new scenes."
    text = f"{head}\n\n" + "\n".join(lines) + "\n" + quant_peers.text(peers)
    RESULTS.joinpath("quant.md").write_text(text)
    print(text)


if __name__ == "__main__":
    main()
