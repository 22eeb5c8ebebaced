#!/usr/bin/env python3
"""Accuracy of raw bytes on public sets: trains and tests the built program, several seeds, and writes what it printed.

usage: bench/byte_sets.py DATA_FOLDER [--out bench/results/bytes.json] [--budget 60s] [--seeds 3] [--sets isa,isa256,...]
DATA_FOLDER holds SET.tar.zst or folders SET with SET/{train,test}/LABEL/FILE. Standard library only.
"""
import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
KEPT = ("kind", "wall_s", "valid_error", "steps", "epochs", "parameters", "flop_utilisation", "feed_overhead", "model_bytes",
        "gemm_peak_flops_per_s", "peak_memory_bytes", "n_bytes", "wide", "deep")


def gulo(*words: str, program: str = str(ROOT / "build" / "gulo")) -> dict:
    done = subprocess.run([program, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(f"{program} {' '.join(words)} ended with {done.returncode}:\n{done.stderr}")
    return json.loads(done.stdout)


def one_run(data: Path, parts: str, seed: int, budget: str, options: tuple[str, ...] = ()) -> dict:
    with tempfile.TemporaryDirectory() as folder:
        model = f"{folder}/model.gulo"
        begin = time.monotonic()
        trained = gulo("train", str(data), "-o", model, "--budget", budget, "--seed", str(seed), "--parts", parts, "--json", *options)
        wall_s = time.monotonic() - begin
        tested = gulo("test", model, str(data), "--json")
    row = {"seed": seed, "process_wall_s": round(wall_s, 2), "test_error": tested["error"],
           "balanced_error": tested.get("balanced_error"), "ece": tested["ece"], "test_items_per_s": tested["items_per_s"]}
    return row | {key: trained.get(key) for key in KEPT}


def cpu_name() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.split(": ")[1] for line in lines if line.startswith("model name")), platform.processor())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, default=ROOT / "bench/results/bytes.json")
    parser.add_argument("--budget", default="60s")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--sets", default="isa,isa256,spamassassin,sst2")
    parser.add_argument("--parts", default="both,wide,deep")
    args = parser.parse_args()
    doctor = gulo("doctor", "--json")
    report = json.loads(args.out.read_text()) if args.out.exists() else {"sets": {}}
    report |= {"command": "bench/byte_sets.py DATA " + " ".join(sys.argv[2:]),
               "machine": {"cpu": cpu_name(), "threads": os.cpu_count(), "kernels": doctor["kernels"],
                           "gemm_peak_flops_per_s": doctor["gemm_peak_flops_per_s"]},
               "versions": {"gulo": doctor["version"], "libtorch": doctor["libtorch"]}, "budget": args.budget}
    for name in args.sets.split(","):
        data = next((p for p in (args.data / f"{name}.tar.zst", args.data / name) if p.exists()), None)
        if data is None:
            print(f"{name}: not in {args.data}, left out")
            continue
        for parts in args.parts.split(","):
            rows = []
            for seed in range(args.seeds):
                rows.append(one_run(data, parts, seed, args.budget))
                print(f"{name} {parts} seed {seed}: test error {rows[-1]['test_error']:.4f} in {rows[-1]['process_wall_s']} s, "
                      f"load {os.getloadavg()[0]:.1f}", flush=True)
            errors = [row["test_error"] for row in rows]
            report["sets"].setdefault(name, {})[parts] = {
                "median_test_error": statistics.median(errors), "errors": errors, "load_after": os.getloadavg()[0], "runs": rows}
            args.out.parent.mkdir(parents=True, exist_ok=True)
            args.out.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
