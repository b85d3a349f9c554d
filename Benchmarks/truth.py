"""Quantized demo bundles against what their pictures show: truth.py [--tessera FILE] [--samples N].

Takes the bundles that quant.py compiled, makes depth, normals and segmentation of its 60 scenes in one step each, and holds them
against what the scenes are made of; writes results/truth.md and, of a few scenes, results/quant.png. Needs numpy and pillow.
"""
import argparse
import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from quant import RESULTS, ROOT, WORK, run, scenes

sys.path.insert(0, str(ROOT / "Models/shapes"))
import make_scenes

FIRST = 900_000
TARGETS = ["tok_depth@224", "tok_normal@224", "tok_semseg@224"]
BUNDLES = {
    "f32": "shapes-f32", "int8": "shapes-int8", "int8, calibrated": "shapes-int8-calibrated", "int8, smooth": "shapes-int8-smooth",
    "int8-static": "shapes-int8-static", "int4": "shapes-int4", "int4, calibrated": "shapes-int4-calibrated",
}
SHOWN = ["f32", "int8, calibrated", "int4, calibrated"]


def made(tessera, bundle, data):
    place = WORK / f"made-{bundle}"
    if not place.exists():
        run(tessera, "generate", WORK / bundle, "--input", f"rgb@224={data}", "--target", ",".join(TARGETS), "--temperature", "0",
            "--steps", "1", "-o", place)
    return place


def standardized(depth):
    """As the reference's DepthTransform does: by mean and variance of the middle four fifths."""
    x = depth.astype(np.float32) / 65535
    middle = np.sort(x.ravel())[int(0.1 * x.size) : int(0.9 * x.size)]
    return (x - middle.mean()) / np.sqrt(middle.var(ddof=1) + 1e-6)


def normals(picture):
    vectors = picture.reshape(3, -1)
    return vectors / np.maximum(np.linalg.norm(vectors, axis=0), 1e-6)


def judged(place, truths):
    """Root mean square of standardized depth, mean angle of normals in degrees, accuracy and mean IoU of classes."""
    depth, angle, confusion = [], [], np.zeros((256, 256))
    for folder, truth in zip(sorted(path for path in place.iterdir() if path.is_dir()), truths):
        read = {target: np.load(folder / f"{target}.npy") for target in TARGETS}
        depth.append(np.mean((read["tok_depth@224"] - standardized(truth["depth"])) ** 2))
        wanted = normals(truth["normal"].transpose(2, 0, 1).astype(np.float64) / 127.5 - 1)
        cosine = np.clip((normals(read["tok_normal@224"].astype(np.float64)) * wanted).sum(axis=0), -1, 1)
        angle.append(np.degrees(np.arccos(cosine)).mean())
        np.add.at(confusion, (truth["sem"].ravel(), read["tok_semseg@224"].astype(int).ravel()), 1)
    right, union = np.diag(confusion), confusion.sum(0) + confusion.sum(1) - np.diag(confusion)
    present = confusion.sum(1) > 0
    return np.sqrt(np.mean(depth)), np.mean(angle), right.sum() / confusion.sum(), (right[present] / union[present]).mean()


def sheet(places, data, count=4):
    """A row for each scene: the picture, then depth, normals and segmentation of each scheme side by side."""
    side, head = 112, 16
    picture = Image.new("RGB", (side * (1 + 3 * len(SHOWN)), head + side * count), "white")
    draw = ImageDraw.Draw(picture)
    for column, name in enumerate(name for _ in TARGETS for name in SHOWN):
        draw.text((side * (1 + column) + 4, 2), f"{TARGETS[column // len(SHOWN)][4:-4]} {name.split(',')[0]}", fill="black")
    for row in range(count):
        paste = lambda file, column: picture.paste(Image.open(file).convert("RGB").resize((side, side)), (side * column, head + side * row))
        paste(sorted(data.glob("*.png"))[row], 0)
        for index, (target, name) in enumerate((target, name) for target in TARGETS for name in SHOWN):
            folder = sorted(path for path in places[name].iterdir() if path.is_dir())[row]
            paste(folder / f"{target}.png", 1 + index)
    picture.save(RESULTS / "quant.png", optimize=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tessera", default=ROOT / ".build/release/tessera")
    parser.add_argument("--samples", type=int, default=60)
    given = parser.parse_args()
    data = scenes(WORK / "scenes", FIRST, given.samples)
    truths = [make_scenes.make(FIRST + index) for index in range(given.samples)]
    places = {name: made(given.tessera, bundle, data) for name, bundle in BUNDLES.items()}
    lines = ["| scheme | depth, RMS of standardized | normals, mean angle | segmentation, accuracy | mean IoU |", "|---|" + "---:|" * 4]
    for name, place in places.items():
        depth, angle, accuracy, iou = judged(place, truths)
        lines.append(f"| {name} | {depth:.4f} | {angle:.2f}° | {100 * accuracy:.2f} % | {100 * iou:.2f} % |")
    text = f"{given.samples} new scenes, one step from rgb, against what the scenes are made of.\n\n" + "\n".join(lines) + "\n"
    RESULTS.joinpath("truth.md").write_text(text)
    print(text)
    sheet(places, data)


if __name__ == "__main__":
    main()
