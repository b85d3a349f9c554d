"""Quantized ONNX models against f32: onnx_quant.py [--tessera FILE] [--models DIR] [--pictures N].

Compiles minilm-l3 and ppocr-det of ../shared/onnx/fetch_models.py in several schemes and writes results/onnx_quant.md: of the text encoder
the cosine of its sentence embeddings, for the sentences of peers/sentences.json; of the text detector the boxes that it finds, in its data
sets' pictures and in drawn ones. Needs numpy, scipy, pillow and onnx: .build-peers/venv, which peers/run.sh makes, has them.
"""
import argparse
import json
import shutil
from pathlib import Path

import numpy as np

from peers.text_boxes import boxes, drawn, grown, matches
from quant import RESULTS, ROOT, WORK, instruction_set, run, size

SENTENCES = ROOT / "Benchmarks/peers/sentences.json"
HELD_OUT = 16
SCHEMES = {
    "f32": ["--precision", "f32"], "int8": ["--precision", "int8"], "int8 calibrated": ["--precision", "int8", "--calibrate"],
    "int8-static": ["--precision", "int8-static", "--calibrate"], "int4": ["--precision", "int4"],
    "int4 calibrated": ["--precision", "int4", "--calibrate"],
}


def compiled(tessera, model, scheme, calls):
    """The model in a scheme; `calls` is the folder that it is calibrated with."""
    file = WORK / f"{model.name}-{scheme.replace(' ', '-')}.tess"
    flags = SCHEMES[scheme]
    run(tessera, "compile", model / "model.onnx", *flags, *([calls] if flags[-1] == "--calibrate" else []), "-o", file)
    return file


def given(folder):
    """The first input of a data set, and the others by name."""
    import onnx

    names = [item.name for item in onnx.load(folder.parent / "model.onnx", load_external_data=False).graph.input]
    read = lambda index: onnx.numpy_helper.to_array(onnx.TensorProto.FromString((folder / f"input_{index}.pb").read_bytes()))
    return {name: read(index) for index, name in enumerate(names)}


def calls_of(model, more):
    """A folder with the data sets' inputs, and `more` of them, as --calibrate takes it."""
    place = WORK / f"{model.name}-calls-{len(more)}"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    for index, call in enumerate([given(folder) for folder in sorted(model.glob("test_data_set_*"))] + more):
        np.savez(place / f"{index:03d}.npz", **call)
    return place


def results(tessera, file, calls, output):
    """That output of each call."""
    place, made = WORK / "call", []
    for call in calls:
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        np.savez(place / "in.npz", **call)
        run(tessera, "run", file, "--inputs", place / "in.npz", "--outputs", place / "out", "--format", "npy")
        made.append(np.load(place / "out" / f"{output}.npy"))
    return made


def cosines(one, other):
    a, b = (np.concatenate(rows).astype(np.float64) for rows in (one, other))
    return (a * b).sum(1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)


def sentence_lines(tessera, model):
    """The embeddings of sentences, against those in f32; calibrated with the data sets and with other sentences."""
    texts = [np.array([text["ids"]]) for text in json.loads(SENTENCES.read_text())]
    calls = [{"input_ids": ids, "attention_mask": np.ones_like(ids)} for ids in texts]
    calls, others = calls[HELD_OUT:], calls[:HELD_OUT]
    lines, expected = ["| scheme | size | cosine, mean | least |", "|---|" + "---:|" * 3], None
    for place, note in [(calls_of(model, []), "on its data sets"), (calls_of(model, others), f"on these and {len(others)} other sentences")]:
        for scheme, flags in SCHEMES.items():
            if expected is not None and scheme == "f32" or "other" in note and flags[-1] != "--calibrate":
                continue
            file = compiled(tessera, model, scheme, place)
            made = results(tessera, file, calls, "461")
            expected = made if expected is None else expected
            near = cosines(expected, made)
            name = f"{scheme}, {note}" if flags[-1] == "--calibrate" else scheme
            lines.append(f"| {name} | {size(file) / 1e6:.1f} MB | {near.mean():.5f} | {near.min():.5f} |")
            print(lines[-1], flush=True)
    return lines


def detector_lines(tessera, model, count):
    """Boxes around text, against those in f32; calibrated with the data sets."""
    pictures = [((drawn(seed).astype(np.float32) / 255 - 0.5) / 0.5).transpose(2, 0, 1)[None] for seed in range(count)]
    data = [given(folder)["x"] for folder in sorted(model.glob("test_data_set_*"))]
    calls = [{"x": np.ascontiguousarray(x)} for x in [row[None] for rows in data for row in rows] + pictures]
    lines = ["| scheme | size | boxes | found again, grown | mean IoU | found again, as they are | mean IoU |", "|---|" + "---:|" * 6]
    expected, place = None, calls_of(model, [])
    for scheme in SCHEMES:
        file = compiled(tessera, model, scheme, place)
        made = [boxes(result[0, 0]) for result in results(tessera, file, calls, "fetch_name_0")]
        expected = made if expected is None else expected
        cells = [f"{size(file) / 1e6:.1f} MB", str(sum(map(len, made)))]
        for form in (grown, lambda box: box):
            shares = [share for one, other in zip(expected, made) for share in matches([*map(form, one)], [*map(form, other)])]
            again = sum(share >= 0.9 for share in shares) / len(shares)
            cells += [f"{100 * again:.1f} %", f"{np.mean(shares):.4f}"]
        lines.append(f"| {scheme} | " + " | ".join(cells) + " |")
        print(lines[-1], flush=True)
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tessera", default=ROOT / ".build/release/tessera")
    parser.add_argument("--models", type=Path, default=ROOT / ".build-peers/onnx")
    parser.add_argument("--pictures", type=int, default=24, help="drawn ones")
    given = parser.parse_args()
    WORK.mkdir(parents=True, exist_ok=True)
    texts, pictures = (given.models / name for name in ("minilm-l3", "ppocr-det"))
    if not all((folder / "model.onnx").exists() for folder in (texts, pictures)):
        parser.error(f"no models: python3 ../shared/onnx/fetch_models.py {given.models} fetches them")
    blocks = [
        f"Quantized by Tessera ({instruction_set(given.tessera)}), against f32.", "MiniLM-L3, sentence embeddings of 32 sentences:",
        "\n".join(sentence_lines(given.tessera, texts)),
        f"PP-OCR's text detector, pictures of its data sets and {given.pictures} drawn ones:",
        "\n".join(detector_lines(given.tessera, pictures, given.pictures)),
    ]
    RESULTS.joinpath("onnx_quant.md").write_text("\n\n".join(blocks) + "\n")


if __name__ == "__main__":
    main()
