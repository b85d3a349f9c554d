"""A tessera-serve of one's own on this machine's loopback, and what /proc knows of it."""
import os, pathlib, re, signal, subprocess, tempfile, time

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = ROOT / ".build/release/tessera-serve"
TICKS = os.sysconf("SC_CLK_TCK")


class Failed(Exception):
    """What a check found to be wrong."""


class Server:
    """Starts the program on free ports and waits until it is ready. `with Server(…) as server:` stops it at the end.

    `log`: file for its standard error; one that goes with the object by default. `cores`: of `taskset`; None for all.
    Throws `Failed` where it does not get ready in `patience` seconds.
    """

    def __init__(self, program, *arguments, log=None, cores=None, grpc=False, patience=120, limits=None):
        self.folder = tempfile.TemporaryDirectory(prefix="tessera-torment-")
        self.log_path = pathlib.Path(log) if log else pathlib.Path(self.folder.name) / "log"
        command = [str(program), *map(str, arguments), "--port", "0", *(["--grpc-port", "0"] if grpc else [])]
        if cores: command = ["taskset", "-c", cores, *command]
        with open(self.log_path, "ab") as stream:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=stream, preexec_fn=limits)
        self.pid = self.process.pid
        self.port = self.grpc_port = None
        try: self._wait(patience)
        except BaseException:
            self.process.kill()
            self.process.wait()
            raise

    def _wait(self, patience):
        end = time.monotonic() + patience
        while True:
            text = self.log()
            for kind, name in (("https?", "port"), ("grpc", "grpc_port")):
                found = re.search(rf"listening on {kind}://\S+:(\d+)", text)
                if found: setattr(self, name, int(found.group(1)))
            if "tessera-serve: ready" in text and self.port: return
            if self.process.poll() is not None: raise Failed(f"the server ended with {self.process.returncode}: {text[-800:]}")
            if time.monotonic() > end: raise Failed(f"the server is not ready after {patience} s: {text[-800:]}")
            time.sleep(0.02)

    def __enter__(self): return self

    def __exit__(self, *_):
        if self.process.poll() is None: self.stop(grace=20)
        self.folder.cleanup()

    def log(self): return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    @property
    def lives(self): return self.process.poll() is None

    def check(self):
        """Throws `Failed` where it has ended by itself."""
        if not self.lives: raise Failed(f"the server ended with {self.process.returncode}: {self.log()[-1500:]}")

    def stop(self, sent=signal.SIGTERM, grace=60):
        """Its exit code; None where it had to be killed."""
        self.process.send_signal(sent)
        try: return self.process.wait(grace)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return None

    def rss(self):
        """Resident memory, in MB."""
        found = re.search(r"VmRSS:\s+(\d+)", self._proc("status"))
        return int(found.group(1)) / 1024 if found else 0.0

    def cpu(self):
        """Seconds of processor time that it has used."""
        fields = self._proc("stat").rsplit(")", 1)[-1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS if fields else 0.0

    def descriptors(self):
        try: return len(os.listdir(f"/proc/{self.pid}/fd"))
        except OSError: return 0

    def threads(self):
        found = re.search(r"Threads:\s+(\d+)", self._proc("status"))
        return int(found.group(1)) if found else 0

    def _proc(self, name):
        try:
            with open(f"/proc/{self.pid}/{name}") as file: return file.read()
        except OSError: return ""
