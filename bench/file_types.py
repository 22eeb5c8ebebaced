#!/usr/bin/env python3
"""File types of this machine: gulo beside histograms + ExtraTrees (rivals/bytes_histograms.py) on the same split.

usage: bench/file_types.py [--out bench/results/file_types.json] [--budget 60s] [--work build/bench-types]
The files are collected as `make demo` does it. The rival runs in its own environment, made on first use.
"""
import argparse
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def run(*words: object) -> str:
    done = subprocess.run([str(word) for word in words], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, words))} ended with {done.returncode}")
    return done.stdout


def gulo_rows(data: Path, model: Path, parts: str, budget: str, seeds: int) -> list[dict]:
    rows = []
    for seed in range(seeds):
        begin = time.monotonic()
        trained = json.loads(run("build/gulo", "train", data, "-o", model, "--parts", parts, "--budget", budget,
                                 "--seed", seed, "--json"))
        train_s = time.monotonic() - begin
        tested = json.loads(run("build/gulo", "test", model, data, "--json"))
        rows.append({"seed": seed, "train_s": round(train_s, 2), "test_error": tested["error"], "top5_error": tested["top5_error"],
                     "ece": tested["ece"], "n_labels": trained["n_labels"], "n_train": trained["n_items"], "n_test": tested["n_items"],
                     "model_bytes": trained["model_bytes"], "peak_memory_bytes": trained["peak_memory_bytes"],
                     "n_bytes": trained["n_bytes"], "wide": trained.get("wide"), "deep": trained.get("deep")})
        print(f"gulo {parts} seed {seed}: test error {tested['error']:.4f} in {train_s:.1f} s", flush=True)
    return rows


def rival_row(data: Path, work: Path) -> dict:
    venv = work / "rivals-venv"
    if not (venv / "bin/python").exists():
        run(sys.executable, "-m", "venv", venv)
        run(venv / "bin/pip", "install", "-q", "-r", "rivals/requirements.txt")
    return json.loads(run(venv / "bin/python", "rivals/bytes_histograms.py", data).strip().splitlines()[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=ROOT / "bench/results/file_types.json")
    parser.add_argument("--budget", default="60s")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--work", type=Path, default=ROOT / "build/bench-types")
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    data = args.work / "data"
    run(sys.executable, "scripts/demo_data.py", data)
    rows = gulo_rows(data, args.work / "types.gulo", "both", args.budget, args.seeds)
    wide = gulo_rows(data, args.work / "types-wide.gulo", "wide", args.budget, 1)
    rival = rival_row(data, args.work)
    error = statistics.median(row["test_error"] for row in rows)
    report = {"command": "bench/file_types.py " + " ".join(sys.argv[1:]), "budget": args.budget, "n_labels": rows[0]["n_labels"],
              "n_train": rows[0]["n_train"], "n_test": rows[0]["n_test"],
              "gulo": {"test_error": error, "train_s": statistics.median(row["train_s"] for row in rows), "runs": rows},
              "wide": {"test_error": wide[0]["test_error"], "train_s": wide[0]["train_s"], "runs": wide},
              "rival": rival, "ratio": error / rival["error"]}
    args.out.write_text(json.dumps(report, indent=1) + "\n")
    print(f"gulo {error:.4f}, {rival['rival']} {rival['error']:.4f}: ratio {report['ratio']:.2f}")


if __name__ == "__main__":
    main()
