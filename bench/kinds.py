#!/usr/bin/env python3
"""Accuracy of pictures, sound, series and tables of public sets: trains and tests the built program, several seeds.

usage: bench/kinds.py DATA_FOLDER [--out bench/results/kinds.json] [--budget 120s] [--seeds 3] [--sets cifar10,adult,...]
DATA_FOLDER holds cifar10.tar.zst, fsdd.tar, ucr.tar (ACSF1, ArrowHead, GunPoint, JapaneseVowels) and tables.tar (adult,
mammography, phoneme, winequality-white), or folders of these names. Standard library only.
"""
import argparse
import json
import os
import statistics
import sys
import tarfile
import tempfile
from pathlib import Path

from byte_sets import ROOT, cpu_name, gulo, one_run

# set -> the archive that it lies in, and the folder inside where it is one of several there.
SETS = {"cifar10": ("cifar10.tar.zst", ""), "fsdd": ("fsdd.tar", "")}
SETS |= {name: ("ucr.tar", f"ucr/{name}") for name in ("ACSF1", "ArrowHead", "GunPoint", "JapaneseVowels")}
SETS |= {name: ("tables.tar", f"tables/{name}") for name in ("adult", "mammography", "phoneme", "winequality-white")}
# 98 % of this set are of one label: once more with every label weighing the same.
SETS |= {"mammography --balanced": SETS["mammography"]}


def locate(folder: Path, name: str, unpacked: Path) -> Path | None:
    """DATA for gulo: the archive as it is, or the folder of one of several sets, unpacked on first use."""
    archive, inside = SETS[name]
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


def summary(rows: list[dict]) -> dict:
    errors = [row["test_error"] for row in rows]
    balanced = [row["balanced_error"] for row in rows]
    return {"median_test_error": statistics.median(errors), "errors": errors,
            "median_balanced_error": statistics.median(balanced) if None not in balanced else None,
            "load_after": os.getloadavg()[0], "runs": rows}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, default=ROOT / "bench/results/kinds.json")
    parser.add_argument("--budget", default="120s")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--sets", default=",".join(SETS))
    args = parser.parse_args()
    doctor = gulo("doctor", "--json")
    report = json.loads(args.out.read_text()) if args.out.exists() else {"sets": {}}
    report |= {"command": "bench/kinds.py DATA " + " ".join(sys.argv[2:]),
               "machine": {"cpu": cpu_name(), "threads": os.cpu_count(), "kernels": doctor["kernels"],
                           "gemm_peak_flops_per_s": doctor["gemm_peak_flops_per_s"]},
               "versions": {"gulo": doctor["version"], "libtorch": doctor["libtorch"]}}
    with tempfile.TemporaryDirectory() as unpacked:
        for name in args.sets.split(","):
            data = locate(args.data, name, Path(unpacked))
            if data is None:
                print(f"{name}: {SETS[name][0]} is not in {args.data}, left out")
                continue
            rows = []
            for seed in range(args.seeds):
                rows.append(one_run(data, "both", seed, args.budget, tuple(name.split()[1:])))
                print(f"{name} seed {seed}: test error {rows[-1]['test_error']:.4f}, balanced {rows[-1]['balanced_error']} in "
                      f"{rows[-1]['process_wall_s']} s, load {os.getloadavg()[0]:.1f}", flush=True)
            report["sets"][name] = {"budget": args.budget} | summary(rows)
            args.out.parent.mkdir(parents=True, exist_ok=True)
            args.out.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
