"""Damaged requests: case N of a seed is always the same bytes."""
import gzip, json, random, struct, zlib

from . import http2
from .wire import CALL, binary, request

PNG = bytes.fromhex("89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63f8cfc000000301010018dd8db0"
                    "0000000049454e44ae426082")
NUMBERS = [0, -1, 1, 2, 1 << 31, (1 << 31) - 1, 1 << 32, (1 << 63) - 1, 1 << 63, -(1 << 63), 1 << 64, 1e308, 1e-320, 0.5, -0.0, 3, 1 << 40]
TEXTS = ["", "x", "double", "FP32", "FP64", "BYTES", "BF16", "INT8", "nan", "inf", "-Infinity", "\u0000", "\ud83d\ude00", "é" * 50, "a" * 5000, "../../etc/passwd",
         "/dev/shm/x", "%s%n", "0", "-1", "true", "main", "batch"]
METHODS = ["PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "FOO", "get", "PRI", "", "G\x00T", "A" * 300]
PATHS = ["/", "//", "/v2", "/v2/", "/v2/models", "/v2/models/double", "/v2/models/double/versions/1", "/v2/models/double/versions/99999999999999999999/infer",
         "/v2/models/double/versions/-1/ready", "/v2/models/%00/infer", "/v2/models/%2e%2e%2f/infer", "/v2/models/" + "a" * 4000 + "/infer",
         "/v2/models/double/infer?function=main&" + "q=1&" * 300, "/v2/models/%ff%fe", "/../../etc/passwd", "/v2/models/double/stats", "/v2/models/stats",
         "/metrics", "/v1/models", "/v1/models/double/inspect", "/v1/models/none/inspect", "/v1/models/double/inspect?ticket=x", "/openapi.json", "/page.js", "*", "http://a/v2", "/v2/health/live",
         "/v2/health/ready", "/v2/models/double/config", "/v2/logging", "/v2/trace/setting", "/v2/systemsharedmemory/status", "/é", "/v2/models/double/infer#x"]
HEADERS = ["Content-Length: 5", "Content-Length: -1", "Content-Length: +5", "Content-Length: 0x10", "Content-Length: 99999999999999999999", "Content-Length: 9223372036854775807",
           "Transfer-Encoding: chunked", "Transfer-Encoding: gzip, chunked", "Transfer-Encoding: identity", "Content-Encoding: gzip", "Content-Encoding: deflate",
           "Content-Encoding: br", "Accept-Encoding: gzip", "Accept-Encoding: deflate;q=0, gzip;q=0.5, *", "Accept: image/png", "Accept: text/event-stream",
           "Accept: " + "a/b," * 500, "Expect: 100-continue", "Expect: nonsense", "Upgrade: h2c", "Upgrade: websocket", "Connection: Upgrade, HTTP2-Settings",
           "X-Request-Timeout-Ms: 0", "X-Request-Timeout-Ms: 1", "X-Request-Timeout-Ms: 9223372036854775807", "X-Request-Timeout-Ms: -5", "X-Request-Id: a\tb",
           "X-Request-Id: " + "i" * 9000, "Authorization: Bearer x", "Inference-Header-Content-Length: 0", "Inference-Header-Content-Length: 9223372036854775807",
           "Inference-Header-Content-Length: -1", "Inference-Header-Content-Length: 1e3", "Content-Type: multipart/form-data", "Content-Type: text/html; charset=é",
           "X: " + "y" * 20000, ": empty", "No colon", "Bad\x01Name: 1", " folded", "Host: b", "Range: bytes=0-1", "traceparent: 00-0-0-0", "Content-Type: application/json",
           "Origin: http://elsewhere", "Origin: null", "Access-Control-Request-Method: POST"]


def _infer(c): return CALL, [], "/v2/models/double/infer"


def _binary(c):
    rows = c.randint(0, 4)
    body, headers = binary("x", [rows, 2], struct.pack(f"<{2 * rows}f", *range(2 * rows)), answer_binary=c.random() < 0.5)
    return body, headers, "/v2/models/double/infer"


def _rich(c):
    """All that a request may have."""
    value = {"id": "7", "parameters": {"priority": 1, "timeout": 1000000, "binary_data_output": False, "function": "main"},
             "inputs": [{"name": "x", "datatype": "FP32", "shape": [2, 2], "data": [[1, 2], [3, "nan"]]}],
             "outputs": [{"name": "y", "parameters": {"classification": 2}}, {"name": "y", "parameters": {"binary_data": True}}][:c.randint(1, 2)]}
    return json.dumps(value).encode(), [], "/v2/models/double/infer"


def _repository(c):
    what = c.choice(["index", "models/victim/load", "models/victim/unload", "models/none/load", "models/double%00/unload"])
    return json.dumps(c.choice([{}, {"ready": True}, {"parameters": {"config": "{}"}}, {"parameters": {"file:1/model.onnx": "aGVsbG8="}}])).encode(), [], f"/v2/repository/{what}"


def _settings(c):
    value = c.choice([{"log_info": False}, {"log_verbose_level": 0}, {"log_file": "/tmp/x"}, {"trace_level": ["OFF"]}, {"trace_rate": "1"}])
    return json.dumps(value).encode(), [], c.choice(["/v2/logging", "/v2/trace/setting", "/v2/models/double/trace/setting"])


def _memory(c):
    value = {"key": c.choice(["/tessera-none", "/../x", "", "/a/b", "none"]), "offset": c.choice(NUMBERS), "byte_size": c.choice(NUMBERS)}
    return json.dumps(value).encode(), [], f"/v2/systemsharedmemory{c.choice(['/region/a', ''])}/{c.choice(['register', 'unregister'])}"


def _generate(c):
    inputs = c.choice([{"caption": "a red cube"}, {"rgb@224": {"image": "aGVsbG8="}}, {"tok_depth@224": {"tokens": [1, 2], "shape": [2]}}, {"det": {"json": []}}, {}])
    value = {"model": "shapes", "inputs": inputs, "targets": [c.choice(["caption", "none", "tok_depth@224"])], "seed": c.choice([0, -1, 1 << 64]), "timeout": 0.05,
             "settings": {"steps": c.choice([1, 0, 1 << 40]), "temperature": c.choice([1, -1, 1e300]), "max_tokens": c.choice([1, 0])}}
    return json.dumps(value).encode(), c.choice([[], ["Accept: text/event-stream"], ["Accept: image/png"]]), "/v1/generate"


def _form(c):
    mark = c.choice(["b", "b" * 70, "b" * 71, "--"])
    parts = [("request", '{"targets": ["caption"], "timeout": 0.05}'), ("rgb@224\"; filename=\"a.png", PNG.decode("latin-1")), ("caption", "a cone"), ("settings", '{"steps": 1}')]
    text = "".join(f"--{mark}\r\nContent-Disposition: form-data; name=\"{n}\"\r\n\r\n{v}\r\n" for n, v in parts[:1] + c.sample(parts[1:], c.randint(0, 3)))
    return (text + f"--{mark}--\r\n").encode("latin-1"), [f"Content-Type: multipart/form-data; boundary={mark}"], "/v1/generate"


KINDS = {"infer": (_infer, 20), "binary": (_binary, 25), "rich": (_rich, 20), "repository": (_repository, 8), "settings": (_settings, 5), "memory": (_memory, 6),
         "generate": (_generate, 6), "form": (_form, 6), "get": (None, 5), "grpc": (None, 3), "junk": (None, 2)}


def _value(c):
    kind = c.randrange(8)
    if kind < 3: return c.choice(NUMBERS)
    if kind < 5: return c.choice(TEXTS)
    if kind == 5: return c.choice([None, True, False, [], {}])
    if kind == 6: return [c.choice(NUMBERS)] * c.choice([1, 3, 70, 3000])
    return {c.choice(TEXTS): c.choice(NUMBERS)}


def _tree(c, value):
    """`value` with one place of its tree replaced, doubled or taken out."""
    places = []

    def walk(at):
        for key in list(at) if isinstance(at, dict) else range(len(at)):
            places.append((at, key))
            if isinstance(at[key], (dict, list)): walk(at[key])

    if isinstance(value, (dict, list)): walk(value)
    if not places: return _value(c)
    at, key = c.choice(places)
    what = c.randrange(4)
    if what == 0: del at[key]
    elif what == 1 and isinstance(at, dict): at[c.choice(TEXTS)] = at.pop(key)
    elif what == 2 and isinstance(at, list): at.insert(key, at[key])
    else: at[key] = _value(c)
    return value


def _json(c, body):
    try: value = json.loads(body)
    except ValueError: return body
    for _ in range(c.randint(1, 3)): value = _tree(c, value)
    text = json.dumps(value, ensure_ascii=c.random() < 0.5).encode("utf-8", "surrogatepass")
    if c.random() < 0.03: text = text.replace(b"{", b'{"a":' + b"[" * c.choice([10, 1000, 100000]) + b"]" * c.choice([0, 10, 1000]) + b",", 1)
    return text


def damaged(c, data):
    """`data` with some of its bytes changed, taken out, put in, repeated or cut off."""
    data = bytearray(data)
    for _ in range(c.randint(1, 4)):
        place = c.randrange(len(data) + 1)
        kind = c.randrange(5)
        if kind == 0 and place < len(data): data[place] = c.randrange(256)
        elif kind == 1: del data[place:place + c.randint(1, 9)]
        elif kind == 2: data[place:place] = c.randbytes(c.randint(1, 9))
        elif kind == 3: data[place:place] = data[place:place + c.randint(1, 60)]
        elif c.random() < 0.5: del data[place:]
    return bytes(data)


def _chunked(c, body):
    made = bytearray()
    while body:
        size = c.randint(1, max(1, len(body)))
        part, body = body[:size], body[size:]
        claim = c.choice([f"{size:x}"] * 6 + [f"{size + 1:x}", "-1", "g", "ffffffffffffffff", "0", f"{size:x};a=b", ""])
        made += claim.encode() + b"\r\n" + part + c.choice([b"\r\n"] * 9 + [b"\n", b""])
    return bytes(made) + c.choice([b"0\r\n\r\n", b"0\r\nX: y\r\n\r\n", b"0\r\n", b""])


def _packed(c, body, headers):
    form = c.choice(["gzip", "deflate"])
    packed = gzip.compress(body) if form == "gzip" else zlib.compress(body)
    return (damaged(c, packed) if c.random() < 0.6 else packed), headers + [f"Content-Encoding: {form}"]


class Case:
    """The bytes, whether they go to the port of gRPC, and whether the client closes its side after them."""

    def __init__(self, kind, data, half_close): self.kind, self.data, self.half_close = kind, data, half_close


def case(seed, number):
    c = random.Random(f"{seed}:{number}")
    kind = c.choices(list(KINDS), [weight for _, weight in KINDS.values()])[0]
    if kind == "grpc": return Case(kind, http2.case(c, damaged), True)
    if kind == "junk": return Case(kind, c.choice([b"\x16\x03\x01\x02\x00\x01", b"\r\n" * 50, b"", b"\x00", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"]) + c.randbytes(c.randint(0, 300)), True)
    if kind == "get": return _head(c, kind, None, [], c.choice(PATHS))
    body, headers, path = KINDS[kind][0](c)
    if c.random() < 0.6: body = _json(c, body) if not any("Length" in h or "form" in h for h in headers) else damaged(c, body)
    if c.random() < 0.25: body = damaged(c, body)
    if c.random() < 0.06: body, headers = _packed(c, body, headers)
    if c.random() < 0.35: return _head(c, kind, body, headers, path)
    # A sound head: nothing keeps the client from waiting for its answer.
    return Case(kind, request(path, body, headers=headers), c.random() < 0.3)


def _head(c, kind, body, headers, path):
    """Damage to the head, and to how the body is framed."""
    method, length, close = None, None, c.random() < 0.7
    if body is None: method = "GET"
    for _ in range(c.randint(0, 2)): headers = headers + [c.choice(HEADERS)]
    if c.random() < 0.15: method = c.choice(METHODS)
    if c.random() < 0.15: path = c.choice(PATHS)
    if c.random() < 0.03: headers = headers + [f"H{i}: {i}" for i in range(c.choice([100, 190, 300, 3000]))]
    if body is not None and c.random() < 0.2: length = c.choice([0, 1, len(body) - 1, len(body) + 1, len(body) + 1000, 1 << 30, 1 << 62, -1])
    if any("Inference" in h for h in headers) and c.random() < 0.4: headers = [h.split(":")[0] + f": {c.choice([0, 1, 5, len(body or b'') + 1, 1 << 62, c.randint(0, 300)])}" if "Inference" in h else h for h in headers]
    if body is not None and c.random() < 0.15:
        body = _chunked(c, body)
        data = request(path, None, method or "POST", headers + ["Transfer-Encoding: chunked"], close) + body
    else: data = request(path, body, method, headers, close, length)
    if c.random() < 0.05: data = data.replace(b"HTTP/1.1", c.choice([b"HTTP/1.0", b"HTTP/2.0", b"HTTP/9.9", b"HTTP/1.10", b"", b"http/1.1"]), 1)
    if c.random() < 0.1: data *= c.randint(2, 5)
    if c.random() < 0.1: data = damaged(c, data)
    if c.random() < 0.1: data = data[:c.randint(min(1, len(data)), len(data))]
    # One in 300 does not close, so that the server has to cut it.
    return Case(kind, data, c.random() > 0.003)
