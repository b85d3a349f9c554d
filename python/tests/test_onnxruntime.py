"""Code written for ONNX Runtime: the same calls on both."""

import pickle
import threading

import numpy as np
import onnxruntime
import pytest
from conftest import ENCODER, EXPORTS, slow_bytes

import tessera
import tessera.onnxruntime as ours

BOTH = [onnxruntime, ours]
X = np.arange(8, dtype=np.float32).reshape(2, 4)


def _used(module, double, inputs):
    """A program as people write it."""
    options = module.SessionOptions()
    options.intra_op_num_threads = 1
    options.graph_optimization_level = module.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.execution_mode = module.ExecutionMode.ORT_SEQUENTIAL
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = module.InferenceSession(str(ENCODER), sess_options=options, providers=["CPUExecutionProvider"])
    found = [[(v.name, v.type, v.shape) for v in row] for row in (session.get_inputs(), session.get_outputs())]
    values = session.run(None, inputs)
    (last,) = session.run([session.get_outputs()[-1].name], inputs)
    assert (last == values[-1]).all()
    meta = session.get_modelmeta()
    described = (meta.producer_name.split(" ")[0], meta.graph_name, meta.domain, meta.custom_metadata_map)
    small = module.InferenceSession(double, providers=["CPUExecutionProvider"])
    binding = small.io_binding()
    binding.bind_cpu_input("x", X)
    binding.bind_output("y")
    small.run_with_iobinding(binding)
    bound = [binding.copy_outputs_to_cpu()[0].copy(), binding.get_outputs()[0].numpy().copy()]
    # ONNX Runtime's values lie over arrays without keeping them.
    empty, moved = np.zeros((2, 4), np.float32), X + 1
    out = module.OrtValue.ortvalue_from_numpy(empty, "cpu", 0)
    given = module.OrtValue.ortvalue_from_numpy(moved)
    binding = small.io_binding()
    binding.bind_ortvalue_input("x", given)
    binding.bind_ortvalue_output("y", out)
    small.run_with_iobinding(binding)
    bound += [out.numpy().copy(), small.run_with_ort_values(["y"], {"x": given})[0].numpy()]
    kinds = [given.data_type(), given.shape(), given.is_tensor(), given.has_value(), given.device_name()]
    return found, values, described, bound, kinds, session.get_providers(), small.run(["y"], {"x": X}, module.RunOptions())


def test_the_same_program_gives_the_same(double, encoder_inputs):
    theirs, own = (_used(module, double, encoder_inputs) for module in BOTH)
    assert own[0][0] == theirs[0][0]
    # Of outputs, symbols are spelled as the inputs spell them where that is known.
    assert [row[:2] for row in own[0][1]] == [row[:2] for row in theirs[0][1]]
    for one, other in zip(own[1], theirs[1]):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)
    assert own[2] == theirs[2]
    for one, other in zip(own[3], theirs[3]):
        np.testing.assert_array_equal(one, other)
    assert own[4:6] == theirs[4:6]
    np.testing.assert_array_equal(own[6], theirs[6])


@pytest.mark.parametrize("module", BOTH, ids=["onnxruntime", "tessera"])
def test_what_is_wrong(module, double):
    session = module.InferenceSession(double, providers=["CPUExecutionProvider"])
    with pytest.raises(ValueError, match="Required inputs"):
        session.run(None, {})
    invalid = ours.InvalidArgument if module is ours else onnxruntime.capi.onnxruntime_pybind11_state.InvalidArgument
    for feed in ({"x": X.astype(np.int64)}, {"x": X[:, :2]}, {"x": X, "no": X}):
        with pytest.raises((invalid, ValueError)):
            session.run(None, feed)
    with pytest.raises((invalid, ValueError), match="(?i)invalid output name"):
        session.run(["no"], {"x": X})


@pytest.mark.parametrize("name", ["vit-script-11", "vit-qdq-21", "rnns-script-13", "unet-script-18"])
def test_exported_models(name):
    path = EXPORTS / name / "model.onnx"
    if not path.exists():
        pytest.skip("no exported blocks beside the checkout")
    random = np.random.default_rng(7)
    sessions = []
    for module in BOTH:
        options = module.SessionOptions()
        if "qdq" in name:
            # Fused, ONNX Runtime lets sums of 8-bit products overflow on processors without VNNI.
            options.graph_optimization_level = module.GraphOptimizationLevel.ORT_DISABLE_ALL
        sessions.append(module.InferenceSession(str(path), options, providers=["CPUExecutionProvider"]))
    feed = {}
    for value in sessions[0].get_inputs():
        shape = [size if isinstance(size, int) else 2 for size in value.shape]
        whole = "int" in value.type
        feed[value.name] = random.integers(0, 2, shape) if whole else random.standard_normal(shape).astype(np.float32)
    theirs, own = (session.run(None, feed) for session in sessions)
    for one, other in zip(own, theirs):
        assert np.abs(one - other).max() <= 3e-2 * max(float(np.abs(other).max()), 1e-6)


def test_stopping(after):
    session = ours.InferenceSession(slow_bytes(300))
    options = ours.RunOptions()
    started = after(0.3, lambda: setattr(options, "terminate", True))
    with pytest.raises(tessera.CancelledError):
        session.run(None, {"v0": np.ones((2048, 512), np.float32)}, options)
    started.join()
    options.terminate = False
    assert not options.terminate


def test_run_async(double):
    session = ours.InferenceSession(double)
    done = threading.Event()
    told = []

    def callback(results, data, problem):
        told.extend([results, data, problem])
        done.set()

    session.run_async(None, {"x": X}, callback, "mine")
    assert done.wait(30)
    np.testing.assert_array_equal(told[0][0], X * 2)
    assert told[1:] == ["mine", ""]


def test_pickled(double):
    options = ours.SessionOptions()
    options.add_session_config_entry("tessera.precision", "int8")
    for source in (double, str(ENCODER)):
        again = pickle.loads(pickle.dumps(ours.InferenceSession(source, options)))
        assert again.get_session_options().get_session_config_entry("tessera.precision") == "int8"


def test_addresses(double):
    session = ours.InferenceSession(double)
    binding = session.io_binding()
    out = np.zeros((2, 4), np.float32)
    binding.bind_input("x", "cpu", 0, np.float32, X.shape, X.ctypes.data)
    binding.bind_output("y", "cpu", 0, np.float32, out.shape, out.ctypes.data)
    session.run_with_iobinding(binding)
    np.testing.assert_array_equal(out, X * 2)
    with pytest.raises(ValueError, match="cuda"):
        binding.bind_output("y", "cuda")
