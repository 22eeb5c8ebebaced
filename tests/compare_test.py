"""gulo compare by the built programs, with rivals that need no packages (docs/compare.md)."""
from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
GULO = os.environ["GULO"]
ENGINE = os.environ["GULO_ENGINE_PROGRAM"]
MARKS = {"blue": b"\0\1\2", "red": b"RED"}

# Knows the marks by heart: never wrong.
CLOCK = "from " + "clock import preprocessing"  # in one piece it would look as if this file imported it
EXPERT = f'''"""The marks, looked up."""
# rival: the expert

{CLOCK}
MARKS = {MARKS!r}

def fit(items, labels):
    assert len(items) == len(labels)
    print("a chatty library")
    return sorted(set(labels))

def predict(model, items):
    with preprocessing():
        contents = [item.read_bytes() for item in items]
    return [max(model, key=lambda label: content.count(MARKS[label])) for content in contents]
'''
GUESSER = "def fit(items, labels):\n    global answer\n    answer = labels[0]\n\ndef predict(items):\n" \
          "    return [answer for _ in items]\n"
BROKEN = "def fit(items, labels):\n    raise ValueError('no idea')\n\ndef predict(model, items):\n    return []\n"
SILENT = "def fit(items, labels):\n    pass\n\ndef predict(model, items):\n    return ['red']\n"
ROWS = "def fit(items, labels):\n    assert items[0] == ['1', 'odd, even'], items\n    return labels\n\n" \
       "def predict(model, items):\n    return ['no' if int(item[0]) % 2 else 'yes' for item in items]\n"
SERIES = "def fit(items, labels):\n    assert len(items[0]) == 2, items\n\n" \
         "def predict(model, items):\n    return ['up' if item[0][-1] > 0 else 'down' for item in items]\n"


@unittest.skipUnless(ENGINE, "training needs gulo-engine")
class Compare(unittest.TestCase):
    def setUp(self) -> None:
        temporary = tempfile.TemporaryDirectory(prefix="gulo_compare_test_")
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name)
        (self.folder / "tmp").mkdir()
        (self.folder / "rivals").mkdir()
        for name in ("run.py", "clock.py"):
            (self.folder / "rivals" / name).symlink_to(ROOT / "rivals" / name)

    def put(self, name: str, content: str | bytes) -> str:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return str(path)

    def items(self) -> str:
        numbers = random.Random(0)
        for label, mark in MARKS.items():
            for i in range(40):
                self.put(f"data/{label}/{i}", mark * 3 + numbers.randbytes(numbers.randint(20, 60)) + mark)
        return str(self.folder / "data")

    def compare(self, *arguments: str, budget: str = "2s") -> subprocess.CompletedProcess:
        """With no rivals but those that are asked for."""
        environment = os.environ | {"TMPDIR": str(self.folder / "tmp")}
        words = [GULO, "compare", *arguments, "--budget", budget, "--rivals", str(self.folder / "rivals")]
        done = subprocess.run(words, capture_output=True, text=True, timeout=300, env=environment)
        self.assertEqual([], list((self.folder / "tmp").iterdir()), "something was left behind")
        return done

    def test_files(self) -> None:
        report = self.folder / "report.html"
        rivals = [("expert.py", EXPERT), ("guesser.py", GUESSER), ("broken.py", BROKEN), ("silent.py", SILENT)]
        options = [word for name, code in rivals for word in ("--rival", self.put(name, code))]
        done = self.compare(self.items(), *options, "--json", "--report", str(report), "--threads", "1")
        self.assertEqual(0, done.returncode, done.stderr)
        said = json.loads(done.stdout)
        self.assertEqual(["bytes", 64, 16, 2, 1, True],
                         [said[key] for key in ("kind", "n_train", "n_test", "n_labels", "cores", "own_split")])
        names = [row["name"] for row in said["rows"]]
        self.assertEqual(["gulo", "the expert", "guesser"], names)
        expert, guesser = said["rows"][1:]
        self.assertEqual((0, 8), (expert["error"], expert["lines"]))
        self.assertEqual((0.5, 5), (guesser["error"], guesser["lines"]))
        self.assertGreater(expert["preprocess_s"], 0)
        for row in said["rows"]:
            self.assertGreater(row["peak_memory_bytes"], 1e6)
            self.assertLessEqual(row["error_low"], row["error"])
            self.assertLessEqual(row["error"], row["error_high"])
        self.assertIn(said["verdict"], ("tie", "preprocessing"), "nobody beats the expert")
        self.assertEqual({"broken": "ValueError: no idea", "silent": "gave 1 answers to 16 items"},
                         {one["name"]: one["reason"] for one in said["left_out"]})
        page = report.read_text()
        self.assertIn("the expert", page)
        self.assertIn("def fit(items, labels):", page)
        self.assertIsNone(re.search(r"""(src|href)=["']?http""", page), "the page loads nothing")

    def test_curve(self) -> None:
        done = self.compare(self.items(), "--rival", self.put("expert.py", EXPERT), "--curve")
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertRegex(done.stdout, r"(?m)^gulo's budget +error +95 % interval +total$")
        for budget in ("2.0 s", "4.0 s", "8.0 s"):  # less may be too little on a busy machine
            self.assertRegex(done.stdout, rf"(?m)^{re.escape(budget)} +\d+\.\d\d % ")
        self.assertRegex(done.stdout.splitlines()[-1], r"^(a tie|preprocessing wins): .*\. 4x the budget ")

    def test_table(self) -> None:
        odd = '"odd, even"'
        rows = [f"{i},{odd if i == 1 else 'x'},{'no' if i % 2 else 'yes'}\n" for i in range(1, 41)]
        self.put("table/train.csv", "n,text,label\n" + "".join(rows))
        self.put("table/test.csv", "n,text,label\n" + "".join(rows[:10]))
        done = self.compare(str(self.folder / "table"), "--rival", self.put("rows.py", ROWS), budget="5s")
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertRegex(done.stdout, r"(?m)^contestant +error +95 % interval +preprocessing +training +prediction")
        self.assertRegex(done.stdout, r"(?m)^rows +0\.00 % ")
        self.assertRegex(done.stdout.splitlines()[-1], r"^(a tie|preprocessing wins|brute force wins): ")

    def test_series(self) -> None:
        def lines(n: int) -> str:
            return "".join(f"{i},{value}:0,0:{label}\n" for i in range(n) for value, label in ((1, "up"), (-1, "down")))
        head = "@problemName x\n@classLabel true up down\n@data\n"
        self.put("X/X_TRAIN.ts", head + lines(10))
        self.put("X/X_TEST.ts", head + lines(5))
        done = self.compare(str(self.folder / "X"), "--rival", self.put("series.py", SERIES), "--json")
        self.assertEqual(0, done.returncode, done.stderr)
        said = json.loads(done.stdout)
        self.assertEqual(("series", 0), (said["kind"], said["rows"][1]["error"]), said)

    def test_what_goes_wrong(self) -> None:
        data = self.items()
        for arguments, code, says in (
                ((data,), 2, "no rival"), ((data, "--rival", "/nowhere/r.py"), 2, "/nowhere/r.py"),
                (("/nowhere/data", "--rival", self.put("g.py", GUESSER)), 3, "/nowhere/data"),
                ((data, "--rival", self.put("b.py", BROKEN)), 4, "no rival could be run")):
            done = self.compare(*arguments)
            self.assertEqual(code, done.returncode, done.stderr)
            self.assertIn(says, done.stderr)
            self.assertEqual("", done.stdout)


class Driver(unittest.TestCase):
    """rivals/run.py alone: Python's own library is all that it needs."""

    def test_every_rival_is_python_with_fit_and_predict(self) -> None:
        rivals = sorted((ROOT / "rivals").glob("*/*.py"))
        self.assertGreater(len(rivals), 8)
        for path in rivals:
            code = path.read_text()
            compile(code, str(path), "exec")
            for needed in ("\n# rival: ", "\n# packages: ", "\ndef fit(items, labels):", "\ndef predict(model, items):"):
                self.assertIn(needed, code, path)

    def test_packages_are_pinned(self) -> None:
        pins = {line.split("==")[0] for line in (ROOT / "rivals/constraints.txt").read_text().splitlines()}
        for path in (ROOT / "rivals").glob("*/*.py"):
            packages = re.search(r"^# packages: (.*)$", path.read_text(), re.MULTILINE)
            assert packages is not None
            self.assertLessEqual(set(packages[1].split()), pins, path)

    def test_a_file_without_predict_is_named(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            rival = Path(folder, "half.py")
            rival.write_text("def fit(items, labels):\n    pass\n")
            done = subprocess.run([sys.executable, ROOT / "rivals/run.py", rival, folder], capture_output=True, text=True)
        self.assertEqual(1, done.returncode)
        self.assertIn("half.py has no function predict", done.stderr)


if __name__ == "__main__":
    unittest.main()
