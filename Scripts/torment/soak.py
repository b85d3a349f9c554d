"""Mixed load for long, and the slope of the memory."""
import json, random, threading, time

from . import models
from .cases import case
from .server import Failed
from .wire import CALL, Caller, binary, connect, exchange, quantile, request, reset, status


def _damaged(c, port, number):
    made = case("soak", number)
    if made.kind in ("grpc", "generate", "form", "settings"): return None
    exchange(port, made.data, 12, True)
    return None


def _wish(c):
    value = {"model": "shapes", "inputs": {"caption": "a red cube"}, "targets": ["tok_depth@224"], "settings": {"steps": 2}, "seed": c.randrange(1000)}
    return request("/v1/generate", json.dumps(value).encode())


def _large(c):
    count = c.randint(1, 200_000)
    body, headers = binary("x", [count], bytes(4 * count))
    return request("/v2/models/same/infer", body, headers=headers)


def _work(server, seed, stop, counts, faults, spans):
    c, caller, number = random.Random(seed), Caller(server.port), seed << 32
    while not stop.is_set():
        number += 1
        kind = c.choices(["call", "large", "damaged", "killed", "metrics", "generate"], [60, 10, 12, 5, 3, 1])[0]
        counts[kind] = counts.get(kind, 0) + 1
        try:
            if kind == "call":
                seconds, code, right, _ = caller.call()
                spans.append(seconds)
                if not right: faults.append(f"call: {code}")
            elif kind == "damaged": _damaged(c, server.port, number)
            elif kind == "killed":
                s = connect(server.port)
                s.sendall(request("/v2/models/double/infer", CALL)[:c.randint(1, 200)])
                reset(s)
            else:
                data = {"large": _large, "metrics": lambda _: request("/metrics"), "generate": _wish}[kind](c)
                code = status(exchange(server.port, data, 60)[0])
                # A queue that is full is an answer, too.
                if code not in (200, 429): faults.append(f"{kind}: {code}")
        except OSError as error: faults.append(f"{kind}: {error}")
        if c.random() < 0.3: time.sleep(0.002)
    caller.close()


def slope(samples):
    """MB an hour, by least squares."""
    if len(samples) < 3: return 0.0
    count = len(samples)
    mean_t, mean_m = sum(t for t, _ in samples) / count, sum(m for _, m in samples) / count
    spread = sum((t - mean_t) ** 2 for t, _ in samples)
    return 3600 * sum((t - mean_t) * (m - mean_m) for t, m in samples) / spread if spread else 0.0


def run(torment):
    seconds = torment.soak
    folder = torment.folder("double.ir", models.times(2), "same.ir", models.same(), "victim.ir", models.times(3, "victim"))
    counts, faults, spans, samples, stop = {}, [], [], [], threading.Event()
    with torment.server(f"shapes={torment.bundle}", "--models", folder, "--idle-timeout", "10", "--body-timeout", "10", "--quiet") as server:
        workers = [threading.Thread(target=_work, args=(server, i + 1, stop, counts, faults, spans)) for i in range(4)]
        for worker in workers: worker.start()
        began = time.monotonic()
        try:
            while time.monotonic() < began + seconds and server.lives:
                time.sleep(min(10, max(0.1, began + seconds - time.monotonic())))
                samples.append((round(time.monotonic() - began, 1), round(server.rss(), 1)))
                torment.say(f"  soak: {samples[-1][0]:.0f} s, {samples[-1][1]:.1f} MB, {sum(counts.values())} requests, {len(faults)} faults")
        finally:
            stop.set()
            for worker in workers: worker.join()
        server.check()
        descriptors = server.descriptors()
    late = [s for s in samples if s[0] > seconds / 2]
    figures = {"seconds": seconds, "requests": counts, "faults": faults[:10], "rss_mb": [m for _, m in samples], "slope_mb_per_hour": round(slope(late), 1), "judged": seconds >= 300,
               "p50_ms": round(quantile(spans, 0.5) * 1e3, 2), "p99_ms": round(quantile(spans, 0.99) * 1e3, 2), "descriptors": descriptors}
    if faults: raise Failed(f"{len(faults)} requests failed, the first: {faults[0]}", figures)
    # Memory goes up and down with what is asked for; a leak raises the peak, but for 2 % and 4 MB of an allocator's habits.
    peaks = [max([m for t, m in samples if (t > seconds / 2) == is_late], default=0) for is_late in (False, True)]
    if seconds >= 300 and peaks[1] > 1.02 * peaks[0] + 4: raise Failed(f"memory grows: at most {peaks[0]} MB in the first half, {peaks[1]} MB in the second", figures)
    return figures
