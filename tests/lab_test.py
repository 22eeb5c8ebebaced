"""bench/lab.py judges by a part of the training items, and opens no test item. bench/suite.py's verdicts."""
from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
import tempfile
import unittest
from pathlib import Path

BENCH = Path(__file__).resolve().parent.parent / "bench"
sys.path.insert(0, str(BENCH))
import lab  # noqa: E402
import suite  # noqa: E402


class TrainingPart(unittest.TestCase):
    def setUp(self) -> None:
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = Path(holder.name)

    def both_parts(self, data: Path, pattern: str) -> list[list[str]]:
        lab.training_part(data, self.folder / "out")
        return [[path.read_text() for path in sorted(self.folder.glob(f"out/{pattern.replace('PART', part)}")) if path.is_file()]
                for part in ("train", "test")]

    def check(self, fitted: list[str], judged: list[str], n_items: int) -> None:
        self.assertEqual(len(fitted) + len(judged), n_items)
        self.assertTrue(0.1 * n_items < len(judged) < 0.35 * n_items, len(judged))
        self.assertFalse(set(fitted) & set(judged), "alike items are on one side")
        self.assertFalse([item for item in fitted + judged if "secret" in item], "an item of the test part was opened")

    def put_files(self, folder: Path) -> None:
        for number in range(200):
            for part, content in (("train", f"item {number // 2}"), ("test", f"secret {number}")):
                file = folder / part / "ab"[number % 2] / f"{number}"
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(content)

    def test_files(self) -> None:
        self.put_files(self.folder / "set")
        self.check(*self.both_parts(self.folder / "set", "PART/*/*"), 200)

    def test_archives(self) -> None:
        self.put_files(self.folder / "set")
        with tarfile.open(self.folder / "set.tar", "w") as tar:
            tar.add(self.folder / "set", "set")
        self.check(*self.both_parts(self.folder / "set.tar", "PART/*/*"), 200)

    def test_tables_and_series(self) -> None:
        data = self.folder / "set"
        data.mkdir()
        (data / "train.csv").write_text("".join(f"{i // 2},x\n" for i in range(200)))
        (data / "test.csv").write_text("secret,x\n")
        fitted, judged = self.both_parts(data, "PART.csv")
        self.check(fitted[0].splitlines(), judged[0].splitlines(), 200)

    def test_series(self) -> None:
        data = self.folder / "set"
        data.mkdir()
        head = "@problemName waves\n@classLabel true a b\n@data\n"
        (data / "W_TRAIN.ts").write_text(head + "".join(f"{i},{i + 1}:a\n" for i in range(200)))
        (data / "W_TEST.ts").write_text("secret")
        lab.training_part(data, self.folder / "out")
        fitted, judged = ((self.folder / f"out/X_{part}.ts").read_text() for part in ("TRAIN", "TEST"))
        self.assertTrue(fitted.startswith(head) and judged.startswith(head))
        self.check(fitted.splitlines()[3:], judged.splitlines()[3:], 200)


class Queue(unittest.TestCase):
    """A stand-in for the program: its error is its option's value, plus a hundredth of the seed."""

    PROGRAM = """#!/usr/bin/env python3
import json, sys
words = sys.argv[1:]
if words[0] == "train":
    open(words[words.index("-o") + 1], "w").write(str(float(words[-1]) + 0.01 * int(words[words.index("--seed") + 1])))
    print("{}")
else:
    print(json.dumps({"error": float(open(words[1]).read()), "balanced_error": 0.5, "n_items": 100}))
"""

    def test_runs_each_variant_once_and_compares_equal_seeds(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            program = folder / "gulo"
            program.write_text(self.PROGRAM)
            program.chmod(0o755)
            for number in range(50):
                file = folder / "data/sst2/train" / "ab"[number % 2] / f"{number}"
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(f"{number}")
            words = [sys.executable, BENCH / "lab.py", folder / "data", "--variant", f"now={program} 0.2", "--variant", f"new={program} 0.1",
                     "--sets", "sst2", "--budgets", "5s", "--seeds", "2", "--work", folder / "work"]
            for _ in range(2):
                done = subprocess.run(words, capture_output=True, text=True, env=os.environ)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertRegex(done.stdout, r"\| sst2 \| 5s \| new \| 0\.1050 \| 0\.0071 \| -0\.1000 ± 0\.0000 \|")
            self.assertEqual(len(json.loads((folder / "work/lab.json").read_text())), 4)
            self.assertEqual((folder / "work/lab.svg").read_text().count("<circle"), 4)


class Verdict(unittest.TestCase):
    def test_a_rival_within_the_interval_is_a_tie(self) -> None:
        rivals = {"n_test": 1000, "rows": [{"name": name, "error": error, "balanced_error": error, "total_s": 1, "lines": 9}
                                           for name, error in (("good", 0.1), ("bad", 0.3))]}
        for error, verdict in ((0.11, "tie"), (0.09, "tie"), (0.05, "win"), (0.2, "loss")):
            runs = [{"test_error": error, "balanced_error": error, "process_wall_s": 60}]
            row = suite.judge("set", rivals, runs)
            self.assertEqual((row["verdict"], row["best_rival"]), (verdict, "good"), error)


if __name__ == "__main__":
    unittest.main()
