"""The peers' part of quant.py: rows that ONNX Runtime and OpenVINO make in .build-peers/venv, and their table."""
import json
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON = ROOT / ".build-peers/venv/bin/python"
SCRIPT = ROOT / "Benchmarks/peers/quant_models.py"
COLUMNS = ["model", "peer and scheme", "weights", "depth", "semseg", "captions", "tokenizer", "encode ms", "decode_step ms", "ready s", "peak"]
NOTE = """Weights alone are counted, each once. Captions and tokens are held against Tessera's in f32; the tokenizer's search for the nearest
code stays f32, as it does in Tessera. Peak: of a process with Python and the runtime, which have the part in brackets by themselves. NNCF's
int4 weights are those of groups of 32; layers whose rows are not made of such groups have 8 bits, activations f32. Sizes of llama.cpp's
formats are computed: dense weights in the format, tables of more than 1,024 rows in Q8_0, all else f32."""


def measured(tessera, work, only, machine):
    """Rows of the peers; none, and a word about it, without their environment."""
    if not PYTHON.exists():
        print(f"the peers are left out: no {PYTHON.relative_to(ROOT)}; Benchmarks/peers/run.sh makes it", flush=True)
        return []
    command = [str(part) for part in (PYTHON, SCRIPT, "--tessera", tessera, "--work", work, "--only", only)]
    rows = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            # Quantizers print, too.
            if line.startswith("{"):
                rows.append(json.loads(line) | {"instruction_set": machine})
                print(rows[-1], flush=True)
    if process.returncode:
        print(f"the peers ended with status {process.returncode}; what they did not measure stays as it was", flush=True)
    return rows


def merged(known, rows):
    """Rows that a run does not measure stay as they were."""
    key = lambda row: (row["model"], row["scheme"])
    kept = [row for row in known if key(row) not in set(map(key, rows))]
    return sorted(kept + rows, key=lambda row: (row["model"] != "Shapes", row["scheme"].startswith("llama")))


def text(rows):
    if not rows:
        return ""
    machines = "; ".join(sorted({f"{row['instruction_set']}, {row['versions']}" for row in rows}))
    lines = [f"| {' | '.join(COLUMNS)} |", "|---|---|" + "---:|" * (len(COLUMNS) - 2), *map(line, rows)]
    return f"\n## Peers\n\nTwo threads, {machines}. {NOTE}\n\n" + "\n".join(lines) + "\n"


def line(row):
    share = lambda key: f"{100 * row[key]:.1f} %" if key in row else ""
    number = lambda key, scale=1, digits=2: f"{row[key] / scale:.{digits}f}" if key in row else ""
    peak = f"{number('peak_bytes', 1e6, 0)} ({number('base_bytes', 1e6, 0)})" if "peak_bytes" in row else ""
    cells = [row["model"], row["scheme"], f"{number('bytes', 1e6, 1)} MB", *map(share, ("depth", "semseg", "captions", "tokenizer")),
             number("encode_ms"), number("decode_step_ms"), number("load_s"), peak]
    return f"| {' | '.join(cells)} |"
