#!/usr/bin/env python3
"""Seconds from the start of `gulo train` to a recogniser that answers so many test items right: budgets are doubled until it does.

usage: bench/time_to_accuracy.py DATA [--gulo build/gulo] [--accuracy 0.94 0.96] [--first 30] [--most 1920] [--out FILE.json]

DATA is a folder or an archive with train/ and test/, such as CIFAR-10 as JPEG files; where it is not there, that is said and
nothing is measured. The time is the whole process', reading and writing included; the test part is looked at by `gulo test`
alone, after it. What is found is the least of the budgets tried, not the least that there is.
"""
import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

from byte_sets import ROOT, gulo


def attempt(args, budget_s: float, folder: str) -> dict:
    model, start_s = f"{folder}/model.gulo", time.perf_counter()
    gulo("train", args.data, "-o", model, "--budget", f"{budget_s:g}s", "--device", args.device, "--json", program=args.gulo)
    wall_s = time.perf_counter() - start_s
    tested = gulo("test", model, args.data, "--json", program=args.gulo)
    return {"budget_s": budget_s, "wall_s": wall_s, "accuracy": 1 - tested["error"]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data")
    parser.add_argument("--gulo", default=str(ROOT / "build" / "gulo"))
    parser.add_argument("--device", default="auto")
    parser.add_argument("--accuracy", type=float, nargs="+", default=[0.94, 0.96])
    parser.add_argument("--first", type=float, default=30, help="budget in seconds")
    parser.add_argument("--most", type=float, default=1920)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    if not Path(args.data).exists():
        print(f"time_to_accuracy: skipped, there is no {args.data}", file=sys.stderr)
        return
    report = {"data": args.data, "attempts": [], "reached": {str(target): None for target in args.accuracy}}
    budget_s = args.first
    with tempfile.TemporaryDirectory() as folder:
        while budget_s <= args.most and None in report["reached"].values():
            tried = attempt(args, budget_s, folder)
            report["attempts"].append(tried)
            for target in args.accuracy:
                if report["reached"][str(target)] is None and tried["accuracy"] >= target:
                    report["reached"][str(target)] = tried["wall_s"]
            print(json.dumps(tried), file=sys.stderr, flush=True)
            budget_s *= 2
    text = json.dumps(report, indent=1)
    if args.out:
        args.out.write_text(text + "\n")
    print(text)


if __name__ == "__main__":
    main()
