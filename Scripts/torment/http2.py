"""As much of HTTP/2 as it takes to send gRPC calls, sound and damaged ones. Headers go as literals, without a table."""
import struct

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RESET, SETTINGS, PUSH, PING, AWAY, WINDOW, CONTINUATION = 0, 1, 3, 4, 5, 6, 7, 8, 9


def frame(kind, flags, stream, payload, length=None):
    return struct.pack(">I", len(payload) if length is None else length)[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def _length(value): return bytes([value]) if value < 127 else bytes([127]) + _more(value - 127)


def _more(value):
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes(out + bytes([value]))


def fields(pairs): return b"".join(b"\x00" + _length(len(n)) + n.encode() + _length(len(v)) + v.encode("latin-1") for n, v in pairs)


def call_headers(method, more=()):
    return fields([(":method", "POST"), (":scheme", "http"), (":path", f"/inference.GRPCInferenceService/{method}"), (":authority", "a"),
                   ("content-type", "application/grpc"), ("te", "trailers"), *more])


def message(data, packed=0, length=None): return struct.pack(">BI", packed, len(data) if length is None else length) + data


def call(method, data=b"", stream=1):
    """The frames of one call on a new connection."""
    return PREFACE + frame(SETTINGS, 0, 0, b"") + frame(HEADERS, 4, stream, call_headers(method)) + frame(DATA, 1, stream, message(data))


def field(number, value):
    """A protobuf field: a number, or bytes."""
    if isinstance(value, int): return _varint(number << 3) + _varint(value & ((1 << 64) - 1))
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def _varint(value):
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes(out + bytes([value]))


def infer(model=b"double", rows=1):
    """A ModelInferRequest with `rows` rows of ones."""
    tensor = field(1, b"x") + field(2, b"FP32") + field(3, rows) + field(3, 2)
    return field(1, model) + field(5, tensor) + field(7, struct.pack("<f", 1.0) * (2 * rows))


def frames(data):
    """(kind, flags, stream, payload) of each whole frame."""
    place = 0
    while place + 9 <= len(data):
        length = int.from_bytes(data[place:place + 3], "big")
        if place + 9 + length > len(data): return
        yield data[place + 3], data[place + 4], int.from_bytes(data[place + 5:place + 9], "big"), bytes(data[place + 9:place + 9 + length])
        place += 9 + length


def is_over(data):
    """Whether the first call has ended, or the connection will."""
    return any(kind in (AWAY, RESET) or (kind in (DATA, HEADERS) and flags & 1 and stream == 1) for kind, flags, stream, _ in frames(data))


def case(c, damaged):
    """A damaged conversation."""
    method, data = c.choice([("ServerLive", b""), ("ModelInfer", infer(rows=c.randint(0, 3))), ("ModelReady", field(1, b"double")), ("ModelStreamInfer", infer()),
                             ("RepositoryIndex", b""), ("None", b""), ("ModelMetadata", field(1, b"double")), ("ModelStatistics", b"")])
    what = c.randrange(8)
    if what == 0: return damaged(c, call(method, data))
    if what == 1: return call(method, damaged(c, data))
    head = PREFACE + frame(SETTINGS, 0, 0, c.choice([b"", b"\x00\x04\xff\xff\xff\xff", b"\x00\x05\x00\x00\x00\x01", b"\x00\x03\x00\x00\x00\x00"]))
    opened = head + frame(HEADERS, 4, 1, call_headers(method, [("grpc-timeout", c.choice(["1n", "99999999H", "x", "-1S", "5S"]))]))
    if what == 2: return opened + frame(DATA, 1, 1, message(data, c.choice([0, 1, 7]), c.choice([None, 0, len(data) + 9, 0xFFFFFFFF])))
    if what == 3: return opened + b"".join(frame(c.randrange(12), c.randrange(256), c.choice([0, 1, 2, 3, 0x7FFFFFFF]), c.randbytes(c.randint(0, 40))) for _ in range(c.randint(1, 9)))
    if what == 4: return opened + frame(DATA, 0, 1, message(data)[:c.randint(0, 8)]) + frame(RESET, 0, 1, struct.pack(">I", c.randrange(15)))
    if what == 5: return head + frame(HEADERS, 0, 1, call_headers(method)) + b"".join(frame(CONTINUATION, 0, 1, fields([("h" * 9, "v" * 9)])) for _ in range(c.choice([1, 50, 2000])))
    if what == 6: return opened + frame(DATA, 1, 1, message(data), c.choice([0, 1, 0xFFFFFF])) + frame(WINDOW, 0, c.choice([0, 1]), struct.pack(">I", c.choice([0, 0x7FFFFFFF])))
    return head + b"".join(frame(HEADERS, 5, 1 + 2 * i, call_headers(method)) for i in range(c.choice([2, 100, 300])))
