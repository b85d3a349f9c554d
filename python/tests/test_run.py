"""Runs of models: values, types, memory, threads, stopping."""

import gc
import os
import resource
import threading

import ml_dtypes
import numpy as np
import onnx
import onnxruntime
import pytest
from conftest import ENCODER, EXPORTS, SHAPES, onnx_bytes, slow_bytes
from onnx import TensorProto, helper, numpy_helper

import tessera
from tessera import tensors

X = np.arange(8, dtype=np.float32).reshape(2, 4)


def test_results_are_those_of_onnx_runtime(encoder_inputs):
    expected = onnxruntime.InferenceSession(ENCODER).run(None, encoder_inputs)
    found = tessera.load(ENCODER).run(encoder_inputs)
    for one, other in zip(found.values(), expected):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)


def _loaded(file):
    proto = onnx.TensorProto()
    proto.ParseFromString(file.read_bytes())
    return numpy_helper.to_array(proto)


@pytest.mark.skipif(not EXPORTS.exists(), reason="no exported blocks beside the checkout")
@pytest.mark.parametrize("folder", sorted(EXPORTS.glob("*")) if EXPORTS.exists() else [], ids=lambda f: f.name)
def test_exported_blocks(folder):
    model = tessera.load(folder / "model.onnx")
    data = folder / "test_data_set_0"
    inputs = {v.name: _loaded(data / f"input_{i}.pb") for i, v in enumerate(model.function().inputs)}
    found = model.run(inputs)
    for i, name in enumerate(v.name for v in model.function().outputs):
        expected = _loaded(data / f"output_{i}.pb")
        assert found[name].dtype == expected.dtype
        if expected.dtype.kind == "f":
            scale = max(float(np.abs(expected).max()), 1e-6)
            assert np.abs(found[name] - expected).max() <= 2e-2 * scale
        else:
            assert (found[name] == expected).mean() > 0.98


@pytest.mark.parametrize("name", [name for name in tensors.DTYPES if name != "string"])
def test_element_types_pass_unchanged(name):
    dtype = tensors.DTYPES[name]
    bits = np.arange(30).astype(np.uint8) % (1 << {"4": 4, "2": 2}.get(name[1:2], 8) if name[0] in "iu" and name[1:] in ("4", "2") else 16)
    if name in ("bool",):
        values = (bits % 2).astype(bool)
    elif name in tensors._PACKED or dtype.itemsize == 1 and dtype.kind == "V":
        values = np.array([0, 1, 1, 0, 1] * 6).astype(dtype)
    else:
        values = bits.astype(dtype)
    # Through the structs and back, in odd numbers that do not fill a byte.
    values = values.reshape(5, 6)[:, :5].copy()
    row = tessera._structs.Tensor()
    keep = tensors.fill(row, b"x", values)
    assert tensors.element_type(values.dtype, name) == name
    assert row.bytes == tensors.dtype_bytes(name, values.shape)
    back = tensors.array_of(row, keep)
    assert back.dtype == dtype and back.shape == values.shape
    assert (back.view(np.uint8) == values.view(np.uint8)).all()


@pytest.mark.parametrize("kind,dtype", [(TensorProto.BFLOAT16, ml_dtypes.bfloat16), (TensorProto.FLOAT16, np.float16), (TensorProto.DOUBLE, np.float64), (TensorProto.INT8, np.int8), (TensorProto.UINT64, np.uint64), (TensorProto.BOOL, np.bool_)])  # fmt: skip
def test_element_types_of_models(kind, dtype):
    node = helper.make_node("Transpose", ["x"], ["y"])
    model = tessera.load(onnx_bytes([node], [("x", kind, ["a", "b"])], [("y", kind, ["b", "a"])]))
    x = np.array([[1, 0, 1], [0, 1, 1]]).astype(dtype)
    y = model.run({"x": x})["y"]
    assert y.dtype == x.dtype and (y == x.T).all()
    if dtype is ml_dtypes.bfloat16:
        assert (model.run({"x": x.view(np.uint16)})["y"] == x.T).all()


def test_texts():
    node = helper.make_node("Concat", ["x", "x"], ["y"], axis=0)
    model = tessera.load(onnx_bytes([node], [("x", TensorProto.STRING, ["n"])], [("y", TensorProto.STRING, ["m"])]))
    for x in (np.array(["a", "ü", ""], object), np.array(["a", "ü", ""])):
        assert model.run({"x": x})["y"].tolist() == ["a", "ü", ""] * 2
    with pytest.raises(tessera.UsageError, match="NUL"):
        model.run({"x": np.array(["a\0b"], object)})


def test_shapes_and_layouts(double):
    model = tessera.load(double)
    wide = np.arange(16, dtype=np.float32).reshape(4, 4)
    for x in (X, wide.T, wide[::2], wide[::-1], np.asfortranarray(X), X.astype(">f4"), np.empty((0, 4), np.float32)):
        found = model.run({"x": x})["y"]
        np.testing.assert_array_equal(found, x.astype("f4") * 2)
    assert (model.run({"x": [[1, 2, 3, 4]]})["y"] == [[2, 4, 6, 8]]).all()
    read_only = X.copy()
    read_only.flags.writeable = False
    np.testing.assert_array_equal(model.run({"x": read_only})["y"], X * 2)


def test_a_number():
    model = tessera.load(onnx_bytes([helper.make_node("Neg", ["x"], ["y"])], [("x", TensorProto.FLOAT, [])], [("y", TensorProto.FLOAT, [])]))
    y = model.run({"x": 3.0})["y"]
    assert y.shape == () and y == -3
    assert model.run({"x": np.float32(4)})["y"] == -4


def test_nothing_is_copied(double, monkeypatch):
    session = tessera.load(double).session()
    seen = []
    taken = tensors.array_of
    monkeypatch.setattr(tensors, "array_of", lambda tensor, owner: seen.append(tensor.data) or taken(tensor, owner))
    for x in (X, X + 1, np.ones((3, 4), np.float32)):
        y = session.run({"x": x})["y"]
        call = session._calls[None]
        assert call.rows[0].data == x.ctypes.data
        assert seen[-1] == y.ctypes.data and not y.flags.owndata and y.flags.writeable
    out = np.empty((2, 4), np.float32)
    assert session.run({"x": X}, into={"y": out})["y"] is out
    np.testing.assert_array_equal(out, X * 2)


def test_addresses():
    wide = np.arange(24, dtype=np.int16).reshape(4, 6)
    for array in (wide, wide[1:, 2:], wide.T, np.array(3.0), np.empty((0, 4)), np.asarray(memoryview(b"abcdefgh")[3:]), np.ones(3, ml_dtypes.bfloat16)):
        assert tensors.address(array) == array.__array_interface__["data"][0]


def test_a_run_leaves_nothing_to_the_next(double):
    session = tessera.load(double).session()
    steps, stop = [], tessera.Cancellation()
    session.run({"x": X}, on_step=lambda *step: steps.append(step), cancellation=stop, sizes={"n": 2})
    told = len(steps)
    stop.cancel()
    for x in (X, X[:1].copy(), np.ones((5, 4), np.float32)):
        np.testing.assert_array_equal(session.run({"x": x})["y"], x * 2)
    assert told and len(steps) == told
    with pytest.raises(ZeroDivisionError):
        session.run({"x": X}, on_step=lambda *_: 1 / 0)
    with pytest.raises(tessera.UsageError):
        session.run({"x": X[:, :3].copy()})
    np.testing.assert_array_equal(session.run({"x": X})["y"], X * 2)


def test_large_inputs_take_no_memory():
    node = helper.make_node("ReduceMax", ["x"], ["y"], keepdims=0)
    model = tessera.load(onnx_bytes([node], [("x", TensorProto.FLOAT, ["n"])], [("y", TensorProto.FLOAT, [])]))
    x = np.ones(100_000_000, np.float32)
    model.run({"x": x[:1000]})
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert model.run({"x": x})["y"] == 1
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # kB; the input has 400,000


def test_results_live_as_long_as_their_arrays(double):
    with tessera.load(double) as model:
        y = model.run({"x": X})["y"]
        part = y[1]
    del y
    gc.collect()
    for _ in range(100):
        np.empty((2, 4), np.float32).fill(7)
    np.testing.assert_array_equal(part, X[1] * 2)


def test_memory_comes_back(double):
    model = tessera.load(double)
    x = np.ones((250_000, 4), np.float32)
    for _ in range(3):
        model.run({"x": x})
    before = int(open("/proc/self/statm").read().split()[1])
    for _ in range(50):
        model.run({"x": x})
    assert (int(open("/proc/self/statm").read().split()[1]) - before) * 4096 < 20e6


def test_threads_run_side_by_side(encoder_inputs):
    compiled = tessera.load(ENCODER).compile(threads=1)
    expected = compiled.run(encoder_inputs)
    problems = []

    def work():
        for _ in range(30):
            found = compiled.run(encoder_inputs)
            problems.extend(name for name in found if not (found[name] == expected[name]).all())

    threads = [threading.Thread(target=work) for _ in range(6)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert not problems and len(compiled._idle) <= 6


def test_other_threads_go_on(after):
    """The interpreter is free while the library computes."""
    model = tessera.load(slow_bytes(60))
    x = np.ones((512, 512), np.float32)
    model.run({"v0": x[:1]})
    ticks = []
    stop = threading.Event()

    def tick():
        while not stop.wait(0.002):
            ticks.append(1)

    thread = threading.Thread(target=tick)
    thread.start()
    model.run({"v0": x})
    stop.set()
    thread.join()
    assert len(ticks) > 5


def test_a_session_serves_one_thread(after):
    session = tessera.load(slow_bytes(200)).session()
    stop = tessera.Cancellation()
    started = threading.Event()

    def work():
        with pytest.raises(tessera.CancelledError):
            session.run({"v0": np.ones((512, 512), np.float32)}, cancellation=stop, on_step=lambda *_: started.set())

    thread = threading.Thread(target=work)
    thread.start()
    assert started.wait(60)
    with pytest.raises(tessera.UsageError, match="one thread at a time"):
        session.run({"v0": X})
    stop.cancel()
    thread.join()


def test_steps_and_stopping(double, after):
    steps = []
    model = tessera.load(slow_bytes(5, 64))
    model.run({"v0": np.ones((1, 64), np.float32)}, on_step=lambda *step: steps.append(step))
    assert len(steps) >= 5 and all(isinstance(k, str) and isinstance(n, str) and t >= 0 for k, n, t in steps)
    with pytest.raises(ZeroDivisionError):
        model.run({"v0": np.ones((1, 64), np.float32)}, on_step=lambda *_: 1 / 0)
    assert len(model.run({"v0": np.ones((1, 64), np.float32)})) == 1
    stop = tessera.Cancellation()
    stop.cancel()
    with pytest.raises(tessera.CancelledError):
        model.run({"v0": np.ones((1, 64), np.float32)}, cancellation=stop)


def test_functions_sizes_and_precision():
    model = tessera.Model(SHAPES / "tok_rgb.safetensors", part="encoder")
    assert str(model.functions["tokenize"].inputs[0]) == "image: f32[batch, 3, 16*gh, 16*gw]"
    image = np.random.default_rng(1).random((1, 3, 224, 224), np.float32) * 2 - 1
    exact = model.run({"image": image}, "tokenize")
    rounded = model.compile(precision="int8").run({"image": image}, "tokenize")
    assert exact["tokens"].shape == rounded["tokens"].shape == (1, 14, 14)
    assert (exact["tokens"] == rounded["tokens"]).mean() > 0.5
    assert model.parameter_count > 10_000 and model.weight_bytes > 0 and "family" in model.metadata


def test_compiled_files(tmp_path, encoder_inputs):
    model = tessera.load(ENCODER)
    compiled = tessera.compile(ENCODER, tmp_path / "e.tess", precision="int8")
    assert repr(compiled).startswith("<tessera.CompiledModel")
    again = tessera.load(str(tmp_path / "e.tess"))
    for name, value in again.run(encoder_inputs).items():
        assert (value == compiled.run(encoder_inputs)[name]).all()
        np.testing.assert_allclose(value, model.run(encoder_inputs)[name], atol=0.1)


def test_quantizing_tells_what_it_did(encoder_inputs):
    compiled = tessera.quantize(ENCODER, "int8", calibration=[encoder_inputs, ("main", encoder_inputs)])
    table = compiled.report.table()
    assert {"name", "scheme", "decibels"} <= set(table.columns) and len(table) == 3
    assert (table.decibels > 20).all()
    assert tessera.load(ENCODER).compile().report is None


def test_errors(double, tmp_path):
    with pytest.raises(FileNotFoundError) as caught:
        tessera.load(tmp_path / "none.onnx")
    assert isinstance(caught.value, tessera.NotFoundError) and caught.value.category == "notFound"
    (tmp_path / "bad.onnx").write_bytes(double[: len(double) // 2])
    with pytest.raises(tessera.TesseraError) as caught:
        tessera.load(tmp_path / "bad.onnx")
    assert caught.value.file == str(tmp_path / "bad.onnx")
    node = helper.make_node("Nonsense", ["x"], ["y"], domain="nobody")
    graph = helper.make_graph([node], "g", *[[helper.make_tensor_value_info(n, TensorProto.FLOAT, [1])] for n in "xy"])
    odd = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21), helper.make_opsetid("nobody", 1)], ir_version=10)
    with pytest.raises(NotImplementedError) as caught:
        tessera.load(odd.SerializeToString())
    assert isinstance(caught.value, tessera.UnsupportedModelError) and "Nonsense" in str(caught.value)
    model = tessera.load(double)
    for inputs, words in [({}, "x"), ({"x": X.astype(np.float64)}, "f32"), ({"x": X[:, :3]}, "4"), ({"x": X, "z": X}, "z")]:
        with pytest.raises(ValueError, match=words):
            model.run(inputs)
    with pytest.raises(ValueError, match="there are: main|there are: test"):
        model.run({"x": X}, "none")
    with pytest.raises(ValueError, match="complex"):
        model.run({"x": X.astype(complex)})
    with pytest.raises(ValueError):
        model.compile(precision="int3")
    with pytest.raises(ValueError, match="written to|row-major"):
        model.session().run({"x": X}, into={"y": X.T})
    np.testing.assert_array_equal(model.run({"x": X})["y"], X * 2)


def test_closing(double):
    model = tessera.load(double)
    compiled = model.compile()
    session = compiled.session()
    model.close()
    compiled.close()
    np.testing.assert_array_equal(session.run({"x": X})["y"], X * 2)
    with session:
        pass
    assert session.is_closed
    for closed in (model, compiled):
        with pytest.raises(ValueError, match="closed"):
            closed.run({"x": X})
    with pytest.raises(ValueError, match="closed"):
        session.run({"x": X})
    model.close()
    assert "closed" in repr(model)


@pytest.mark.skipif("PYTEST_XDIST_WORKER" in os.environ, reason="times")
def test_a_small_run_costs_little(double):
    import time

    from tessera import interrupts

    stop = tessera.Cancellation()
    best = 1.0
    for _ in range(20):
        start = time.perf_counter()
        for _ in range(1000):
            interrupts.watched(int, (), stop)
        best = min(best, (time.perf_counter() - start) / 1000)
    assert best < 20e-6
