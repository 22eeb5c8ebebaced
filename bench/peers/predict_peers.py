#!/usr/bin/env python3
"""How fast files get their types: gulo predict beside Magika's command line and file(1), same files, same run.

Usage: predict_peers.py MODEL --magika-venv FOLDER [--gulo build/gulo] [--json OUT]

Copies 4,000 files of up to 64 KiB of this machine, chosen by the hash of their paths, into a temporary folder, and
gives the same list to each tool in turn, for several rounds after one that warms the page cache. Counted is the wall
time from process start to exit, and an answer is asked for every file: a tool that prints fewer lines has failed. The
cold figure is one process for one file; beside it stands what gulo takes for nothing but its help and its look at the
model, which checks all of the file. Magika is installed from requirements.txt beside this file if FOLDER is absent.
"""
from __future__ import annotations

import argparse
import datetime
import hashlib
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOTS = ("/usr", "/etc")
MOST_BYTES = 64 << 10


def chosen_files(n_files: int) -> list[str]:
    """The n_files regular files of 1 byte to 64 KiB whose paths hash lowest: the same ones on the same machine."""
    found = []
    for root in ROOTS:
        for folder, _, names in os.walk(root):
            found += [os.path.join(folder, name) for name in names]
    chosen: list[str] = []
    for path in sorted(found, key=lambda one: hashlib.blake2b(os.fsencode(one), digest_size=8).digest()):
        if len(chosen) == n_files:
            break
        if not os.path.islink(path) and os.path.isfile(path) and os.access(path, os.R_OK):
            if 0 < os.path.getsize(path) <= MOST_BYTES:
                chosen.append(path)
    return chosen


def copied(paths: list[str], folder: Path) -> list[str]:
    """Copies under names that keep the extension, which no tool here looks at but a reader of the answers does."""
    copies = []
    for number, path in enumerate(paths):
        suffix = "".join(c for c in os.path.splitext(path)[1] if c.isascii() and c.isalnum())
        copy = folder / f"{number:04d}.{suffix or 'none'}"
        shutil.copyfile(path, copy)
        copies.append(str(copy))
    return copies


def magika_program(venv: Path) -> str:
    program = venv / "bin/magika"
    if not program.exists():
        subprocess.run([sys.executable, "-m", "venv", venv], check=True)
        requirements = Path(__file__).parent / "requirements.txt"
        subprocess.run([venv / "bin/pip", "install", "--quiet", "--requirement", requirements], check=True)
    return str(program)


def timed(command: list[str], n_answers: int | None) -> float:
    """Seconds from start to exit; the command must print n_answers lines (None: any number)."""
    with tempfile.TemporaryFile() as out:
        start = time.perf_counter()
        process = subprocess.run(command, stdout=out, stderr=subprocess.PIPE)
        wall_s = time.perf_counter() - start
        out.seek(0)
        n_lines = sum(1 for _ in out)
    if process.returncode or n_answers not in (None, n_lines):
        raise SystemExit(f"{command[0]}: exit code {process.returncode}, {n_lines} answers for {n_answers} files\n"
                         f"{process.stderr.decode(errors='replace')[-2000:]}")
    return wall_s


def rounds(commands: dict[str, list[str]], n_answers: int | None, n_rounds: int) -> dict[str, list[float]]:
    """Wall seconds of every round; the tools take turns, so that a busy spell of the machine meets all of them."""
    for command in commands.values():
        timed(command, n_answers)
    times: dict[str, list[float]] = {tool: [] for tool in commands}
    for _ in range(n_rounds):
        for tool, command in commands.items():
            times[tool].append(timed(command, n_answers))
    return times


def spread(values: list[float], digits: int) -> dict[str, float]:
    return {"median": round(statistics.median(values), digits), "min": round(min(values), digits),
            "max": round(max(values), digits), "rounds": len(values)}


def first_line(*command: str) -> str:
    lines = subprocess.run(command, capture_output=True, text=True).stdout.splitlines()
    return lines[0] if lines else ""


def machine() -> dict[str, object]:
    cpu = next((line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
                if line.startswith("model name")), platform.machine())
    return {"cpu": cpu, "cores": len(os.sched_getaffinity(0)), "load_before": os.getloadavg()[0],
            "system": first_line("sh", "-c", ". /etc/os-release; echo $PRETTY_NAME"), "kernel": platform.release()}


def measure(arguments: argparse.Namespace, folder: Path) -> dict[str, object]:
    magika, gulo = magika_program(arguments.magika_venv), str(arguments.gulo)
    before = machine()
    files = copied(chosen_files(arguments.files), folder)
    names = folder / "list"
    names.write_text("\n".join(files) + "\n")
    many = {"gulo": [gulo, "predict", arguments.model, *files], "magika": [magika, *files],
            "file": ["file", "-f", str(names)]}
    one = {"gulo": [gulo, "predict", arguments.model, files[0]], "magika": [magika, files[0]],
           "file": ["file", files[0]]}
    speed = {tool: spread([len(files) / wall_s for wall_s in walls], 1)
             for tool, walls in rounds(many, len(files), arguments.rounds).items()}
    cold = {tool: spread([1e3 * wall_s for wall_s in walls], 2)
            for tool, walls in rounds(one, 1, 3 * arguments.rounds).items()}
    light = {"--help": [gulo, "--help"], "info": [gulo, "info", arguments.model]}
    start = {word: spread([1e3 * wall_s for wall_s in walls], 2)
             for word, walls in rounds(light, None, 3 * arguments.rounds).items()}
    return {
        "benchmark": "predict beside Magika and file", "command": " ".join(map(str, sys.argv)),
        "date": datetime.date.today().isoformat(), "machine": before,
        "versions": {"gulo": first_line(gulo, "--version"), "magika": first_line(magika, "--version"),
                     "file": first_line("file", "--version")},
        "model": {"path": arguments.model, "bytes": os.path.getsize(arguments.model)},
        "files": {"n": len(files), "bytes": sum(map(os.path.getsize, files)), "most_bytes": MOST_BYTES},
        "files_per_s": speed, "cold_ms": cold, "start_ms": start,
        "ratio_to_magika": round(speed["gulo"]["median"] / speed["magika"]["median"], 2),
        "ratio_to_file": round(speed["gulo"]["median"] / speed["file"]["median"], 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("--magika-venv", type=Path, required=True, help="made if it is not there")
    parser.add_argument("--gulo", type=Path, default=Path("build/gulo"))
    parser.add_argument("--files", type=int, default=4000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path, help="write there as well")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        result = json.dumps(measure(arguments, Path(folder)), indent=2)
    print(result)
    if arguments.json:
        arguments.json.write_text(result + "\n")


if __name__ == "__main__":
    main()
