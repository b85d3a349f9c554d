#!/usr/bin/env python3
"""tessera-serve with a certificate and tokens: Triton's clients for HTTP and gRPC, and what comes without either.

    server-tls-tests.py PROGRAM

Needs tritonclient[http,grpc], numpy and openssl."""
import gevent.ssl, http.client, json, pathlib, re, signal, socket, ssl, subprocess, sys, tempfile
import numpy as np
import tritonclient.grpc as rpc
import tritonclient.http as web
from tritonclient.utils import InferenceServerException

MODEL = """module @double stage(imported) {
  func @main(%x: f32[n, 2]) -> (y: f32[n, 2]) {
    %0 = add(%x, %x) : f32[n, 2] "add"
    return %0
  }
}
"""
X = np.array([[1.5, 2]], np.float32)
# Given as a copy: the client for HTTP adds to it.
KEY = {"authorization": "Bearer secret"}


def start(program, folder):
    (folder / "double.ir").write_text(MODEL)
    (folder / "keys").write_text("other\nsecret\n")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost", "-addext",
                    "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", folder / "key.pem", "-out", folder / "certificate.pem"],
                   check=True, capture_output=True)
    server = subprocess.Popen(
        [program, folder / "double.ir", "--port", "0", "--grpc-port", "0", "--certificate", folder / "certificate.pem", "--key",
         folder / "key.pem", "--api-key-file", folder / "keys", "--host", "0.0.0.0"], stderr=subprocess.PIPE, text=True)
    said = ""
    for line in server.stderr:
        said += line
        if "ready:" in line: break
    ports = [re.search(rf"listening on {kind}://\S+:(\d+)", said) for kind in ("https", "grpcs?")]
    assert all(ports), said
    return server, *(int(p.group(1)) for p in ports)


def given(module):
    x = module.InferInput("x", [1, 2], "FP32")
    x.set_data_from_numpy(X)
    return [x]


def refused(call, *words):
    try: call()
    except InferenceServerException as error:
        assert any(str(error.status()).endswith(w) for w in words), error
        return
    raise AssertionError(f"not refused: {words}")


def over_http(port, certificate):
    client = web.InferenceServerClient(f"localhost:{port}", ssl=True, ssl_options={"ca_certs": certificate},
                                       ssl_context_factory=lambda: gevent.ssl.create_default_context(cafile=certificate))
    assert client.is_server_live(), "health is told without a token"
    refused(lambda: client.infer("double", given(web)), "401")
    refused(lambda: client.infer("double", given(web), headers={"authorization": "Bearer secre"}), "401")
    assert np.array_equal(client.infer("double", given(web), headers=dict(KEY)).as_numpy("y"), X * 2)


def graph(port, certificate):
    """A browser opens the page of a model by a link that is good once."""
    context = ssl.create_default_context(cafile=certificate)

    def ask(method, path, headers={}):
        connection = http.client.HTTPSConnection("localhost", port, context=context)
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    path = "/v1/models/double/inspect"
    assert ask("GET", path)[0] == 401 and ask("POST", path)[0] == 401
    status, body = ask("POST", path, KEY)
    link = json.loads(body)["link"]
    assert status == 200 and ask("GET", link)[0] == 200 and ask("GET", link)[0] == 401


def over_grpc(port, certificate):
    client = rpc.InferenceServerClient(f"localhost:{port}", ssl=True, root_certificates=certificate)
    assert client.is_server_live()
    refused(lambda: client.infer("double", given(rpc)), "UNAUTHENTICATED")
    assert np.array_equal(client.infer("double", given(rpc), headers=dict(KEY)).as_numpy("y"), X * 2)


def without_tls(*ports):
    for port in ports:
        with socket.create_connection(("127.0.0.1", port), timeout=10) as s:
            s.sendall(b"GET /v2 HTTP/1.1\r\nHost: a\r\n\r\n")
            try: assert not s.recv(4096).startswith(b"HTTP/"), "answered without TLS"
            except ConnectionError: pass
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=10) as s, context.wrap_socket(s): pass
        except (ssl.SSLError, ConnectionError): continue
        raise AssertionError(f"TLS 1.1 was taken at port {port}")


def main():
    with tempfile.TemporaryDirectory() as folder:
        server, http_port, grpc_port = start(sys.argv[1], pathlib.Path(folder))
        certificate = f"{folder}/certificate.pem"
        try:
            over_http(http_port, certificate); print("HTTPS and tokens: ok", flush=True)
            graph(http_port, certificate); print("links to graphs: ok", flush=True)
            over_grpc(grpc_port, certificate); print("gRPC over TLS: ok", flush=True)
            without_tls(http_port, grpc_port); print("without TLS: ok", flush=True)
        finally: server.send_signal(signal.SIGTERM)
        assert server.wait(40) == 0


if __name__ == "__main__": main()
