"""What the numbers were measured on: names, versions, and the peaks that a plain program reaches."""

import datetime
import os
import platform
import subprocess
import sys
from importlib.metadata import version

from processes import environment, first_cores

FLAGS = ("avx2", "fma", "avx512f", "avx512_vnni", "avx_vnni", "avx512_bf16", "amx_tile", "amx_bf16", "amx_int8")
PACKAGES = ("torch", "onnxruntime", "openvino", "nncf", "onnx")

# Best of a few seconds: products of 2048 x 2048 f32 matrices, and copies of 256 MB (read and written bytes count).
PEAKS = """
import sys, time, torch
torch.set_num_threads(int(sys.argv[1]))
def best(call, seconds=3):
    end, times = time.perf_counter() + seconds, []
    while time.perf_counter() < end:
        start = time.perf_counter(); call(); times.append(time.perf_counter() - start)
    return min(times)
a, b, c = (torch.randn(2048, 2048) for _ in range(3))
x, y = torch.ones(64 << 20), torch.ones(64 << 20)
print(2 * 2048**3 / best(lambda: torch.mm(a, b, out=c)) / 1e9, 2 * x.nbytes / best(lambda: y.copy_(x)) / 1e9)
"""


def cpu_info(key):
    with open("/proc/cpuinfo") as file:
        return next((line.split(":", 1)[1].strip() for line in file if line.startswith(key)), "")


def peaks(threads):
    result = subprocess.run(
        [sys.executable, "-c", PEAKS, str(threads)],
        capture_output=True,
        text=True,
        check=True,
        env=environment(threads),
        preexec_fn=lambda: os.sched_setaffinity(0, first_cores(threads)),
    )
    gflops, bandwidth = map(float, result.stdout.split())
    return {"sgemm_gflops": round(gflops, 1), "copy_gb_per_s": round(bandwidth, 1)}


def facts(thread_counts):
    present = set(cpu_info("flags").split())
    return {
        "cpu": cpu_info("model name"),
        "cores": os.cpu_count(),
        "flags": [flag for flag in FLAGS if flag in present],
        "system": platform.platform(),
        "versions": {name: version(name) for name in PACKAGES} | {"python": platform.python_version()},
        "date": datetime.date.today().isoformat(),
        "load_before": os.getloadavg()[0],
        "peaks": {str(threads): peaks(threads) for threads in thread_counts},
    }
