"""Parquet tables: what their cells become, and files that are no good."""
from __future__ import annotations

import datetime
import decimal
import json
import os
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

GULO, ENGINE = os.environ["GULO"], os.environ["GULO_ENGINE_PROGRAM"]
PLUGIN = Path(GULO).with_name("gulo-parquet.so")

try:
    import pyarrow
    import pyarrow.parquet
except ImportError:
    pyarrow = None


def run(*arguments: str | Path) -> subprocess.CompletedProcess:
    return subprocess.run([GULO, *arguments], capture_output=True, timeout=120, text=True)


def values(n: int) -> dict:
    """Columns of every kind, and what the cells of their first row are."""
    return {
        "whole": pyarrow.array([2**53 + 1] * n), "real": pyarrow.array([0.1] * n), "half": pyarrow.array([0.1] * n, pyarrow.float32()),
        "text": pyarrow.array(["a, \"b\"\n"] * n), "flag": pyarrow.array([True] * n), "none": pyarrow.array([None] * n, pyarrow.int8()),
        "word": pyarrow.array(["red"] * n).dictionary_encode(), "price": pyarrow.array([decimal.Decimal("1.50")] * n),
        "day": pyarrow.array([datetime.date(2020, 1, 31)] * n), "list": pyarrow.array([[1, None, 2]] * n),
        "pair": pyarrow.array([{"a": 1, "b": "x\"y"}] * n),
    }


CELLS = {"whole": "9007199254740993", "real": "0.1", "half": "0.1", "text": "a, \"b\"\n", "flag": "true", "none": "", "word": "red",
         "price": "1.50", "day": "2020-01-31", "list": "[1,null,2]", "pair": '{"a":1,"b":"x\\"y"}'}


@unittest.skipUnless(pyarrow and PLUGIN.exists(), "built without Parquet")
class Parquet(unittest.TestCase):
    def setUp(self) -> None:
        temporary = tempfile.TemporaryDirectory(prefix="gulo_parquet_")
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name)

    def write(self, name: str, columns: dict) -> Path:
        pyarrow.parquet.write_table(pyarrow.table(columns), self.folder / name, row_group_size=16)
        return self.folder / name

    def write_json(self, name: str, columns: dict, n: int) -> Path:
        path = self.folder / name
        path.write_text("".join(json.dumps({key: column[i] for key, column in columns.items()}) + "\n" for i in range(n)))
        return path

    @unittest.skipUnless(ENGINE, "a light build has no gulo-engine")
    def test_the_same_model_as_from_lines_of_json(self) -> None:
        """Every cell is what documents say: the same cells as JSON give the same weights."""
        n, labels = 40, [f"label {i % 2}" for i in range(40)]
        parquet = self.write("t.parquet", {"id": list(range(n))} | values(n) | {"label": labels})
        lines = self.write_json("t.jsonl", {"id": list(range(n))} | {key: [cell] * n for key, cell in CELLS.items()} | {"label": labels}, n)
        models = []
        for table in (parquet, lines):
            model = table.with_suffix(".gulo")
            trained = run("train", table, "-o", model, "--as", "cells", "--steps", "2", "--threads", "1")
            self.assertEqual(0, trained.returncode, trained.stderr)
            content = model.read_bytes()
            models.append(content[8 + int.from_bytes(content[:8], "little"):])
        self.assertEqual(models[0], models[1])

    def train_text(self) -> Path:
        texts = [f"{'good' if i % 2 else 'bad'} film {i}" for i in range(60)]
        labels = ["pos" if i % 2 else "neg" for i in range(60)]
        table = self.write("text.parquet", {"id": list(range(60)), "text": texts, "label": labels})
        model = self.folder / "text.gulo"
        trained = run("train", table, "-o", model, "--column", "text", "--parts", "wide", "--budget", "2s")
        self.assertEqual(0, trained.returncode, trained.stderr)
        return model

    @unittest.skipUnless(ENGINE, "a light build has no gulo-engine")
    def test_a_column_of_text(self) -> None:
        model = self.train_text()
        new = self.write("new.parquet", {"text": ["bad film", "good film"]})
        answers = [json.loads(line) for line in run("predict", model, new, "--format", "jsonl").stdout.splitlines()]
        self.assertEqual(["neg", "pos"], [answer["label"] for answer in answers])
        self.assertEqual([f"{new}:1", f"{new}:2"], [answer["path"] for answer in answers])
        whole = new.read_bytes()
        for name, content in {"short": whole[:-40], "flipped": whole[:-60] + bytes(60), "head": b"PAR1"}.items():
            with self.subTest(name):
                broken = self.folder / f"{name}.parquet"
                broken.write_bytes(content)
                answer = run("predict", model, broken)
                self.assertEqual(1, answer.returncode)
                self.assertIn("cannot be read as Parquet", answer.stderr)
                self.assertIn(broken.name, answer.stderr)

    def test_the_light_program_stays_quick(self) -> None:
        times = []
        for _ in range(9):
            start = time.perf_counter()
            run("--help")
            times.append(time.perf_counter() - start)
        self.assertLess(min(times), 0.1)


if __name__ == "__main__":
    unittest.main()
