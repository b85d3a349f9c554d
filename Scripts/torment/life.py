"""Full disks, replaced models, the end of the server, and work that nobody waits for."""
import json, os, signal, subprocess, threading, time

from . import models
from .clients import Others
from .server import Failed
from .wire import CALL, Caller, binary, connect, exchange, request, reset, status


def disk(torment):
    """A log on a disk that is full: the server goes on serving."""
    place = torment.folder()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tessera-torment", place], capture_output=True).returncode:
        return {"skipped": "a tmpfs cannot be mounted here (needs root)"}
    figures = {}
    try:
        folder = torment.folder("double.ir", models.times(2))
        with torment.server("--models", folder, "--threads", "1", log=f"{place}/log") as server:
            caller, sent = Caller(server.port), 0
            while os.statvfs(place).f_bavail and sent < 40_000:
                if not _right(caller): break
                sent += 1
            figures.update(requests_till_full=sent, free_bytes=os.statvfs(place).f_bavail * 4096)
            after = 0
            for _ in range(2000):
                if not _right(caller): break
                after += 1
            figures["answered_when_full"] = after
            server.check()
            if figures["free_bytes"]: raise Failed("the log did not fill the disk", figures)
            if after < 2000: raise Failed(f"only {after} of 2000 requests were answered with the disk full", figures)
            os.truncate(f"{place}/log", 0)
            if not _right(caller): raise Failed("no answer after the disk had room again", figures)
            code = server.stop()
            figures["exit_code"] = code
            if code != 0: raise Failed(f"exit code {code}", figures)
    except Failed as error: raise Failed(error.args[0], figures)
    finally: subprocess.run(["umount", place], capture_output=True)
    return figures


def _right(caller):
    try: return caller.call()[2]
    except OSError: return False


def reload(torment):
    """A model file replaced by rename every second under load: every answer is of the old or the new model, and none fails."""
    folder, seconds, figures = torment.folder("double.ir", models.times(2)), torment.seconds or 15, {}
    with torment.server("--models", folder, "--threads", "1", "--poll", "0.2", "--quiet") as server:
        memory = [round(server.rss(), 1)]
        found, stop = [], threading.Event()

        def work():
            caller = Caller(server.port, factors=(2, 3))
            while not stop.is_set():
                try: found.append((time.monotonic(), *caller.call()))
                except OSError as error: found.append((time.monotonic(), 0, f"broken: {error}", False, None))

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads: thread.start()
        for turn in range(seconds):
            time.sleep(1)
            models.put(folder, "double.ir", models.times(3 if turn % 2 == 0 else 2))
            memory.append(round(server.rss(), 1))
        last = time.monotonic()
        time.sleep(2)
        stop.set()
        for thread in threads: thread.join()
        server.check()
    wanted = 3 if seconds % 2 == 1 else 2
    changes = sum(1 for a, b in zip(sorted(found), sorted(found)[1:]) if a[4] != b[4])
    figures.update(requests=len(found), replaced=seconds, changes_seen=changes, rss_mb=[memory[0], memory[len(memory) // 2], memory[-1]])
    wrong = [f for f in found if not f[3]]
    if wrong: raise Failed(f"{len(wrong)} of {len(found)} requests failed or were wrong, the first: {wrong[0][2:]}", figures)
    if {f[4] for f in found if f[0] > last + 1.2} != {wanted}: raise Failed("the newest model does not serve in the end", figures)
    if changes < seconds - 1: raise Failed(f"only {changes} changes were seen of {seconds}", figures)
    return figures


SLOW = 512 * 512 * 4


def _slow_request(): return request("/v2/models/slow/infer", *_swap(binary("x", [512, 512], bytes(SLOW))))


def _swap(made): return made[0], None, made[1]


def drain(torment):
    """SIGTERM under load: what was sent before is answered, what comes after is refused, and the program ends by itself."""
    figures = {}
    folder = torment.folder("double.ir", models.times(2), "slow.ir", models.slow(steps=60))
    for name, seconds in (("loaded", 20), ("broken off", 1)):
        with torment.server("--models", folder, "--threads", "1", "--drain", seconds, "--quiet") as server:
            figures[name] = _drain(server, seconds)
            if figures[name]["exit_code"] != 0: raise Failed(f"{name}: exit code {figures[name]['exit_code']}", figures)
    lost = figures["loaded"]["lost"]
    if lost: raise Failed(f"{lost} requests that were sent before SIGTERM have no answer", figures)
    if figures["broken off"]["seconds"] > 1 + 5 + 3: raise Failed("with --drain 1 the server takes too long to end", figures)
    return figures


def _drain(server, limit):
    """Long runs in the queue, and short ones over kept connections."""
    answers, ended = [], threading.Event()
    count = 12 if limit > 5 else 60

    def long():
        try: answers.append(status(exchange(server.port, _slow_request(), 60)[0]))
        except OSError: answers.append(None)

    short, term = [], [float("inf")]

    def quick():
        caller = Caller(server.port)
        while not ended.is_set():
            began = time.monotonic()
            try: short.append((began, caller.call()[1]))
            except OSError: short.append((began, None))
            if time.monotonic() > term[0] + 0.2: return

    threads = [threading.Thread(target=long) for _ in range(count)] + [threading.Thread(target=quick) for _ in range(4)]
    for thread in threads: thread.start()
    time.sleep(1)
    # All of the long ones have been sent: their bodies are 1 MB each.
    done = len(answers)
    term[0] = time.monotonic()
    server.process.send_signal(signal.SIGTERM)
    try: code = server.process.wait(limit + 30)
    except subprocess.TimeoutExpired: code = None
    seconds = time.monotonic() - term[0]
    ended.set()
    for thread in threads: thread.join()
    # A quick request that began a moment before the signal may not have been on the wire: it does not count.
    lost = sum(1 for a in answers if a is None) + sum(1 for began, s in short if s is None and began < term[0] - 0.05)
    return {"exit_code": code, "seconds": round(seconds, 2), "long": {str(a): answers.count(a) for a in set(answers)},
            "done_before": done, "short": len(short), "short_200": sum(1 for _, s in short if s == 200), "lost": lost}


def cancel(torment):
    """A client that goes away: its work stops, and the processor is free."""
    figures = {}
    folder = torment.folder("double.ir", models.times(2), "slow.ir", models.slow(steps=2000))
    with torment.server(f"shapes={torment.bundle}", "--models", folder, "--threads", "1", "--quiet") as server:
        Caller(server.port).call()
        wish = {"inputs": {"caption": "a red cube and a green sphere"}, "targets": ["tok_rgb@224", "tok_depth@224", "tok_normal@224"], "settings": {"steps": 196}, "variations": 8}
        generation = request("/v1/generate", json.dumps(wish).encode())
        events = request("/v1/generate", json.dumps({**wish, "drafts": True}).encode(), headers=["Accept: text/event-stream"])
        for name, data in (("run", _slow_request()), ("generation", generation), ("events", events)):
            for way in ("closed", "reset"):
                figures[f"{name}, {way}"] = _leave(server, data, way)
        # One that leaves while it waits takes nothing with it.
        server.check()
        if not Caller(server.port).call()[2]: raise Failed("no right answer afterwards", figures)
    # Time of the processor and not of the clock: on a busy machine a step takes long.
    slow = {name: f for name, f in figures.items() if f["stopped_after_s"] is None or f["cpu_after_s"] > 1}
    idle = [name for name, f in figures.items() if f["cpu_before_s"] < 0.1]
    if idle: raise Failed(f"no work was seen before the client left: {idle}", figures)
    if slow: raise Failed(f"more than 1 s of work after the client has gone: {slow}", figures)
    return figures


def _leave(server, data, way):
    """How much work there was, and after how many seconds it had stopped: the first from which on a second goes by with one tick of 10 ms at most."""
    s = connect(server.port, 30)
    used, at = server.cpu(), time.monotonic()
    s.sendall(data)
    # At work: a tenth of a second of it was seen, however long that takes here.
    while server.cpu() - used < 0.1 and time.monotonic() - at < 20: time.sleep(0.02)
    time.sleep(0.3)
    before = server.cpu() - used
    reset(s) if way == "reset" else s.close()
    left, used, samples, stopped = time.monotonic(), server.cpu(), [], None
    while stopped is None and time.monotonic() < left + 20:
        samples.append((time.monotonic() - left, server.cpu()))
        while samples and samples[-1][0] - samples[0][0] > 1:
            if samples[-1][1] - samples[0][1] <= 0.011:
                stopped = round(samples[0][0], 2)
                break
            samples.pop(0)
        time.sleep(0.02)
    return {"cpu_before_s": round(before, 2), "stopped_after_s": stopped, "cpu_after_s": round(server.cpu() - used, 2)}
