#!/usr/bin/env python3
"""The figures of Models/shapes/README.md for a bundle, measured with the command line on scenes that no training saw.

    python3 scenes.py data/eval --count 64 --first 10000000
    python3 evaluate.py ../../Models/shapes data/eval -o figures

One decoding step, temperature 0, no guidance. Prints a table and writes figures.json. With --captions N it also generates N pictures from captions of one
object (with the bundle's own settings) and has the model say what they show: shape and colour of the object in its own segmentation. Needs numpy and pillow.
"""
import argparse, json, pathlib, shutil, subprocess, sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(ROOT / "Models" / "shapes"))

import numpy as np  # noqa: E402
from PIL import Image  # noqa: E402
import judge  # noqa: E402

TARGETS = ["tok_depth@224", "tok_normal@224", "tok_semseg@224", "caption", "det"]


def run(*words):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, words))}\n{done.stderr}")
    return done.stdout


def scenes(data):
    found = sorted((data / "rgb").rglob("*.png"))
    if not found:
        sys.exit(f"{data}/rgb holds no pictures; make some with scenes.py")
    return found


def truth(data, picture, modality, suffix):
    return (data / modality / picture.relative_to(data / "rgb")).with_suffix(suffix)


def predictions(options, pictures, folder):
    """What the model makes of the photos, one folder each by the photo's name."""
    given = folder / "photos"
    given.mkdir(parents=True)
    for picture in pictures:
        shutil.copy(picture, given / picture.name)
    run(options.tessera, "generate", options.bundle, "--input", f"rgb@224={given}", "--independent", "--target", ",".join(TARGETS),
        "--steps", 1, "--temperature", 0, "--cfg", 1, "--batch", 8, "-o", folder / "from_rgb")
    return folder / "from_rgb"


def reconstructions(options, pictures, folder, modality, data, *decoding):
    """Pictures or values after tokenizer and decoder, in the order of `pictures`."""
    sources = [truth(data, picture, modality, ".png") for picture in pictures]
    tokens = folder / f"{modality}.npy"
    run(options.tessera, "tokenize", options.bundle, "--modality", modality, *sources, "-o", tokens)
    made = folder / f"{modality}{'_'.join(decoding)}.npy"
    run(options.tessera, "detokenize", options.bundle, "--modality", modality, tokens, *decoding, "-o", made)
    return np.load(made)


def rgb_figures(options, data, pictures, folder):
    whole = [np.asarray(Image.open(picture), np.float32) / 255 for picture in pictures]
    figures = {}
    for name, decoding in [("one-pass", ("--preview",)), ("diffusion", ("--diffusion-steps", "10"))]:
        values = reconstructions(options, pictures, folder, "rgb", data, *decoding)
        figures[f"RGB reconstruction, {name} decoder, PSNR"] = judge.psnr(whole, values)
    return figures


def figures(options, data, pictures, folder):
    made = predictions(options, pictures, folder)
    found = rgb_figures(options, data, pictures, folder) if options.reconstruct else {}
    depth, normal, semseg, caption, det = judge.Depth(), judge.Normals(), judge.Segmentation(), judge.Captions(), judge.Boxes()
    for picture in pictures:
        result = made / picture.stem
        depth.add(np.load(result / "tok_depth@224.npy"), Image.open(truth(data, picture, "depth", ".png")))
        normal.add(np.load(result / "tok_normal@224.npy"), Image.open(truth(data, picture, "normal", ".png")))
        semseg.add(np.asarray(Image.open(result / "tok_semseg@224.labels.png")), Image.open(truth(data, picture, "semseg", ".png")))
        caption.add((result / "caption.txt").read_text(), truth(data, picture, "caption", ".txt").read_text())
        det.add((result / "det.txt").read_text(), json.loads(truth(data, picture, "det", ".json").read_text())["instances"])
    for part in (depth, normal, semseg, caption, det):
        found |= part.figures()
    return found


def from_captions(options, folder):
    """The share of captions of one object whose pictures show it, as the model's own segmentation sees them."""
    captions = judge.one_object_captions(options.captions)
    prompts = folder / "captions.txt"
    prompts.write_text("".join(text + "\n" for text in captions))
    run(options.tessera, "generate", options.bundle, "--prompts", prompts, "--target", "tok_rgb@224", "--seed", options.seed,
        *options.sampling, "-o", folder / "from_caption")
    pictures = sorted((folder / "from_caption").rglob("tok_rgb@224.png"))
    given = folder / "generated"
    given.mkdir()
    for index, picture in enumerate(pictures):
        shutil.copy(picture, given / f"{index:04d}.png")
    run(options.tessera, "generate", options.bundle, "--input", f"rgb@224={given}", "--target", "tok_semseg@224", "--steps", 1,
        "--temperature", 0, "--cfg", 1, "-o", folder / "judged")
    score = judge.Pictures()
    for index, (text, picture) in enumerate(zip(captions, pictures)):
        labels = Image.open(folder / "judged" / f"{index:04d}" / "tok_semseg@224.labels.png")
        score.add(text, np.asarray(Image.open(picture).convert("RGB")), np.asarray(labels))
    return score.figures()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle", type=pathlib.Path)
    parser.add_argument("data", type=pathlib.Path, help="scenes, as scenes.py makes them")
    parser.add_argument("-o", "--output", type=pathlib.Path, required=True, help="folder for what is generated, and figures.json; removed first")
    parser.add_argument("--tessera", default=str(ROOT / ".build" / "release" / "tessera"))
    parser.add_argument("--limit", type=int, default=64, help="scenes")
    parser.add_argument("--captions", type=int, default=0, help="pictures from captions of one object")
    parser.add_argument("--sampling", nargs=argparse.REMAINDER, default=[], help="flags of 'tessera generate' for these pictures, last")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--reconstruct", action="store_true", help="the tokenizer of RGB too")
    options = parser.parse_args()
    shutil.rmtree(options.output, ignore_errors=True)
    options.output.mkdir(parents=True)
    found = figures(options, options.data, scenes(options.data)[: options.limit], options.output)
    if options.captions:
        found |= from_captions(options, options.output)
    (options.output / "figures.json").write_text(json.dumps(found, indent=2) + "\n")
    for name, value in found.items():
        print(f"{name:58} {value:.4f}")


if __name__ == "__main__":
    main()
