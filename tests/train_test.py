"""Training by the built programs, from labelled files to recognisers that predict (docs/commands.md)."""
from __future__ import annotations

import ctypes
import ctypes.util
import functools
import json
import os
import random
import re
import resource
import shutil
import signal
import socket
import struct
import subprocess
import tarfile
import tempfile
import threading
import time
import unittest
from pathlib import Path

GULO = os.environ["GULO"]
ENGINE = os.environ["GULO_ENGINE_PROGRAM"]
MARKS = {"blue": b"\0\1\2", "green": b"GRN", "red": b"RED"}
TRAIN_KEYS = """n_items n_labels kind device budget_s wall_s steps epochs parameters valid_error model_flops gemm_peak_flops_per_s
                flop_utilisation feed_overhead model""".split()
TEST_KEYS = "n_items n_bad error top5_error ece wall_s items_per_s bytes_per_s labels confusion".split()


def run(*arguments: str | bytes | Path, program: str = GULO, **options) -> subprocess.CompletedProcess:
    return subprocess.run([program, *arguments], capture_output=True, timeout=120, **options)


def put_items(folder: Path, n_items: int, seed: int) -> Path:
    """LABEL/FILE below `folder`: random bytes that hold their label's mark a few times."""
    numbers = random.Random(seed)
    for label, mark in MARKS.items():
        (folder / label).mkdir(parents=True)
        for i in range(n_items):
            content = bytearray(numbers.randbytes(numbers.randint(50, 300)))
            for _ in range(4):
                at = numbers.randrange(len(content) - len(mark))
                content[at : at + len(mark)] = mark
            (folder / label / f"{i}.bin").write_bytes(content)
    return folder


@functools.cache
def shared() -> Path:
    """A folder with train/ and test/ data that all tests read and none changes."""
    temporary = tempfile.TemporaryDirectory(prefix="gulo_train_")
    unittest.addModuleCleanup(temporary.cleanup)
    folder = Path(temporary.name)
    put_items(folder / "train", 60, seed=1)
    put_items(folder / "test", 20, seed=2)
    return folder


@functools.cache
def trained(parts: str) -> tuple[Path, subprocess.CompletedProcess]:
    """A recogniser of these parts, and what training it said."""
    model = shared() / f"{parts}.gulo"
    return model, run("train", shared() / "train", "-o", model, "--parts", parts, "--steps", "3", "--json")


def tensors(model: Path) -> dict[str, bytes]:
    content = model.read_bytes()
    begin = 8 + struct.unpack("<Q", content[:8])[0]
    header = json.loads(content[8:begin])
    del header["__metadata__"]
    return {name: content[begin + entry["data_offsets"][0] : begin + entry["data_offsets"][1]] for name, entry in header.items()}


@unittest.skipUnless(ENGINE, "a light build has no gulo-engine")
class WithFolder(unittest.TestCase):
    def setUp(self) -> None:
        temporary = tempfile.TemporaryDirectory(prefix="gulo_train_")
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name)

    def put(self, name: str, content: str | bytes) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def train(self, data: Path, *options: str | Path, model: Path | None = None, **process) -> subprocess.CompletedProcess:
        """One pass of the wide part, the quickest whole training there is, unless the options say otherwise."""
        options = options or ("--parts", "wide", "--steps", "1")
        return run("train", data, "-o", model or self.folder / "model.gulo", *options, **process)

    def assert_fails(self, said: subprocess.CompletedProcess, code: int, *facts: str) -> None:
        self.assertEqual(code, said.returncode, said.stderr)
        self.assertEqual(b"", said.stdout)
        self.assertRegex(said.stderr.decode(), r"(?m)^gulo: .+\n  .+\n\Z", "an error and what to do next")
        for fact in facts:
            self.assertIn(fact, said.stderr.decode())


class Results(WithFolder):
    def setUp(self) -> None:
        super().setUp()
        self.model, self.said = trained("both")

    def test_train_prints_one_object(self) -> None:
        self.assertEqual(0, self.said.returncode, self.said.stderr)
        record = json.loads(self.said.stdout)
        self.assertLessEqual(set(TRAIN_KEYS), set(record))
        self.assertEqual((180, 3, "bytes", "cpu", 3), tuple(record[key] for key in "n_items n_labels kind device steps".split()))
        self.assertEqual(str(self.model), record["model"])
        self.assertLess(record["valid_error"], 0.2)
        self.assertTrue(0 < record["flop_utilisation"] <= 1, record["flop_utilisation"])
        self.assertGreater(record["feed_overhead"], 0)
        self.assertGreater(record["wall_s"], 0)

    def test_progress_goes_to_standard_error(self) -> None:
        for phase in (b"180 items", b"wide", b"deep"):
            self.assertIn(phase, self.said.stderr)

    def test_without_json_people_are_told(self) -> None:
        said = self.train(shared() / "train")
        self.assertRegex(said.stdout.decode(), r"\A.*model\.gulo: 3 labels, .* validation error \d+\.\d\d %.*\n\Z")

    def test_the_test_error_is_low(self) -> None:
        said = run("test", self.model, shared() / "test", "--json")
        self.assertEqual(0, said.returncode, said.stderr)
        result = json.loads(said.stdout)
        self.assertLessEqual(set(TEST_KEYS), set(result))
        self.assertEqual((60, 0, sorted(MARKS)), (result["n_items"], result["n_bad"], result["labels"]))
        self.assertLess(result["error"], 0.1)  # chance: 0.67
        self.assertEqual(0, result["top5_error"])
        self.assertAlmostEqual(result["error"], 1 - sum(result["confusion"][i][i] for i in range(3)) / 60)

    def test_train_and_test_parts_are_taken_from_one_folder(self) -> None:
        self.assertEqual(180, json.loads(self.train(shared(), "--parts", "wide", "--steps", "1", "--json").stdout)["n_items"])
        self.assertEqual(60, json.loads(run("test", self.model, shared(), "--json").stdout)["n_items"])

    def test_predictions_agree(self) -> None:
        files = [shared() / "test" / label / "0.bin" for label in MARKS]
        text = run("predict", self.model, *files).stdout.decode().splitlines()
        lines = [json.loads(line) for line in run("predict", self.model, "--format", "jsonl", *files).stdout.splitlines()]
        self.assertEqual([str(file) for file in files], [line["path"] for line in lines])
        self.assertEqual([f"{line['path']}: {line['label']} {line['probability']:.3f}" for line in lines], text)
        self.assertEqual(list(MARKS), [line["label"] for line in lines])

    def test_info_tells_what_train_told(self) -> None:
        metadata = json.loads(run("info", self.model, "--json").stdout)
        record = json.loads(self.said.stdout)
        self.assertEqual((sorted(MARKS), "bytes"), (metadata["labels"], metadata["kind"]))
        for key in set(TRAIN_KEYS) - {"wall_s"}:  # the time includes writing the model
            self.assertEqual(record[key], metadata["training"][key], key)

    def test_the_safetensors_library_reads_the_model(self) -> None:
        try:
            from safetensors import safe_open
        except ImportError as error:
            self.skipTest(str(error))
        with safe_open(self.model, framework="numpy") as model:
            self.assertEqual(sorted(MARKS), json.loads(model.metadata()["gulo"])["labels"])
            self.assertEqual(set(tensors(self.model)), set(model.keys()))
            self.assertEqual((3,), model.get_tensor("wide.bias").shape)


class Parts(WithFolder):
    """Which of the two programs can use which recogniser."""

    def setUp(self) -> None:
        super().setUp()
        self.light = shutil.copy2(GULO, self.folder / "gulo")
        self.file = shared() / "test" / "red" / "0.bin"

    def test_wide_ones_need_no_engine(self) -> None:
        model, said = trained("wide")
        self.assertEqual(0, said.returncode, said.stderr)
        said = run("predict", model, self.file, program=self.light)
        self.assertEqual((0, b""), (said.returncode, said.stderr))
        self.assertIn(b": red ", said.stdout)
        self.assertEqual(run("predict", model, self.file, program=ENGINE).stdout, said.stdout)

    def test_deep_ones_need_it_and_say_so(self) -> None:
        model, said = trained("deep")
        self.assertEqual(0, said.returncode, said.stderr)
        self.assertEqual(0, run("predict", model, self.file).returncode)
        self.assert_fails(run("predict", model, self.file, program=self.light), 4, "gulo-engine", "make build")
        self.assert_fails(run("test", model, shared() / "test", program=self.light), 4, "gulo-engine")

    def test_a_prediction_does_not_depend_on_the_other_files(self) -> None:
        model, _ = trained("deep")
        files = sorted((shared() / "test").rglob("*.bin"))
        together = [json.loads(line) for line in run("predict", model, "--format", "jsonl", *files).stdout.splitlines()]
        for i in (0, 31, 59):
            alone = json.loads(run("predict", model, "--format", "jsonl", files[i]).stdout)
            self.assertAlmostEqual(alone["probability"], together[i]["probability"], delta=5e-3)

    def test_the_same_seed_gives_the_same_bits(self) -> None:
        for parts in ("wide", "deep"):
            again, other = self.folder / f"{parts}_again.gulo", self.folder / f"{parts}_other.gulo"
            for model, seed in ((again, "0"), (other, "1")):
                self.train(shared() / "train", "--parts", parts, "--steps", "3", "--seed", seed, model=model)
            self.assertEqual(tensors(trained(parts)[0]), tensors(again), parts)
            self.assertNotEqual(tensors(again), tensors(other), parts)


class Output(WithFolder):
    def test_an_existing_model_is_replaced_whole(self) -> None:
        self.put("models/m.gulo", "what was there before")
        said = run("train", shared() / "train", "-o", "models/m.gulo", "--parts", "wide", "--steps", "1", cwd=self.folder)
        self.assertEqual(0, said.returncode, said.stderr)
        self.assertEqual(0, run("info", "models/m.gulo", cwd=self.folder).returncode)
        self.assertEqual(["m.gulo"], os.listdir(self.folder / "models"))

    def test_readers_see_the_old_or_the_new_model(self) -> None:
        model = shutil.copy2(trained("wide")[0], self.folder / "model.gulo")
        with open(model, "rb") as reader:
            before = os.fstat(reader.fileno()).st_ino
            self.assertEqual(0, self.train(shared() / "train").returncode)
            self.assertEqual(trained("wide")[0].read_bytes(), reader.read())
        self.assertNotEqual(before, os.stat(model).st_ino)

    def test_a_folder_that_does_not_exist_is_4(self) -> None:
        said = self.train(shared() / "train", model=self.folder / "absent" / "m.gulo")
        self.assert_fails_after_progress(said, "absent/m.gulo", "No such file or directory")
        self.assertEqual([], os.listdir(self.folder))

    def test_a_place_that_cannot_be_written_is_found_before_the_time_is_spent(self) -> None:
        begin = time.monotonic()
        said = self.train(shared() / "train", "--budget", "8s", model=self.folder / "absent" / "m.gulo")
        self.assertEqual(4, said.returncode)
        self.assertLess(time.monotonic() - begin, 4)

    def test_a_folder_in_the_models_place_is_4(self) -> None:
        (self.folder / "model.gulo").mkdir()
        self.assert_fails_after_progress(self.train(shared() / "train"), "model.gulo", "directory")
        left = {"model.gulo", "model.gulo.checkpoint"}  # what was learned may go on from there
        self.assertLessEqual(set(os.listdir(self.folder)), left)

    def test_a_limit_on_the_files_size_leaves_the_old_model(self) -> None:
        def limit() -> None:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, resource.RLIM_INFINITY))

        old = self.put("model.gulo", "what was there before")
        said = self.train(shared() / "train", preexec_fn=limit, restore_signals=False)
        self.assert_fails_after_progress(said, "model.gulo", "File too large")
        self.assertEqual(b"what was there before", old.read_bytes())
        self.assertEqual(["model.gulo"], os.listdir(self.folder))

    def test_a_full_disk_leaves_the_old_model(self) -> None:
        disk = self.folder / "disk"
        disk.mkdir()
        size = trained("wide")[0].stat().st_size + 300_000
        if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", disk], capture_output=True).returncode != 0:
            self.skipTest("only root may mount a small disk")
        self.addCleanup(subprocess.run, ["umount", disk], check=True)
        old = shutil.copy2(trained("wide")[0], disk / "m.gulo")
        said = self.train(shared() / "train", model=old)
        self.assert_fails_after_progress(said, "m.gulo", "No space left on device")
        self.assertEqual(trained("wide")[0].read_bytes(), old.read_bytes())
        self.assertEqual(["m.gulo"], os.listdir(disk))

    def assert_fails_after_progress(self, said: subprocess.CompletedProcess, *facts: str) -> None:
        self.assertEqual((4, b""), (said.returncode, said.stdout), said.stderr)
        for fact in facts:
            self.assertIn(fact, said.stderr.decode())


class Data(WithFolder):
    """Data as it lies about: empty, broken, strangely named, too small, too large, changing."""

    def copy(self, name: str) -> Path:
        return Path(shutil.copytree(shared() / "train", self.folder / name))

    def test_no_items_or_one_label_is_3(self) -> None:
        (self.folder / "empty").mkdir()
        self.assert_fails(self.train(self.folder / "empty"), 3, "empty", "holds no files")
        self.put("one/only/a", "x")
        self.put("one/only/b", "y")
        self.assert_fails(self.train(self.folder / "one"), 3, "one label, 'only'")
        self.assert_fails(self.train(self.folder / "absent"), 3, "absent", "does not exist")
        self.assertEqual({"empty", "one"}, set(os.listdir(self.folder)), "no model")

    def test_a_label_with_one_file_is_learnt_or_warned_of(self) -> None:
        data = self.copy("data")
        lone = self.put("data/lone/file", b"LONELY" * 20)
        said = self.train(data, "--parts", "wide", "--steps", "1", "--json")
        self.assertEqual(0, said.returncode, said.stderr)
        self.assertEqual((181, 4), tuple(json.loads(said.stdout)[key] for key in ("n_items", "n_labels")))
        self.assertEqual(0, run("predict", self.folder / "model.gulo", lone).returncode)

    def test_a_list_that_names_absent_files(self) -> None:
        paths = sorted((shared() / "train").rglob("*.bin"))
        lines = [f"{path}\t{path.parent.name}\n" for path in paths] + ["absent\tred\n"]
        said = self.train(self.put("list.tsv", "".join(lines)), "--parts", "wide", "--steps", "1", "--json")
        self.assertEqual(0, said.returncode, said.stderr)  # 1 of 181 is below --max-bad
        self.assertEqual((180, 1), tuple(json.loads(said.stdout)[key] for key in ("n_items", "n_bad")))
        self.assertRegex(said.stderr.decode(), r"gulo: warning: .*absent")
        lines += ["also absent\tred\n"] * 20
        self.assert_fails(self.train(self.put("list.tsv", "".join(lines))), 3, "21 of 201", "--max-bad")
        self.assert_fails(self.train(self.put("list.tsv", "".join(lines[-9:]))), 3, "list.tsv")

    def test_a_broken_archive_is_3(self) -> None:
        whole = self.folder / "whole.tar.gz"
        with tarfile.open(whole, "w:gz") as archive:
            archive.add(shared() / "train", "train")
        self.assertEqual(0, self.train(whole).returncode)
        content = whole.read_bytes()
        self.assert_fails(self.train(self.put("cut.tar.gz", content[: len(content) // 2])), 3, "cut.tar.gz", "cut short")
        self.assert_fails(self.train(self.put("noise.zip", random.Random(1).randbytes(9999))), 3, "noise.zip", "no archive")

    def test_what_is_no_file_is_skipped_and_counted(self) -> None:
        data = self.copy("data")
        os.mkfifo(data / "red" / "pipe")
        (data / "red" / "link").symlink_to("nowhere")
        with socket.socket(socket.AF_UNIX) as unix_socket:
            unix_socket.bind(str(data / "red" / "socket"))
            said = self.train(data, "--parts", "wide", "--steps", "1", "--json")
        self.assertEqual((0, 180), (said.returncode, json.loads(said.stdout)["n_items"]))
        for kind in ("named pipes: 1", "broken links: 1", "sockets: 1"):
            self.assertIn(f"gulo: warning: skipped {kind}", said.stderr.decode())

    def test_names_in_no_encoding(self) -> None:
        data = os.fsencode(self.copy("data"))
        os.mkdir(data + b"/\xe9t\xe9")
        odd = [data + b"/\xe9t\xe9/na\xefve%d" % i for i in range(30)]
        for i, path in enumerate(odd):
            Path(os.fsdecode(path)).write_bytes(b"summer%d" % i * 20)
        said = self.train(Path(os.fsdecode(data)), "--parts", "wide", "--steps", "1", "--json")
        self.assertEqual((0, 4), (said.returncode, json.loads(said.stdout)["n_labels"]))
        said = run("predict", self.folder / "model.gulo", "--format", "jsonl", odd[0])
        self.assertEqual(r"\xe9t\xe9", json.loads(said.stdout)["label"])
        tested = json.loads(run("test", self.folder / "model.gulo", data, "--json").stdout)
        self.assertEqual(0, tested["n_unknown_label"], "labels are matched by name")

    def test_data_that_changes_while_it_is_read(self) -> None:
        data = put_items(self.folder / "data", 800, seed=3)
        files = sorted(data.rglob("*.bin"))
        random.Random(4).shuffle(files)
        done = threading.Event()

        def change() -> None:
            for i, file in enumerate(files[:1800]):
                if done.is_set():
                    return
                if i % 3 == 0:
                    file.unlink()
                else:
                    file.write_bytes(b"" if i % 3 == 1 else b"grown" * 1000)
                time.sleep(2e-4)

        changer = threading.Thread(target=change)
        changer.start()
        said = self.train(data, "--parts", "wide", "--steps", "1", "--max-bad", "1", "--json")
        done.set()
        changer.join()
        self.assertEqual(0, said.returncode, said.stderr)
        record = json.loads(said.stdout)
        self.assertTrue(1800 <= record["n_items"] + record["n_bad"] <= 2400, record)
        if record["n_bad"] > 0:
            self.assertIn(b"cannot be", said.stderr)

    def test_three_bytes_beside_1_mb(self) -> None:
        data = self.copy("data")
        short = self.put("data/red/short", b"RED")
        long = self.put("data/green/long", random.Random(5).randbytes(1_000_000) + b"GRN")
        for parts in ("wide", "deep"):
            said = self.train(data, "--parts", parts, "--steps", "2", "--json")
            self.assertEqual((0, 182), (said.returncode, json.loads(said.stdout)["n_items"]), said.stderr)
            said = run("predict", self.folder / "model.gulo", short, long)
            self.assertEqual((0, 2), (said.returncode, len(said.stdout.splitlines())), said.stderr)


class Memory(WithFolder):
    """More data than --memory allows are streamed from a temporary file (docs/design.md)."""

    LIMIT, ITEM, N_ITEMS = 16 << 20, 64 << 10, 1600

    @classmethod
    def setUpClass(cls) -> None:
        temporary = tempfile.TemporaryDirectory(prefix="gulo_memory_")
        cls.addClassCleanup(temporary.cleanup)
        cls.data = Path(temporary.name) / "data"
        numbers = random.Random(3)
        noise = numbers.randbytes(1 << 20)
        for i in range(cls.N_ITEMS):
            label = list(MARKS)[i % 3]
            begin = numbers.randrange(len(noise) - cls.ITEM)
            (cls.data / label).mkdir(parents=True, exist_ok=True)
            (cls.data / label / f"{i}").write_bytes((noise[begin : begin + 64 - 3] + MARKS[label]) * (cls.ITEM // 64))

    def train_within(self, limit: str, *options: str) -> tuple[dict, str]:
        done = run("train", self.data, "-o", self.folder / "m.gulo", "--memory", limit, *options, "--json",
                   env=os.environ | {"TMPDIR": str(self.folder)})
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout), done.stderr.decode()

    def test_a_limit_bounds_the_memory(self) -> None:
        small = ("--parts", "deep", "--steps", "5", "--budget", "6s")
        in_memory, _ = self.train_within("1G", *small)
        streamed, said = self.train_within("16M", *small)
        self.assertFalse(in_memory["streamed"])
        self.assertTrue(streamed["streamed"])
        self.assertIn("100.0 MiB are more than the 16.0 MiB that --memory allows: streamed from a temporary file in 13 shards", said)
        self.assertEqual(streamed["n_items"], in_memory["n_items"])
        saved = in_memory["peak_memory_bytes"] - streamed["peak_memory_bytes"]
        self.assertGreater(saved, 0.5 * (self.N_ITEMS * self.ITEM - self.LIMIT))
        self.assertEqual(os.listdir(self.folder), ["m.gulo"])

    def test_a_limit_does_not_change_the_result(self) -> None:
        errors = [self.train_within(limit, "--parts", "wide", "--steps", "1")[0]["valid_error"] for limit in ("1G", "16M")]
        self.assertLess(errors[0], 0.1)
        self.assertAlmostEqual(errors[0], errors[1], delta=0.02)

    def test_no_room_on_the_disk_is_4(self) -> None:
        done = run("train", self.data, "-o", self.folder / "m.gulo", "--memory", "16M", env=os.environ | {"TMPDIR": "/proc"})
        self.assertEqual(done.returncode, 4, done.stderr)
        self.assertIn(b"TMPDIR", done.stderr)


class Unlabelled(WithFolder):
    def test_items_that_a_first_recogniser_is_sure_of_join(self) -> None:
        raw = put_items(self.folder / "raw", 40, seed=9)
        for file in list(raw.glob("red/*")):
            file.rename(raw / f"loose-{file.name}")  # beside folders, and so without a label
        model = self.folder / "m.gulo"
        done = self.train(shared() / "train", "--unlabelled", raw, "--parts", "wide", "--steps", "1", "--json", model=model)
        self.assertEqual(0, done.returncode, done.stderr)
        record = json.loads(done.stdout)
        learned = record["self_training"]
        self.assertEqual((180, 120, str(raw)), (record["n_items"], learned["n_items"], learned["data"]))
        self.assertTrue(0 < learned["n_joined"] <= 120, learned)
        self.assertIn("of 120 items without labels join", done.stderr.decode())
        if learned["kept"]:
            self.assertIn("of 120 items without labels joined", run("info", model).stdout.decode())
        tested = json.loads(run("test", model, shared() / "test", "--json").stdout)
        self.assertLess(tested["error"], 0.4)

    def test_numbers_cannot_use_them(self) -> None:
        table = self.put("numbers.csv", b"a,number\n" + b"".join(b"%d,%d.5\n" % (i, i) for i in range(300)))
        said = self.train(table, "--label", "number", "--task", "number", "--unlabelled", shared() / "test", "--steps", "1")
        self.assert_fails(said, 2, "--unlabelled")

    def test_a_folder_without_files_is_3(self) -> None:
        (self.folder / "raw").mkdir()
        self.assert_fails(self.train(shared() / "train", "--unlabelled", self.folder / "raw", "--steps", "1"), 3, "raw")


class DamagedModels(WithFolder):
    """Whatever happened to a model file: exit code 3, and an error that names the field."""

    def setUp(self) -> None:
        super().setUp()
        self.content = trained("wide")[0].read_bytes()
        self.data_begin = 8 + struct.unpack("<Q", self.content[:8])[0]

    def assert_refused(self, content: bytes, *facts: str) -> None:
        model = self.put("damaged.gulo", content)
        for arguments in (["info", model], ["predict", model, shared() / "test/red/0.bin"], ["test", model, shared() / "test"]):
            self.assert_fails(run(*arguments), 3, str(model), *facts)

    def test_cut_short(self) -> None:
        for size in (0, 5, 8):
            self.assert_refused(self.content[:size], "is not a gulo model")
        self.assert_refused(self.content[: self.data_begin - 9], "header", "cut short")
        for size in (self.data_begin, len(self.content) - 1):
            self.assert_refused(self.content[:size], "tensor 'wide.", "data_offsets", "cut short")

    def test_longer_than_it_says(self) -> None:
        self.assert_refused(self.content + b"x", "data: 1 bytes are left over")

    def test_every_flipped_bit_is_seen(self) -> None:
        numbers = random.Random(6)
        places = [*range(16), *numbers.sample(range(self.data_begin), 30), *numbers.sample(range(len(self.content)), 30)]
        for place in places:
            flipped = bytearray(self.content)
            flipped[place] ^= 1 << numbers.randrange(8)
            said = run("info", self.put("damaged.gulo", bytes(flipped)))
            self.assert_fails(said, 3)
            self.assertRegex(said.stderr, rb"is not a gulo model|header|tensor '|metadata '|data: ", place)
        flipped = bytearray(self.content)
        flipped[-5] ^= 16
        self.assert_refused(bytes(flipped), "metadata 'xxh3'")

    def test_a_newer_format_or_an_absurd_field_is_named(self) -> None:
        for old, new, field in (
            ('"format_version":1', '"format_version":9', "made by a newer gulo (format 9)"),
            ('"kind":"bytes","labels"', '"kind":"smell","labels"', "kind"),
            ('"wide_scale":', '"wide_snail":', "wide_scale"),
        ):
            self.assert_refused(self.sealed(old, new), field)

    def sealed(self, old: str, new: str) -> bytes:
        """The model with its metadata changed and a checksum that fits (docs/model-format.md)."""
        quoted_old, quoted_new = (json.dumps(text)[1:-1].encode() for text in (old, new))
        self.assertEqual(1, self.content[: self.data_begin].count(quoted_old))
        changed = self.content.replace(quoted_old, quoted_new, 1)
        digits = re.search(rb'"xxh3":"([0-9a-f]{16})"', changed[: self.data_begin]).span(1)
        zeros = changed[: digits[0]] + b"0" * 16 + changed[digits[1] :]
        return changed[: digits[0]] + b"%016x" % xxh3(zeros) + changed[digits[1] :]


def xxh3(content: bytes) -> int:
    name = ctypes.util.find_library("xxhash")
    if name is None:
        raise unittest.SkipTest("no libxxhash to seal a changed model with")
    library = ctypes.CDLL(name)
    library.XXH3_64bits.restype = ctypes.c_uint64
    return library.XXH3_64bits(content, ctypes.c_size_t(len(content)))


if __name__ == "__main__":
    unittest.main()
