"""The demo bundle in the peers: tokens of one step from rgb, greedy captions and the tokenizer's tokens that equal those of Tessera in f32."""

import json
from pathlib import Path

import numpy as np
from PIL import Image

from . import sizes
from .chain import ENDS, FIRST, Chain
from .exports import exported, functions, output
from .schemes import SCHEMES, made
from .sessions import session

ROOT = Path(__file__).resolve().parents[3]
BUNDLE = ROOT / "Models/shapes"
TARGETS = {"depth": "tok_depth@224", "semseg": "tok_semseg@224"}


def pictures(folder, most=None):
    return [np.asarray(Image.open(file).convert("RGB")) for file in sorted(folder.glob("*.png"))[:most]]


def running(files):
    """`run(function, inputs)` over sessions, each loaded when it is wanted."""
    sessions = {}

    def run(name, inputs):
        if name not in sessions:
            sessions[name] = session(files[name], threads=1)
        return sessions[name](inputs)

    return run


def files_of(tessera, folder):
    """All functions of the model, and the one of the tokenizer for pictures."""
    model, tokenizer = BUNDLE / "fm.safetensors", BUNDLE / "tok_rgb.safetensors"
    return exported(tessera, model, functions(tessera, model), folder) | exported(tessera, tokenizer, ["tokenize"], folder)


def words(ids):
    """A text without what begins and ends it."""
    return [index for index in ids if index not in (FIRST, *ENDS)]


def tokens_of_tessera(tessera, data, folder):
    """What Tessera makes in f32 of each picture of `data`: tokens by column of the table."""
    targets = [*TARGETS.values(), "caption"]
    place = folder / "tessera"
    output(tessera, "generate", BUNDLE, "--input", f"rgb@224={data}", "--target", ",".join(targets), "--independent", "--temperature", 0,
           "--cfg", 1, "--steps", 1, "--overwrite", "-o", place)
    output(tessera, "tokenize", BUNDLE, "--modality", "rgb", data, "-o", folder / "tokens.npy")
    samples = sorted(path for path in place.iterdir() if path.is_dir())
    read = lambda sample, target: np.load(sample / f"{target}.tokens.npy").ravel().tolist()
    made = {column: [read(sample, target) for sample in samples] for column, target in TARGETS.items()}
    made["captions"] = [words(read(sample, "caption")) for sample in samples]
    return made | {"tokenizer": [row.ravel().tolist() for row in np.load(folder / "tokens.npy")]}


def tokens_of(files, data):
    """The same of a peer."""
    chain = Chain(running(files))
    made = {column: [] for column in (*TARGETS, "captions", "tokenizer")}
    for picture in data:
        context = chain.context(picture)
        for column, target in TARGETS.items():
            made[column].append(chain.dense(target, context))
        made["captions"].append(words(chain.sequence("caption", picture)))
        made["tokenizer"].append(chain.reconstruction(picture))
    return made


def recorded(files, data):
    """What each function is given when everything is made of pictures: the calls that quantizers see."""
    calls, run = {name: [] for name in files}, running(files)

    def record(name, inputs):
        calls[name].append(inputs)
        return run(name, inputs)

    chain = Chain(record)
    dense = [name.split(".", 1)[1] for name in files if name.startswith("embed_decoder.")]
    for picture in data:
        context = chain.context(picture)
        made = {target: chain.dense(target, context) for target in dense}
        chain.reconstruction(picture)
        for target in ("caption", "det"):
            made[target] = Chain(run).sequence(target, picture)
            chain.read(target, made[target], chain.context(picture, target))
        for target, ids in made.items():
            given = {"ids": np.array([ids]), "positions": np.arange(len(ids))[None]}
            for name in {f"embed_encoder.{target}", f"embed_decoder_ids.{target}"} & set(files):
                record(name, given)
    return calls


def shares(expected, made):
    """Of tokens, place by place, and of whole captions that are equal."""
    equal = lambda column: [np.mean(np.array(one) == np.array(other)) for one, other in zip(expected[column], made[column])]
    found = {column: float(np.mean(equal(column))) for column in (*TARGETS, "tokenizer")}
    return found | {"captions": float(np.mean([one == other for one, other in zip(expected["captions"], made["captions"])]))}


def rows(tessera, work, scenes, calibration, schemes=SCHEMES):
    folder = work / "peers/shapes"
    files = files_of(tessera, folder / "f32")
    of_model = lambda own: [file for name, file in own.items() if name != "tokenize"]
    yield from sizes.computed_rows("Shapes", of_model(files))
    expected = tokens_of_tessera(tessera, scenes, folder)
    calls, data = recorded(files, pictures(calibration)), pictures(scenes)
    for scheme in schemes:
        own = made(scheme, files, folder / "scheme", calls)
        yield {"model": "Shapes", "scheme": scheme, "bytes": sizes.weights(of_model(own)), **shares(expected, tokens_of(own, data))}
