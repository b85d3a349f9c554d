#!/usr/bin/env python3
"""Measures tessera-serve against the bare runtime on the same cores; writes Benchmarks/results/server.json and server.md.

    run.py [--works digits,sentences,tok_rgb] [--layout split|shared] [--connections 1,2,4,8,16] [--seconds S] [--quick]

In the layout `split` the server has core 0 and one thread, as the bare runtime has, and the client polls on core 1. In `shared` all have both
cores and two threads, and the client sleeps between answers. Needs `make serve`, `make build` and a C compiler; a machine that does nothing else.
"""
import argparse, json, os, pathlib, statistics, subprocess, sys, tempfile, time, urllib.request

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(ROOT / "Scripts")]
import models, table
from torment.server import Failed, Server

LAYOUTS = {"split": {"server": "0", "client": "1", "threads": 1}, "shared": {"server": None, "client": None, "threads": 2}}


def pinned(cores, *command): return [*(["taskset", "-c", cores] if cores else []), *map(str, command)]


class Bench:
    def __init__(self, a, folder):
        self.a, self.folder, self.layout = a, pathlib.Path(folder), LAYOUTS[a.layout]
        self.client = self.folder / "load"
        sources = sorted(HERE.glob("*.c"))
        subprocess.run([os.environ.get("CC", "cc"), "-O2", "-o", self.client, *sources], check=True)

    def bare(self, work, batch=1):
        """Milliseconds of a run of the bare runtime: mean and median."""
        bind = {**work.bind, "batch": batch}
        command = pinned(self.layout["server"], self.a.tessera, "bench", work.path, *(["--function", work.function] if work.function else []),
                         *(f for k, v in bind.items() for f in ("--bind", f"{k}={v}")), "--threads", self.layout["threads"], "--json")
        done = subprocess.run([*command, "--runs", str(self.runs), "--warmup", "5"], capture_output=True, text=True)
        if done.returncode: raise Failed(f"{' '.join(command)}: {done.stderr[-400:]}")
        made = json.loads(done.stdout.strip().splitlines()[-1])
        # As many runs as fit into the time of a measurement.
        self.runs = max(20, min(20_000, int(self.a.seconds * 1e3 / made["median_ms"])))
        return made["mean_ms"], made["median_ms"]

    def load(self, server, work, form, connections, rate=None):
        body, headers = work.binary() if form == "binary" else work.text()
        path = self.folder / "body"
        path.write_bytes(body)
        command = pinned(self.layout["client"], self.client, "--port", server.port, "--path", f"/v2/models/{work.name}/infer", "--body", path,
                         "--connections", connections, "--seconds", self.a.seconds, "--warmup", min(1, self.a.seconds / 2),
                         *(f for h in headers for f in ("--header", h)), *(["--rate", f"{rate:.3f}"] if rate else []),
                         *(["--spin"] if self.layout["client"] else []))
        used, before = server.cpu(), statistics_of(server, work)
        began = time.monotonic()
        done = subprocess.run(command, capture_output=True, text=True)
        made = json.loads(done.stdout)
        made["server_cpu_share"] = round((server.cpu() - used) / (time.monotonic() - began), 3)
        after = statistics_of(server, work)
        runs = after["execution_count"] - before["execution_count"]
        times = [s["inference_stats"]["compute_infer"]["ns"] for s in (before, after)]
        made["rows_per_run"] = round((after["inference_count"] - before["inference_count"]) / max(runs, 1), 2)
        made["compute_us_per_run"] = round((times[1] - times[0]) / 1e3 / max(runs, 1), 1)
        return made

    def measure(self, work):
        self.runs = 20
        self.bare(work)
        bare, rows = [self.bare(work)], []
        for batching in self.a.batching.split(","):
            for form in self.a.forms.split(","):
                if form == "json" and not work.text(): continue
                rows.append(self.row(work, batching, form))
                bare.append(self.bare(work))
        mean = statistics.median(m for m, _ in bare)
        batched = self.bare(work, 8)[0] / 8 if any(r["closed"][-1]["rows_per_run"] > 1 for r in rows) else None
        return {"work": work.name, "about": work.about, "bare_ms": round(mean, 4), "bare_rate": round(1e3 / mean, 2), "bare_means_ms": [round(m, 4) for m, _ in bare],
                "bare_rate_of_8_rows": round(1e3 / batched, 2) if batched else None, "rows": [judged(r, 1e3 / mean) for r in rows]}

    def row(self, work, batching, form):
        arguments = [f"{work.name}={work.path}", "--threads", self.layout["threads"], "--batching", batching, "--quiet", "--poll", "0"]
        with Server(self.a.server, *arguments, cores=self.layout["server"]) as server:
            closed = [self.load(server, work, form, int(n)) for n in self.a.connections.split(",")]
            best = max(closed, key=lambda c: c["rate"])
            # As many connections as the client has: what waits should wait in the server.
            opened = self.load(server, work, form, max(int(n) for n in self.a.connections.split(",")), 0.8 * best["rate"])
            made = {"batching": batching, "form": form, "closed": closed, "open": opened, "rss_mb": round(server.rss(), 1)}
        print(f"{work.name}, {form}, batching {batching}: {best['rate']:.0f}/s at {best['connections']} connections; at 80 %: "
              f"p50 {opened['latency_us']['p50']:.0f} µs, p99 {opened['latency_us']['p99']:.0f} µs, errors {opened['errors']}", flush=True)
        return made


def statistics_of(server, work):
    with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/v2/models/{work.name}/stats", timeout=30) as answer: return json.load(answer)["model_stats"][0]


def judged(row, bare_rate):
    best, times = max(row["closed"], key=lambda c: c["rate"]), row["open"]["latency_us"]
    errors = sum(c["errors"] for c in row["closed"]) + row["open"]["errors"]
    return {**row, "rate": best["rate"], "connections": best["connections"], "share_of_bare": round(best["rate"] / bare_rate, 3),
            "p99_by_p50": round(times["p99"] / times["p50"], 2), "errors": errors}


def machine():
    with open("/proc/cpuinfo") as file: names = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    return {"processor": names[0] if names else "", "cores": os.cpu_count(), "system": " ".join(os.uname()[i] for i in (0, 2))}


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--server", default=ROOT / ".build/release/tessera-serve")
    p.add_argument("--tessera", default=ROOT / ".build/release/tessera")
    p.add_argument("--works", default="digits,sentences,tok_rgb")
    p.add_argument("--layout", choices=LAYOUTS, default="split")
    p.add_argument("--connections", default="1,2,4,8,16")
    p.add_argument("--batching", default="off,auto")
    p.add_argument("--forms", default="binary,json")
    p.add_argument("--seconds", type=float, default=5)
    p.add_argument("--quick", action="store_true", help="a second each, 1 and 16 connections")
    p.add_argument("--results", default=ROOT / "Benchmarks/results/server", help="path of the results without its ending")
    a = p.parse_args()
    if a.quick: a.seconds, a.connections = 1, "1,16"
    for program in (a.server, a.tessera):
        if not pathlib.Path(program).exists(): p.error(f"{program} is missing; make serve and make build make both")
    load_before = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(a, folder)
        made = [bench.measure(work) for work in models.all_works(folder) if work.name in a.works.split(",")]
    results = {"date": time.strftime("%Y-%m-%d"), "machine": machine(), "layout": a.layout, "pinned": bench.layout, "seconds": a.seconds,
               "load_before": round(load_before, 2), "provisional": load_before > 0.3, "works": made}
    pathlib.Path(f"{a.results}.json").write_text(json.dumps(results, indent=1) + "\n")
    text = table.markdown(results)
    pathlib.Path(f"{a.results}.md").write_text(text)
    print("\n" + text)
    sys.exit(1 if any(r["errors"] for w in made for r in w["rows"]) else 0)


if __name__ == "__main__": main()
