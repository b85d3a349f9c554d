#!/usr/bin/env python3
"""Treats tessera-serve badly in every way that a network can, on servers of its own on loopback, and says what it did not stand.

    server-torment.py [--server PROGRAM] [--only fuzz,slow,…] [--fuzz N] [--seed N] [--soak SECONDS] [--json FILE]

One line for each part; exit code 1 if one failed. Python's standard library alone. Damaged requests that were answered wrongly are kept as bytes
in --keep; case N of a seed is the same bytes every time: `--only fuzz --first N --fuzz 1` sends it again.
"""
import argparse, json, pathlib, shutil, sys, tempfile, time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from torment import clients, fuzz, life, models, soak
from torment.server import PROGRAM, ROOT, Failed, Server

PARTS = {"fuzz": fuzz.run, "killed": clients.killed, "slow": clients.slow, "unread": clients.unread, "half-closed": clients.half_closed, "disk": life.disk,
         "reload": life.reload, "drain": life.drain, "cancel": life.cancel, "soak": soak.run}


class Torment:
    """What the parts share: the program, the bounds, folders that go at the end."""

    def __init__(self, arguments):
        self.program, self.seed, self.fuzz, self.first, self.keep = arguments.server, arguments.seed, arguments.fuzz, arguments.first, arguments.keep
        self.soak, self.seconds, self.bundle = arguments.soak, arguments.seconds, ROOT / "Models/shapes"
        self.folders = []

    def folder(self, *files):
        """A folder with `files`: names and texts in turn."""
        made = tempfile.mkdtemp(prefix="tessera-torment-")
        self.folders.append(made)
        for name, text in zip(files[::2], files[1::2]): models.put(made, name, text)
        return made

    def server(self, *arguments, **options): return Server(self.program, *arguments, **options)

    def say(self, text): print(text, flush=True)

    def clean(self):
        for folder in self.folders: shutil.rmtree(folder, ignore_errors=True)


def attempt(torment, name):
    """(did it pass, what it says, figures)."""
    try:
        figures = PARTS[name](torment)
        return True, figures.get("skipped", ""), figures
    except Failed as error: return False, error.args[0], error.args[1] if len(error.args) > 1 else {}
    except Exception as error: return False, f"{type(error).__name__}: {error}", {}


def short(figures): return ", ".join(f"{k} {v}" for k, v in figures.items() if not isinstance(v, (dict, list)) or len(str(v)) < 120)


def main():
    p = argparse.ArgumentParser(description="Treats tessera-serve badly.")
    p.add_argument("--server", default=str(PROGRAM), help="the program (default: that of `make serve`)")
    p.add_argument("--only", default="", help=f"parts, with commas: {', '.join(PARTS)}; all but soak by default")
    p.add_argument("--fuzz", type=int, default=100_000, help="damaged requests")
    p.add_argument("--first", type=int, default=0, help="number of the first of them")
    p.add_argument("--seed", default="1")
    p.add_argument("--seconds", type=int, default=0, help="how long models are replaced (15)")
    p.add_argument("--soak", type=int, default=0, help="seconds of mixed load; also turns that part on")
    p.add_argument("--keep", default="/tmp/tessera-torment", help="where damaged requests that showed a fault are kept")
    p.add_argument("--json", help="file for all figures")
    arguments = p.parse_args()
    names = [n for n in arguments.only.split(",") if n] or [n for n in PARTS if n != "soak"] + (["soak"] if arguments.soak else [])
    unknown = [n for n in names if n not in PARTS]
    if unknown: p.error(f"there is no part {', '.join(unknown)}; there are {', '.join(PARTS)}")
    if "soak" in names and not arguments.soak: arguments.soak = 600
    if not pathlib.Path(arguments.server).exists(): p.error(f"{arguments.server} is missing; make serve builds it")
    torment, results = Torment(arguments), {}
    try:
        for name in names:
            began = time.monotonic()
            passed, text, figures = attempt(torment, name)
            word = ("skipped" if figures.get("skipped") else "ok") if passed else "FAILED"
            print(f"{name}: {word} in {time.monotonic() - began:.0f} s: {text + '; ' if text else ''}{short(figures)}", flush=True)
            results[name] = {"passed": passed, "text": text, "seconds": round(time.monotonic() - began, 1), **figures}
    finally: torment.clean()
    if arguments.json: pathlib.Path(arguments.json).write_text(json.dumps(results, indent=1) + "\n")
    sys.exit(0 if all(r["passed"] for r in results.values()) else 1)


if __name__ == "__main__": main()
