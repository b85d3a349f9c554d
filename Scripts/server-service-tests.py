"""tessera-serve as a service: what it tells who started it, the probe of its health, the file of its traces, and `tessera serve`.

    server-service-tests.py SERVER [TESSERA]

Needs nothing but Python; openssl for a probe over TLS, which is left out without it.
"""
import http.client, json, os, shutil, signal, socket, subprocess, sys, tempfile, threading, time

DOUBLE = """module @double stage(imported) {
  func @main(%x: f32[batch, 2]) -> (y: f32[batch, 2]) {
    %0 = add(%x, %x) : f32[batch, 2] "add"
    return %0
  }
}
"""
CALL = json.dumps({"inputs": [{"name": "x", "datatype": "FP32", "shape": [1, 2], "data": [1, 2]}]})
TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


class Server:
    """A server on a free port, stopped at the end of `with`; `lines` are those of its standard error."""

    def __init__(self, program, folder, *arguments, **environment):
        self.lines, self.port, ready = [], None, threading.Event()
        self.process = subprocess.Popen([*program, "--models", folder, "--port", "0", "--threads", "1", *arguments],
                                        stderr=subprocess.PIPE, text=True, env={**os.environ, **environment})

        def read():
            for line in self.process.stderr:
                self.lines.append(line)
                if "listening on http" in line: self.port = int(line.rsplit(":", 1)[1])
                if line.startswith("tessera-serve: ready"): ready.set()
            ready.set()

        threading.Thread(target=read, daemon=True).start()
        assert ready.wait(60) and self.port, "".join(self.lines)

    def __enter__(self): return self

    def __exit__(self, *_):
        if self.process.poll() is None: self.process.terminate()
        self.process.wait(30)

    def ask(self, method, path, body=None, headers={}):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read().decode()

    def infer(self, headers={}): return self.ask("POST", "/v2/models/double/infer", CALL, headers)


def notifications(server, folder):
    for name in (f"{folder}/notify", f"@tessera-{os.getpid()}"):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
            heard.bind(name.replace("@", "\0") if name[0] == "@" else name)
            heard.settimeout(30)
            with Server([server], folder, NOTIFY_SOCKET=name) as s:
                assert heard.recv(100) == b"READY=1"
                s.process.terminate()
                assert heard.recv(100) == b"STOPPING=1" and s.process.wait(30) == 0
    # Names that are none, or nobody's, change nothing.
    for name in ("", "relative", "/" + "x" * 200, f"{folder}/none"):
        with Server([server], folder, NOTIFY_SOCKET=name) as s: assert s.infer()[0] == 200


def probe(server, folder):
    def asked(*arguments): return subprocess.run([server, "--probe", *arguments], timeout=30).returncode
    with Server([server], folder) as s:
        assert asked("--port", str(s.port)) == 0 and asked("--host", "0.0.0.0", "--port", str(s.port)) == 0
        port = s.port
    assert asked("--port", str(port)) == 1 and asked("--port", "70000") == 2 and asked("--grpc-port", "8001") == 2
    # Who takes the connection and says nothing.
    with socket.create_server(("127.0.0.1", 0)) as silent:
        began = time.time()
        assert asked("--port", str(silent.getsockname()[1])) == 1 and time.time() - began < 20
    if not shutil.which("openssl"): return
    key, certificate = f"{folder}/key.pem", f"{folder}/certificate.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=elsewhere", "-keyout", key,
                    "-out", certificate], check=True, capture_output=True)
    tls = ["--certificate", certificate, "--key", key]
    with Server([server], folder, *tls) as s: assert asked("--port", str(s.port), *tls) == 0 and asked("--port", str(s.port)) == 1


def spans(path):
    found = []
    for line in open(path):
        for resource in json.loads(line)["resourceSpans"]:
            for scope in resource["scopeSpans"]: found += scope["spans"]
    return found


def facts(span): return {a["key"]: next(iter(a["value"].values())) for a in span["attributes"]}


def traces(server, folder):
    path = f"{folder}/traces.jsonl"
    with Server([server], folder, "--trace-file", path) as s:
        assert s.ask("GET", "/v2/trace/setting")[2] == '{"trace_level":["TIMESTAMPS"]}'
        status, headers, _ = s.infer({"traceparent": f"00-{TRACE}-{PARENT}-01", "tracestate": "a=1", "X-Request-Id": "job-7"})
        own = headers["traceresponse"].split("-")
        assert status == 200 and own[1] == TRACE and own[2] != PARENT
        s.infer({"traceparent": f"00-{TRACE}-{'1' * 16}-00"})
        s.ask("GET", "/nowhere")
        time.sleep(1)
        os.rename(path, path + ".1")
        s.process.send_signal(signal.SIGHUP)
        time.sleep(1)
        s.infer()
    old, new = spans(path + ".1"), spans(path)
    of = lambda name, found: [span for span in found if span["name"] == name]
    request = of("POST /v2/models/:model/infer", old) or of("POST /v2/models/{model}/infer", old)
    assert len(request) == 1, [span["name"] for span in old]
    request, told = request[0], facts(request[0])
    assert request["traceId"] == TRACE and request["parentSpanId"] == PARENT and request["spanId"] == own[2] and request["kind"] == 2
    assert told["http.response.status_code"] == "200" and told["http.request.method"] == "POST" and told["tessera.request.id"] == "job-7"
    assert told["url.path"] == "/v2/models/double/infer" and told["client.address"] == "127.0.0.1" and "status" not in request
    for name in ("tessera.queue", "tessera.compute"):
        # The request that was not sampled has none.
        (part,) = of(name, old)
        assert part["parentSpanId"] == request["spanId"] and facts(part)["tessera.batch.rows"] == "1"
        assert int(request["startTimeUnixNano"]) <= int(part["startTimeUnixNano"]) <= int(part["endTimeUnixNano"])
    (load,) = of("tessera.load", old)
    assert "parentSpanId" not in load and facts(load)["tessera.model.name"] == "double"
    assert any(facts(span).get("http.response.status_code") == "404" for span in old)
    assert len(of("tessera.compute", new)) == 1 and not of("tessera.load", new)
    # A disk that is full costs spans, and nothing else.
    with Server([server], folder, "--trace-file", "/dev/full") as s:
        for _ in range(20): assert s.infer()[0] == 200
        time.sleep(1)
        lost = [line for line in s.ask("GET", "/metrics")[2].splitlines() if line.startswith("tessera_trace_spans_dropped_total ")]
        assert lost and float(lost[0].split()[1]) >= 60, lost
        assert sum("spans are lost" in line for line in s.lines) == 1, s.lines
    with Server([server], folder, "--trace-file", path + ".2", "--trace-sample", "0") as s:
        assert s.infer()[0] == 200 and s.infer()[1]["traceresponse"].endswith("-00")
    assert os.path.getsize(path + ".2") == 0
    for arguments, code in [(["--trace-file", folder], 1), (["--trace-sample", "0.5"], 2), (["--trace-file", path, "--trace-sample", "2"], 2)]:
        found = subprocess.run([server, "--models", folder, "--port", "0", *arguments], capture_output=True, timeout=60)
        assert found.returncode == code and b"--trace-" in found.stderr, (arguments, found)


def command(server, tessera, folder):
    """The command becomes the server: a copy of it beside a link would find the link's target only."""
    place = f"{folder}/bin"
    os.makedirs(place)
    shutil.copy(tessera, f"{place}/tessera")
    runs = {"cwd": folder, "capture_output": True, "text": True, "timeout": 60}
    missing = subprocess.run([f"{place}/tessera", "serve", "--port", "0"], env={**os.environ, "PATH": "/usr/bin:/bin"}, **runs)
    assert missing.returncode == 1 and "make serve" in missing.stderr, missing
    says = "#!/bin/sh\nprintf '%s|' \"$@\"\nexit 9\n"
    open(f"{place}/tessera-serve", "w").write(says)
    os.chmod(f"{place}/tessera-serve", 0o755)
    os.symlink(f"{place}/tessera", f"{folder}/link")
    called = subprocess.run([f"{folder}/link", "serve", "--help", "a b", "--", "", b"\xff"], cwd=folder, capture_output=True, timeout=60)
    assert called.returncode == 9 and called.stdout == b"--help|a b|--||\xff|", called
    os.remove(f"{place}/tessera-serve")
    with Server([f"{place}/tessera", "serve"], folder, PATH=os.path.dirname(os.path.abspath(server)) + ":/usr/bin:/bin") as s:
        assert s.infer()[0] == 200
        s.process.terminate()
        assert s.process.wait(30) == 0


def main():
    server = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        open(f"{folder}/double.ir", "w").write(DOUBLE)
        for test in (notifications, probe, traces):
            test(server, folder); print(f"{test.__name__}: ok", flush=True)
        if len(sys.argv) > 2:
            command(server, os.path.abspath(sys.argv[2]), folder); print("command: ok", flush=True)


if __name__ == "__main__": main()
