#!/usr/bin/env python3
"""Turns kernels_bench's JSON into bench/results/kernels.json: medians, spread, and how much faster the kernels are."""

import json
import platform
import re
import statistics
import sys
from pathlib import Path


def read_times(report, clock):
    """{"KERNEL/SETTING/PASS": {WAY: [milliseconds of each repetition]}}, clock: "real_time" or "cpu_time"."""
    times = {}
    for run in report["benchmarks"]:
        if run["run_type"] != "iteration":
            continue
        if run.get("error_occurred"):
            sys.exit(f"{run['name']}: {run['error_message']}")
        kernel, setting, which, way = run["name"].split("/")[:4]
        ways = times.setdefault(f"{kernel}/{setting}/{which}", {})
        ways.setdefault(way, []).append(run[clock])
    return {case: dict(sorted(ways.items())) for case, ways in sorted(times.items())}


def summarise(ways):
    medians = {way: statistics.median(values) for way, values in ways.items()}
    return {
        "median_ms": {way: round(median, 4) for way, median in medians.items()},
        "spread": {way: round((max(v) - min(v)) / medians[way], 3) for way, v in ways.items()},
        "ratio_to_own": {way: round(medians[way] / medians["own"], 2) for way in ways if way != "own"},
    }


def processor():
    match = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    return match.group(1) if match else platform.machine()


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: summarise_kernels.py KERNELS_BENCH_JSON RESULT_JSON")
    report = json.loads(Path(sys.argv[1]).read_text())
    context = report["context"]
    wall, processor_time = read_times(report, "real_time"), read_times(report, "cpu_time")
    cases = {
        case: {"wall": summarise(wall[case]), "processor_time": summarise(processor_time[case])} for case in wall
    }
    result = {
        "what": "milliseconds a call, by the wall clock and as processor time of all threads; "
        "spread = (largest - smallest) / median over the repetitions",
        "command": f"OMP_NUM_THREADS={context['threads']} bench/run_kernels.sh",
        "date": context["date"][:10],
        "machine": {"processor": processor(), "cores": context["num_cpus"],
                    "instruction_set": context["instruction_set"], "load_before": context["load_avg"]},
        "threads": int(context["threads"]),
        "versions": {"torch": context["torch"], "highway": context["highway"], "system": platform.platform()},
        "repetitions": max(len(v) for ways in wall.values() for v in ways.values()),
        "cases": cases,
    }
    Path(sys.argv[2]).write_text(json.dumps(result, indent=2) + "\n")
    print(f"{'case':44} {'own ms':>8}   times as fast as (by processor time)")
    for case, clocks in cases.items():
        fast, cheap = clocks["wall"]["ratio_to_own"], clocks["processor_time"]["ratio_to_own"]
        ratios = "  ".join(f"{way} {fast[way]:.1f} ({cheap[way]:.1f})" for way in fast)
        print(f"{case:44} {clocks['wall']['median_ms']['own']:8.3f}   {ratios}")


if __name__ == "__main__":
    main()
