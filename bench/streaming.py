#!/usr/bin/env python3
"""Training on more data than memory may hold: peak memory and error, streamed and in memory.

usage: bench/streaming.py [--large 6G] [--large-memory 1G] [--budget 150s] [--folder FOLDER] [--out bench/results/streaming.json]

Items are made up: random words of 8 bytes, some of which are their label's, but in one item of ten the next label's. A small set is
trained in memory and streamed (--memory a fifth of it), with the same seeds; a tiny one shows what the program takes by
itself; the large one is streamed only. FOLDER needs room for twice the large set. Needs numpy.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from byte_sets import ROOT, cpu_name

N_LABELS, N_WORDS, LABEL_WORDS, ITEM_BYTES = 8, 2048, 4, 64 << 10
MARKS_PER_ITEM = 128  # words of an item that are its label's
MISLED = 10  # one item of so many has the words of the next label: what nobody can learn
MIB, GIB = 1 << 20, 1 << 30


def put_items(folder: Path, n_bytes: int, seed: int) -> Path:
    """LABEL/FILE below `folder`, as many items of ITEM_BYTES as make n_bytes."""
    words = np.random.default_rng(0).integers(0, 256, (N_WORDS, 8), dtype=np.uint8)
    numbers = np.random.default_rng(seed)
    for label in range(N_LABELS):
        (folder / f"label{label}").mkdir(parents=True)
    n_words = ITEM_BYTES // 8
    for i in range(max(N_LABELS * 20, n_bytes // ITEM_BYTES)):
        label = i % N_LABELS
        shown = (label + (numbers.integers(0, MISLED) == 0)) % N_LABELS
        chosen = numbers.integers(0, N_WORDS, n_words)
        marks = numbers.integers(0, LABEL_WORDS, MARKS_PER_ITEM) + shown * LABEL_WORDS
        chosen[numbers.integers(0, n_words, MARKS_PER_ITEM)] = marks
        (folder / f"label{label}" / f"{i}").write_bytes(words[chosen].tobytes())
    return folder


def gulo(*words: str) -> dict:
    done = subprocess.run([str(ROOT / "build" / "gulo"), *words, "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(f"gulo {' '.join(words)} ended with {done.returncode}:\n{done.stderr}")
    said = [line for line in done.stderr.splitlines() if "streamed from" in line]
    return json.loads(done.stdout) | {"said": said[0] if said else None}


def one_run(data: Path, test: Path, budget: str, seed: int, memory: int | None) -> dict:
    with tempfile.TemporaryDirectory() as folder:
        model = f"{folder}/model.gulo"
        limit = ["--memory", str(memory)] if memory else []
        begin = time.monotonic()
        trained = gulo("train", str(data), "-o", model, "--budget", budget, "--seed", str(seed), *limit)
        wall_s = time.monotonic() - begin
        error = gulo("test", model, str(test))["error"]
    kept = ("n_bytes", "n_items", "streamed", "peak_memory_bytes", "valid_error", "steps", "epochs", "said")
    row = {"memory": memory, "seed": seed, "wall_s": round(wall_s, 1), "test_error": error}
    row |= {key: trained[key] for key in kept}
    print(json.dumps(row), flush=True)
    return row


def size(text: str) -> int:
    return int(float(text[:-1]) * {"M": MIB, "G": GIB}[text[-1]])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--small", type=size, default=320 * MIB)
    parser.add_argument("--small-budget", default="60s")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--large", type=size, default=6 * GIB)
    parser.add_argument("--large-memory", type=size, default=GIB)
    parser.add_argument("--budget", default="150s")
    parser.add_argument("--folder")
    parser.add_argument("--out", type=Path, default=ROOT / "bench/results/streaming.json")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=args.folder) as folder:
        os.environ["TMPDIR"] = folder  # the temporary file of what is streamed
        base = Path(folder)
        test = put_items(base / "test", 32 * MIB, seed=2)
        small, tiny = put_items(base / "small", args.small, seed=1), put_items(base / "tiny", 8 * MIB, seed=3)
        report = {"command": "bench/streaming.py " + " ".join(sys.argv[1:]),
                  "machine": {"cpu": cpu_name(), "threads": os.cpu_count()},
                  "tiny": [one_run(tiny, test, args.small_budget, 0, None)]}
        report["in_memory"] = [one_run(small, test, args.small_budget, s, None) for s in range(args.seeds)]
        report["streamed"] = [one_run(small, test, args.small_budget, s, args.small // 5) for s in range(args.seeds)]
        if args.large:
            large = put_items(base / "large", args.large, seed=4)
            report["large"] = [one_run(large, test, args.budget, 0, args.large_memory)]
        for name in ("in_memory", "streamed"):
            report[f"{name}_test_error_mean"] = statistics.mean(run["test_error"] for run in report[name])
        args.out.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
