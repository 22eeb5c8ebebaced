#!/usr/bin/env python3
"""Runs one rival on data that `gulo compare` has laid out, and prints what it took and what it answered.

Usage: run.py RIVAL.py FOLDER

FOLDER holds train/LABEL/FILE and test/FILE, or train.csv and test.csv, or train.ts and test.ts; the test items have no
labels. A rival is a Python file with

    fit(items, labels)     -> model        labels: list of str
    predict(model, items)  -> labels       or predict(items), where the module keeps the model itself

items: paths of files (pathlib.Path); rows of a table (lists of str, as they stood in it); or series (a list of
dimensions, each a list of float, NaN where a value is missing). Work inside `with preprocessing():` (clock.py) is
counted as preprocessing. Importing the rival, and with it its libraries, is not counted.

Prints {"preprocess_s": s, "train_s": s, "predict_s": s, "predictions": [...]}; all that the rival prints itself goes to
standard error. Needs nothing but Python's own library.
"""
from __future__ import annotations

import csv
import importlib.util
import inspect
import json
import os
import sys
import time
from pathlib import Path
from types import ModuleType
from typing import Any

import clock

Part = tuple[list[Any], list[str]]


def read_files(folder: Path, labelled: bool) -> Part:
    if not labelled:
        return sorted(folder.iterdir()), []
    files = sorted(folder.glob("*/*"))
    return files, [file.parent.name for file in files]


def read_rows(path: Path, labelled: bool) -> Part:
    with path.open(newline="", encoding="utf-8", errors="surrogateescape") as file:
        rows = list(csv.reader(file))[1:]
    return ([row[:-1] for row in rows], [row[-1] for row in rows]) if labelled else (rows, [])


def read_series(path: Path, labelled: bool) -> Part:
    series, labels = [], []
    with path.open(encoding="utf-8") as file:
        lines = [line.rstrip("\n") for line in file]
    for line in lines[lines.index("@data") + 1:]:
        dimensions = line.split(":")
        if labelled:
            labels.append(dimensions.pop())
        series.append([[float(v) if v != "?" else float("nan") for v in d.split(",")] for d in dimensions])
    return series, labels


def read_part(folder: Path, name: str) -> Part:
    for ending, read in ((".csv", read_rows), (".ts", read_series), ("", read_files)):
        if (folder / (name + ending)).exists():
            return read(folder / (name + ending), name == "train")
    sys.exit(f"{folder} holds no {name} part")


def load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("gulo_rival", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for name in ("fit", "predict"):
        if not callable(getattr(module, name, None)):
            sys.exit(f"{path.name} has no function {name}")
    return module


def keeps_its_model(module: ModuleType) -> bool:
    """Whether it is predict(items) and not predict(model, items)."""
    parameters = inspect.signature(module.predict).parameters.values()
    return sum(one.default is one.empty and one.kind == one.POSITIONAL_OR_KEYWORD for one in parameters) == 1


class Lap:
    """Seconds since the last lap, without those of preprocessing."""

    def __init__(self) -> None:
        self.lap()

    def lap(self) -> float:
        now = time.perf_counter() - clock.preprocess_s
        passed, self.last = now - getattr(self, "last", now), now
        return passed


def measure(rival: Path, folder: Path) -> dict[str, Any]:
    module = load(rival)
    with clock.preprocessing():  # opening a container is everyone's first step
        items, labels = read_part(folder, "train")
        test_items, _ = read_part(folder, "test")
    lap = Lap()
    model = module.fit(items, labels)
    train_s = lap.lap()
    answers = module.predict(test_items) if keeps_its_model(module) else module.predict(model, test_items)
    answers = [str(answer) for answer in answers]
    return {"preprocess_s": clock.preprocess_s, "train_s": train_s, "predict_s": lap.lap(), "predictions": answers}


def main() -> None:
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    output = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # a chatty library shall not stand between us and who reads us
    json.dump(measure(Path(sys.argv[1]), Path(sys.argv[2])), output)
    output.close()


if __name__ == "__main__":
    main()
