"""Time as it is promised: trainings by a budget, and their interruption (docs/commands.md)."""
from __future__ import annotations

import json
import random
import signal
import subprocess
import time
import unittest
from pathlib import Path

from train_test import GULO, WithFolder, run, shared


class Budget(WithFolder):
    def start(self, budget: str, data: Path | None = None) -> subprocess.Popen:
        command = [GULO, "train", data or shared() / "train", "-o", self.folder / "model.gulo", "--budget", budget, "--json"]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def wait_for(self, process: subprocess.Popen, text: bytes) -> None:
        self.assertTrue(any(text in line for line in process.stderr), text)

    def test_is_spent_and_kept(self) -> None:
        begin = time.monotonic()
        said = self.train(shared() / "train", "--budget", "12s", "--json")
        self.assertEqual(0, said.returncode, said.stderr)
        self.assertAlmostEqual(12, time.monotonic() - begin, delta=1.2)
        record = json.loads(said.stdout)
        self.assertAlmostEqual(12, record["wall_s"], delta=1.2)
        self.assertEqual((12, False), (record["budget_s"], record["interrupted"]))
        self.assertGreater(record["steps"], 0)

    def test_an_interruption_keeps_the_best_so_far(self) -> None:
        with self.start("60s") as process:
            time.sleep(4)
            process.send_signal(signal.SIGINT)
            output, errors = process.communicate(timeout=10)
        self.assertEqual(0, process.returncode, errors)
        self.assertIn(b"the best so far is kept", errors)
        self.assertTrue(json.loads(output)["interrupted"])
        tested = json.loads(run("test", self.folder / "model.gulo", shared() / "test", "--json").stdout)
        self.assertLess(tested["error"], 0.1)

    def test_an_interruption_keeps_the_trees_of_a_table(self) -> None:
        numbers = random.Random(7)
        rows = [[numbers.random() for _ in range(8)] for _ in range(30_000)]
        table = self.put("table.csv", "a,b,c,d,e,f,g,h,answer\n" + "".join(
            ",".join(f"{cell:.4f}" for cell in row) + (",yes\n" if (row[0] > row[1]) != (row[2] < 0.2) else ",no\n") for row in rows))
        with self.start("60s", table) as process:
            self.wait_for(process, b"to validate")
            time.sleep(1)  # trees are tried for seconds
            process.send_signal(signal.SIGINT)
            output, errors = process.communicate(timeout=20)
        self.assertEqual(0, process.returncode, errors)
        record = json.loads(output)
        self.assertEqual((True, "forest"), (record["interrupted"], record["wide"]["recipe"]))
        self.assertLess(record["valid_error"], 0.4)
        self.assertEqual(0, run("predict", self.folder / "model.gulo", table).returncode)

    def test_a_second_interruption_stops_at_once(self) -> None:
        self.put("model.gulo", "what was there before")
        with self.start("60s") as process:
            self.wait_for(process, b"wide")
            time.sleep(1)  # into the deep part, whose steps take long enough to be interrupted
            process.send_signal(signal.SIGINT)
            self.wait_for(process, b"once more stops at once")
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=10)
        self.assertEqual(-signal.SIGINT, process.returncode)
        self.assertEqual(b"what was there before", (self.folder / "model.gulo").read_bytes())


if __name__ == "__main__":
    unittest.main()
