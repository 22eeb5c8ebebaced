#!/usr/bin/env python3
"""Runs a queue of variants of the learner under equal budgets and draws the frontier of error against seconds.

usage: bench/lab.py DATA_FOLDER --variant NAME=PROGRAM[ OPTION...] [--variant ...] [--sets isa256,sst2,...]
                    [--budgets 30s,60s] [--seeds 3] [--work build/lab]

A variant is a gulo program (another build, of another branch) and options of `gulo train`; the first one is what the others
are compared with. Sets are those of bench/suite.py. Only their training parts are used: a fifth of the items, alike ones on
one side, is set aside to judge by, and the test parts are not even unpacked. What has been run is not run again: a queue
that was stopped goes on. Writes --work/lab.json, lab.svg and a table. Standard library only.
"""
import argparse
import hashlib
import json
import math
import os
import shlex
import shutil
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path

import suite
from byte_sets import ROOT, gulo

JUDGE_SHARE = 5  # one item of so many is set aside
COLOURS = ("#1f77b4", "#d62728", "#2ca02c", "#9467bd", "#ff7f0e", "#17becf", "#8c564b", "#7f7f7f")


def is_set_aside(content: bytes) -> bool:
    return int.from_bytes(hashlib.blake2b(content, digest_size=8).digest(), "big") % JUDGE_SHARE == 0


def split_files(train: Path, out: Path) -> None:
    for file in sorted(path for path in train.glob("*/*") if path.is_file()):
        part = "test" if is_set_aside(file.read_bytes()) else "train"
        target = out / part / file.parent.name
        target.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target / file.name)


def split_lines(lines: list[str], n_head: int, train: Path, judge: Path) -> None:
    """Both get the first n_head lines; blank ones say nothing."""
    for path, aside in ((train, False), (judge, True)):
        kept = [row for row in lines[n_head:] if row.strip() and is_set_aside(row.encode(errors="surrogateescape")) == aside]
        path.write_text("".join(lines[:n_head] + kept), encoding="utf-8", errors="surrogateescape")


def lines_of(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8", errors="surrogateescape").splitlines(keepends=True)


def training_part(data: Path, out: Path) -> None:
    """out/{train,test}/... or out/{train,test}.csv or out/X_{TRAIN,TEST}.ts, from the training part of `data` alone."""
    out.mkdir(parents=True)
    if data.is_file():
        with tempfile.TemporaryDirectory() as folder:
            if data.name.endswith(".zst"):
                plain = Path(folder) / "set.tar"
                subprocess.run(["zstd", "-qdc", data], stdout=plain.open("wb"), check=True)
                data = plain
            with tarfile.open(data) as tar:
                members = [member for member in tar if "train" in Path(member.name).parts]
                tar.extractall(folder, members=members, filter="data")
            split_files(next(Path(folder).glob("**/train")), out)
    elif (data / "train").is_dir():
        split_files(data / "train", out)
    elif (data / "train.csv").exists():
        split_lines(lines_of(data / "train.csv"), 0, out / "train.csv", out / "test.csv")
    else:
        lines = lines_of(next(data.glob("*_TRAIN.ts")))
        n_head = 1 + next(i for i, line in enumerate(lines) if line.lower().startswith("@data"))
        split_lines(lines, n_head, out / "X_TRAIN.ts", out / "X_TEST.ts")


def one_run(variant: list[str], data: Path, budget: str, seed: int) -> dict:
    program, *options = variant
    with tempfile.TemporaryDirectory() as folder:
        model, begin = f"{folder}/m.gulo", time.monotonic()
        gulo("train", str(data), "-o", model, "--budget", budget, "--seed", str(seed), "--json", *options, program=program)
        seconds = time.monotonic() - begin
        test = gulo("test", model, str(data), "--json", program=program)
    return {"seconds": round(seconds, 2), "error": test["error"], "balanced_error": test.get("balanced_error"),
            "n_judged": test["n_items"], "load": os.getloadavg()[0]}


def mean_and_deviation(values: list[float]) -> tuple[float, float]:
    return statistics.mean(values), statistics.stdev(values) if len(values) > 1 else 0.0


def table(runs: list[dict], first: str) -> str:
    """A line for each set, budget and variant; the difference is of the same seeds."""
    lines = ["| set | budget | variant | error, mean | deviation | against the first | seconds |", "|---|---|---|---|---|---|---|"]
    keys = dict.fromkeys((run["set"], run["budget"], run["variant"]) for run in runs)
    for key in keys:
        own = {run["seed"]: run for run in runs if (run["set"], run["budget"], run["variant"]) == key}
        base = {run["seed"]: run for run in runs if (run["set"], run["budget"], run["variant"]) == (*key[:2], first)}
        mean, deviation = mean_and_deviation([run["error"] for run in own.values()])
        gains = [run["error"] - base[seed]["error"] for seed, run in own.items() if seed in base]
        gain, spread = mean_and_deviation(gains) if gains else (math.nan, 0)
        seconds = statistics.median(run["seconds"] for run in own.values())
        lines.append(f"| {' | '.join(key)} | {mean:.4f} | {deviation:.4f} | {gain:+.4f} ± {spread / math.sqrt(max(1, len(gains))):.4f} | {seconds:.1f} |")
    return "\n".join(lines)


def frontier_svg(runs: list[dict]) -> str:
    """One chart a set: every run a point, each variant's means joined, both axes logarithmic."""
    sets, variants = list(dict.fromkeys(run["set"] for run in runs)), list(dict.fromkeys(run["variant"] for run in runs))
    width, height, edge = 420, 260, 46
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height * len(sets)}" font-family="sans-serif" font-size="11">']
    for row, name in enumerate(sets):
        of_set = [run for run in runs if run["set"] == name]
        least = 0.5 / max(run["n_judged"] for run in of_set)
        points = [(math.log(run["seconds"]), math.log(max(run["error"], least))) for run in of_set]
        lows, highs = [min(p[axis] for p in points) - 0.05 for axis in (0, 1)], [max(p[axis] for p in points) + 0.05 for axis in (0, 1)]

        def place(seconds: float, error: float) -> tuple[float, float]:
            at = [(math.log(value) - low) / (high - low) for value, low, high in zip((seconds, error), lows, highs)]
            return edge + at[0] * (width - edge - 10), row * height + 24 + (1 - at[1]) * (height - 24 - edge)

        parts.append(f'<text x="{edge}" y="{row * height + 14}" font-weight="bold">{name}: error over seconds</text>')
        parts.append(f'<rect x="{edge}" y="{row * height + 24}" width="{width - edge - 10}" height="{height - 24 - edge}" fill="none" stroke="#999"/>')
        for value in (math.exp(lows[1]), math.exp(highs[1])):
            parts.append(f'<text x="2" y="{place(math.exp(lows[0]), value)[1] + 4:.1f}">{value:.4f}</text>')
        for value in (math.exp(lows[0]), math.exp(highs[0])):
            parts.append(f'<text x="{min(place(value, math.exp(lows[1]))[0], width - 40):.1f}" y="{row * height + height - edge + 14}">{value:.0f} s</text>')
        for index, variant in enumerate(variants):
            colour, means = COLOURS[index % len(COLOURS)], []
            for budget in dict.fromkeys(run["budget"] for run in of_set if run["variant"] == variant):
                own = [run for run in of_set if (run["variant"], run["budget"]) == (variant, budget)]
                for run in own:
                    x, y = place(run["seconds"], max(run["error"], least))
                    parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5" fill="{colour}" fill-opacity="0.5"/>')
                means.append(place(statistics.mean(run["seconds"] for run in own), max(least, statistics.mean(run["error"] for run in own))))
            line = " ".join(f"{x:.1f},{y:.1f}" for x, y in sorted(means))
            parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
            parts.append(f'<text x="{edge + index * 90}" y="{row * height + height - 12}" fill="{colour}">{variant}</text>')
    return "\n".join(parts) + "\n</svg>\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--variant", action="append", required=True)
    parser.add_argument("--sets", default="isa256,spamassassin,sst2")
    parser.add_argument("--budgets", default="60s")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--work", type=Path, default=ROOT / "build/lab")
    args = parser.parse_args()
    variants = {name: shlex.split(words) for name, _, words in (variant.partition("=") for variant in args.variant)}
    log = args.work / "lab.json"
    runs: list[dict] = json.loads(log.read_text()) if log.exists() else []
    for name in args.sets.split(","):
        out = args.work / "sets" / name
        if not out.exists():
            data = suite.locate(args.data, name, args.work)
            if data is None:
                sys.exit(f"{name} is not in {args.data}")
            training_part(data, out)
        for seed in range(args.seeds):
            for budget in args.budgets.split(","):
                for variant, program in variants.items():
                    at = {"set": name, "budget": budget, "variant": variant, "seed": seed}
                    if any(at.items() <= run.items() for run in runs):
                        continue
                    runs.append(at | {"program": shlex.join(program)} | one_run(program, out, budget, seed))
                    print(f"{name} {budget} {variant} seed {seed}: {runs[-1]['error']:.4f} in {runs[-1]['seconds']} s", flush=True)
                    args.work.mkdir(parents=True, exist_ok=True)
                    log.write_text(json.dumps(runs, indent=1) + "\n")
    (args.work / "lab.svg").write_text(frontier_svg(runs))
    print(table(runs, next(iter(variants))))


if __name__ == "__main__":
    main()
