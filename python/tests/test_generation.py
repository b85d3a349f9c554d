"""Generation with the demo model."""

import os
import subprocess

import numpy as np
import pytest
from conftest import SHAPES
from PIL import Image

import tessera
from tessera import command

PHOTO = SHAPES / "images" / "000_rgb.png"


@pytest.fixture(scope="module")
def pipeline():
    with tessera.Pipeline(SHAPES) as opened:
        yield opened


def test_modalities(pipeline):
    assert pipeline.name == "shapes"
    assert pipeline.modalities["tok_depth@224"].grid == (14, 14)
    assert pipeline.modalities["caption"].is_text and not pipeline.modalities["rgb@224"].is_output


def test_the_command_makes_the_same_picture(pipeline, tmp_path):
    try:
        program = command.path()
    except tessera.NotFoundError:
        pytest.skip("no command")
    targets = ["tok_semseg@224", "tok_depth@224", "caption"]
    words = [word for target in targets for word in ("--target", target)]
    subprocess.run(
        [program, "generate", SHAPES, "--input", f"rgb@224={PHOTO}", *words, "--seed", "5", "-o", tmp_path], check=True,
        capture_output=True,
    )
    made = pipeline.generate(rgb=PHOTO, targets=targets, seed=5)
    for target in targets[:2]:
        np.testing.assert_array_equal(made[target].pixels, np.asarray(Image.open(tmp_path / f"{target}.png").convert("RGB")))
        np.testing.assert_array_equal(made[target].values, np.load(tmp_path / f"{target}.npy"))
        np.testing.assert_array_equal(made[target].tokens, np.load(tmp_path / f"{target}.tokens.npy").ravel())
    assert made["caption"].text == (tmp_path / "caption.txt").read_text().strip()
    made.save(tmp_path / "saved")
    saved, written = (Image.open(tmp_path / place / "tok_depth@224.png") for place in ("saved", "."))
    np.testing.assert_array_equal(np.asarray(saved), np.asarray(written))


def test_masks(pipeline, tmp_path):
    name = "tok_rgb@224"
    hole = np.zeros((224, 224), bool)
    hole[70:130, 50:60] = True
    image = Image.fromarray(hole.astype(np.uint8) * 255)
    image.save(tmp_path / "hole.png")
    flags = np.zeros((14, 14), np.int64)
    flags[4:9, 3] = 1
    given = pipeline.generate({name: PHOTO}, masks={name: image}, targets=[name], steps=2, seed=4, preview_decoders=True)[name]
    for mask in (image.convert("P"), tmp_path / "hole.png", os.fspath(tmp_path / "hole.png"), (tmp_path / "hole.png").read_bytes(), hole, hole[..., None] * np.uint8(255), flags, flags.ravel(), flags == 1, [image]):  # fmt: skip
        made = pipeline.generate({name: PHOTO}, masks={name: mask}, targets=[name], steps=2, seed=4, preview_decoders=True)[name]
        np.testing.assert_array_equal(made.tokens, given.tokens)
    other = pipeline.generate({name: given.tokens}, masks={"tok_rgb": [flags, 1 - flags]}, targets=["tok_rgb"], steps=2, seed=5)
    assert len(other) == 2
    np.testing.assert_array_equal(other[0][name].tokens[flags.ravel() == 0], given.tokens[flags.ravel() == 0])
    np.testing.assert_array_equal(other[1][name].tokens[flags.ravel() == 1], given.tokens[flags.ravel() == 1])
    for masks, words in [({"depth": flags}, "a mask was given for 'depth'"), ({name: 0 * flags}, "hides no token"), ({name: flags[:3].ravel()}, "42 values")]:
        with pytest.raises(ValueError, match=words):
            pipeline.generate({name: PHOTO}, masks=masks, targets=["caption"])
    try:
        program = command.path()
    except tessera.NotFoundError:
        return
    words = ["--input", f"{name}={PHOTO}", "--mask", f"{name}={tmp_path / 'hole.png'}", "--target", name, "--steps", "2", "--seed", "4"]
    subprocess.run([program, "generate", SHAPES, *words, "--preview", "-o", tmp_path / "out"], check=True, capture_output=True)
    np.testing.assert_array_equal(given.tokens, np.load(tmp_path / "out" / f"{name}.tokens.npy").ravel())
    np.testing.assert_array_equal(given.pixels, np.asarray(Image.open(tmp_path / "out" / f"{name}.png").convert("RGB")))


def test_kinds_of_pictures(pipeline):
    image = Image.open(PHOTO)
    kinds = [str(PHOTO), PHOTO, image, image.convert("RGBA"), np.asarray(image), PHOTO.read_bytes(), np.asarray(image)[:, ::-1][:, ::-1]]
    found = [pipeline.generate(rgb=kind, targets=["depth"], steps=1) for kind in kinds]
    for one in found:
        np.testing.assert_array_equal(one["depth"].pixels, found[0]["depth"].pixels)
    target = found[0]["depth"]
    assert target.image.size == (224, 224) and target.values.shape == (224, 224) and target.tokens.shape == (196,)
    assert target._repr_png_().startswith(b"\x89PNG") and not target.pixels.flags.owndata


def test_classes_depth_and_tokens(pipeline):
    folder = SHAPES / "images"
    for name in ("semseg", "depth"):
        image = Image.open(folder / f"000_{name}.png")
        texts = {
            pipeline.generate({f"tok_{name}@224": value}, targets=["caption"], temperature=0.0)["caption"].text
            for value in (folder / f"000_{name}.png", image, np.asarray(image))
        }
        assert len(texts) == 1
    tokens = pipeline.generate(rgb=PHOTO, targets=["tok_depth@224"], steps=1)["depth"].tokens
    assert pipeline.generate({"tok_depth@224": tokens}, targets=["caption"])["caption"].text


def test_samples_variations_and_lifetime(pipeline, tmp_path):
    photos = [SHAPES / "images" / f"00{i}_rgb.png" for i in range(3)]
    made = pipeline.generate(rgb=photos, targets=["depth"], steps=1, variations=2, batch_size=2)
    assert [(one.sample, one.variation) for one in made] == [(s, v) for s in range(3) for v in range(2)]
    made.save(tmp_path)
    for one in made:
        found = np.load(tmp_path / f"{one.sample:04}" / f"v{one.variation}" / "tok_depth@224.npy")
        np.testing.assert_array_equal(found, one["depth"].values)
    assert not list(tmp_path.glob("*.*"))
    pixels, copy = made[5]["depth"].pixels, made[5]["depth"].pixels.copy()
    made.close()
    pipeline.generate(rgb=photos[0], targets=["depth"], steps=1)
    np.testing.assert_array_equal(pixels, copy)
    with pytest.raises(IndexError):
        made[0]


def test_texts_boxes_and_conditions(pipeline):
    made = pipeline.generate(rgb=PHOTO, targets=["caption", "det"], temperature=0.0)
    assert "cube" in made["caption"].text and made["caption"].values is None
    assert {box.label for box in made["det"].boxes} <= {"sphere", "cube", "cone"} and made["det"].json
    assert 0 <= made["det"].boxes[0].x_min < made["det"].boxes[0].x_max <= 1
    made = pipeline.generate(conditions=[tessera.Condition("caption", "a red sphere", 2), tessera.Condition("caption", "a cube", -1)], targets=["tok_semseg"], steps=1)  # fmt: skip
    assert made["semseg"].tokens.size == 196


def test_steps(pipeline):
    steps, progress = [], []
    made = pipeline.generate(rgb=PHOTO, targets=["normal", "caption"], steps=4, drafts=True, on_step=steps.append, on_progress=progress.append)
    image = [s for s in steps if s.target == "tok_normal@224"]
    assert [s.step for s in image] == [1, 2, 3, 4] and image[-1].is_last
    assert sum(s.positions.size for s in image) == 196
    assert all(s.picture is None or s.picture.shape == (224, 224, 3) for s in image) and any(s.picture is not None for s in image)
    texts = [s.text for s in steps if s.target == "caption"]
    assert texts[-1].startswith(texts[0]) and texts[-1] == made["caption"].text
    assert progress and all(0 <= p.share <= 1 for p in progress)


def test_stopping(pipeline, after):
    with pytest.raises(tessera.CancelledError):
        pipeline.generate(rgb=PHOTO, targets=["caption"], on_step=lambda step: False)
    with pytest.raises(ZeroDivisionError):
        pipeline.generate(rgb=PHOTO, targets=["caption"], on_step=lambda step: 1 / 0)
    stop = tessera.Cancellation()
    with pytest.raises(tessera.CancelledError):
        pipeline.generate(rgb=PHOTO, targets=["tok_rgb"], on_step=lambda step: stop.cancel(), cancellation=stop)
    assert pipeline.generate(rgb=PHOTO, targets=["caption"])["caption"].text


def test_errors(pipeline):
    for given, options, kind, words in [
        ({"rgb": "none.png"}, {}, FileNotFoundError, "none.png"),
        ({"foo": 1.0}, {}, ValueError, "foo"),
        ({"rgb": object()}, {}, ValueError, "object"),
        ({"rgb": PHOTO}, {"targets": ["foo"]}, ValueError, "foo"),
        ({"rgb": np.full((3, 224, 224), np.nan, np.float32)}, {}, ValueError, "(?i)nan|finite"),
        ({"rgb": b"no picture"}, {}, NotImplementedError, "PNG"),
        ({"rgb": []}, {}, ValueError, "value"),
    ]:
        with pytest.raises(kind, match=words):
            pipeline.generate(given, **{"targets": ["caption"], **options})
    with pytest.raises(FileNotFoundError):
        tessera.Pipeline("nowhere")
    with pytest.raises(ValueError):
        tessera.Pipeline(SHAPES, precision="int3")
    made = pipeline.generate(rgb=PHOTO, targets=["caption"])
    with pytest.raises(KeyError, match="caption"):
        made["depth"]


def test_compiled_bundles(tmp_path):
    try:
        command.run(["compile", SHAPES, "--precision", "int8", "--single-file", "-o", tmp_path / "s.tess"])
    except tessera.NotFoundError:
        pytest.skip("no command")
    with tessera.Pipeline(tmp_path / "s.tess") as pipeline:
        assert "cube" in pipeline.generate(rgb=os.fspath(PHOTO), targets=["caption"])["caption"].text
