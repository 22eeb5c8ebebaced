"""Columns of text: trained from tables, and found again (docs/formats.md)."""
from __future__ import annotations

import csv
import json
import os
import random
import subprocess
import tempfile
import unittest
from pathlib import Path

GULO, ENGINE = os.environ["GULO"], os.environ["GULO_ENGINE_PROGRAM"]
WORDS = {"good": "a fine, \"fine\" film", "bad": "dull\nand long"}


def run(*arguments: str | Path) -> subprocess.CompletedProcess:
    return subprocess.run([GULO, *arguments], capture_output=True, timeout=120, text=True)


def rows(n: int, seed: int) -> list[dict]:
    numbers = random.Random(seed)
    labels = [numbers.choice(sorted(WORDS)) for _ in range(n)]
    return [{"id": i, "text": f"{numbers.randrange(10**6)} {WORDS[label]} {i}", "mood": label} for i, label in enumerate(labels)]


def put_csv(path: Path, table: list[dict]) -> Path:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, table[0])
        writer.writeheader()
        writer.writerows(table)
    return path


def put_lines(path: Path, table: list[dict]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in table))
    return path


@unittest.skipUnless(ENGINE, "a light build has no gulo-engine")
class TextColumn(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        temporary = tempfile.TemporaryDirectory(prefix="gulo_text_")
        cls.addClassCleanup(temporary.cleanup)
        cls.folder = Path(temporary.name)
        cls.model = cls.folder / "m.gulo"
        table = put_csv(cls.folder / "train.csv", rows(200, 1))
        cls.trained = run("train", table, "-o", cls.model, "--column", "text", "--label", "mood", "--parts", "wide",
                          "--budget", "2s", "--json")

    def test_train_and_test(self) -> None:
        self.assertEqual(0, self.trained.returncode, self.trained.stderr)
        self.assertIn("200 texts of column 'text', 2 labels", self.trained.stderr)
        self.assertEqual("bytes", json.loads(self.trained.stdout)["kind"])
        self.assertIn("text", run("info", self.model).stdout)
        for table in (put_csv(self.folder / "t.csv", rows(50, 2)), put_lines(self.folder / "t.jsonl", rows(50, 2))):
            tested = run("test", self.model, table, "--label", "mood", "--json")
            self.assertEqual(0, tested.returncode, tested.stderr)
            self.assertLess(json.loads(tested.stdout)["error"], 0.1)

    def test_the_same_model_from_csv_and_json(self) -> None:
        models = []
        for table in (put_csv(self.folder / "s.csv", rows(60, 3)), put_lines(self.folder / "s.jsonl", rows(60, 3))):
            model = table.with_suffix(table.suffix + ".gulo")
            run("train", table, "-o", model, "--column", "2", "--parts", "wide", "--steps", "1")
            content = model.read_bytes()
            models.append(content[8 + int.from_bytes(content[:8], "little"):])
        self.assertEqual(*models)

    def test_predict(self) -> None:
        new = rows(6, 4)
        expected = [row.pop("mood") for row in new]
        lines = put_lines(self.folder / "new.jsonl", new)
        single = self.folder / "one.txt"
        single.write_text(new[0]["text"])
        answers = [json.loads(line) for line in run("predict", self.model, lines, single, "--format", "jsonl").stdout.splitlines()]
        self.assertEqual([f"{lines}:{i + 1}" for i in range(6)] + [str(single)], [answer["path"] for answer in answers])
        self.assertEqual(expected + expected[:1], [answer["label"] for answer in answers])
        renamed = put_csv(self.folder / "renamed.csv", [{"id": row["id"], "body": row["text"]} for row in new])
        self.assertEqual(1, run("predict", self.model, renamed).returncode)
        self.assertEqual(0, run("predict", self.model, renamed, "--column", "body").returncode)

    def test_wrong_use(self) -> None:
        table, lines = self.folder / "train.csv", self.folder / "broken.jsonl"
        lines.write_text('{"text": "a", "label": "x"}\n{"text": "b", \n')
        folder = self.folder / "files"
        (folder / "a").mkdir(parents=True, exist_ok=True)
        for words, code, complaint in (
            ((table, "--column", "body"), 2, "the columns: id, text, mood"), ((table, "--column", "mood"), 2, "is the label's"),
            ((table, "--column", "text", "--label", "id"), 3, "different labels"),
            ((table, "--column", "text", "--as", "pixels"), 2, "pixels"), ((folder, "--column", "text"), 2, "is no table"),
            ((lines, "--column", "text"), 3, "broken.jsonl:2 (is no JSON")):
            with self.subTest(complaint):
                refused = run("train", *words, "-o", self.folder / "no.gulo")
                self.assertEqual(code, refused.returncode, refused.stderr)
                self.assertIn(complaint, refused.stderr)


if __name__ == "__main__":
    unittest.main()
