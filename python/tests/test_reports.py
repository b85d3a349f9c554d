"""Reports as objects and tables."""

import numpy as np
import pytest
from conftest import ENCODER, SHAPES

import tessera
from tessera import command

SIZES = {"b": 2, "n": 8}


@pytest.fixture(scope="module")
def program():
    try:
        return command.path()
    except tessera.NotFoundError:
        pytest.skip("no command")


@pytest.mark.parametrize("what", ["summary", "ops", "cost", "memory", "weights", "passes"])
def test_inspections(what):
    report = tessera.inspect(ENCODER, what, function="main" if what == "memory" else None, sizes=SIZES)
    table = report.table()
    assert len(table) == len(report.rows()) > 0
    assert all(len(report.table(name)) for name in report.tables)
    assert report.to_dict() and repr(report).startswith("Inspection(") and report.nothing is None
    with pytest.raises(KeyError):
        report["nothing"]
    with pytest.raises(KeyError, match="there are"):
        report.table("nothing")
    assert "<table" in report._repr_html_()


def test_inspecting_handles(tmp_path):
    model = tessera.load(ENCODER)
    # Constants that nothing but shapes depend on are no parameters.
    assert 0 < tessera.inspect(model).parameters <= model.parameter_count
    with pytest.raises(ValueError, match="in memory"):
        tessera.inspect(model.compile())
    with pytest.raises(ValueError):
        tessera.inspect(model, "nothing")


def test_profiles(program):
    inputs = {"ids": np.arange(16).reshape(2, 8), "mask": np.ones((2, 8), np.int64)}
    report = tessera.profile(ENCODER, inputs, runs=3)
    assert report.medianMs > 0 and report.runs == 3
    assert {"name", "op", "figures.milliseconds"} <= set(report.table().columns)
    assert len(report.table("kernels")) and len(report.table("operators"))
    assert tessera.profile(ENCODER, sizes=SIZES, runs=2, threads=1).threads == 1


def test_evaluations(program):
    inputs = [{"ids": np.full((1, 8), i), "mask": np.ones((1, 8), np.int64)} for i in range(3)]
    report = tessera.evaluate(ENCODER, precision="int8", data=inputs)
    assert (report.table().sqnr > 20).all() and set(report.table().calls) == {3}
    report = tessera.evaluate(SHAPES, precision="int8", data=SHAPES / "images" / "000_rgb.png", targets=["tok_depth@224"])
    assert report.targets[0].target == "tok_depth@224" and report.table().equalTokens[0] > 0.5
    with pytest.raises(ValueError):
        tessera.evaluate(ENCODER, data=inputs)


def test_the_command(program, capfd):
    assert "tessera" in command.run(["--version"])
    with pytest.raises(tessera.UsageError):
        command.run(["inspect", "--nonsense"])
    with pytest.raises(tessera.TesseraError):
        command.run(["inspect", "nowhere.onnx"])
