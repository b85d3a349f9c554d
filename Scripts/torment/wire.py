"""HTTP/1.1 as bytes on sockets, so that it can be wrong in every way."""
import http.client, json, re, socket, struct, time

CALL = b'{"inputs":[{"name":"x","datatype":"FP32","shape":[1,2],"data":[1.5,2]}]}'


def request(path, body=None, method=None, headers=(), close=True, length=None):
    """The bytes of a request; with a body it is a POST. `length` lies about the body."""
    lines = [f"{method or ('GET' if body is None else 'POST')} {path} HTTP/1.1", "Host: a", *headers]
    if close: lines.append("Connection: close")
    if body is not None: lines.append(f"Content-Length: {len(body) if length is None else length}")
    return "\r\n".join(lines).encode("latin-1", "replace") + b"\r\n\r\n" + (body or b"")


def binary(name, shape, data, datatype="FP32", parameters=None, answer_binary=True):
    """Body and header of a request in the binary form."""
    tensor = {"name": name, "datatype": datatype, "shape": shape, "parameters": {"binary_data_size": len(data)}}
    text = json.dumps({"inputs": [tensor], "parameters": {"binary_data_output": answer_binary, **(parameters or {})}}).encode()
    return text + data, [f"Inference-Header-Content-Length: {len(text)}"]


def connect(port, timeout=10, receive=None):
    s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if receive: s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
    s.settimeout(timeout)
    s.connect(("127.0.0.1", port))
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return s


def reset(s):
    """Closes with a reset, as the end of a killed machine looks."""
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    s.close()


def exchange(port, data, timeout=10, half_close=False, ends=None):
    """All that comes back until the server closes, `ends(answer)` says so, or the timeout passes without a byte.

    Returns the bytes, and whether the end came in time.
    """
    with connect(port, timeout) as s:
        try:
            s.sendall(data)
            if half_close: s.shutdown(socket.SHUT_WR)
        except OSError: pass
        got = bytearray()
        try:
            while part := s.recv(1 << 18):
                got += part
                if ends and ends(got): break
        except ConnectionError: pass
        except TimeoutError: return bytes(got), False
        return bytes(got), True


STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})[ \r]")


def status(answer):
    found = STATUS.match(answer)
    return int(found.group(1)) if found else None


class Caller:
    """One kept connection that calls a model with two numbers and looks at the answer."""

    def __init__(self, port, model="double", factors=(2,), timeout=30):
        self.port, self.path, self.factors, self.timeout = port, f"/v2/models/{model}/infer", factors, timeout
        self.connection, self.last = None, 0.0

    def call(self):
        """(seconds, status, right?, factor); throws OSError or HTTPException where the connection breaks."""
        # One that was idle for long may have been cut meanwhile.
        if time.monotonic() - self.last > 2: self.close()
        if not self.connection: self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=self.timeout)
        began = time.monotonic()
        try:
            self.connection.request("POST", self.path, CALL, {"Content-Type": "application/json"})
            answer = self.connection.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException):
            self.close()
            raise
        self.last = time.monotonic()
        seconds = self.last - began
        if answer.status != 200: return seconds, answer.status, False, None
        values = json.loads(text)["outputs"][0]["data"]
        factor = values[0] / 1.5
        return seconds, 200, factor in self.factors and values[1] == factor * 2, factor

    def close(self):
        if self.connection: self.connection.close()
        self.connection = None


def quantile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(share * len(values)))] if values else float("nan")
