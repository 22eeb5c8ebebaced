#!/usr/bin/env python3
"""The figures of bench/gpu.sh as a table for people. usage: bench/gpu_table.py OUT"""
import json
import sys
from pathlib import Path


def read(path: Path) -> dict:
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError):
        return {}


def steps_table(gpu: dict, torch: dict) -> list[str]:
    """A row for each network: a step of gulo's graph, of single launches, of PyTorch eager and compiled."""
    own = {row["width"]: row for row in gpu.get("steps", [])}
    rivals = {name: {row["width"]: row for row in torch.get(name, [])} for name in ("eager", "compiled")}
    lines = ["| width | gulo: graph ms | no graph ms | FLOP utilisation | PyTorch: eager MB/s | compiled MB/s | gulo MB/s | times compiled |",
             "|---|---|---|---|---|---|---|---|"]
    for width in sorted({*own, *rivals["eager"], *rivals["compiled"]}):
        step, rates = own.get(width, {}), {name: rows.get(width, {}).get("bytes_per_s") for name, rows in rivals.items()}
        rate = step.get("bytes_per_s")
        ratio = rate / rates["compiled"] if rate and rates["compiled"] else None
        cells = [width, step.get("graph_ms"), step.get("eager_ms"), step.get("flop_utilisation"),
                 *(value and value / 1e6 for value in (rates["eager"], rates["compiled"], rate)), ratio]
        lines.append("| " + " | ".join("-" if cell is None else f"{cell:.3g}" if isinstance(cell, float) else str(cell)
                                       for cell in cells) + " |")
    return lines


def feed_and_scan(gpu: dict) -> list[str]:
    """What the feed costs a step (the goal is 1.03 at most), and how fast items are predicted."""
    overheads = {str(row["width"]): row.get("feed_overhead") for row in gpu.get("steps", [])}
    overheads["streamed"] = gpu.get("streamed", {}).get("feed_overhead")
    lines = [f"Feed overhead, {name if name == 'streamed' else 'width ' + name}: {value:.3f}" for name, value in overheads.items() if value]
    return lines + [f"Scan, width {row['width']}: {row['scan_gb_per_s']:.3g} GB/s, the network alone {row['forward_gb_per_s']:.3g} GB/s"
                    for row in gpu.get("scan", [])]


def main() -> None:
    folder = Path(sys.argv[1])
    gpu, torch, times = (read(folder / name) for name in ("gpu.json", "torch.json", "time_to_accuracy.json"))
    print(*steps_table(gpu, torch), sep="\n")
    for line in feed_and_scan(gpu):
        print(f"\n{line}")
    if gpu.get("times_the_cpu"):
        print(f"\nTraining: {gpu['times_the_cpu']:.3g} times this machine's CPU")
    for target, seconds in times.get("reached", {}).items():
        print(f"\nTo {100 * float(target):g} % right: " + (f"{seconds:.1f} s" if seconds else "not reached"))


if __name__ == "__main__":
    main()
