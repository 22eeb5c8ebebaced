"""Tables whose cells name files: one recogniser of several fields (docs/formats.md)."""
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
SIDE = 8


def run(*arguments: str | Path) -> subprocess.CompletedProcess:
    return subprocess.run([GULO, *arguments], capture_output=True, timeout=300, text=True)


def picture(bright_left: bool, numbers: random.Random) -> bytes:
    """A noisy grey picture, brighter on one side."""
    rows = [[numbers.randint(0, 120) + (100 if (x < SIDE // 2) == bright_left else 0) for x in range(SIDE)] for _ in range(SIDE)]
    return f"P5\n{SIDE} {SIDE}\n255\n".encode() + bytes(value for row in rows for value in row)


def put_table(folder: Path, n: int, seed: int) -> Path:
    """The label needs both: whether the bright side and the number's sign agree. Neither says anything by itself."""
    numbers = random.Random(seed)
    (folder / "photos").mkdir(parents=True, exist_ok=True)
    rows = []
    for i in range(n):
        left, positive = numbers.random() < 0.5, numbers.random() < 0.5
        name = f"photos/{seed}_{i}.pgm"
        (folder / name).write_bytes(picture(left, numbers))
        value = numbers.uniform(0.2, 1) * (1 if positive else -1)
        rows.append({"photo": name, "value": f"{value:.4f}", "label": "same" if left == positive else "different"})
    path = folder / f"t{seed}.csv"
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return path


@unittest.skipUnless(ENGINE, "a light build has no gulo-engine")
class Fields(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        temporary = tempfile.TemporaryDirectory(prefix="gulo_fields_")
        cls.addClassCleanup(temporary.cleanup)
        cls.folder = Path(temporary.name)
        cls.model = cls.folder / "m.gulo"
        cls.trained = run("train", put_table(cls.folder, 500, 1), "-o", cls.model, "--steps", "100", "--json")

    def test_a_picture_and_a_number_together(self) -> None:
        self.assertEqual(0, self.trained.returncode, self.trained.stderr)
        self.assertIn("photo (pixels), 1 cells", self.trained.stderr)
        self.assertEqual("fields", json.loads(self.trained.stdout)["kind"])
        tested = run("test", self.model, put_table(self.folder, 300, 2), "--json")
        self.assertEqual(0, tested.returncode, tested.stderr)
        self.assertLess(json.loads(tested.stdout)["error"], 0.1)

    def test_the_same_steps_give_the_same_bits(self) -> None:
        table = put_table(self.folder, 100, 3)
        models = []
        for name in ("a", "b"):
            model = self.folder / f"{name}.gulo"
            run("train", table, "-o", model, "--steps", "5", "--threads", "2")
            content = model.read_bytes()
            models.append(content[8 + int.from_bytes(content[:8], "little"):])
        self.assertEqual(*models)

    def table_of(self, name: str, header: str, rows: list[str]) -> Path:
        path = self.folder / name
        path.write_text("\n".join([header, *rows]) + "\n")
        return path

    def test_a_number_is_learned_too(self) -> None:
        rows = [line.split(",") for line in put_table(self.folder, 400, 5).read_text().splitlines()[1:]]
        # Ten more where the picture and the number's sign agree: by the number alone, five would be the deviation.
        numbered = [f"{photo},{value},{float(value) + (10 if label == 'same' else 0):.3f}" for photo, value, label in rows]
        table = self.table_of("numbers.csv", "photo,value,label", numbered)
        model = self.folder / "number.gulo"
        trained = run("train", table, "-o", model, "--steps", "70", "--task", "number", "--json")
        self.assertEqual(0, trained.returncode, trained.stderr)
        self.assertEqual("number", json.loads(trained.stdout)["task"])
        self.assertLess(json.loads(trained.stdout)["valid_rmse"], 3)
        answers = run("predict", model, table, "--format", "jsonl")
        self.assertEqual(400, len(answers.stdout.splitlines()), answers.stderr)

    def test_more_rows_than_memory_are_streamed(self) -> None:
        (self.folder / "large").mkdir(exist_ok=True)
        rows = []
        for i in range(80):
            shade = i % 2 * 100
            (self.folder / f"large/{i}.pgm").write_bytes(b"P5\n256 1024\n255\n" + bytes([shade + i]) * (256 * 1024))
            rows.append(f"large/{i}.pgm,{i % 7}.5,{'light' if shade else 'dark'}")
        table = self.table_of("large.csv", "photo,value,label", rows)
        model = self.folder / "large.gulo"
        trained = run("train", table, "-o", model, "--steps", "10", "--memory", "16M", "--json")
        self.assertEqual(0, trained.returncode, trained.stderr)
        self.assertTrue(json.loads(trained.stdout)["streamed"], trained.stderr)
        self.assertIn("half of it", trained.stderr)

    def test_bookkeeping_beside_files_is_left_out_aloud(self) -> None:
        lines = put_table(self.folder, 60, 6).read_text().splitlines()[1:]
        rows = [f"{line.split(',')[0]},{i},{'test' if i % 5 == 0 else 'train'},{line.split(',')[2]}" for i, line in enumerate(lines)]
        table = self.table_of("list.csv", "path,id,split,label", rows)
        for words, kind, said in (([], "pixels", "columns id, split count for nothing"), (["--as", "fields"], "fields", "2 cells")):
            with self.subTest(words):
                trained = run("train", table, "-o", self.folder / "list.gulo", "--steps", "2", "--json", *words)
                self.assertEqual(kind, json.loads(trained.stdout)["kind"], trained.stderr)
                self.assertIn(said, trained.stderr)
        self.assertIn("column value counts beside the files", self.trained.stderr)

    def predict(self, rows: str) -> list[dict]:
        table = self.folder / "new.csv"
        table.write_text(rows)
        answers = run("predict", self.model, table, "--format", "jsonl")
        self.assertEqual(0, answers.returncode, answers.stderr)
        return [json.loads(line) for line in answers.stdout.splitlines()]

    def test_predict(self) -> None:
        put_table(self.folder, 20, 4)
        whole = [line.split(",") for line in (self.folder / "t4.csv").read_text().splitlines()[1:]]
        answers = self.predict("value,photo\n" + "".join(f"{value},{photo}\n" for photo, value, _ in whole))
        self.assertEqual([f"{self.folder}/new.csv:{i + 2}" for i in range(20)], [answer["path"] for answer in answers])
        self.assertGreater(sum(answer["label"] == row[2] for answer, row in zip(answers, whole)), 16)
        one = self.predict(f"value,photo\n{whole[3][1]},{whole[3][0]}\n")[0]
        self.assertAlmostEqual(answers[3]["probability"], one["probability"], places=4)

    def test_a_missing_field_is_answered_and_unsure(self) -> None:
        answers = self.predict("photo,value\n,0.9\nphotos/gone.pgm,0.9\nphotos/1_0.pgm,\n")
        self.assertEqual(3, len(answers))
        self.assertAlmostEqual(answers[0]["probability"], answers[1]["probability"], places=6)
        self.assertLess(answers[0]["probability"], 0.95)

    def test_info_and_wrong_use(self) -> None:
        self.assertIn("photo (pixels), 1 cells", run("info", self.model).stdout)
        table = self.folder / "t1.csv"
        for words, complaint in ((["--as", "photo=films"], "no kind 'films'"), (["--as", "picture=pixels"], "no column called"),
                                 (["--as", "photo="], "COLUMN=KIND"), (["--parts", "wide"], "no wide part of fields")):
            with self.subTest(words):
                refused = run("train", table, "-o", self.folder / "no.gulo", *words)
                self.assertEqual(2, refused.returncode, refused.stderr)
                self.assertIn(complaint, refused.stderr)
        plain = run("train", table, "-o", self.folder / "plain.gulo", "--as", "photo=cells", "--steps", "1", "--json")
        self.assertEqual("cells", json.loads(plain.stdout)["kind"], plain.stderr)
        single = run("predict", self.model, self.folder / "photos/1_0.pgm")
        self.assertEqual(1, single.returncode)
        self.assertIn("is no row of several fields", single.stderr)


if __name__ == "__main__":
    unittest.main()
