"""Trainings that are broken off and go on from their checkpoint (gulo train --resume)."""
from __future__ import annotations

import json
import os
import random
import re
import signal
import struct
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

from marked_items import put_items

GULO = os.environ["GULO"]
ENGINE = os.environ["GULO_ENGINE_PROGRAM"]
STEPS = 40


def tensors(model: Path) -> dict[str, bytes]:
    content = model.read_bytes()
    begin = 8 + struct.unpack("<Q", content[:8])[0]
    header = json.loads(content[8:begin])
    del header["__metadata__"]
    return {name: content[begin + entry["data_offsets"][0] : begin + entry["data_offsets"][1]]
            for name, entry in header.items()}


@unittest.skipUnless(ENGINE, "a light build has no gulo-engine")
class Resume(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        temporary = tempfile.TemporaryDirectory(prefix="gulo_resume_")
        cls.addClassCleanup(temporary.cleanup)
        cls.folder = Path(temporary.name)
        cls.data = put_items(cls.folder / "data", 60)
        cls.whole = cls.trained("whole.gulo")

    @classmethod
    def trained(cls, name: str, *options: str) -> Path:
        model = cls.folder / name
        said = subprocess.run(cls.command(model, "--checkpoint", "never", *options), capture_output=True, timeout=120)
        assert said.returncode == 0, said.stderr
        return model

    @classmethod
    def command(cls, model: Path, *options: str | Path) -> list[str | Path]:
        return [GULO, "train", cls.data, "-o", model, "--parts", "deep", "--steps", str(STEPS), "--threads", "2", *options]

    def broken_off(self, name: str, *options: str, how: signal.Signals = signal.SIGKILL) -> Path:
        """A model's path where a training was ended by a signal after its second checkpoint within the steps."""
        model = self.folder / f"{name}.gulo"
        self.break_off(self.command(model, "--checkpoint", "0.05s", *options), model, how)
        return model

    def break_off(self, command: list[str | Path], model: Path, how: signal.Signals, n_checkpoints: int = 3, least_s: float = 0) -> None:
        checkpoint = Path(f"{model}.checkpoint")
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        seen = set()
        begin = time.monotonic()
        # The first may be of the wide part alone.
        while (len(seen) < n_checkpoints or time.monotonic() < begin + least_s) and process.poll() is None and time.monotonic() < begin + 60:
            if checkpoint.exists():
                seen.add(checkpoint.stat().st_ino)
            time.sleep(0.002)
        process.send_signal(how)
        process.wait(60)
        self.assertGreaterEqual(len(seen), n_checkpoints, "the training was over before it could be broken off")

    def resume(self, model: Path, *options: str | Path) -> subprocess.CompletedProcess:
        return subprocess.run(self.command(model, "--resume", *options), capture_output=True, timeout=120)

    def assert_fails(self, said: subprocess.CompletedProcess, code: int, *facts: str) -> None:
        self.assertEqual(code, said.returncode, said.stderr)
        for fact in facts:
            self.assertIn(fact, said.stderr.decode())

    def test_killed_and_resumed_is_the_same_as_never_broken_off(self) -> None:
        both = ("--parts", "both")
        model = self.broken_off("killed", *both)
        self.assertFalse(model.exists())
        said = self.resume(model, "--json", *both)
        self.assertEqual(0, said.returncode, said.stderr)
        self.assertRegex(said.stderr.decode(), r"going on from step \d+")
        record = json.loads(said.stdout)
        self.assertEqual((STEPS, True), (record["steps"], record["resumed"]))
        self.assertEqual(tensors(self.trained("both.gulo", *both)), tensors(model))
        self.assertFalse(Path(f"{model}.checkpoint").exists(), "it is removed when the model is there")

    def test_ended_with_a_model_and_resumed(self) -> None:
        model = self.broken_off("ended", how=signal.SIGTERM)
        self.assertTrue(model.exists(), "the best so far")
        self.assertEqual(0, self.resume(model).returncode)
        self.assertEqual(tensors(self.whole), tensors(model))

    def test_nothing_to_resume(self) -> None:
        self.assert_fails(self.resume(self.folder / "none.gulo"), 3, "none.gulo.checkpoint", "nothing to resume")

    def test_other_options_data_and_damage(self) -> None:
        model = self.broken_off("other")
        checkpoint = Path(f"{model}.checkpoint")
        content = checkpoint.read_bytes()
        self.assert_fails(self.resume(model, "--seed", "7"), 3, "--seed was 0 and is 7")
        extra = self.data / "red" / "extra.bin"
        extra.write_bytes(b"one more")
        try:
            self.assert_fails(self.resume(model), 3, "number of items was 180 and is 181")
        finally:
            extra.unlink()
        checkpoint.write_bytes(content[: len(content) // 2])
        self.assert_fails(self.resume(model), 3, "checkpoint")
        checkpoint.write_bytes(content[:-40] + bytes(40))
        self.assert_fails(self.resume(model), 3, "checksum")
        checkpoint.write_bytes(self.whole.read_bytes())
        self.assert_fails(self.resume(model), 3, "no checkpoint of a training")
        self.assertFalse(model.exists())
        checkpoint.unlink()

    def test_a_table_goes_on_with_its_forest(self) -> None:
        numbers = random.Random(1)
        rows = [(numbers.random(), numbers.random()) for _ in range(400)]
        table = self.folder / "table.csv"
        table.write_text("x,y,answer\n" + "".join(f"{x:.3f},{y:.3f},{'yes' if (x > y) != (numbers.random() < 0.2) else 'no'}\n" for x, y in rows))
        models = [self.folder / "table-whole.gulo", self.folder / "table-broken-off.gulo"]
        commands = [[GULO, "train", table, "-o", model, "--steps", str(STEPS), "--threads", "2"] for model in models]
        self.assertEqual(0, subprocess.run([*commands[0], "--checkpoint", "never"], capture_output=True, timeout=120).returncode)
        self.break_off([*commands[1], "--checkpoint", "0.05s"], models[1], signal.SIGKILL)
        said = subprocess.run([*commands[1], "--resume"], capture_output=True, timeout=120)
        self.assertEqual(0, said.returncode, said.stderr)
        whole = tensors(models[0])
        self.assertIn("wide.forest.node", whole)
        self.assertTrue(any(name.startswith("deep.") for name in whole), "both parts")
        self.assertEqual(whole, tensors(models[1]))

    def test_a_budget_goes_on_where_it_was(self) -> None:
        model = self.folder / "timed.gulo"
        command = [GULO, "train", self.data, "-o", model, "--parts", "deep", "--budget", "12s", "--checkpoint", "0.3s", "--threads", "1"]
        self.break_off(command, model, signal.SIGKILL, n_checkpoints=1, least_s=5)
        begin = time.monotonic()
        said = subprocess.run([*command, "--resume", "--json"], capture_output=True, timeout=60)
        seconds = time.monotonic() - begin
        self.assertEqual(0, said.returncode, said.stderr)
        used = re.search(r"going on from .*, ([0-9.]+) s into the training", said.stderr.decode())
        self.assertTrue(used, said.stderr)
        # A busy machine takes its time to load the program and what it has learned.
        self.assertLess(seconds, 12 - float(used[1]) + 3, "what was used before counts")
        self.assertLess(json.loads(said.stdout)["wall_s"], 13)


if __name__ == "__main__":
    unittest.main()
