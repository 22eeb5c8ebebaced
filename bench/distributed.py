#!/usr/bin/env python3
"""Two processes of one thread that train together, against one process of two threads: throughput of the deep part.

usage: bench/distributed.py [--repeats 7] [--out bench/results/distributed.json]

Items are made up: random bytes, and random pictures of 32 x 32. Both ways train the same steps in turns; throughput is
floating-point operations of the network's products a second within the training loop, validations included. On a busy
machine believe the processor time of a step: what a longer run takes more than a shorter one, in all processes and threads
(`step_cpu_s`), and on the longest path (`step_path_s`), which is what a step lasts where nothing else runs: of one process
the first thread's time, which does all that is not shared out and its part of the rest; of two the dearer process'. Needs
numpy.
"""
import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from byte_sets import ROOT, cpu_name

GULO = str(ROOT / "build" / "gulo")
SHORT, LONG = 10, 60  # steps


def put_bytes(folder: Path, numbers: np.random.Generator) -> Path:
    for i in range(600):
        label = folder / f"label{i % 4}"
        label.mkdir(parents=True, exist_ok=True)
        (label / f"{i}").write_bytes(numbers.integers(0, 64 << i % 4 // 2, 4096, dtype=np.uint8).tobytes())
    return folder


def put_pictures(folder: Path, numbers: np.random.Generator) -> Path:
    for i in range(2000):
        label = folder / f"label{i % 4}"
        label.mkdir(parents=True, exist_ok=True)
        values = numbers.integers(0, 64 * (1 + i % 4), (32, 32, 3), dtype=np.uint8)
        (label / f"{i}.ppm").write_bytes(b"P6 32 32 255\n" + values.tobytes())
    return folder


def free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


def first_thread_s(pid: int) -> float:
    """Processor time, of a process that has ended and not been waited for."""
    return int(Path(f"/proc/{pid}/task/{pid}/schedstat").read_text().split()[0]) / 1e9


def train(data: Path, model: str, steps: int, n_ranks: int) -> dict:
    command = [GULO, "train", str(data), "-o", model, "--parts", "deep", "--steps", str(steps), "--checkpoint", "never",
               "--threads", str(2 // n_ranks), "--json"]
    port, started, outputs = free_port(), [], []
    for rank in range(n_ranks):
        env = dict(os.environ)
        if n_ranks > 1:
            env |= {"RANK": str(rank), "WORLD_SIZE": str(n_ranks), "LOCAL_RANK": str(rank), "LOCAL_WORLD_SIZE": str(n_ranks),
                    "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
        outputs.append((tempfile.TemporaryFile("w+"), tempfile.TemporaryFile("w+")))
        started.append(subprocess.Popen(command, env=env, stdout=outputs[-1][0], stderr=outputs[-1][1]))
    cpu_s, path_s, failed = 0.0, 0.0, False
    for process in started:
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        first_s = first_thread_s(process.pid)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        failed |= process.returncode != 0
        cpu_s += used.ru_utime + used.ru_stime
        path_s = max(path_s, first_s if n_ranks == 1 else used.ru_utime + used.ru_stime)
    said = [[text.seek(0), text.read()][1] for pair in outputs for text in pair]
    if failed:
        sys.exit("\n".join(said))
    record = json.loads(said[0])
    return {"flops_per_s": record["flop_utilisation"] * record["gemm_peak_flops_per_s"], "cpu_s": cpu_s, "path_s": path_s,
            "loss": record["curve"][-1]["loss"], "parameters": record["parameters"]}


def summary(values: list[float]) -> dict:
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


def compare(data: Path, folder: str, repeats: int) -> dict:
    runs = {1: [], 2: []}
    for repeat in range(repeats):
        for n_ranks in (1, 2) if repeat % 2 == 0 else (2, 1):
            short, run = (train(data, f"{folder}/model.gulo", steps, n_ranks) for steps in (SHORT, LONG))
            of_a_step = {f"step_{name}": (run[name] - short[name]) / (LONG - SHORT) for name in ("cpu_s", "path_s")}
            runs[n_ranks].append(run | of_a_step)
        print(json.dumps({n: runs[n][-1] for n in runs}), flush=True)
    ratios = [two["flops_per_s"] / one["flops_per_s"] for one, two in zip(runs[1], runs[2])]
    return {"steps": LONG, "parameters": runs[1][0]["parameters"],
            "one_process_of_two_threads_flops_per_s": summary([run["flops_per_s"] for run in runs[1]]),
            "two_processes_of_one_thread_flops_per_s": summary([run["flops_per_s"] for run in runs[2]]),
            "ratio": summary(ratios),
            "one_process_step_cpu_s": summary([run["step_cpu_s"] for run in runs[1]]),
            "two_processes_step_cpu_s": summary([run["step_cpu_s"] for run in runs[2]]),
            "step_cpu_ratio": summary([one["step_cpu_s"] / two["step_cpu_s"] for one, two in zip(runs[1], runs[2])]),
            "one_process_step_path_s": summary([run["step_path_s"] for run in runs[1]]),
            "two_processes_step_path_s": summary([run["step_path_s"] for run in runs[2]]),
            "step_path_ratio": summary([one["step_path_s"] / two["step_path_s"] for one, two in zip(runs[1], runs[2])]),
            "loss": {n: run[0]["loss"] for n, run in runs.items()}}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--out", type=Path, default=ROOT / "bench/results/distributed.json")
    args = parser.parse_args()
    numbers = np.random.default_rng(0)
    report = {"command": " ".join(["bench/distributed.py", *sys.argv[1:]]),
              "machine": {"cpu": cpu_name(), "threads": os.cpu_count()}, "load_before": os.getloadavg()[0]}
    with tempfile.TemporaryDirectory() as folder:
        for kind, put in (("bytes", put_bytes), ("pictures", put_pictures)):
            data = put(Path(folder) / kind, numbers)
            report[kind] = compare(data, folder, args.repeats)
            report["load_after"] = os.getloadavg()[0]
            args.out.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
