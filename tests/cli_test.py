"""The command line of the built program, as people and scripts meet it (docs/commands.md)."""
from __future__ import annotations

import csv
import io
import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
GULO = os.environ["GULO"]
SAMPLE_MODEL = os.path.join(os.environ["GULO_BUILD_DIR"], "gulo_sample_model")
COMMANDS = ["train", "test", "predict", "info", "compare", "doctor", "completion"]


def run(*arguments: str | bytes, program: str = GULO, stdin: bytes = b"", **options) -> subprocess.CompletedProcess:
    return subprocess.run([program, *arguments], input=stdin, capture_output=True, timeout=60, **options)


class WithFolder(unittest.TestCase):
    def setUp(self) -> None:
        temporary = tempfile.TemporaryDirectory(prefix="gulo_cli_")
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name)

    def put(self, name: str, content: str | bytes) -> str:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return str(path)

    def model(self, form: str = "wide") -> str:
        path = str(self.folder / f"{form}.gulo")
        subprocess.run([SAMPLE_MODEL, path, form], check=True)
        return path


class Usage(unittest.TestCase):
    def test_help_lists_the_commands(self) -> None:
        for word in ("--help", "-h", "help"):
            said = run(word)
            self.assertEqual(0, said.returncode)
            for command in COMMANDS:
                self.assertIn(f"gulo {command}".encode(), said.stdout)
            self.assertEqual(b"", said.stderr)

    def test_every_command_has_help_with_examples(self) -> None:
        for command in COMMANDS:
            said = run(command, "--help")
            self.assertEqual(0, said.returncode)
            self.assertIn(b"\nexamples:\n", said.stdout)

    def test_version(self) -> None:
        self.assertRegex(run("--version").stdout, rb"^gulo \d+\.\d+\.\d+\n$")

    def test_wrong_usage_is_2_and_hints(self) -> None:
        for arguments, hint in (((), b"--help"), (("trian",), b"did you mean train?"), (("predict", "m"), b"FILE"),
                                (("test", "m", "d", "--jsno"), b"did you mean --json?"),
                                (("predict", "m", "f", "--top", "0"), b"--top"),
                                (("train", "d", "-o", "m", "--budget", "soon"), b"30s")):
            said = run(*arguments)
            self.assertEqual(2, said.returncode, arguments)
            self.assertTrue(said.stderr.startswith(b"gulo: "), said.stderr)
            self.assertIn(hint, said.stderr)
            self.assertEqual(b"", said.stdout)

    def test_the_document_holds_what_the_program_says(self) -> None:
        document = (ROOT / "docs" / "commands.md").read_text()
        self.assertIn(run("markdown").stdout.decode(), document, "paste the output of `gulo markdown` between the marks")


class Completion(unittest.TestCase):
    def bash(self, *words: str) -> list[str]:
        script = ('source <("$0" completion bash); COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); compopt() { :; }; _gulo; '
                  'printf "%s\\n" "${COMPREPLY[@]}"')
        said = subprocess.run(["bash", "-c", script, GULO, *words], capture_output=True, text=True, check=True)
        self.assertEqual("", said.stderr)
        return said.stdout.split()

    def test_bash_completes(self) -> None:
        self.assertEqual(["train"], self.bash("gulo", "tr"))
        self.assertEqual(["--budget"], self.bash("gulo", "train", "data", "--bu"))
        self.assertEqual(["json", "jsonl"], self.bash("gulo", "predict", "m", "--format", "js"))
        self.assertEqual(["zsh"], self.bash("gulo", "completion", "z"))
        self.assertNotIn("--budget", self.bash("gulo", "test", "-"))
        self.assertEqual([], self.bash("gulo", "predict", "m"))  # left to the completion of file names

    def test_the_others_are_valid_scripts(self) -> None:
        for shell in ("zsh", "fish"):
            script = run("completion", shell)
            self.assertEqual(0, script.returncode)
            if shutil.which(shell):
                subprocess.run([shell, "-n"], input=script.stdout, check=True)


class Predict(WithFolder):
    def predict(self, *arguments: str | bytes, stdin: bytes = b"") -> subprocess.CompletedProcess:
        return run("predict", self.model(), *arguments, stdin=stdin)

    def test_text(self) -> None:
        a, b = self.put("a", "hello"), self.put("b", "12345")
        said = self.predict(b, a)
        self.assertEqual(0, said.returncode)
        lines = said.stdout.decode().splitlines()
        self.assertRegex(lines[0], rf"^{re.escape(b)}: digits (1\.000|0\.9\d\d)$")
        self.assertRegex(lines[1], rf"^{re.escape(a)}: letters (1\.000|0\.9\d\d)$")
        self.assertRegex(self.predict("--top", "9", a).stdout.decode(), r": letters [01]\.\d{3}, digits 0\.\d{3}\n$")

    def test_standard_input(self) -> None:
        said = self.predict("-", stdin=b"271828")
        self.assertEqual((0, b"-: digits"), (said.returncode, said.stdout[:9]))

    def test_json_forms_agree(self) -> None:
        files = [self.put("a", "hello"), str(self.folder / "absent"), self.put("c", "99")]
        whole = self.predict("--format", "json", "--top", "2", *files)
        lines = self.predict("--format", "jsonl", "--top", "2", *files)
        self.assertEqual((1, 1), (whole.returncode, lines.returncode))
        entries = json.loads(whole.stdout)
        self.assertEqual(entries, [json.loads(line) for line in lines.stdout.splitlines()])
        self.assertEqual(files, [entry["path"] for entry in entries])
        self.assertEqual({"path", "error"}, set(entries[1]))
        self.assertEqual({"path", "label", "probability", "top"}, set(entries[0]))
        self.assertEqual(["digits", "letters"], [candidate["label"] for candidate in entries[2]["top"]])
        self.assertAlmostEqual(1, sum(candidate["probability"] for candidate in entries[2]["top"]), 5)
        self.assertEqual(entries[2]["probability"], entries[2]["top"][0]["probability"])

    def test_csv(self) -> None:
        odd = self.put('a "quoted", odd\nname', "123")
        rows = list(csv.reader(io.StringIO(self.predict("--format", "csv", "--top", "2", odd).stdout.decode(), newline="")))
        self.assertEqual(["path", "label", "probability"], rows[0])
        self.assertEqual([[odd, "digits"], [odd, "letters"]], [row[:2] for row in rows[1:]])

    def test_an_unreadable_file_is_reported_and_the_rest_goes_on(self) -> None:
        good = self.put("good", "123")
        absent = str(self.folder / "absent")
        said = self.predict(absent, good, str(self.folder))
        self.assertEqual(1, said.returncode)
        self.assertEqual(1, len(said.stdout.splitlines()))
        self.assertIn(f"gulo: {absent}: ".encode(), said.stderr)
        self.assertIn(f"gulo: {self.folder}: is a folder".encode(), said.stderr)

    def test_folders_with_r(self) -> None:
        for name in ("tree/b", "tree/a", "tree/sub/c"):
            self.put(name, "123")
        said = self.predict("-r", str(self.folder / "tree"))
        names = [line.split(": ")[0] for line in said.stdout.decode().splitlines()]
        self.assertEqual([str(self.folder / "tree" / name) for name in ("a", "b", "sub/c")], names)

    def test_names_in_no_encoding(self) -> None:
        odd = os.fsencode(self.folder) + b"/na\xefve\xff"
        Path(os.fsdecode(odd)).write_bytes(b"123")
        self.assertTrue(self.predict(odd).stdout.startswith(odd + b": digits"))
        entry, = json.loads(self.predict("--format", "json", odd).stdout)
        self.assertTrue(entry["path"].endswith(r"/na\xefve\xff"))

    def test_a_name_that_looks_like_an_option_or_command(self) -> None:
        self.put("test", "123")
        self.put("--top", "123")
        said = run("predict", self.model(), "test", "--", "--top", cwd=self.folder)
        self.assertEqual([b"test", b"--top"], [line.split(b":")[0] for line in said.stdout.splitlines()])

    def test_answers_do_not_depend_on_the_number_of_threads(self) -> None:
        files = [self.put(f"f{i}", str(i) if i % 3 else "word" + str(i)) for i in range(300)]
        one, many = self.predict("--threads", "1", *files), self.predict("--threads", "7", *files)
        self.assertEqual(one.stdout, many.stdout)
        self.assertEqual(300, len(one.stdout.splitlines()))

    def test_a_pipe_sees_answers_before_the_last_file_is_read(self) -> None:
        files = [self.put(f"f{i}", "123") for i in range(40)]
        late = str(self.folder / "late")
        os.mkfifo(late)
        with subprocess.Popen([GULO, "predict", self.model(), *files, late], stdout=subprocess.PIPE) as process:
            for file in files:  # would wait for ever if the answers waited for `late`
                self.assertTrue(process.stdout.readline().startswith(file.encode()))
            Path(late).write_bytes(b"word")
            self.assertTrue(process.stdout.readline().startswith(f"{late}: letters".encode()))
        self.assertEqual(0, process.returncode)

    def test_a_reader_that_leaves_is_no_failure(self) -> None:
        files = [self.put(f"f{i}", "123") for i in range(40)]
        command = [GULO, "predict", self.model(), *files * 100]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            process.stdout.readline()
            process.stdout.close()
            self.assertEqual(b"", process.stderr.read())
        self.assertEqual(0, process.returncode)

    def test_a_full_disk_is_4(self) -> None:
        with open("/dev/full", "wb") as full:
            said = subprocess.run([GULO, "predict", self.model(), self.put("a", "1")], stdout=full, stderr=subprocess.PIPE)
        self.assertEqual(4, said.returncode)
        self.assertIn(b"cannot be written", said.stderr)


class Models(WithFolder):
    def test_a_missing_or_wrong_model_is_3(self) -> None:
        file = self.put("file", "123")
        for command in (["predict"], ["test"], ["info"]):
            rest = [] if command == ["info"] else [file]
            for model in (str(self.folder / "absent.gulo"), file, str(self.folder)):
                said = run(*command, model, *rest)
                self.assertEqual(3, said.returncode, (command, model))
                self.assertIn(f"gulo: {model}: ".encode(), said.stderr)

    def test_a_model_cut_short_or_flipped_is_3(self) -> None:
        whole = Path(self.model()).read_bytes()
        flipped = bytearray(whole)
        flipped[-5] ^= 16
        for damaged in (whole[: len(whole) // 2], bytes(flipped), whole + b"x"):
            self.assertEqual(3, run("info", self.put("damaged.gulo", damaged)).returncode)

    def test_info(self) -> None:
        said = run("info", self.model()).stdout.decode()
        for fact in ("letters, digits", "25.00 %", "wide"):
            self.assertIn(fact, said)
        metadata = json.loads(run("info", self.model(), "--json").stdout)
        self.assertEqual(["letters", "digits"], metadata["labels"])
        self.assertEqual(0.25, metadata["training"]["valid_error"])


class Test(WithFolder):
    KEYS = "n_items n_bad error top5_error ece wall_s items_per_s bytes_per_s labels confusion".split()

    def setUp(self) -> None:
        super().setUp()
        for name, text in (("digits/1", "123"), ("digits/2", "word"), ("letters/3", "text"), ("letters/4", "more")):
            self.put(f"data/{name}", text)
        self.data = str(self.folder / "data")

    def test_json(self) -> None:
        said = run("test", self.model(), self.data, "--json")
        self.assertEqual(0, said.returncode, said.stderr)
        result = json.loads(said.stdout)
        self.assertLessEqual(set(self.KEYS), set(result))
        self.assertEqual((4, 0, 0.25), (result["n_items"], result["n_bad"], result["error"]))
        self.assertEqual([[2, 0], [1, 1]], result["confusion"])  # letters, digits: the recogniser's order

    def test_people_and_report(self) -> None:
        page = self.folder / "report.html"
        said = run("test", self.model(), self.data, "--report", str(page))
        self.assertEqual(0, said.returncode, said.stderr)
        self.assertIn(b"25.00 %", said.stdout)
        self.assertIn(b"digits taken for letters", said.stdout)
        self.assertIn("</html>", page.read_text())

    def test_a_report_that_cannot_be_written_is_4(self) -> None:
        said = run("test", self.model(), self.data, "--report", str(self.folder / "absent" / "r.html"))
        self.assertEqual(4, said.returncode)

    def test_archives_are_read_by_what_lies_beside_the_program(self) -> None:
        archive = shutil.make_archive(self.data, "tar", self.data)
        alone = shutil.copy(GULO, self.folder / "gulo")
        said = run("test", self.model(), archive, "--json", program=alone)
        self.assertEqual(4, said.returncode)
        self.assertIn(b"gulo-formats.so: what reads archives, pictures and sound is not there", said.stderr)
        shutil.copy(Path(GULO).with_name("gulo-formats.so"), self.folder)
        self.assertIn(run("test", self.model(), archive, "--json", program=alone).returncode, (0, 3))  # 3: no libarchive

    def test_absent_data_is_3(self) -> None:
        self.assertEqual(3, run("test", self.model(), self.data + "x").returncode)


class Engine(WithFolder):
    """The light program with a stand-in for gulo-engine beside it."""

    def setUp(self) -> None:
        super().setUp()
        self.program = str(self.folder / "gulo")
        shutil.copy2(GULO, self.program)

    def put_engine(self, script: str) -> None:
        os.chmod(self.put("gulo-engine", "#!/bin/sh\n" + script), 0o755)

    def test_gets_the_same_arguments_and_passes_its_exit_code(self) -> None:
        self.put_engine('printf "%s\\n" "$@" "$OMP_WAIT_POLICY"; exit 7')
        said = run("train", "some data", "-o", "m.gulo", "--budget", "5s", program=self.program)
        self.assertEqual(7, said.returncode)
        self.assertEqual("train|some data|-o|m.gulo|--budget|5s|PASSIVE|".replace("|", "\n").encode(), said.stdout)

    def test_keeps_the_users_waiting_policy(self) -> None:
        self.put_engine("echo $OMP_WAIT_POLICY")
        environment = {**os.environ, "OMP_WAIT_POLICY": "ACTIVE"}
        self.assertEqual(b"ACTIVE\n", run("doctor", program=self.program, env=environment).stdout)

    def test_is_found_through_a_link_to_the_program(self) -> None:
        self.put_engine("exit 7")
        link = self.folder / "elsewhere"
        link.symlink_to(self.program)
        self.assertEqual(7, run("doctor", program=str(link)).returncode)

    def test_its_death_by_a_signal_is_seen(self) -> None:
        self.put_engine("kill -TERM $$")
        self.assertEqual(-15, run("doctor", program=self.program).returncode)

    def test_deep_models_go_there_and_wide_ones_do_not(self) -> None:
        self.put_engine("exit 7")
        file = self.put("file", "123")
        self.assertEqual(7, run("predict", self.model("deep"), file, program=self.program).returncode)
        self.assertEqual(0, run("predict", self.model("wide"), file, program=self.program).returncode)
        self.assertEqual(0, run("info", self.model("deep"), program=self.program).returncode)

    def test_its_absence_is_4_and_says_what_to_do(self) -> None:
        said = run("doctor", program=self.program)
        self.assertEqual(4, said.returncode)
        self.assertIn(b"make build", said.stderr)
        self.assertEqual(2, run("train", "--nonsense", program=self.program).returncode)


if __name__ == "__main__":
    unittest.main()
