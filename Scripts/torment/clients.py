"""Clients that go away, that are slow, and that do not read."""
import socket, threading, time

from . import models
from .server import Failed
from .wire import CALL, Caller, binary, connect, quantile, request, reset, status

LIMIT = 4  # seconds: --idle-timeout and --body-timeout
BIG = 6_000_000  # numbers: 24 MB there and back


class Others:
    """Sound requests from two connections meanwhile; `with` waits for them at the end."""

    def __init__(self, server, model="double", pause=0.005):
        self.found, self.stop, self.pause = [], threading.Event(), pause
        self.threads = [threading.Thread(target=self.work, args=(Caller(server.port, model),)) for _ in range(2)]

    def work(self, caller):
        while not self.stop.is_set():
            try: self.found.append(caller.call())
            except OSError as error: self.found.append((0, f"broken: {error}", False, None))
            time.sleep(self.pause)
        caller.close()

    def __enter__(self):
        for thread in self.threads: thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        for thread in self.threads: thread.join()

    def check(self, figures):
        wrong = [f for f in self.found if not f[2]]
        figures["others"] = len(self.found)
        if wrong or not self.found: raise Failed(f"{len(wrong)} of {len(self.found)} sound requests beside failed: {wrong[:1]}", figures)

    def p99(self): return quantile([f[0] for f in self.found], 0.99) * 1e3


def _server(torment, *more):
    folder = torment.folder("double.ir", models.times(2), "same.ir", models.same())
    return torment.server("--models", folder, "--threads", "1", "--idle-timeout", LIMIT, "--body-timeout", LIMIT, "--quiet", *more)


def _big(count=BIG):
    body, headers = binary("x", [count], bytes(4 * count))
    return request("/v2/models/same/infer", body, headers=headers)


def killed(torment):
    """Connections reset in the middle of heads, bodies and answers: nothing is left of them, and others do not notice."""
    figures = {"clients": 0}
    with _server(torment) as server, Others(server) as others:
        time.sleep(0.5)
        before, memory = server.descriptors(), []
        whole, big = request("/v2/models/double/infer", CALL), _big()
        for turn in range(3):
            for cut in [1, 10, 60, len(whole) - 5, len(whole)] * 40:
                s = connect(server.port)
                s.sendall(whole[:cut])
                reset(s)
                figures["clients"] += 1
            for wait in (0, 0.002, 0.02, 0.05, 0.1, 0.2):
                for part in (len(big) // 2, len(big)):
                    s = connect(server.port)
                    try:
                        s.sendall(big[:part])
                        time.sleep(wait)
                        if part == len(big): s.recv(1 << 16)
                    except OSError: pass
                    reset(s)
                    figures["clients"] += 1
            memory.append(round(server.rss(), 1))
        _settle(server, before, 10, figures)
        figures["rss_mb"] = memory
        if memory[2] > memory[1] * 1.1 + 16: raise Failed(f"memory grows with the clients that were killed: {memory} MB", figures)
    others.check(figures)
    return figures


def _settle(server, before, seconds, figures):
    server.check()
    end = time.monotonic() + seconds
    while server.descriptors() > before and time.monotonic() < end: time.sleep(0.1)
    figures["descriptors"] = [before, server.descriptors()]
    if server.descriptors() > before: raise Failed(f"{before} open files before, {server.descriptors()} {seconds} s after", figures)


# What each slow client sends at once, and what it then sends a byte a second of.
SLOW = {
    "nothing": (b"", b""),
    "head": (b"GET /v2 HTTP/1.1\r\nHost: a\r\n", b"X-Long: " + b"a" * 1000),
    "body": (request("/v2/models/double/infer", b"", length=1000), b" " * 1000),
    "chunks": (b"POST /v2/models/double/infer HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n" * 200),
    "generate body": (request("/v1/generate", b"", length=1000), b" " * 1000),
    "body of no route": (request("/nothing", b"", length=1000, close=False), b" " * 1000),
    "body of a GET": (request("/v2", b"", method="GET", length=1000, close=False), b" " * 1000),
    "idle after an answer": (request("/v2", close=False), b""),
}


def _trickle(server, name, stop, cut):
    """Seconds till the server has closed the connection; None where it has not at the end."""
    first, slowly = SLOW[name]
    began = time.monotonic()
    with connect(server.port, 0.02) as s:
        place, closed = 0, False
        try:
            s.sendall(first)
            while not stop.is_set():
                try:
                    if not s.recv(1 << 16):
                        closed = True
                        break
                except TimeoutError: pass
                if time.monotonic() - began >= place + 1 and place < len(slowly):
                    s.sendall(slowly[place:place + 1])
                    place += 1
                time.sleep(0.05)
        except OSError: closed = True
    cut.setdefault(name, []).append(round(time.monotonic() - began, 1) if closed else None)


def slow(torment):
    """Clients that send a byte a second are cut in their time, and do not hold others back."""
    figures, cut, stop, patience = {"limit_s": LIMIT}, {}, threading.Event(), 3 * LIMIT + 6
    with _server(torment) as server:
        with Others(server) as alone: time.sleep(3)
        alone.check({})
        with Others(server) as others:
            threads = [threading.Thread(target=_trickle, args=(server, name, stop, cut)) for name in SLOW for _ in range(8)]
            for thread in threads: thread.start()
            end = time.monotonic() + patience
            while any(t.is_alive() for t in threads) and time.monotonic() < end: time.sleep(0.1)
            stop.set()
            for thread in threads: thread.join()
        server.check()
    others.check(figures)
    figures.update(cut_after_s={n: [min(t), max(t)] if None not in t else "never" for n, t in cut.items()}, p99_ms_alone=round(alone.p99(), 2), p99_ms_beside=round(others.p99(), 2))
    never = [name for name, spans in cut.items() if None in spans]
    late = [name for name, spans in cut.items() if name not in never and max(spans) > LIMIT + 3]
    if never or late: raise Failed(f"not cut within {patience} s: {never}; cut later than {LIMIT + 3} s: {late}", figures)
    if others.p99() > 3 * alone.p99() + 10: raise Failed(f"others wait: p99 {alone.p99():.1f} ms alone, {others.p99():.1f} ms beside slow clients", figures)
    return figures


def _unread(server, data, stop):
    """Sends all that the server takes, and reads nothing till the end."""
    with connect(server.port, 0.5, receive=4096) as s:
        view = memoryview(data)
        while not stop.wait(0 if view else 0.1):
            try: view = view[s.send(view):] if view else view
            except TimeoutError: pass
            except OSError: view = memoryview(b"")


def unread(torment):
    """Clients that ask for much and read nothing are cut, and what was made for them is freed."""
    figures, stop, patience = {"limit_s": LIMIT}, threading.Event(), 3 * LIMIT + 20
    sent = {"24 MB": _big(), "3000 requests at once": request("/metrics", close=False) * 3000}
    with _server(torment) as server:
        with Others(server) as alone: time.sleep(3)
        memory = [round(server.rss(), 1)]
        with Others(server) as others:
            time.sleep(0.5)
            before = server.descriptors()
            for name, data in sent.items():
                stop.clear()
                threads = [threading.Thread(target=_unread, args=(server, data, stop)) for _ in range(4)]
                for thread in threads: thread.start()
                began = time.monotonic()
                time.sleep(1)
                # The client cannot tell, as what it has not read stands before the end: the server's open files do.
                while server.descriptors() > before and time.monotonic() < began + patience:
                    time.sleep(0.1)
                    memory.append(round(server.rss(), 1))
                figures[name] = f"cut after {time.monotonic() - began:.1f} s" if server.descriptors() <= before else f"{server.descriptors() - before} of 4 not cut"
                stop.set()
                for thread in threads: thread.join()
            _settle(server, before, 10, figures)
        time.sleep(1)
        memory.append(round(server.rss(), 1))
    others.check(figures)
    figures.update(rss_mb={"before": memory[0], "most": max(memory), "after": memory[-1]}, p99_ms_alone=round(alone.p99(), 2), p99_ms_beside=round(others.p99(), 2))
    if any("not cut" in str(f) for f in figures.values()): raise Failed(f"clients that do not read were not cut within {patience} s", figures)
    # Four bodies of 24 MB, their answers, and room for pieces of them.
    if max(memory) > memory[0] + 8 * 24 + 300: raise Failed(f"memory reached {max(memory)} MB for clients that do not read", figures)
    return figures


def half_closed(torment):
    """A client that closes its side has gone, as far as can be told: what runs for it may stop, but what comes back is a whole answer or none, at once."""
    figures, found = {}, {}
    with _server(torment) as server:
        for path, body in (("/v2/models/double/infer", CALL), ("/v2", None)):
            for _ in range(200):
                with connect(server.port) as s:
                    s.sendall(request(path, body))
                    s.shutdown(socket.SHUT_WR)
                    answer = b""
                    while part := s.recv(1 << 16): answer += part
                if answer and not answer.split(b"\r\n\r\n", 1)[-1]: raise Failed(f"half an answer: {answer[:300]!r}", figures)
                name = f"{path.rsplit('/', 1)[-1]} {status(answer) or 'none'}"
                found[name] = found.get(name, 0) + 1
    figures["answers"] = found
    if not set(found) <= {"infer 200", "infer 499", "infer none", "v2 200"}: raise Failed(f"answers to clients that had closed their side: {found}", figures)
    return figures
