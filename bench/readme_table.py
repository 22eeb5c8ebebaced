#!/usr/bin/env python3
"""Writes the README's results between its markers from bench/results/*.json. `--check` only compares, for CI."""
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "bench/results"
BEGIN, END = "<!-- results: begin, made by bench/readme_table.py -->", "<!-- results: end -->"


def load(name: str) -> dict:
    path = RESULTS / name
    return json.loads(path.read_text()) if path.exists() else {}


def error(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"


def accuracy_table() -> list[str]:
    ours, rivals = load("bytes.json"), load("rivals.json").get("sets", {})
    if not ours:
        return []
    lines = ["", f"Test error, median of {len(next(iter(ours['sets'].values()))['both']['errors'])} seeds, budget {ours['budget']} "
             f"on {ours['machine']['threads']} cores ({ours['machine']['cpu']}), no GPU:", "",
             "| set | gulo | wide alone | deep alone | best rival | |", "|---|---|---|---|---|---|"]
    for name, parts in ours["sets"].items():
        best = min(rivals.get(name, [{}]), key=lambda r: r.get("test_error", 1))
        mean = {part: parts.get(part, {}).get("median_test_error") for part in ("both", "wide", "deep")}
        verdict = "" if not best else "win" if mean["both"] < best["test_error"] else "tie" if mean["both"] == best["test_error"] else "loss"
        lines.append(f"| {name} | **{error(mean['both'])}** | {error(mean['wide'])} | {error(mean['deep'])} | "
                     f"{error(best.get('test_error'))} {best.get('rival', '')}, {best.get('cpu_s', '-')} s | {verdict} |")
    return lines


def seed_counts(sets: dict) -> str:
    return " or ".join(map(str, sorted({len(row["runs"]) for row in sets.values()})))


def suite_table() -> list[str]:
    """gulo with the best rival's time, 60 s at least, beside that rival."""
    suite = load("suite.json")
    if not suite.get("sets"):
        return []
    rows, halves = suite["sets"], load("suite_half.json").get("sets", {})
    count = {verdict: sum(row["verdict"] == verdict for row in rows.values()) for verdict in ("win", "tie", "loss")}
    missing = [name for name in suite["rivals"] if name not in {ran.split()[0] for ran in rows}]
    kinds: dict[str, set[str]] = {}
    for row in rows.values():
        for run in row["runs"]:
            kinds.setdefault(run["machine"], set()).add(row["kind"])
    machines = "; ".join(f"{', '.join(sorted(of))} on {machine}" for machine, of in sorted(kinds.items()))
    worse = [name for name, half in halves.items() if name in rows and rows[name]["error"] > half["interval"][1]]
    twice = (f" Half the time, {seed_counts(halves)} seeds: where twice the time is worse beyond the 95 % interval: {', '.join(worse) or 'nowhere'}."
             if halves else "")
    left = f"; not run yet: {', '.join(missing)}" if missing else ""
    lines = ["", f"gulo with the time of the best rival, 60 s at least (cifar10: 180 s), beside that rival as `gulo compare` measures it: "
             f"{count['win']} won, {count['tie']} tied (the rival is within gulo's 95 % interval), {count['loss']} lost; median of "
             f"{seed_counts(rows)} seeds; {machines}{left}.{twice}", "",
             "| set | kind | gulo | 95 % interval | seconds | in half the time | best rival | seconds | lines | |", "|---|---|---|---|---|---|---|---|---|---|"]
    for name, row in rows.items():
        low, high = row["interval"]
        label = f"{name.split()[0]} (`--balanced`, mean error of the labels)" if "--balanced" in name else name
        half = error(halves[name]["error"]) if name in halves else "-"
        lines.append(f"| {label} | {row['kind']} | **{error(row['error'])}** | {error(max(0.0, low))} to {error(high)} | {row['seconds']:.0f} | {half} | "
                     f"{error(row['rival_error'])} {row['best_rival']} | {row['rival_seconds']:.0f} | {row['rival_lines']} | {row['verdict']} |")
    return lines


def file_type_lines() -> list[str]:
    types = load("file_types.json")
    if not types:
        return []
    return ["", f"File types of a Debian machine ({types['n_labels']} types, {types['n_train']} files to train on, "
            f"{types['n_test']} to test): gulo **{error(types['gulo']['test_error'])}** in {types['gulo']['train_s']:.0f} s, "
            f"wide alone {error(types['wide']['test_error'])} in {types['wide']['train_s']:.0f} s, "
            f"{types['rival']['rival']} {error(types['rival']['error'])} in {types['rival']['wall_s']:.0f} s."]


def predict_lines() -> list[str]:
    peers = load("predict.json")
    if not peers:
        return []
    lines = ["", f"Prediction of {peers['files']['n']:,} files of up to 64 KiB by a wide recogniser of file types, same files, same run:", "",
             "| program | files/s | one file, cold |", "|---|---|---|"]
    for tool, speed in peers["files_per_s"].items():
        lines.append(f"| {peers['versions'][tool]} | {speed['median']:,.0f} | {peers['cold_ms'][tool]['median']:.0f} ms |")
    if start := peers.get("start_ms"):
        lines += ["", f"`gulo --help` takes {start['--help']['median']:.1f} ms; `gulo info` of that recogniser, {peers['model']['bytes'] / (1 << 20):.0f} MiB "
                  f"of which it checks every byte, {start['info']['median']:.1f} ms."]
    return lines


def engine_lines() -> list[str]:
    ours = load("bytes.json")
    runs = [run for parts in ours.get("sets", {}).values() for run in parts.get("deep", {}).get("runs", [])]
    if not runs:
        return []
    use = sorted(run["flop_utilisation"] for run in runs)
    feed = sorted(run["feed_overhead"] for run in runs)
    return ["", f"The deep part's loop uses {use[len(use) // 2]:.0%} of the best matrix product's rate (from {use[0]:.0%} to {use[-1]:.0%}); "
            f"a step with the real feed takes {feed[len(feed) // 2]:.2f} of one on a fixed batch."]


def streaming_lines() -> list[str]:
    ours = load("streaming.json")
    if not ours.get("large"):
        return []
    large, small, gib = ours["large"][0], ours["streamed"][0], 1 << 30
    return ["", f"More data than memory: {large['n_bytes'] / gib:.1f} GiB within `--memory {large['memory'] / gib:.0f}G` train at a peak of "
            f"{large['peak_memory_bytes'] / gib:.2f} GiB, program and all. {small['n_bytes'] / gib:.2f} GiB streamed within a fifth of that: test error "
            f"{ours['streamed_test_error_mean']:.3f}, in memory {ours['in_memory_test_error_mean']:.3f} (mean of {len(ours['streamed'])} seeds; "
            f"0.100 of the items are mislabelled)."]


def main() -> int:
    readme = ROOT / "README.md"
    text = readme.read_text()
    head, rest = text.split(BEGIN)
    tail = rest.split(END)[1]
    table = "\n".join(suite_table() + accuracy_table() + engine_lines() + file_type_lines() + streaming_lines() + predict_lines())
    new = f"{head}{BEGIN}\n{table}\n{END}{tail}"
    if "--check" in sys.argv:
        if new != text:
            print("README.md: the results differ from bench/results; run bench/readme_table.py")
        return int(new != text)
    readme.write_text(new)
    return 0


if __name__ == "__main__":
    sys.exit(main())
