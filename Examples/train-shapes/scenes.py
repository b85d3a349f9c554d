#!/usr/bin/env python3
"""Renders scenes of spheres, cubes and cones as a data set in the folders that 4M trains from.

    python3 scenes.py data/train --count 16000
    python3 scenes.py data/eval --count 64 --first 10000000

OUTPUT/MODALITY/FOLDER/NAME.*, a thousand scenes a folder: rgb, normal (PNG), depth (16-bit PNG, 65535 = 14 units), semseg (class ids),
caption (.txt), det (.json: boxes in 0 to 1, class, score). Scene i has seed FIRST + i, so a run that was stopped goes on, and more scenes
can be added later. --one-object keeps scenes with one object. Needs numpy and pillow.
"""
import argparse, json, multiprocessing, os, pathlib, sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "Models" / "shapes"))

import numpy as np  # noqa: E402
from PIL import Image  # noqa: E402
import make_scenes  # noqa: E402

PICTURES = {"rgb": "rgb", "depth": "depth", "normal": "normal", "semseg": "sem"}


def place(root, modality, index, suffix):
    return root / modality / f"{index // 1000:05d}" / f"{index:07d}{suffix}"


def write(path, save):
    """Under a temporary name first: what has its name is complete."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{os.getpid()}{path.suffix}")
    save(part)
    os.replace(part, path)


def scene(root, index, seed):
    last = place(root, "det", index, ".json")
    if last.exists():
        return
    made = make_scenes.make(seed)
    for modality, key in PICTURES.items():
        write(place(root, modality, index, ".png"), Image.fromarray(made[key]).save)
    write(place(root, "caption", index, ".txt"), lambda path: path.write_text(made["caption"] + "\n"))
    boxes = [{"boxes": [float(x) for x in box[:4]], "class_name": box[4], "score": float(box[5])} for box in made["boxes"]]
    write(last, lambda path: path.write_text(json.dumps({"instances": boxes}) + "\n"))


def has_one_object(seed):
    return len(make_scenes.sample_scene(np.random.default_rng(seed))["objs"]) == 1


def work(job):
    scene(*job)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", type=pathlib.Path)
    parser.add_argument("--count", type=int, required=True, help="scenes in all, those that are there included")
    parser.add_argument("--first", type=int, default=0, help="seed of the first scene")
    parser.add_argument("--one-object", action="store_true", help="only scenes with one object")
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    options = parser.parse_args()
    if options.count < 1 or options.first < 0 or not 1 <= options.processes <= 256:
        parser.error("--count and --processes must be 1 or more, --first 0 or more")
    seeds, seed = [], options.first
    while len(seeds) < options.count:
        if not options.one_object or has_one_object(seed):
            seeds.append(seed)
        seed += 1
    jobs = [(options.output, index, seed) for index, seed in enumerate(seeds)]
    with multiprocessing.Pool(options.processes) as pool:
        for done, _ in enumerate(pool.imap_unordered(work, jobs, chunksize=8), 1):
            if done % 500 == 0 or done == len(jobs):
                print(f"{done} of {len(jobs)} scenes", flush=True)


if __name__ == "__main__":
    main()
