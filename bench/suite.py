#!/usr/bin/env python3
"""gulo against ordinary pipelines on all sets: error and total time, several seeds, wins, ties and losses.

usage: bench/suite.py DATA_FOLDER [--out bench/results/suite.json] [--seeds 5 (0: the rivals alone)] [--sets isa256,adult,...] [--measure-rivals]
                      [--work build/suite] [--times 1 (0.5: half the budget)]
DATA_FOLDER holds the public sets: isa.tar.zst, isa256.tar.zst, spamassassin.tar.zst, sst2.tar.zst, cifar10.tar.zst, fsdd.tar,
ucr.tar (ACSF1, ArrowHead, GunPoint, JapaneseVowels) and tables.tar (adult, mammography, phoneme, winequality-white), or folders
of these names; what is not there is left out. To them come sets that are made from this machine's files (bench/file_types.py)
and from Debian's packages (bench/debian_sets.py), in --work.

The rivals run first, once, through `gulo compare`, which gives everyone the training items alone; what they took and made
is kept in --out and measured again on demand. gulo's budget is then the best rival's total time, 60 s at least (cifar10:
180 s), and the same for every seed. All sets get their first seed, then their second; what the same
sources of a kind have run with the same budget is not run again, so that a suite that was stopped goes on. The program has one default
for all sets; it never sees a test item before it is asked about it, as `gulo train` reads the training part only. Standard
library only.
"""
import argparse
import hashlib
import json
import math
import os
import re
import statistics
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import debian_sets
from byte_sets import ROOT, cpu_name, gulo, one_run

# set -> the archive that it lies in, and the folder inside where it is one of several there.
PUBLIC_SETS = {name: (f"{name}.tar.zst", "") for name in ("isa", "isa256", "spamassassin", "sst2", "cifar10")}
PUBLIC_SETS |= {"fsdd": ("fsdd.tar", "")}
PUBLIC_SETS |= {name: ("ucr.tar", f"ucr/{name}") for name in ("ACSF1", "ArrowHead", "GunPoint", "JapaneseVowels")}
PUBLIC_SETS |= {name: ("tables.tar", f"tables/{name}") for name in ("adult", "mammography", "phoneme", "winequality-white")}
# 98 % of this set are of one label: once more with every label weighing the same.
PUBLIC_SETS |= {"mammography --balanced": PUBLIC_SETS["mammography"]}
MADE_SETS = ("file-types", *debian_sets.SETS)
SETS = (*PUBLIC_SETS, *MADE_SETS)
LEAST_BUDGET_S, BUDGET_S = 60, {"cifar10": 180}
RIVAL_LIMITS = {"cifar10": "15m"}  # for each rival; 6 minutes elsewhere
# The first word of a source's name that has to do with one kind alone; None: with no kind's learning.
OF_ONE_KIND = {"wide": "bytes", "ngram": "bytes", "byte": "bytes", "cell": "cells", "cells": "cells", "pixel": "pixels",
               "sample": "samples", "fields": "fields", "trials": "cells", "forest": "cells",
               "member": "cells", "grid": "pixels", "winograd": "pixels", "progress": None, "terminal": None}
RIVAL_SHARE = {"cifar10": 5}  # rivals get one training picture of so many: with all of them none ends in its time


def locate_public(folder: Path, name: str, unpacked: Path) -> Path | None:
    """DATA for gulo: the archive as it is, or the folder of one of several sets, unpacked on first use."""
    archive, inside = PUBLIC_SETS[name]
    for place in (folder / inside, folder / name):
        if (inside or place.name == name) and place.is_dir():
            return place
    if not (folder / archive).exists():
        return None
    if not inside:
        return folder / archive
    if not (unpacked / inside).exists():
        with tarfile.open(folder / archive) as tar:
            tar.extractall(unpacked, filter="data")
    return unpacked / inside


def locate(folder: Path, name: str, work: Path) -> Path | None:
    if name in PUBLIC_SETS:
        return locate_public(folder, name, work / "unpacked")
    made = work / "made" / name
    if name == "file-types" and not made.exists():
        subprocess.run([sys.executable, ROOT / "scripts/demo_data.py", made], check=True)
    elif name != "file-types":
        debian_sets.make(work / "made", [name])
    return made


def thinned(data: Path, one_of: int, out: Path) -> Path:
    """A folder with all test items, and one of so many training items of every label."""
    if not out.exists():
        plain = data
        if data.name.endswith(".zst"):
            plain = out.parent / "thinned.tar"
            subprocess.run(["zstd", "-qdfc", data], stdout=plain.open("wb"), check=True)
        with tarfile.open(plain) as tar:
            members = sorted((member for member in tar if member.isfile()), key=lambda member: member.name)
            train, test = ([m for m in members if part in Path(m.name).parts] for part in ("train", "test"))
            tar.extractall(out, train[::one_of] + test, filter="data")
        if plain != data:
            plain.unlink()
    return next(out.glob("**/train")).parent


def wilson(error: float, n: int) -> tuple[float, float]:
    """95 % interval of a fraction of n (Wilson 1927)."""
    z = 1.96
    middle, half = error + z * z / (2 * n), z * math.sqrt(error * (1 - error) / n + z * z / (4 * n * n))
    return max(0.0, (middle - half) / (1 + z * z / n)), (middle + half) / (1 + z * z / n)


def measure_rivals(name: str, data: Path, work: Path) -> dict:
    if name in RIVAL_SHARE:
        data = thinned(data, RIVAL_SHARE[name], work / f"{name}-thinned")
    said = gulo("compare", str(data), "--budget", "3s", "--rival-limit", RIVAL_LIMITS.get(name, "6m"), "--json")  # gulo's own row is not used
    if name in RIVAL_SHARE:
        for row in said["rows"]:
            row["name"] += f", on {said['n_train']:,} items"
    keys = ("name", "error", "balanced_error", "preprocess_s", "train_s", "predict_s", "total_s", "peak_memory_bytes", "lines")
    return {"rows": [{key: row[key] for key in keys} for row in said["rows"][1:]], "left_out": said["left_out"],
            "kind": said["kind"], "n_train": said["n_train"], "n_test": said["n_test"], "load_after": os.getloadavg()[0]}


def known_rivals() -> dict:
    """What was measured for bench/results/suite.json: other budgets of gulo's have the same rivals."""
    suite = ROOT / "bench/results/suite.json"
    return json.loads(suite.read_text())["rivals"] if suite.exists() else {}


def budget_of(name: str, rivals: dict) -> int:
    best = min(rivals["rows"], key=lambda row: row["error"])
    return BUDGET_S.get(name.split()[0], max(LEAST_BUDGET_S, math.ceil(best["total_s"])))


def program_hash(kind: str) -> str:
    """Of the sources that decide what is learned of a kind and answered, tests and comments aside: results of another program are
    not mixed with these."""
    folders = [ROOT / "include", *(ROOT / "src" / name for name in ("base", "data", "kernel", "model", "run", "engine"))]
    sources = [path for folder in folders for path in folder.rglob("*")
               if path.is_file() and not path.stem.endswith("_test") and "engine/cli" not in path.as_posix()
               and OF_ONE_KIND.get(path.stem.split("_")[0], kind) == kind]
    sums = [path.relative_to(ROOT).as_posix() + re.sub(r"(?m)^\s*//.*\n", "", path.read_text()) for path in sorted(sources)]
    return hashlib.sha256("".join(sums).encode()).hexdigest()[:16]


def judge(name: str, rivals: dict, runs: list[dict]) -> dict:
    key = "balanced_error" if "--balanced" in name else "test_error"
    theirs = "balanced_error" if "--balanced" in name else "error"
    error, best = statistics.median(run[key] for run in runs), min(rivals["rows"], key=lambda row: row[theirs])
    low, high = wilson(error, rivals["n_test"])
    verdict = "tie" if low <= best[theirs] <= high else "win" if error < best[theirs] else "loss"
    return {"measure": key, "error": error, "errors": [run[key] for run in runs], "interval": [low, high],
            "seconds": statistics.median(run["process_wall_s"] for run in runs), "best_rival": best["name"],
            "rival_error": best[theirs], "rival_seconds": best["total_s"], "rival_lines": best["lines"], "verdict": verdict}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, default=ROOT / "bench/results/suite.json")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--sets", default=",".join(SETS))
    parser.add_argument("--measure-rivals", action="store_true")
    parser.add_argument("--times", type=float, default=1)
    parser.add_argument("--work", type=Path, default=ROOT / "build/suite")
    args = parser.parse_args()
    doctor = gulo("doctor", "--json")
    machine = f"{os.cpu_count()} cores of {cpu_name()} ({doctor['kernels']}, {doctor['used']})"
    report = json.loads(args.out.read_text()) if args.out.exists() else {"sets": {}, "rivals": known_rivals()}
    report |= {"command": "bench/suite.py DATA " + " ".join(sys.argv[2:]),
               "machine": {"cpu": cpu_name(), "threads": os.cpu_count(), "kernels": doctor["kernels"],
                           "gemm_peak_flops_per_s": doctor["gemm_peak_flops_per_s"]},
               "versions": {"gulo": doctor["version"], "libtorch": doctor["libtorch"]}}
    args.out.parent.mkdir(parents=True, exist_ok=True)

    def save() -> None:
        with tempfile.NamedTemporaryFile("w", dir=args.out.parent, delete=False) as file:
            file.write(json.dumps(report, indent=1) + "\n")
        os.chmod(file.name, 0o644)
        os.rename(file.name, args.out)

    found = {}
    for name in args.sets.split(","):
        data, of = locate(args.data, name, args.work), name.split()[0]
        if data is None:
            print(f"{name}: not in {args.data}, left out")
            continue
        found[name] = data
        if of not in report["rivals"] or (args.measure_rivals and of == name):
            try:
                report["rivals"][of] = measure_rivals(of, data, args.work)
            except SystemExit as problem:
                print(f"{name}: no rival ended, left out: {problem}", flush=True)
                del found[name]
                continue
            save()
    for seed in range(args.seeds):
        for name, data in found.items():
            rivals = report["rivals"][name.split()[0]]
            budget_s = args.times * budget_of(name, rivals)
            kept = report["sets"].get(name, {})
            stays = kept and (kept["program"], kept["budget_s"]) == (program_hash(kept["kind"]), budget_s)
            runs = kept["runs"] if stays else []
            if any(run["seed"] == seed for run in runs):
                continue
            runs.append(one_run(data, "both", seed, f"{budget_s:g}s", tuple(name.split()[1:]))
                        | {"load_after": os.getloadavg()[0], "machine": machine})
            report["sets"][name] = ({"budget_s": budget_s, "program": program_hash(runs[0]["kind"]), "kind": runs[0]["kind"]}
                                    | judge(name, rivals, runs) | {"runs": runs})
            row = report["sets"][name]
            print(f"{name} seed {seed}: {row['errors'][-1]:.4f} in {runs[-1]['process_wall_s']} s; {row['best_rival']}: "
                  f"{row['rival_error']:.4f}; so far: {row['verdict']}; load {runs[-1]['load_after']:.1f}", flush=True)
            save()


if __name__ == "__main__":
    main()
