"""The demo's collection: directories and contents stand on one side only, and names give nothing away."""
from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SCRIPT = Path(__file__).resolve().parent.parent / "scripts/demo_data.py"


class DemoData(unittest.TestCase):
    def setUp(self) -> None:
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.machine, self.out = Path(holder.name, "machine"), Path(holder.name, "data")
        for extension in ("aaa", "bbb", "ccc", "ddd", "eee"):
            for folder in range(8):
                place = self.machine / f"{extension}-{folder}"
                place.mkdir(parents=True)
                for number in range(30):
                    (place / f"{number}.{extension}").write_text(f"{extension} {folder} {number}")

    def collect(self) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, SCRIPT, self.out, self.machine], capture_output=True, text=True)

    def rows(self) -> list[tuple[str, ...]]:
        return [tuple(line.split("\t")) for line in self.out.with_suffix(".tsv").read_text().splitlines()]

    def test_directories_stand_on_one_side(self) -> None:
        self.assertEqual(0, self.collect().returncode)
        side_of: dict[str, set[str]] = {}
        for copy, origin in self.rows():
            side_of.setdefault(os.path.dirname(origin), set()).add(copy.split("/")[0])
        self.assertEqual({1}, set(map(len, side_of.values())))
        self.assertEqual({"train", "test"}, set().union(*side_of.values()))

    def test_names_and_contents(self) -> None:
        self.collect()
        for copy, origin in self.rows():
            self.assertRegex(copy, r"^(train|test)/(aaa|bbb|ccc|ddd|eee)/\d{4}$")
            self.assertEqual(Path(origin).read_bytes(), (self.out / copy).read_bytes())

    def test_no_content_twice(self) -> None:
        for place in self.machine.glob("aaa-*"):
            (place / "same.aaa").write_text("the same everywhere")
            (place / "empty.aaa").write_text("")
        (self.machine / "bbb-0" / "loop").symlink_to(self.machine)
        self.assertEqual(0, self.collect().returncode)
        contents = [path.read_bytes() for path in self.out.rglob("*") if path.is_file()]
        self.assertEqual(len(contents), len(set(contents)))
        self.assertNotIn(b"", contents)

    def test_same_machine_same_collection(self) -> None:
        self.collect()
        first = self.rows()
        self.collect()
        self.assertEqual(first, self.rows())

    def test_too_few_types(self) -> None:
        for path in self.machine.rglob("*.aaa"):
            path.unlink()
        result = self.collect()
        self.assertEqual(3, result.returncode)
        self.assertIn("only 4 file types", result.stderr)
        self.assertFalse(self.out.exists())


if __name__ == "__main__":
    unittest.main()
