#!/usr/bin/env python3
"""Holds `tessera train graph` to what Docs/training.md says of jobs: PROGRAM [--kills N] [--seed N]."""
import argparse
import json
import os
import pathlib
import random
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time

import numpy

ROWS, WIDTH, HIDDEN = 512, 16, 512
STEPS, EVERY = 600, 20


def write_safetensors(path, tensors):
    header, data = {}, b""
    for name, array in tensors.items():
        header[name] = {"dtype": "F32", "shape": list(array.shape), "data_offsets": [len(data), len(data) + array.nbytes]}
        data += array.tobytes()
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def make_model(folder):
    numbers = numpy.random.default_rng(0)
    normal = lambda *shape: (numbers.standard_normal(shape) / shape[-1] ** 0.5).astype(numpy.float32)
    write_safetensors(folder / "w.safetensors", {"a": normal(HIDDEN, WIDTH), "c": numpy.zeros(HIDDEN, numpy.float32), "b": normal(WIDTH, HIDDEN)})
    (folder / "mlp.ir").write_text(f"""module @mlp stage(imported) {{
  weights "w.safetensors"
  const @a : f32[{HIDDEN}, {WIDTH}]
  const @b : f32[{WIDTH}, {HIDDEN}]
  const @c : f32[{HIDDEN}]
  func @main(%x: f32[n, {WIDTH}]) -> (y: f32[n, {WIDTH}]) {{
    %0 = linear(%x, @a, @c) : f32[n, {HIDDEN}] "hidden"
    %1 = tanh(%0) : f32[n, {HIDDEN}] "bend"
    %2 = linear(%1, @b) : f32[n, {WIDTH}] "out"
    return %2
  }}
}}
""")
    x = normal(ROWS, WIDTH)
    numpy.savez(folder / "data.npz", x=x, target=numpy.sin(3 * x))


class Trainings:
    def __init__(self, program, folder):
        self.program, self.folder = program, folder

    def command(self, output, *more):
        return [
            self.program, "train", "graph", str(self.folder / "mlp.ir"), "--loss", "mse(y,target)", "--data", str(self.folder / "data.npz"),
            "--evaluation-data", str(self.folder / "data.npz"), "--steps", str(STEPS), "--batch", "64", "--accumulate", "3", "--average", "0.99",
            "--schedule", "cosine", "--warmup", "20", "--clip", "1", "--checkpoint-every", str(EVERY), "-o", str(output), *more]

    def start(self, output, *more):
        return subprocess.Popen(self.command(output, *more), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def run(self, output, *more):
        return subprocess.run(self.command(output, *more), capture_output=True, text=True, timeout=600)


def weights(output):
    last = output / "checkpoints" / f"step-{STEPS:08d}"
    files = [last / "state.safetensors"] + sorted((last / "model").iterdir()) + sorted((output / "model").iterdir())
    return {str(file.relative_to(output)): file.read_bytes() for file in files}


def steps(output):
    return sorted(int(folder.name[5:]) for folder in (output / "checkpoints").glob("step-*"))


def check(condition, what):
    if not condition:
        sys.exit(f"training-tests: {what}")


def kills(trainings, whole, count, numbers):
    """Killed at random moments `count` times, a training gives the bits of one that nobody killed."""
    output, killed, reached = trainings.folder / "killed", 0, set()
    for _ in range(count):
        process = trainings.start(output, "--resume", "--threads", str(numbers.choice([1, 2])))
        try:
            process.communicate(timeout=numbers.uniform(0.02, 1.5))
            check(process.returncode == 0, f"a run that goes on ended with {process.returncode}")
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            killed += 1
        reached.update(steps(output)[-1:])
    check(killed > 0, "no run was killed; the moments are too late for this machine")
    last = trainings.run(output, "--resume")
    check(last.returncode == 0, last.stderr)
    check(weights(output) == weights(whole), "a training that was killed gives other bits")
    left = [str(path) for path in output.rglob("*.part")]
    check(not left, f"what killed runs left half done is there still: {left}")
    print(f"killed {killed} times, at {len(reached)} checkpoints: same bits")


def signals(trainings):
    for number, code in [(signal.SIGINT, 130), (signal.SIGTERM, 143)]:
        output = trainings.folder / f"signal{code}"
        process = trainings.start(output)
        while not (output / "log.jsonl").exists() or not (output / "log.jsonl").read_text():
            check(process.poll() is None, "the training ended before it was asked to")
            time.sleep(0.01)
        other = trainings.run(output, "--resume")
        check(other.returncode == 1 and "another run" in other.stderr, f"a second run on one output: {other.stderr}")
        process.send_signal(number)
        _, messages = process.communicate(timeout=120)
        check(process.returncode == code, f"signal {number} gives {process.returncode}")
        check("--resume goes on from there" in messages and len(steps(output)) > 0, f"no checkpoint after a signal: {messages}")
        entries = [json.loads(line) for line in (output / "log.jsonl").read_text().splitlines()]
        check(entries[-1]["step"] <= steps(output)[-1], "the checkpoint is older than the log")
    print("signals: a checkpoint, then the end; a second run is refused")


def full_disk(trainings, whole):
    """A disk that takes two checkpoints and not three; the third is written before the first goes."""
    place = trainings.folder / "disk"
    place.mkdir()
    last = whole / "checkpoints" / f"step-{STEPS:08d}"
    size = lambda folder: sum(-(-path.stat().st_size // 4096) * 4096 for path in folder.rglob("*") if path.is_file())
    room = size(last) * 5 // 2 + 2 * size(whole / "model") + (128 << 10)
    mount = lambda options: subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", place], capture_output=True).returncode
    if mount(f"size={room}"):
        return print("full disk: left out, a tmpfs cannot be mounted")
    try:
        output = place / "out"
        first = trainings.run(output)
        check(first.returncode == 1 and "No space left" in first.stderr, f"a full disk ends with {first.returncode}: {first.stderr}")
        kept = steps(output)
        check(kept and f"after batch {kept[-1]} is whole" in first.stderr, f"what is whole is not said ({kept}): {first.stderr}")
        sizes = {(output / "checkpoints" / f"step-{step:08d}" / "state.safetensors").stat().st_size for step in kept}
        check(len(sizes) == 1 and not list(output.rglob("*.part")), f"checkpoints on a full disk: {kept}, {sizes}")
        again = trainings.run(output, "--resume")
        check(again.returncode == 1 and steps(output) == kept, f"on a disk that is full still: {again.stderr}")
        check(not mount(f"remount,size={room * 2}"), "the disk cannot be made larger")
        again = trainings.run(output, "--resume")
        check(again.returncode == 0, f"with room again: {again.stderr}")
        check(weights(output) == weights(whole), "a training that ran out of disk gives other bits")
        print("full disk: told, nothing lost, same bits once there is room")
    finally:
        subprocess.run(["umount", place], capture_output=True)


def tensorboard(trainings):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    output = trainings.folder / "board"
    process = trainings.start(output, "--log-every", "3")
    while not (output / "checkpoints").exists() or len(steps(output)) < 1:
        check(process.poll() is None, "the training ended early")
        time.sleep(0.005)
    process.kill()
    process.communicate()
    again = trainings.run(output, "--log-every", "3", "--resume")
    check(again.returncode == 0, again.stderr)
    board = EventAccumulator(str(output), size_guidance={"scalars": 0})
    board.Reload()
    log = [json.loads(line) for line in (output / "log.jsonl").read_text().splitlines()]
    for tag, name in [("train/loss", "loss"), ("train/learning_rate", "learning_rate"), ("evaluation/loss", "evaluation/loss")]:
        read = [(event.step, event.value) for event in board.Scalars(tag)]
        told = [(entry["step"], entry[name]) for entry in log if name in entry]
        check(len(read) == len(told), f"{tag}: TensorBoard reads {len(read)} values, the log has {len(told)}")
        close = all(a[0] == b[0] and abs(a[1] - b[1]) <= 1e-6 * abs(b[1]) for a, b in zip(read, told))
        check(close, f"{tag}: TensorBoard reads other values than the log has")
    print(f"TensorBoard reads {len(board.Tags()['scalars'])} series of two runs as one")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program")
    parser.add_argument("--kills", type=int, default=25)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    options = parser.parse_args()
    print("seed", options.seed)
    with tempfile.TemporaryDirectory(prefix="tessera-training-") as name:
        folder = pathlib.Path(name)
        make_model(folder)
        trainings = Trainings(os.path.abspath(options.program), folder)
        whole = folder / "whole"
        first = trainings.run(whole)
        check(first.returncode == 0, first.stderr)
        one = folder / "one"
        check(trainings.run(one, "--threads", "1").returncode == 0 and weights(one) == weights(whole), "one thread gives other bits")
        kills(trainings, whole, options.kills, random.Random(options.seed))
        signals(trainings)
        full_disk(trainings, whole)
        tensorboard(trainings)


if __name__ == "__main__":
    main()
