"""The law of the layers: an include points only downward, and siblings never include each other.

Reads the #include lines under src/ and include/. ALLOWED is the law; CONTRIBUTING.md draws it.
"""
from __future__ import annotations

import re
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# What a folder of src/ may include beside itself. A folder that is not named here is an error: say where it belongs.
L0 = {"base"}
MODEL = L0 | {"data", "data/reader", "data/table", "kernel"}
RUN = MODEL | {"model"}
CAPABILITY = RUN | {"run", "report"}
TRAIN = CAPABILITY | {"cli/options.h", "engine/net", "engine/feed", "engine/device", "engine/cluster"}
ENGINE_CAPABILITY = TRAIN | {"engine/train"}
ALLOWED: dict[str, set[str]] = {
    "base": set(),
    "data": L0 | {"data/reader"},
    "data/reader": L0,
    "data/table": L0 | {"data", "data/reader"},
    "kernel": L0,
    "model": MODEL,
    "run": RUN,
    "report": RUN,
    "scan": CAPABILITY,
    "serve": CAPABILITY,
    "compare": CAPABILITY,
    "export": CAPABILITY,
    "cli": CAPABILITY | {"scan", "serve", "compare", "export"},
    "engine/cluster": L0,
    "engine/device": L0 | {"kernel"},
    "engine/feed": RUN | {"report", "engine/device"},
    "engine/net": RUN | {"report", "engine/feed", "engine/device"},
    "engine/train": TRAIN,
    "engine/search": ENGINE_CAPABILITY,
    "engine/explain": ENGINE_CAPABILITY,
    "engine/cli": ENGINE_CAPABILITY | {"engine/search", "engine/explain", "cli"},
}
TORCH = re.compile(r"^(torch|ATen|c10|caffe2)/")
INCLUDE = re.compile(r'^\s*#\s*include\s*(?:<([^>]+)>|"([^"]+)")', re.MULTILINE)
SOURCES = {".h", ".hpp", ".cpp", ".cc", ".cu", ".cuh", ".inl"}


def folder_of(path: str) -> str:
    """engine/net/stem.h -> engine/net; data/reader/jpeg.h -> data/reader; base/error.h -> base."""
    parts = path.split("/")
    nested = parts[0] == "engine" or parts[:2] in (["data", "reader"], ["data", "table"])
    return "/".join(parts[: 2 if nested else 1])


def fault(source: str, included: str, quoted: bool) -> str | None:
    """What is wrong with `source` (a path below the root) including `included`, or None."""
    in_engine = source.startswith("src/engine/")
    if TORCH.match(included):
        return None if in_engine else "torch headers belong to src/engine alone"
    if included.startswith("rivals/"):
        return "nothing outside rivals/ may use it"
    if included.startswith("gulo/") or not quoted:
        return None
    if source.startswith("include/"):
        return "a public header includes the standard library and gulo/ only"
    if included.startswith(".") or "/" not in included:
        return "write the path from src/, so that the layer can be seen"
    here, there = folder_of(source.removeprefix("src/")), folder_of(included)
    if here not in ALLOWED:
        return f"src/{here} has no place in the layers: add it to ALLOWED in tests/layers_test.py"
    if here == there or there in ALLOWED[here] or included in ALLOWED[here]:
        return None
    return f"{here} must not include {there}: an include points downward, and siblings do not know each other"


def faults(root: Path) -> list[str]:
    found = []
    for top in ("src", "include"):
        for path in sorted((root / top).rglob("*")):
            if path.suffix not in SOURCES:
                continue
            source = path.relative_to(root).as_posix()
            text = path.read_text()
            for match in INCLUDE.finditer(text):
                included, quoted = match[1] or match[2], match[2] is not None
                if complaint := fault(source, included, quoted):
                    line = text.count("\n", 0, match.start(1 if match[1] else 2)) + 1
                    found.append(f"{source}:{line}: {included}: {complaint}")
    return found


class Layers(unittest.TestCase):
    def test_sources_hold_the_law(self) -> None:
        self.assertTrue(list((ROOT / "src").rglob("*.h")), "no sources found: the test looks in the wrong place")
        self.assertEqual([], faults(ROOT))

    def test_allowed_points_downward(self) -> None:
        """The table itself has no circle: some order exists in which every folder allows only earlier ones."""
        left = {here: {folder_of(there) for there in allowed if there != "cli/options.h"}
                for here, allowed in ALLOWED.items()}
        while left:
            free = [here for here, allowed in left.items() if not allowed & left.keys()]
            self.assertTrue(free, f"a circle among {sorted(left)}")
            for here in free:
                del left[here]


class WrongIncludesAreCaught(unittest.TestCase):
    WRONG = {
        "src/base/a.h": '#include "data/corpus.h"',            # upward
        "src/data/a.cpp": '#include "kernel/ngram_bag.h"',     # sibling
        "src/run/a.cpp": '#  include "report/evaluation.h"',   # sibling
        "src/report/a.cpp": '#include "run/predictor.h"',      # sibling
        "src/cli/a.cpp": '#include "engine/train/trainer.h"',  # light program into the engine
        "src/model/a.h": "#include <torch/torch.h>",           # torch outside the engine
        "src/kernel/a.cu": "#include <ATen/ATen.h>",
        "src/engine/feed/b.h": '#include "engine/net/network.h"',
        "src/engine/train/a.h": '#include "cli/commands.h"',   # the option records, and no more
        "src/engine/feed/a.h": '#include "cli/options.h"',
        "src/base/b.h": '#include "error.h"',                  # no layer to be seen
        "src/base/c.h": '#include "../data/corpus.h"',
        "src/misc/a.h": '#include "base/error.h"',             # a folder without a place
        "include/gulo/a.h": '#include "base/error.h"',
        "include/gulo/b.h": "#include <c10/core/Device.h>",
    }
    RIGHT = {
        "src/base/ok.h": "#include <vector>",
        "src/run/ok.cpp": '#include "model/spec.h"\n#include "run/predictor.h"',
        "src/engine/train/ok.h": '#include <torch/torch.h>\n#include "cli/options.h"\n#include "engine/net/network.h"',
        "src/engine/cli/ok.cpp": '#include "cli/commands.h"\n#include "engine/train/trainer.h"',
        "include/gulo/ok.h": '#include <string>\n#include "gulo/error.h"',
    }

    def test_each_wrong_one_alone(self) -> None:
        for path, text in (self.WRONG | self.RIGHT).items():
            with self.subTest(path), tempfile.TemporaryDirectory() as folder:
                file = Path(folder, path)
                file.parent.mkdir(parents=True)
                file.write_text("#pragma once\n\n" + text + "\n")
                found = faults(Path(folder))
                self.assertEqual(path in self.WRONG, bool(found), found)
                if found:
                    self.assertTrue(found[0].startswith(f"{path}:3: "), found)


if __name__ == "__main__":
    unittest.main()
