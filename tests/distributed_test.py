"""Several processes that train one recogniser together (docs/distributed.md)."""
from __future__ import annotations

import importlib.util
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

from marked_items import put_items

GULO = os.environ["GULO"]
ENGINE = os.environ["GULO_ENGINE_PROGRAM"]
LAUNCHERS = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@unittest.skipUnless(ENGINE, "a light build has no gulo-engine")
class Distributed(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        temporary = tempfile.TemporaryDirectory(prefix="gulo_distributed_")
        cls.addClassCleanup(temporary.cleanup)
        cls.folder = Path(temporary.name)
        cls.data = put_items(cls.folder / "data", 60)

    def command(self, model: Path, *options: str | Path) -> list[str | Path]:
        return [GULO, "train", self.data, "-o", model, "--threads", "1", *options]

    def start(self, n_ranks: int, command: list, data: dict[int, Path] | None = None) -> list[subprocess.Popen]:
        """The command as so many ranks, with torchrun's environment; `data`: of a rank, instead of the common one."""
        port = free_port()
        started = []
        for rank in range(n_ranks):
            env = {**os.environ, "RANK": str(rank), "WORLD_SIZE": str(n_ranks), "LOCAL_RANK": str(rank),
                   "LOCAL_WORLD_SIZE": str(n_ranks), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
            own = [(data or {}).get(rank, word) if word == self.data else word for word in command]
            started.append(subprocess.Popen(own, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True))
        return started

    def finish(self, started: list[subprocess.Popen]) -> list[tuple[int, str, str]]:
        said = [process.communicate(timeout=120) for process in started]
        return [(process.returncode, *texts) for process, texts in zip(started, said)]

    def test_two_and_four_ranks_learn_as_one_process(self) -> None:
        steps = ("--steps", "12", "--parts", "deep", "--json")
        alone = subprocess.run(self.command(self.folder / "alone.gulo", *steps), capture_output=True, timeout=120)
        self.assertEqual(0, alone.returncode, alone.stderr)
        losses = [point["loss"] for point in json.loads(alone.stdout)["curve"]]
        for n_ranks in (2, 4):
            model = self.folder / f"of{n_ranks}.gulo"
            said = self.finish(self.start(n_ranks, self.command(model, *steps)))
            self.assertEqual([0] * n_ranks, [code for code, _, _ in said], said)
            self.assertEqual(["", ""] * (n_ranks - 1), [text for rank in said[1:] for text in rank[1:]],
                             "rank 0 alone speaks")
            record = json.loads(said[0][1])
            self.assertEqual((n_ranks, 12), (record["n_processes"], record["steps"]))
            together = [point["loss"] for point in record["curve"]]
            self.assertEqual(len(losses), len(together))
            for one, other in zip(losses, together):
                self.assertAlmostEqual(one, other, delta=0.05)
            self.assertTrue(model.exists())

    def test_both_parts_within_a_budget(self) -> None:
        model = self.folder / "timed.gulo"
        begin = time.monotonic()
        said = self.finish(self.start(2, self.command(model, "--budget", "8s", "--json")))
        self.assertEqual([0, 0], [code for code, _, _ in said], said)
        self.assertLess(time.monotonic() - begin, 11)
        record = json.loads(said[0][1])
        self.assertIn("recipe", record["wide"])
        self.assertGreater(record["steps"], 0)
        shown = subprocess.run([GULO, "test", model, self.data, "--json"], capture_output=True, timeout=60)
        self.assertEqual(0, shown.returncode, shown.stderr)

    def test_started_by_mpirun(self) -> None:
        launchers = {"mpirun.openmpi": ("--allow-run-as-root", "--oversubscribe", "--bind-to", "none"), "mpirun.mpich": ()}
        found = [name for name in launchers if shutil.which(name)]
        if not found:
            self.skipTest("neither Open MPI nor MPICH is installed")
        env = {name: value for name, value in os.environ.items() if name not in LAUNCHERS}
        for name in found:
            with self.subTest(name):
                model = self.folder / f"{name}.gulo"
                command = [name, *launchers[name], "-np", "2", *self.command(model, "--steps", "12", "--parts", "deep", "--json")]
                said = subprocess.run(command, env={**env, "MASTER_PORT": str(free_port())}, capture_output=True, text=True,
                                      timeout=120)
                self.assertEqual(0, said.returncode, said.stderr)
                record = json.loads(said.stdout)
                self.assertEqual((2, 12), (record["n_processes"], record["steps"]))
                self.assertTrue(model.exists())

    def test_a_lost_rank_ends_the_others_and_all_resume(self) -> None:
        model = self.folder / "lost.gulo"
        checkpoint = Path(f"{model}.checkpoint")
        command = self.command(model, "--steps", "40", "--parts", "deep")
        started = self.start(2, [*command, "--checkpoint", "0.05s"])
        end = time.monotonic() + 60
        while not checkpoint.exists() and time.monotonic() < end:
            time.sleep(0.01)
        started[1].send_signal(signal.SIGKILL)
        said = self.finish(started)
        self.assertEqual(4, said[0][0], said)
        self.assertIn("lost another process", said[0][2])
        self.assertIn(f"{checkpoint}", said[0][2])
        self.assertFalse(model.exists())
        again = self.finish(self.start(2, [*command, "--resume", "--json"]))
        self.assertEqual([0, 0], [code for code, _, _ in again], again)
        record = json.loads(again[0][1])
        self.assertEqual((40, True), (record["steps"], record["resumed"]))
        self.assertFalse(checkpoint.exists())

    def test_ranks_with_other_data_do_not_start(self) -> None:
        other = put_items(self.folder / "other", 59)
        said = self.finish(self.start(2, self.command(self.folder / "none.gulo", "--steps", "9"), {1: other}))
        self.assertEqual([4, 4], [code for code, _, _ in said], said)
        self.assertIn("rank 1 has read", said[1][2])

    def test_variables_that_make_no_sense(self) -> None:
        env = {name: value for name, value in os.environ.items() if name not in LAUNCHERS}
        said = subprocess.run(self.command(self.folder / "none.gulo", "--steps", "9"), capture_output=True, text=True,
                              env={**env, "RANK": "2", "WORLD_SIZE": "2", "LOCAL_WORLD_SIZE": "2"}, timeout=60)
        self.assertEqual(2, said.returncode, said.stderr)
        self.assertIn("RANK is '2'", said.stderr)

    @unittest.skipUnless(importlib.util.find_spec("torch"), "torchrun comes with the torch wheel")
    def test_torchrun(self) -> None:
        model = self.folder / "torchrun.gulo"
        said = subprocess.run([sys.executable, "-m", "torch.distributed.run", "--standalone", "--no-python",
                               "--nproc-per-node", "2", *self.command(model, "--steps", "9", "--parts", "deep", "--json")],
                              capture_output=True, text=True, timeout=120)
        self.assertEqual(0, said.returncode, said.stderr)
        self.assertEqual(2, json.loads(said.stdout)["n_processes"])
        self.assertTrue(model.exists())


if __name__ == "__main__":
    unittest.main()
