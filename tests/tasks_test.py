"""Several labels an item, and numbers: training, prediction, measures and pages by the built programs (docs/commands.md)."""
from __future__ import annotations

import functools
import json
import math
import os
import random
import re
import subprocess
import tempfile
import unittest
from pathlib import Path

GULO = os.environ["GULO"]
ENGINE = os.environ["GULO_ENGINE_PROGRAM"]
WORDS = {"animal": b"wolverine", "plant": b"juniper", "stone": b"granite"}


def run(*arguments: str | Path) -> subprocess.CompletedProcess:
    return subprocess.run([GULO, *arguments], capture_output=True, timeout=300, text=True)


def write_rows(path: Path, n_rows: int, seed: int, label) -> None:
    """A table of three columns; `label` says what the last one is, from the first two."""
    numbers = random.Random(seed)
    lines = ["a,b,colour,answer"]
    for _ in range(n_rows):
        a, b, colour = numbers.uniform(-1, 1), numbers.randrange(9), numbers.choice(["red", "blue"])
        lines.append(f"{a:.4f},{b},{colour},{label(a, b, colour)}")
    path.write_text("\n".join(lines) + "\n")


def number_of(a: float, b: int, colour: str) -> str:
    return f"{1000 + 30 * a + 5 * b + (20 if colour == 'red' else 0):.3f}"


def labels_of(a: float, b: int, colour: str) -> str:
    return "|".join(name for name, has in (("big", b > 4), ("high", a > 0), ("red", colour == "red")) if has)


def wave(frequency: float, numbers: random.Random) -> str:
    phase = numbers.uniform(0, 6)
    return ",".join(f"{math.sin(phase + frequency * t) + numbers.gauss(0, 0.1):.3f}" for t in range(60))


@functools.cache
def shared() -> Path:
    temporary = tempfile.TemporaryDirectory(prefix="gulo_tasks_")
    unittest.addModuleCleanup(temporary.cleanup)
    folder = Path(temporary.name)
    write_rows(folder / "number.csv", 600, 1, number_of)
    write_rows(folder / "number_test.csv", 200, 2, number_of)
    write_rows(folder / "labels.csv", 600, 1, labels_of)
    write_rows(folder / "labels_test.csv", 200, 2, labels_of)
    return folder


@functools.cache
def trained(name: str) -> tuple[Path, subprocess.CompletedProcess]:
    model = shared() / f"{name}.gulo"
    return model, run("train", shared() / f"{name}.csv", "-o", model, "--steps", "60", "--json")


@unittest.skipUnless(ENGINE, "a light build has no gulo-engine")
class Numbers(unittest.TestCase):
    def setUp(self) -> None:
        self.model, self.training = trained("number")
        self.assertEqual(self.training.returncode, 0, self.training.stderr)

    def test_the_task_is_guessed_and_said(self) -> None:
        self.assertIn("one number an item (9", self.training.stderr)
        record = json.loads(self.training.stdout)
        self.assertEqual((record["task"], record["n_labels"]), ("number", 0))
        self.assertLess(record["valid_error"], 0.6)

    def test_measures(self) -> None:
        measures = json.loads(run("test", self.model, shared() / "number_test.csv", "--json").stdout)
        self.assertEqual((measures["task"], measures["n_items"]), ("number", 200))
        self.assertLess(measures["rmse"], 0.6 * measures["baseline_rmse"])
        self.assertLess(measures["rmse_low"], measures["rmse"])
        self.assertGreater(measures["rmse_high"], measures["rmse"])
        self.assertGreater(measures["r2"], 0.64)
        self.assertLess(measures["mae"], measures["rmse"])

    def test_predictions_agree_with_the_measures(self) -> None:
        table = shared() / "number_test.csv"
        lines = run("predict", self.model, table, "--format", "csv").stdout.splitlines()
        self.assertEqual(lines[0], "path,number")
        predicted = [float(line.rsplit(",", 1)[1]) for line in lines[1:]]
        true = [float(line.rsplit(",", 1)[1]) for line in table.read_text().splitlines()[1:]]
        rmse = (sum((p - t) ** 2 for p, t in zip(predicted, true, strict=True)) / len(true)) ** 0.5
        self.assertAlmostEqual(rmse, json.loads(run("test", self.model, table, "--json").stdout)["rmse"], delta=0.02 * rmse)
        first = json.loads(run("predict", self.model, table, "--format", "jsonl").stdout.splitlines()[0])
        self.assertAlmostEqual(first["number"], predicted[0], delta=1e-3)
        text = run("predict", self.model, table).stdout.splitlines()[0]
        self.assertRegex(text, r"number_test\.csv:2: 1?\d{3}\.?\d*$")

    def test_people_are_told(self) -> None:
        text = run("test", self.model, shared() / "number_test.csv").stdout
        for word in ("RMSE", "MAE", "R2", "95 %", "farthest off"):
            self.assertIn(word, text)
        self.assertIn("a number, in training 10", run("info", self.model).stdout)

    def test_the_page(self) -> None:
        page = shared() / "number.html"
        self.assertEqual(run("test", self.model, shared() / "number_test.csv", "--report", page).returncode, 0)
        text = page.read_text()
        self.assertIn("RMSE", text)
        self.assertGreaterEqual(text.count("<circle"), 200)
        self.assertIsNone(re.search(r"(src|href)=", text))

    def test_a_text_that_is_no_number_is_named(self) -> None:
        table = shared() / "broken.csv"
        table.write_text("a,answer\n1,2.5\n2,many\n3,4.5\n")
        result = run("train", table, "-o", shared() / "x.gulo", "--task", "number", "--steps", "1")
        self.assertEqual(result.returncode, 3)
        for part in ("'many'", "broken.csv:3", "--task label"):
            self.assertIn(part, result.stderr)

    def test_labels_that_look_like_numbers_can_be_asked_for(self) -> None:
        table = shared() / "classes.csv"
        write_rows(table, 120, 3, lambda a, b, colour: f"{b + 0.5 + (9 if colour == 'red' else 0)}")
        for task, word in (("auto", "one number an item"), ("label", "18 labels")):
            result = run("train", table, "-o", shared() / "x.gulo", "--task", task, "--steps", "1")
            self.assertIn(word, result.stderr, result.stderr)


@unittest.skipUnless(ENGINE, "a light build has no gulo-engine")
class Labels(unittest.TestCase):
    def setUp(self) -> None:
        self.model, self.training = trained("labels")
        self.assertEqual(self.training.returncode, 0, self.training.stderr)

    def test_the_task_is_guessed_and_said(self) -> None:
        self.assertRegex(self.training.stderr, r"several labels an item \(3 labels, 1\.\d an item\)")
        record = json.loads(self.training.stdout)
        self.assertEqual((record["task"], record["n_labels"], record["n_items"]), ("labels", 3, 600))
        self.assertLess(record["valid_error"], 0.2)

    def test_measures(self) -> None:
        measures = json.loads(run("test", self.model, shared() / "labels_test.csv", "--json").stdout)
        self.assertEqual(measures["labels"], ["big", "high", "red"])
        self.assertGreater(measures["micro_f1"], 0.8)
        self.assertGreater(measures["mean_average_precision"], 0.8)
        self.assertLess(measures["hamming_loss"], 0.2)
        self.assertGreater(measures["exact_match"], 0.5)
        self.assertEqual([row["label"] for row in measures["per_label"]], measures["labels"])

    def test_all_probable_labels_are_given_or_as_many_as_asked_for(self) -> None:
        table = shared() / "labels_test.csv"
        rows = [json.loads(line) for line in run("predict", self.model, table, "--format", "jsonl").stdout.splitlines()]
        self.assertEqual(len(rows), 200)
        self.assertTrue(all(label["probability"] >= 0.5 for row in rows for label in row["labels"]))
        self.assertGreater(len({len(row["labels"]) for row in rows}), 2, "items differ in how many they have")
        two = [json.loads(line) for line in run("predict", self.model, table, "--format", "jsonl", "--top", "2").stdout.splitlines()]
        self.assertTrue(all(len(row["labels"]) == 2 for row in two))
        text = run("predict", self.model, table).stdout.splitlines()
        empty = [i for i, row in enumerate(rows) if not row["labels"]]
        self.assertTrue(empty, "some of the items have no label")
        self.assertTrue(text[empty[0]].endswith(": none"), text[empty[0]])

    def test_the_page(self) -> None:
        page = shared() / "labels.html"
        self.assertEqual(run("test", self.model, shared() / "labels_test.csv", "--report", page).returncode, 0)
        for word in ("micro F1", "Label by label", "Its worst items", ">big<"):
            self.assertIn(word, page.read_text())

    def test_a_label_that_is_not_known_counts_as_missed(self) -> None:
        table = shared() / "new.csv"
        table.write_text("a,b,colour,answer\n0.5,3,red,high|red|new\n-0.5,3,blue,\n")
        result = run("test", self.model, table, "--json")
        self.assertIn("1 labels are not known", result.stderr)
        self.assertEqual(json.loads(result.stdout)["per_label"][3]["n_items"], 1)


@unittest.skipUnless(ENGINE, "a light build has no gulo-engine")
class Balanced(unittest.TestCase):
    """A tenth of the rows are rare, which a column tells only about: plain answers say `usual` where in doubt."""

    def test_rare_labels_weigh_the_same(self) -> None:
        numbers = random.Random(6)
        table = shared() / "rare.csv"
        rare = [numbers.random() < 0.1 for _ in range(600)]
        table.write_text("x,answer\n" + "".join(f"{numbers.gauss(2 if r else 0, 1):.3f},{'rare' if r else 'usual'}\n" for r in rare))
        errors = {}
        for name, options in {"plain": (), "balanced": ("--balanced",)}.items():
            model = shared() / f"{name}.gulo"
            trained = run("train", table, "-o", model, "--task", "label", "--steps", "60", "--json", *options)
            self.assertEqual(trained.returncode, 0, trained.stderr)
            measures = json.loads(run("test", model, table, "--split", "all", "--json").stdout)
            errors[name] = measures["balanced_error"]
            self.assertEqual(json.loads(trained.stdout)["balanced"], name == "balanced")
            self.assertEqual("every label weighs the same" in run("info", model).stdout, name == "balanced")
        self.assertLess(errors["balanced"], 0.2)  # 0.16 at best
        self.assertLess(errors["balanced"], errors["plain"] - 0.03)

    def test_numbers_have_no_labels_to_weigh(self) -> None:
        said = run("train", shared() / "number.csv", "-o", shared() / "x.gulo", "--balanced", "--steps", "1")
        self.assertEqual(said.returncode, 2)
        self.assertIn("one label an item", said.stderr)


@unittest.skipUnless(ENGINE, "a light build has no gulo-engine")
class OtherKinds(unittest.TestCase):
    def test_files_with_several_labels(self) -> None:
        """The wide part alone learns them; no engine is needed to predict."""
        folder = shared() / "files"
        folder.mkdir()
        numbers, lines = random.Random(1), []
        for i in range(300):
            has = [name for name in WORDS if numbers.random() < 0.4]
            text = bytes(numbers.choice(b"abcdefgh ") for _ in range(80)) + b" ".join(WORDS[name] for name in has)
            (folder / f"{i}.txt").write_bytes(text)
            lines.append(f"{i}.txt\t{','.join(has)}")
        (folder / "list.tsv").write_text("\n".join(lines) + "\n")
        model = shared() / "files.gulo"
        result = run("train", folder / "list.tsv", "-o", model, "--as", "bytes", "--task", "labels", "--parts", "wide", "--steps", "1")
        self.assertEqual(result.returncode, 0, result.stderr)
        measures = json.loads(run("test", model, folder / "list.tsv", "--json").stdout)
        self.assertGreater(measures["micro_f1"], 0.9)

    def test_series_with_a_number(self) -> None:
        numbers = random.Random(2)
        path = shared() / "waves.ts"
        head = "@problemName waves\n@timeStamps false\n@univariate true\n@equalLength true\n@targetLabel true\n@data\n"
        frequencies = [numbers.uniform(0.1, 1) for _ in range(120)]
        path.write_text(head + "".join(f"{wave(f, numbers)}:{100 * f:.2f}\n" for f in frequencies))
        model = shared() / "waves.gulo"
        result = run("train", path, "-o", model, "--parts", "wide", "--steps", "1", "--json")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("one number an item", result.stderr)
        self.assertLess(json.loads(result.stdout)["valid_error"], 0.4)

    def test_pictures_with_a_number(self) -> None:
        folder = shared() / "pictures"
        folder.mkdir()
        numbers, lines = random.Random(3), []
        for i in range(80):
            level = numbers.randrange(20, 220)
            pixels = bytes(min(255, max(0, level + numbers.randrange(-20, 20))) for _ in range(16 * 16))
            (folder / f"{i}.pgm").write_bytes(b"P5\n16 16\n255\n" + pixels)
            lines.append(f"{i}.pgm,{level / 10}")
        (folder / "list.csv").write_text("\n".join(lines) + "\n")
        model = shared() / "pictures.gulo"
        result = run("train", folder / "list.csv", "-o", model, "--steps", "40", "--json")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(json.loads(result.stdout)["kind"], "pixels")
        measures = json.loads(run("test", model, folder / "list.csv", "--json").stdout)
        self.assertLess(measures["rmse"], measures["baseline_rmse"])


if __name__ == "__main__":
    unittest.main()
