#!/usr/bin/env python3
"""Calls every method of Triton's Python client for gRPC against tessera-serve, and judges the answers.

    server-grpc-tests.py PROGRAM [OPTION ...]

Starts PROGRAM with models of its own, a free port and shared memory; OPTIONs are added. Needs tritonclient[grpc] and numpy."""
import asyncio, os, pathlib, queue, signal, socket, subprocess, sys, tempfile, threading, time
import grpc
import numpy as np
import tritonclient.grpc as triton
import tritonclient.grpc.aio as triton_aio
import tritonclient.utils.shared_memory as shm
from tritonclient.grpc import service_pb2, service_pb2_grpc
from tritonclient.utils import InferenceServerException

TYPES = {
    "bool": "BOOL", "u8": "UINT8", "u16": "UINT16", "u32": "UINT32", "u64": "UINT64", "i8": "INT8", "i16": "INT16", "i32": "INT32",
    "i64": "INT64", "f16": "FP16", "bf16": "BF16", "f32": "FP32", "f64": "FP64", "string": "BYTES",
}


def doubled(name, type):
    return f"""module @{name} stage(imported) {{
  func @main(%x: {type}[n]) -> (y: {type}[2*n]) {{
    %0 = concat(%x, %x) {{axis: 0}} : {type}[2*n] "join"
    return %0
  }}
}}
"""


def slow():
    steps = [f'    %{i} = matmul({"%x" if i == 0 else f"%{i - 1}"}, %x) : f32[n, n] "step{i}"' for i in range(60)]
    return "module @slow stage(imported) {\n  func @main(%x: f32[n, n]) -> (y: f32[n, n]) {\n" + "\n".join(steps) + "\n    return %59\n  }\n}\n"


ROWS = """module @rows stage(imported) {
  func @main(%x: f32[batch, 4]) -> (y: f32[batch, 4]) {
    %0 = add(%x, %x) : f32[batch, 4] "add"
    return %0
  }
}
"""
PAIR = """module @pair stage(imported) {
  func @twice(%x: f32[n]) -> (y: f32[n]) {
    %0 = add(%x, %x) : f32[n] "add"
    return %0
  }
  func @square(%x: f32[n]) -> (y: f32[n]) {
    %0 = mul(%x, %x) : f32[n] "mul"
    return %0
  }
}
"""


def write(folder, name, text):
    hidden = pathlib.Path(folder, "." + name)
    hidden.write_text(text)
    hidden.rename(pathlib.Path(folder, name))


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


failed = []
tests = []


def test(f):
    tests.append(f)
    return f


def fails(code, call, *words):
    """Whether `call` fails with the status and words in its message."""
    try:
        call()
    except InferenceServerException as error:
        assert error.status() == f"StatusCode.{code}", f"{error.status()}, not {code}: {error.message()}"
        for word in words:
            assert word in error.message(), f"no '{word}' in: {error.message()}"
        return
    raise AssertionError(f"no {code}")


def tensor(name, values, type=None):
    made = triton.InferInput(name, list(values.shape), type or triton_type(values))
    made.set_data_from_numpy(values)
    return made


def triton_type(values):
    from tritonclient.utils import np_to_triton_dtype
    return np_to_triton_dtype(values.dtype)


X = np.arange(8, dtype=np.float32).reshape(2, 4)


@test
def health(c):
    assert c.is_server_live() and c.is_server_ready() and c.is_model_ready("rows") and c.is_model_ready("rows", "1")
    assert not c.is_model_ready("rows", "7") and not c.is_model_ready("none")


@test
def metadata(c):
    server = c.get_server_metadata()
    assert server.name == "tessera" and "system_shared_memory" in server.extensions, server
    rows = c.get_model_metadata("rows")
    assert list(rows.versions) == ["1"] and rows.inputs[0].datatype == "FP32" and list(rows.inputs[0].shape) == [-1, 4], rows
    fails("NOT_FOUND", lambda: c.get_model_metadata("none"), "none")
    fails("NOT_FOUND", lambda: c.get_model_metadata("rows", "9"), "9")
    config = c.get_model_config("rows").config
    assert config.name == "rows" and config.max_batch_size == 8 and list(config.input[0].dims) == [4], config
    assert c.get_model_config("type_string", as_json=True)["config"]["input"][0]["data_type"] == "TYPE_STRING"


@test
def all_types_raw(c):
    for type, name in TYPES.items():
        if type == "string":
            values = np.array(["äö", "", "x" * 300], dtype=np.object_)
        elif type == "bf16":
            values = np.array([1.5, -2.0, 0.25], dtype=np.float32)
        elif type == "bool":
            values = np.array([True, False, True])
        else:
            values = np.array([1, 2, 3]).astype({"f16": "float16", "f32": "float32", "f64": "float64"}.get(type, type.replace("u", "uint").replace("i", "int") if type[0] == "i" else type.replace("u", "uint")))
        if type == "bf16":
            given = triton.InferInput("x", [3], name)
            given._raw_content = (values.view(np.uint32) >> 16).astype(np.uint16).tobytes()
        else:
            given = tensor("x", values, name)
        result = c.infer(f"type_{type}", [given], request_id="7")
        if type == "bf16":
            halves = np.frombuffer(result.get_response().raw_output_contents[0], dtype=np.uint16)
            got = (halves.astype(np.uint32) << 16).view(np.float32)
        else:
            got = result.as_numpy("y")
        want = np.concatenate([values, values])
        if type == "string":
            got, want = [x.decode() for x in got], list(want)
        assert list(got) == list(want), (type, got)
        assert result.get_response().id == "7" and result.get_output("y").datatype == name


@test
def all_types_typed(c):
    stub = service_pb2_grpc.GRPCInferenceServiceStub(grpc.insecure_channel(c.url))
    fields = {"BOOL": "bool_contents", "FP32": "fp32_contents", "FP64": "fp64_contents", "BYTES": "bytes_contents", "INT64": "int64_contents", "UINT64": "uint64_contents"}
    for type, name in TYPES.items():
        if type in ("f16", "bf16"): continue
        field = fields.get(name, "uint_contents" if name[0] == "U" else "int_contents")
        values = [b"a", "ü".encode()] if name == "BYTES" else [True, False] if name == "BOOL" else [1, 2]
        request = service_pb2.ModelInferRequest(model_name=f"type_{type}")
        request.inputs.add(name="x", datatype=name, shape=[2])
        getattr(request.inputs[0].contents, field).extend(values)
        answer = stub.ModelInfer(request)
        assert list(getattr(answer.outputs[0].contents, field)) == values * 2 and not answer.raw_output_contents, (type, answer)
    request = service_pb2.ModelInferRequest(model_name="type_u8")
    request.inputs.add(name="x", datatype="UINT8", shape=[1])
    request.inputs[0].contents.uint_contents.append(256)
    code = None
    try: stub.ModelInfer(request)
    except grpc.RpcError as error: code = error.code()
    assert code == grpc.StatusCode.INVALID_ARGUMENT


@test
def functions(c):
    x = np.array([3, 4], dtype=np.float32)
    assert list(c.infer("pair", [tensor("x", x)], parameters={"function": "square"}).as_numpy("y")) == [9, 16]
    fails("INVALID_ARGUMENT", lambda: c.infer("pair", [tensor("x", x)]), "twice", "square")


@test
def bad_requests(c):
    fails("NOT_FOUND", lambda: c.infer("none", [tensor("x", X)]), "none")
    fails("NOT_FOUND", lambda: c.infer("rows", [tensor("x", X)], model_version="4"), "4")
    fails("INVALID_ARGUMENT", lambda: c.infer("rows", [tensor("z", X)]), "x")
    fails("INVALID_ARGUMENT", lambda: c.infer("rows", [tensor("x", X), tensor("x", X)]), "twice")
    fails("INVALID_ARGUMENT", lambda: c.infer("rows", [tensor("x", X.astype(np.int32))]), "x")
    fails("INVALID_ARGUMENT", lambda: c.infer("rows", [tensor("x", X[:, :3].copy())]))
    fails("INVALID_ARGUMENT", lambda: c.infer("rows", [tensor("x", X)], outputs=[triton.InferRequestedOutput("q")]), "q")
    classes = c.infer("rows", [tensor("x", X)], outputs=[triton.InferRequestedOutput("y", class_count=2)]).as_numpy("y")
    assert classes.tolist() == [[b"6.0:3", b"4.0:2"], [b"14.0:3", b"12.0:2"]], classes
    fails("UNIMPLEMENTED", lambda: c.infer("rows", [tensor("x", X)], sequence_id=5), "sequence_id")
    wrong = tensor("x", X)
    wrong.set_shape([3, 4])
    fails("INVALID_ARGUMENT", lambda: c.infer("rows", [wrong]), "rows", "x")
    for shape in ([-1, 4], [2**62, 4]):
        wrong = tensor("x", X)
        wrong.set_shape(shape)
        fails("INVALID_ARGUMENT", lambda: c.infer("rows", [wrong]))
    wrong = tensor("x", X)
    wrong._raw_content = None
    fails("INVALID_ARGUMENT", lambda: c.infer("rows", [wrong]))
    text = tensor("x", np.array(["abc"], dtype=np.object_), "BYTES")
    for raw in (b"", b"\xff\xff\xff\xffab", b"\2\0\0\0\xff\xfe", text._raw_content + b"\0"):
        text._raw_content = raw
        fails("INVALID_ARGUMENT", lambda: c.infer("type_string", [text]))
    assert np.array_equal(c.infer("rows", [tensor("x", X)]).as_numpy("y"), X * 2)


@test
def compression(c):
    for kind in ("gzip", "deflate"):
        assert np.array_equal(c.infer("rows", [tensor("x", X)], compression_algorithm=kind).as_numpy("y"), X * 2)


@test
def async_and_cancel(c):
    answers = queue.Queue()
    for i in range(20): c.async_infer("rows", [tensor("x", X + i)], lambda result, error, i=i: answers.put((i, result, error)))
    for _ in range(20):
        i, result, error = answers.get(timeout=20)
        assert error is None and np.array_equal(result.as_numpy("y"), (X + i) * 2), error
    big = np.zeros((900, 900), dtype=np.float32)
    before = c.get_inference_statistics("slow").model_stats[0].inference_stats.success.count
    call = c.async_infer("slow", [tensor("x", big)], lambda result, error: answers.put(error))
    time.sleep(0.3)
    call.cancel()
    error = answers.get(timeout=20)
    assert "CANCELLED" in str(error.status()), error
    began = time.time()
    small = np.eye(4, dtype=np.float32)
    assert np.array_equal(c.infer("slow", [tensor("x", small)]).as_numpy("y"), small)
    waited = time.time() - began
    after = c.get_inference_statistics("slow").model_stats[0].inference_stats
    assert after.success.count == before + 1 and after.fail.count >= 1, after
    print(f"    the run after a cancelled one began within {waited:.2f} s")


@test
def deadlines(c):
    big = np.zeros((900, 900), dtype=np.float32)
    fails("DEADLINE_EXCEEDED", lambda: c.infer("slow", [tensor("x", big)], client_timeout=0.2))
    # In microseconds, judged by the server.
    fails("DEADLINE_EXCEEDED", lambda: c.infer("slow", [tensor("x", big)], timeout=200_000), "slow")
    assert np.array_equal(c.infer("rows", [tensor("x", X)], timeout=10_000_000).as_numpy("y"), X * 2)


@test
def streams(c):
    answers = queue.Queue()
    c.start_stream(lambda result, error: answers.put((result, error)))
    count = 200
    for i in range(count):
        c.async_stream_infer("rows" if i != 50 else "none", [tensor("x", X + i)], request_id=f"{i}")
    for i in range(count):
        result, error = answers.get(timeout=30)
        if i == 50:
            assert error is not None and "none" in str(error)
        else:
            assert error is None and result.get_response().id == f"{i}" and np.array_equal(result.as_numpy("y"), (X + i) * 2), (i, error)
    c.async_stream_infer("rows", [tensor("x", X)], enable_empty_final_response=True)
    result, error = answers.get(timeout=30)
    assert result.get_response().parameters["triton_final_response"].bool_param
    c.stop_stream()
    c.start_stream(lambda result, error: answers.put((result, error)), headers={"triton_grpc_error": "true"})
    c.async_stream_infer("none", [tensor("x", X)])
    result, error = answers.get(timeout=30)
    assert "NOT_FOUND" in str(error.status()), error
    c.stop_stream()
    # What waits and runs is stopped with the stream.
    c.start_stream(lambda result, error: answers.put((result, error)))
    big = np.zeros((900, 900), dtype=np.float32)
    for i in range(3): c.async_stream_infer("slow", [tensor("x", big)])
    time.sleep(0.3)
    c.stop_stream(cancel_requests=True)
    result, error = answers.get(timeout=30)
    assert error is not None and "CANCELLED" in str(error.status()), error
    small = np.eye(4, dtype=np.float32)
    began = time.time()
    c.infer("slow", [tensor("x", small)])
    print(f"    the run after a cancelled stream began within {time.time() - began:.2f} s")


@test
def asyncio_client(c):
    async def run():
        async with triton_aio.InferenceServerClient(c.url) as a:
            assert await a.is_server_live()
            made = triton_aio.InferInput("x", [2, 4], "FP32")
            made.set_data_from_numpy(X)
            results = await asyncio.gather(*[a.infer("rows", [made]) for _ in range(10)])
            assert all(np.array_equal(r.as_numpy("y"), X * 2) for r in results)

            async def requests():
                for _ in range(3): yield {"model_name": "rows", "inputs": [made]}
            got = 0
            async for result, error in a.stream_infer(requests()):
                assert error is None and np.array_equal(result.as_numpy("y"), X * 2)
                got += 1
            assert got == 3
    asyncio.run(run())


@test
def repository(c):
    index = {m.name: m.state for m in c.get_model_repository_index().models}
    assert index["rows"] == "READY", index
    write(c.folder, "late.ir", ROWS.replace("@rows", "@late"))
    c.load_model("late")
    assert c.is_model_ready("late")
    c.unload_model("late")
    assert not c.is_model_ready("late")
    fails("UNAVAILABLE", lambda: c.infer("late", [tensor("x", X)]), "late")
    c.load_model("late")
    fails("NOT_FOUND", lambda: c.load_model("none"))
    fails("NOT_FOUND", lambda: c.unload_model("none"))
    fails("UNIMPLEMENTED", lambda: c.load_model("late", config="{}"))


@test
def statistics(c):
    c.infer("rows", [tensor("x", X)])
    rows = c.get_inference_statistics("rows").model_stats[0]
    assert rows.inference_count > 0 and rows.inference_stats.success.ns > 0 and rows.batch_stats, rows
    assert abs(rows.last_inference / 1000 - time.time()) < 60
    assert len(c.get_inference_statistics().model_stats) > 10
    fails("NOT_FOUND", lambda: c.get_inference_statistics("none"))


@test
def settings(c):
    assert list(c.get_trace_settings().settings["trace_level"].value) == ["OFF"]
    c.update_trace_settings(settings={"trace_level": ["OFF"]})
    fails("UNIMPLEMENTED", lambda: c.update_trace_settings(settings={"trace_level": ["TIMESTAMPS"]}))
    fails("INVALID_ARGUMENT", lambda: c.update_trace_settings(settings={"trace_rate": ["1"]}))
    assert c.get_log_settings().settings["log_info"].bool_param
    assert not c.update_log_settings({"log_info": False}).settings["log_info"].bool_param
    assert c.update_log_settings({"log_info": True, "log_verbose_level": 1}).settings["log_verbose_level"].uint32_param == 1
    c.update_log_settings({"log_verbose_level": 0})
    fails("INVALID_ARGUMENT", lambda: c.update_log_settings({"log_file": "/tmp/x"}))


@test
def shared_memory(c):
    key = f"/tessera-test-{os.getpid()}"
    region = shm.create_shared_memory_region("mem", key, 4096)
    try:
        shm.set_shared_memory_region(region, [X])
        c.register_system_shared_memory("mem", key, 4096)
        fails("ALREADY_EXISTS", lambda: c.register_system_shared_memory("mem", key, 4096))
        status = c.get_system_shared_memory_status().regions
        assert status["mem"].key == key and status["mem"].byte_size == 4096, status
        given = triton.InferInput("x", [2, 4], "FP32")
        given.set_shared_memory("mem", X.nbytes)
        wanted = triton.InferRequestedOutput("y")
        wanted.set_shared_memory("mem", X.nbytes, offset=1024)
        result = c.infer("rows", [given], outputs=[wanted])
        assert list(result.get_response().raw_output_contents) == [b""]
        assert np.array_equal(shm.get_contents_as_numpy(region, np.float32, [2, 4], offset=1024), X * 2)
        assert np.array_equal(c.infer("rows", [given]).as_numpy("y"), X * 2)
        # Bounds.
        for size, offset in ((4096, 1), (32, 4080), (2**63 - 1, 32), (-1, 0), (32, -1), (16, 0)):
            given._input.parameters["shared_memory_byte_size"].int64_param = size
            given._input.parameters["shared_memory_offset"].int64_param = offset
            fails("INVALID_ARGUMENT", lambda: c.infer("rows", [given]), "mem")
        given.set_shared_memory("mem", X.nbytes)
        wanted.set_shared_memory("mem", X.nbytes - 1)
        fails("INVALID_ARGUMENT", lambda: c.infer("rows", [given], outputs=[wanted]), "y")
        # The object shrinks below what was registered: an error, and no crash.
        os.truncate(f"/dev/shm{key}", 16)
        fails("INVALID_ARGUMENT", lambda: c.infer("rows", [given]), "mem")
        c.unregister_system_shared_memory("mem")
        assert not c.get_system_shared_memory_status().regions
        fails("NOT_FOUND", lambda: c.infer("rows", [given]), "mem")
        for bad in ("/none-of-this", ):
            fails("NOT_FOUND", lambda: c.register_system_shared_memory("a", bad, 16))
        for bad in ("/../etc/passwd", "", "/", "/..", "/a/b"):
            fails("INVALID_ARGUMENT", lambda: c.register_system_shared_memory("a", bad, 16))
        fails("INVALID_ARGUMENT", lambda: c.register_system_shared_memory("a", key, 4096, offset=2**63))
    finally:
        shm.destroy_shared_memory_region(region)
    c.unregister_system_shared_memory()
    assert not c.get_cuda_shared_memory_status().regions
    fails("UNIMPLEMENTED", lambda: c.register_cuda_shared_memory("g", b"AA==", 0, 64))
    c.unregister_cuda_shared_memory()


@test
def too_large(c):
    fails("RESOURCE_EXHAUSTED", lambda: c.infer("type_f32", [tensor("x", np.zeros(20_000_000, dtype=np.float32))]))
    assert c.is_server_live()


def main():
    program, extra = sys.argv[1], sys.argv[2:]
    folder = tempfile.mkdtemp(prefix="tessera-grpc-")
    for kind in TYPES: write(folder, f"type_{kind}.ir", doubled(f"type_{kind}", kind))
    for name, text in (("rows", ROWS), ("pair", PAIR), ("slow", slow())): write(folder, f"{name}.ir", text)
    port = free_port()
    server = subprocess.Popen([program, "--models", folder, "--grpc-port", f"{port}", "--shared-memory", "--port", f"{free_port()}", *extra], stderr=open(os.path.join(folder, "log"), "w"))
    client = triton.InferenceServerClient(f"127.0.0.1:{port}")
    client.url, client.folder = f"127.0.0.1:{port}", folder
    for _ in range(200):
        try:
            if client.is_server_ready(): break
        except InferenceServerException: pass
        assert server.poll() is None, "the server ended"
        time.sleep(0.1)
    for t in tests:
        try:
            t(client)
            print(f"ok      {t.__name__}", flush=True)
        except Exception as error:
            failed.append(t.__name__)
            print(f"FAILED  {t.__name__}: {type(error).__name__}: {error}", flush=True)
    client.close()
    server.send_signal(signal.SIGTERM)
    try:
        code = server.wait(40)
    except subprocess.TimeoutExpired:
        server.kill()
        code = "none: it had to be killed"
    print(f"{len(tests) - len(failed)} of {len(tests)} tests passed; the server ended with {code}")
    sys.exit(1 if failed or code != 0 else 0)


main()
