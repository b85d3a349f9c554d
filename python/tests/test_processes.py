"""Handles in other processes, and signals."""

import multiprocessing
import os
import pickle
import signal
import threading
import time

import numpy as np
import pytest
from conftest import ENCODER, SHAPES, python, slow_bytes

import tessera

PHOTO = SHAPES / "images" / "000_rgb.png"


def test_pickled_handles(double, tmp_path, encoder_inputs):
    model = tessera.load(ENCODER)
    file = tessera.compile(model, tmp_path / "e.tess", precision="int8")
    x = np.ones((2, 4), np.float32)
    for handle in (model, model.compile(precision="int8"), file, file.session(1), tessera.quantize(model, calibration=[encoder_inputs])):
        again = pickle.loads(pickle.dumps(handle))
        assert type(again) is type(handle)
        expected = handle.run(encoder_inputs)
        for name, value in again.run(encoder_inputs).items():
            np.testing.assert_array_equal(value, expected[name])
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(tessera.load(double))).run({"x": x})["y"], x * 2)
    data = pickle.dumps(file)
    assert len(data) < 1000  # The path, not the weights.
    (tmp_path / "e.tess").unlink()
    with pytest.raises(FileNotFoundError):
        pickle.loads(data)
    with pytest.raises(TypeError):
        pickle.dumps(tessera.Cancellation())


def test_pickled_errors_and_reports():
    error = tessera.NotFoundError("gone", "a.tess", "node", "look")
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), again.file, again.filename, again.node, again.remedy) == (
        tessera.NotFoundError, "gone", "a.tess", "a.tess", "node", "look",
    )  # fmt: skip
    report = tessera.inspect(ENCODER)
    assert pickle.loads(pickle.dumps(report)) == report


def _sum(job):
    handle, inputs = job
    return float(sum(value.sum() for value in handle.run(inputs).values()))


@pytest.mark.parametrize("method", ["spawn", "fork", "forkserver"])
def test_pools_of_processes(method, tmp_path, encoder_inputs):
    handle = tessera.compile(ENCODER, tmp_path / "e.tess")
    expected = _sum((handle, encoder_inputs))
    with multiprocessing.get_context(method).Pool(2) as pool:
        assert pool.map(_sum, [(handle, encoder_inputs)] * 6) == [expected] * 6


def test_ray_passes_models_on(tmp_path, encoder_inputs, monkeypatch):
    ray = pytest.importorskip("ray")
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")

    def total(handle, inputs):
        return float(sum(value.sum() for value in handle.run(inputs).values()))

    model = tessera.load(ENCODER)
    handles = [model, tessera.compile(ENCODER, tmp_path / "e.tess"), model.compile(threads=1)]
    ray.init(num_cpus=2, include_dashboard=False, _node_ip_address="127.0.0.1", object_store_memory=100 << 20, log_to_driver=False)
    try:
        remote = ray.remote(total)
        found = ray.get([remote.remote(handle, encoder_inputs) for handle in handles * 2], timeout=120)
    finally:
        ray.shutdown()
    assert found == [total(model, encoder_inputs)] * 6


_inherited = {}


def _inherit(_):
    found = _inherited["model"].run(_inherited["inputs"])
    return {name: value.copy() for name, value in found.items()}


def test_forked_children_use_what_they_inherit(encoder_inputs):
    """Packed weights are shared with the parent, as pages that nobody writes to."""
    _inherited.update(model=tessera.load(ENCODER), inputs=encoder_inputs)
    expected = _inherit(0)
    with multiprocessing.get_context("fork").Pool(2) as pool:
        for found in pool.map(_inherit, range(4)):
            for name, value in found.items():
                np.testing.assert_array_equal(value, expected[name])
    for name, value in _inherit(0).items():
        np.testing.assert_array_equal(value, expected[name])


def _caption(pipeline):
    return pipeline.generate(rgb=PHOTO, targets=["caption"])["caption"].text


def _problem(pipeline):
    try:
        return _caption(_inherited["pipeline"] if pipeline is None else pipeline())
    except tessera.UsageError as error:
        return str(error)


def _opened():
    return tessera.Pipeline(SHAPES)


def test_pipelines_and_processes():
    pipeline = _inherited["pipeline"] = tessera.Pipeline(SHAPES)
    text = _caption(pipeline)
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        assert pool.map(_caption, [pipeline] * 3) == [text] * 3
    with multiprocessing.get_context("fork").Pool(1) as pool:
        for found in pool.map(_problem, [None, _opened]):
            assert "spawn" in found
    assert _caption(pipeline) == text


FIRST_FORK = """
import multiprocessing, sys, tessera
def work(number):
    return tessera.Pipeline(sys.argv[1]).generate(rgb=sys.argv[2], targets=["caption"])["caption"].text
with multiprocessing.get_context("fork").Pool(2) as pool:
    print(pool.map(work, range(2)))
"""


def test_children_may_open_pipelines_of_their_own():
    done = python(FIRST_FORK, SHAPES, PHOTO)
    assert done.returncode == 0 and done.stdout.count("cube") == 2, done.stdout


SLOW = """
import os, signal, sys, threading, time
import numpy as np, tessera
sys.path.insert(0, sys.argv[1])
from conftest import slow_bytes
model = tessera.load(slow_bytes(400))
x = np.ones((4096, 512), np.float32)
print("start", model.run({"v0": x[:1]}).keys())
threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
begin = time.monotonic()
try:
    model.run({"v0": x})
    print("ended")
except KeyboardInterrupt:
    print(f"interrupted after {time.monotonic() - begin:.2f}")
model.run({"v0": x[:1]})
print("fine")
"""


def test_ctrl_c_stops_a_run():
    done = python(SLOW, os.path.dirname(__file__))
    assert done.returncode == 0 and "fine" in done.stdout, done.stdout
    assert 0.4 < float(done.stdout.split("interrupted after ")[1].split()[0]) < 2, done.stdout


GENERATE = """
import sys, time, tessera
pipeline = tessera.Pipeline(sys.argv[1])
begin = []
def tell(step):
    if not begin:
        begin.append(time.monotonic())
        print("go")
try:
    pipeline.generate(rgb=sys.argv[2], targets=["tok_rgb"], variations=50, on_step=tell)
    print("ended")
except KeyboardInterrupt:
    print(f"interrupted after {time.monotonic() - begin[0]:.2f}")
print(pipeline.generate(rgb=sys.argv[2], targets=["caption"])["caption"].text)
"""


def test_ctrl_c_stops_a_generation():
    done = python(GENERATE, SHAPES, PHOTO, interrupt_at="go")
    assert done.returncode == 0 and "cube" in done.stdout, done.stdout
    assert float(done.stdout.split("interrupted after ")[1].split()[0]) < 3, done.stdout


def test_ctrl_c_ends_a_program():
    program = GENERATE.replace("except KeyboardInterrupt", "except ZeroDivisionError")
    done = python(program, SHAPES, PHOTO, interrupt_at="go")
    assert done.returncode in (-signal.SIGINT, 130) and "KeyboardInterrupt" in done.stdout, done.stdout


def test_handlers_of_the_program_are_its_own(monkeypatch):
    """A handler that does not raise lets the run go on, and event loops keep their pipe."""
    told = []
    before = signal.signal(signal.SIGINT, lambda *_: told.append(1))
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    old = signal.set_wakeup_fd(writer)
    try:
        time.sleep(0.15)
        model = tessera.load(slow_bytes(100))
        threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()
        while not told:
            model.run({"v0": np.ones((256, 512), np.float32)})
        assert os.read(reader, 1) == bytes([signal.SIGINT])
    finally:
        signal.set_wakeup_fd(old)
        signal.signal(signal.SIGINT, before)
