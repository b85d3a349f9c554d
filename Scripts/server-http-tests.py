"""Calls every method of Triton's HTTP client against tessera-serve, and treats the server badly: damaged, cut and slow requests.

    server-http-tests.py SERVER [--fuzz N] [--seed N]
"""
import argparse, gzip, json, os, random, re, signal, socket, struct, subprocess, sys, tempfile, threading, time

import numpy as np
import tritonclient.http as http
import tritonclient.utils.shared_memory as shared
from tritonclient.utils import InferenceServerException

DOUBLE = """module @double stage(imported) {
  func @main(%x: f32[batch, 2]) -> (y: f32[batch, 2]) {
    %0 = add(%x, %x) : f32[batch, 2] "add"
    return %0
  }
}
"""
TYPES = {"bool": "BOOL", "u8": "UINT8", "i8": "INT8", "u16": "UINT16", "i16": "INT16", "u32": "UINT32", "i32": "INT32", "u64": "UINT64",
         "i64": "INT64", "f16": "FP16", "f32": "FP32", "f64": "FP64"}


def same(kind):
    return f"""module @same_{kind} stage(imported) {{
  func @main(%x: {kind}[n]) -> (y: {kind}[n]) {{
    %0 = reshape(%x) {{shape: [n]}} : {kind}[n] "same"
    return %0
  }}
}}
"""


def numpy_type(name):
    return {"BOOL": np.bool_, "FP16": np.float16, "FP32": np.float32, "FP64": np.float64}.get(name) or np.dtype(name.lower()).type


class Server:
    def __init__(self, program, *arguments):
        self.process = subprocess.Popen([program, *arguments], stderr=subprocess.PIPE, text=True)
        self.lines, self.port = [], None
        for line in self.process.stderr:
            self.lines.append(line)
            found = re.search(r"listening on https?://\S+:(\d+)", line)
            if found: self.port = int(found.group(1))
            if line.startswith("tessera-serve: ready"): break
        assert self.port, "".join(self.lines)
        threading.Thread(target=self.drain, daemon=True).start()

    def drain(self):
        for line in self.process.stderr: self.lines.append(line)

    def send(self, data, timeout=20, ends=False):
        """What comes back. A client that `ends` its side counts as gone: what it asked for is broken off."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=timeout) as s:
            s.settimeout(timeout)
            try:
                s.sendall(data)
                if ends: s.shutdown(socket.SHUT_WR)
            except OSError: pass
            got = b""
            try:
                while part := s.recv(65536): got += part
            except ConnectionError: pass
            return got

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)


def fails(status, call):
    try: call()
    except InferenceServerException as error:
        assert str(error.status()) == str(status), f"{error.status()} instead of {status}: {error}"
        return str(error)
    raise AssertionError(f"no error {status}")


def x(value, name="FP32", binary=True):
    made = http.InferInput("x", list(value.shape), name)
    made.set_data_from_numpy(value, binary_data=binary)
    return made


def metadata(c):
    assert c.is_server_live() and c.is_server_ready() and c.is_model_ready("double") and c.is_model_ready("double", "1")
    assert not c.is_model_ready("none")
    assert c.get_server_metadata()["name"] == "tessera"
    found = c.get_model_metadata("double")
    assert found["inputs"] == [{"name": "x", "datatype": "FP32", "shape": [-1, 2]}], found
    assert c.get_model_config("double")["name"] == "double"
    assert "double" in [m["name"] for m in c.get_model_repository_index()]
    c.unload_model("double"); assert not c.is_model_ready("double")
    fails(503, lambda: c.infer("double", [x(np.ones((1, 2), np.float32))]))
    c.load_model("double"); assert c.is_model_ready("double")
    fails(501, lambda: c.load_model("double", config="{}"))
    fails(404, lambda: c.load_model("none"))
    assert c.get_inference_statistics("double")["model_stats"][0]["name"] == "double" and c.get_inference_statistics()["model_stats"]
    assert c.get_trace_settings()["trace_level"] == ["OFF"] and c.update_trace_settings(settings={"trace_level": "OFF"})
    fails(501, lambda: c.update_trace_settings(settings={"trace_level": ["TIMESTAMPS"]}))
    assert c.update_log_settings({"log_verbose_level": 1})["log_verbose_level"] == 1
    assert c.update_log_settings({"log_verbose_level": 0})["log_verbose_level"] == c.get_log_settings()["log_verbose_level"] == 0


def inference(c):
    value = np.array([[1.5, -2], [0.1, 3e7]], np.float32)
    for binary_in in (True, False):
        for binary_out in (True, False):
            output = http.InferRequestedOutput("y", binary_data=binary_out)
            for pack in (None, "gzip", "deflate"):
                result = c.infer("double", [x(value, binary=binary_in)], outputs=[output], request_id="7", model_version="1",
                                 request_compression_algorithm=pack, response_compression_algorithm=pack, priority=1, timeout=10_000_000)
                assert np.array_equal(result.as_numpy("y"), value * 2) and result.get_response()["id"] == "7"
    result = c.infer("double", [x(value)], outputs=[http.InferRequestedOutput("y", class_count=1)])
    assert result.as_numpy("y").tolist() == [[b"3.0:0"], [b"6e+07:1"]] or result.as_numpy("y").shape == (2, 1), result.as_numpy("y")
    assert np.array_equal(c.async_infer("double", [x(value)]).get_result().as_numpy("y"), value * 2)
    body, size = http.InferenceServerClient.generate_request_body([x(value)])
    assert size and body
    for kind, name in TYPES.items():
        data = np.array([0, 1, 1, 0], numpy_type(name)) if name == "BOOL" else np.array([0, 1, 2, 100], numpy_type(name))
        for binary in (True, False):
            if name == "FP16" and not binary: continue
            try: result = c.infer(f"same_{kind}", [x(data, name, binary)])
            except InferenceServerException as error: raise AssertionError(f"{kind} {binary}: {error}")
            assert np.array_equal(result.as_numpy("y"), data), f"{kind} {binary}: {result.as_numpy('y')}"
    fails(404, lambda: c.infer("none", [x(value)]))
    fails(404, lambda: c.infer("double", [x(value)], model_version="9"))
    fails(400, lambda: c.infer("double", [x(value)], outputs=[http.InferRequestedOutput("none")]))
    fails(400, lambda: c.infer("double", [x(np.ones((1, 3), np.float32))]))
    fails(400, lambda: c.infer("double", [x(np.ones((1, 2), np.int32), "INT32")]))


def memory(c):
    value = np.arange(6, dtype=np.float32).reshape(3, 2)
    region = shared.create_shared_memory_region("in", f"/tessera-{os.getpid()}", 64)
    try:
        shared.set_shared_memory_region(region, [value])
        c.register_system_shared_memory("in", f"/tessera-{os.getpid()}", 64)
        assert c.get_system_shared_memory_status()[0]["byte_size"] == 64 and c.get_system_shared_memory_status("in")
        given, wanted = http.InferInput("x", [3, 2], "FP32"), http.InferRequestedOutput("y")
        given.set_shared_memory("in", 24)
        wanted.set_shared_memory("in", 24, offset=32)
        c.infer("double", [given], outputs=[wanted])
        assert np.array_equal(shared.get_contents_as_numpy(region, np.float32, [3, 2], 32), value * 2)
        given.set_shared_memory("in", 24, offset=60)
        fails(400, lambda: c.infer("double", [given]))
        fails(400, lambda: c.register_system_shared_memory("in", f"/tessera-{os.getpid()}", 64))
        fails(404, lambda: c.register_system_shared_memory("other", "/tessera-none", 64))
        c.unregister_system_shared_memory("in"); c.unregister_system_shared_memory()
        assert c.get_system_shared_memory_status() == [] and c.get_cuda_shared_memory_status() == []
        c.unregister_cuda_shared_memory()
        fails(501, lambda: c.register_cuda_shared_memory("g", b"x", 0, 8))
    finally: shared.destroy_shared_memory_region(region)


def request(body, headers="", path="/v2/models/double/infer", length=None):
    return (f"POST {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: {len(body) if length is None else length}\r\n"
            f"{headers}\r\n").encode() + body


CALL = b'{"inputs":[{"name":"x","datatype":"FP32","shape":[1,2],"data":[1,2]}]}'


def misuse(server, c, count, seed):
    def status(data): return int(server.send(data).split(b" ", 2)[1])
    assert status(request(CALL)) == 200
    assert status(request(b"")) == 400 and status(request(b"[")) == 400 and status(request(CALL[:-1])) == 400
    assert status(request(CALL, "Content-Encoding: br\r\n")) == 415
    assert status(request(CALL, "Content-Encoding: gzip\r\n")) == 400
    assert status(request(CALL, "Inference-Header-Content-Length: 9999\r\n")) == 400
    assert status(request(CALL, "Inference-Header-Content-Length: x\r\n")) == 400
    assert status(request(b"", length=1 << 40)) == 413
    bomb = gzip.compress(b" " * (80 << 20))
    assert status(request(bomb, "Content-Encoding: gzip\r\n")) == 413
    assert status(b"GET /nothing HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n") == 404
    chance = random.Random(seed)
    tail = struct.pack("<ff", 1, 2)
    head = b'{"inputs":[{"name":"x","datatype":"FP32","shape":[1,2],"parameters":{"binary_data_size":8}}]}'
    for number in range(count):
        body = bytearray(chance.choice([CALL, head + tail]))
        for _ in range(chance.randint(1, 4)):
            place = chance.randrange(len(body)) if body else 0
            kind = chance.randrange(4)
            if kind == 0 and body: body[place] = chance.randrange(256)
            elif kind == 1: del body[place:place + chance.randint(1, 9)]
            elif kind == 2: body[place:place] = bytes(chance.randrange(256) for _ in range(chance.randint(1, 9)))
            else: body = body[:place]
        headers = f"Inference-Header-Content-Length: {chance.choice([len(head), chance.randint(0, 200)])}\r\n" if chance.random() < 0.5 else ""
        data = request(bytes(body), headers)
        if chance.random() < 0.2: data = data[:chance.randrange(1, len(data))]
        if chance.random() < 0.1:
            place = chance.randrange(len(data)); data = data[:place] + bytes([chance.randrange(256)]) + data[place + 1:]
        answer = server.send(data, ends=True)
        assert not answer or answer.startswith(b"HTTP/1.1 "), (number, data, answer)
        assert not answer.startswith(b"HTTP/1.1 500"), (number, data, answer)
    assert server.process.poll() is None and c.is_server_live()


def clients(server, c):
    # Killed in the middle of a request and before the answer.
    for cut in (10, 100, None):
        for _ in range(50):
            s = socket.create_connection(("127.0.0.1", server.port))
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            s.sendall(request(CALL)[:cut]); s.close()
    # A head that never ends, and a body that trickles.
    for data in (b"GET /v2 HTTP/1.1\r\nHos", request(CALL)[:-10]):
        with socket.create_connection(("127.0.0.1", server.port), timeout=30) as s:
            began = time.time()
            s.sendall(data)
            while s.recv(4096): pass
            assert time.time() - began < 20
    assert c.is_server_live()


def main():
    p = argparse.ArgumentParser()
    p.add_argument("server"); p.add_argument("--fuzz", type=int, default=500); p.add_argument("--seed", type=int, default=1)
    a = p.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        open(f"{folder}/double.ir", "w").write(DOUBLE)
        for kind in TYPES: open(f"{folder}/same_{kind}.ir", "w").write(same(kind))
        server = Server(a.server, "--models", folder, "--port", "0", "--threads", "1", "--shared-memory", "--idle-timeout", "3",
                        "--body-timeout", "3", "--quiet")
        try:
            c = http.InferenceServerClient(f"127.0.0.1:{server.port}")
            for name, test in [("metadata", lambda: metadata(c)), ("inference", lambda: inference(c)), ("shared memory", lambda: memory(c)),
                               ("misuse", lambda: misuse(server, c, a.fuzz, a.seed)), ("clients", lambda: clients(server, c))]:
                test(); print(f"{name}: ok", flush=True)
            text = server.send(b"GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").decode()
            assert 'tessera_model_requests_succeeded_total{model="double"' in text and "tessera_http_requests_total" in text
            print("metrics: ok")
        finally:
            code = server.stop()
        assert code == 0, f"exit code {code}: {''.join(server.lines[-20:])}"
        print("drain: ok")
        for arguments, expected in [([], 2), (["--host", "0.0.0.0", "--models", folder], 2), ([f"{folder}/none.onnx", "--port", "0"], 1)]:
            found = subprocess.run([a.server, *arguments], capture_output=True, timeout=60).returncode
            assert found == expected or (expected == 2 and found == 64), f"{arguments}: exit code {found}"
        print("exit codes: ok")


if __name__ == "__main__": main()
