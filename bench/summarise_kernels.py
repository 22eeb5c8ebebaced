#!/usr/bin/env python3
"""Turns kernels_bench's JSON into bench/results/kernels.json: medians, spread, and how much faster the own way is."""

import json
import platform
import re
import statistics
import sys
from pathlib import Path


def read_times(report):
    """{"KERNEL/SETTING/PASS": {WAY: [milliseconds of each repetition]}}"""
    times = {}
    for run in report["benchmarks"]:
        if run["run_type"] != "iteration":
            continue
        if run.get("error_occurred"):
            sys.exit(f"{run['name']}: {run['error_message']}")
        case, way = run["name"].removesuffix("/real_time").rsplit("/", 1)
        case = case.split("/repeats:")[0]
        times.setdefault(case, {}).setdefault(way.split("/repeats:")[0], []).append(run["real_time"])
    return times


def summarise(times):
    cases = {}
    for case, ways in sorted(times.items()):
        medians = {way: statistics.median(values) for way, values in ways.items()}
        cases[case] = {
            "median_ms": {way: round(value, 4) for way, value in sorted(medians.items())},
            "spread": {way: round((max(v) - min(v)) / medians[way], 3) for way, v in sorted(ways.items())},
            "times_faster_than": {
                way: round(value / medians["own"], 2) for way, value in sorted(medians.items()) if way != "own"
            },
        }
    return cases


def processor():
    match = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    return match.group(1) if match else platform.machine()


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: summarise_kernels.py KERNELS_BENCH_JSON RESULT_JSON")
    report = json.loads(Path(sys.argv[1]).read_text())
    context = report["context"]
    cases = summarise(read_times(report))
    result = {
        "what": "milliseconds a call; spread = (largest - smallest) / median over the repetitions",
        "command": "bench/run_kernels.sh",
        "date": context["date"][:10],
        "machine": {"processor": processor(), "cores": context["num_cpus"], "load": context["load_avg"],
                    "instruction_set": context["instruction_set"]},
        "threads": int(context["threads"]),
        "versions": {"torch": context["torch"], "highway": context["highway"], "system": platform.platform()},
        "repetitions": max(len(v) for ways in read_times(report).values() for v in ways.values()),
        "cases": cases,
    }
    Path(sys.argv[2]).write_text(json.dumps(result, indent=2) + "\n")
    print(f"{'case':44} {'own ms':>8}   times faster than")
    for case, values in cases.items():
        ratios = "  ".join(f"{way} {ratio:.1f}" for way, ratio in values["times_faster_than"].items())
        print(f"{case:44} {values['median_ms']['own']:8.3f}   {ratios}")


if __name__ == "__main__":
    main()
