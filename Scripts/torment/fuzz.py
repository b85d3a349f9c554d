"""Damaged requests by the thousand: the server lives, never answers 500, keeps answering others rightly, and its memory stops growing."""
import pathlib, re, threading, time

from . import http2, models
from .cases import case
from .server import Failed
from .wire import Caller, exchange, quantile

BAD = re.compile(rb"HTTP/1\.[01] 500[ \r]")
WORKERS = 6


class Fuzz:
    def __init__(self, torment, server):
        self.server, self.seed, self.keep = server, torment.seed, pathlib.Path(torment.keep)
        self.lock = threading.Lock()
        self.faults, self.statuses, self.flying = [], {}, {}

    def one(self, number):
        made = case(self.seed, number)
        self.flying[threading.get_ident()] = (number, made)
        is_grpc = made.kind == "grpc"
        port = self.server.grpc_port if is_grpc else self.server.port
        try: answer, in_time = exchange(port, made.data, 0.4 if is_grpc else 12, made.half_close, http2.is_over if is_grpc else None)
        except OSError as error: return self.fault(number, made, f"no connection: {error}")
        if is_grpc: return
        # Damage may have taken the timeout out of a wish to generate, which then takes its time.
        if not in_time and made.kind not in ("form", "generate"): self.fault(number, made, "neither answered nor cut within 12 s")
        if answer and not answer.startswith(b"HTTP/1.1 "): self.fault(number, made, f"no answer of HTTP: {answer[:80]!r}")
        if BAD.search(answer): self.fault(number, made, f"500: {answer[:600]!r}")
        with self.lock:
            status = answer[9:12].decode("latin-1") or "closed"
            self.statuses[status] = self.statuses.get(status, 0) + 1

    def fault(self, number, made, why):
        with self.lock:
            self.faults.append(f"case {self.seed}:{number} ({made.kind}): {why}")
            if len(self.faults) <= 50:
                self.save(number, made)

    def save(self, number, made):
        self.keep.mkdir(parents=True, exist_ok=True)
        (self.keep / f"case-{self.seed}-{number}.bin").write_bytes(made.data)

    def check(self):
        """Throws `Failed` with the requests of that moment where the server has ended."""
        if self.server.lives: return
        for number, made in self.flying.values(): self.save(number, made)
        names = ", ".join(f"{number} ({made.kind})" for number, made in sorted(self.flying.values(), key=lambda f: f[0]))
        raise Failed(f"the server ended with {self.server.process.returncode} at one of the cases {names}, kept in {self.keep}: {self.server.log()[-1500:]}")

    def work(self, numbers):
        for number in numbers:
            if not self.server.lives or len(self.faults) > 200: return
            try: self.one(number)
            except Exception as error:
                # A worker that ends would leave its share out.
                self.faults.append(f"case {number} could not be made or judged: {error!r}")
                continue
            # The cases of the moment in which it ends stay known.
            if self.server.lives: self.flying.pop(threading.get_ident(), None)

    def some(self, first, count):
        workers = [threading.Thread(target=self.work, args=(range(first + i, first + count, WORKERS),)) for i in range(WORKERS)]
        for worker in workers: worker.start()
        for worker in workers: worker.join()


def others(server, found, stop):
    """Sound requests while the damaged ones come."""
    caller = Caller(server.port)
    while not stop.wait(0.02):
        try: found.append(caller.call())
        except OSError as error: found.append((0, f"broken: {error}", False, None))
    caller.close()


def run(torment):
    folder = torment.folder("double.ir", models.times(2), "victim.ir", models.times(3, "victim"))
    arguments = ["--models", folder, "--threads", "1", "--shared-memory", "--idle-timeout", "3", "--body-timeout", "3", "--max-body", "8", "--quiet"]
    with torment.server(f"shapes={torment.bundle}", *arguments, grpc=True) as server:
        fuzz, count, figures = Fuzz(torment, server), torment.fuzz, {"requests": torment.fuzz, "seed": torment.seed}
        Caller(server.port).call()
        memory, sound, stop = [server.rss()], [], threading.Event()
        thread = threading.Thread(target=others, args=(server, sound, stop))
        thread.start()
        began = time.monotonic()
        try:
            for part in range(5):
                start, end = count * part // 5, count * (part + 1) // 5
                fuzz.some(torment.first + start, end - start)
                fuzz.check()
                time.sleep(0.5)
                memory.append(server.rss())
                # What a server opens once for all, it has opened now.
                if part == 0: before = settled(server)
        finally:
            stop.set()
            thread.join()
        figures.update(seconds=round(time.monotonic() - began, 1), statuses=dict(sorted(fuzz.statuses.items())), rss_mb=[round(m, 1) for m in memory])
        judge(server, fuzz, sound, before, memory, figures)
    return figures


def settled(server, seconds=5):
    """Open files when the time limits have passed for what is still there."""
    time.sleep(seconds)
    return server.descriptors()


def judge(server, fuzz, sound, before, memory, figures):
    server.check()
    figures["others"] = len(sound)
    figures["others_p99_ms"] = round(quantile([s[0] for s in sound], 0.99) * 1e3, 1)
    figures["faults"] = fuzz.faults[:20]
    if fuzz.faults: raise Failed(f"{len(fuzz.faults)} faults, the first: {fuzz.faults[0]}", figures)
    wrong = [s for s in sound if not s[2]]
    if wrong: raise Failed(f"{len(wrong)} of {len(sound)} sound requests beside were not answered rightly, the first: {wrong[0][1]}", figures)
    answer, _ = exchange(server.grpc_port, http2.call("ServerLive"), 5, ends=http2.is_over)
    if not any(kind == http2.DATA and data == http2.message(b"\x08\x01") for kind, _, _, data in http2.frames(answer)): raise Failed(f"gRPC does not answer any more: {answer[:200]!r}", figures)
    # What waits for its end goes with the time limit.
    end = time.monotonic() + 15
    while server.descriptors() > before + 4 and time.monotonic() < end: time.sleep(0.2)
    figures["descriptors"] = [before, server.descriptors()]
    if server.descriptors() > before + 4: raise Failed(f"{before} open files before, {server.descriptors()} after", figures)
    growth = memory[-1] - memory[2]
    figures["growth_mb_of_last_three_fifths"] = round(growth, 1)
    if growth > 0.05 * memory[2] + 8: raise Failed(f"memory grows without end: {figures['rss_mb']} MB after each fifth", figures)
