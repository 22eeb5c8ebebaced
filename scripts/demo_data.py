#!/usr/bin/env python3
"""Collects labelled files of this machine: demo_data.py OUT [ROOT...]

Writes OUT/{train,test}/TYPE/NUMBER, where TYPE is the extension that the file had, and OUT.tsv, which says where each
file came from. The names are numbers, so that nothing but the bytes can give the type away. Of each type no directory,
and of all files no content, stands on both sides: a recogniser that passes has not seen the file, nor its neighbours.
The same machine gives the same collection.
"""
from __future__ import annotations

import hashlib
import os
import re
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path

# A type with fewer than MIN_FILES is taken only where WANTED_TYPES are not reached otherwise.
MIN_FILES, FEW_FILES = 100, 40
WANTED_TYPES, LEAST_TYPES, MOST_TYPES = 20, 5, 40
MOST_FILES = {"train": 400, "test": 120}
MOST_BYTES = 256 << 10  # so that a minute of training meets every file several times
TEST_SHARE = 0.25

ALIASES = {"cc": "cpp", "cxx": "cpp", "hh": "hpp", "htm": "html", "jpeg": "jpg", "yml": "yaml"}
# Extensions that say what a file is for, not what is in it.
ROLES = {"bak", "debian", "default", "dist", "example", "in", "new", "old", "orig", "output", "sample", "target", "tmp"}
PROGRAM_FOLDERS = {"bin", "sbin", "libexec"}

Files = dict[str, list[str]]  # directory -> names


def hashed(text: str) -> bytes:
    """What decides every order: stable, and unrelated to the alphabet."""
    return hashlib.blake2b(os.fsencode(text), digest_size=8).digest()


def type_of(directory: str, name: str) -> str | None:
    """The label of a file, or None where its name gives none."""
    name = re.sub(r"(\.so)(\.\d+)+$", r"\1", name)
    stem, dot, extension = name.rpartition(".")
    if not dot:
        return "executable" if os.path.basename(directory) in PROGRAM_FOLDERS else None
    extension = extension.lower()
    if not stem or extension in ROLES or not re.fullmatch(r"(?=.*[a-z])[a-z0-9_+-]{1,12}", extension):
        return None
    return ALIASES.get(extension, extension)


def scan(roots: list[str]) -> dict[str, Files]:
    """Every regular file under the roots whose name gives a type; links are not followed."""
    found: dict[str, Files] = {}
    todo = list(dict.fromkeys(os.path.realpath(root) for root in roots))
    while todo:
        directory = todo.pop()
        try:
            entries = list(os.scandir(directory))
        except OSError:
            continue
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                todo.append(entry.path)
            elif entry.is_file(follow_symlinks=False) and (label := type_of(directory, entry.name)):
                found.setdefault(label, {}).setdefault(directory, []).append(entry.name)
    return found


def sides(label: str, files: Files) -> dict[str, list[str]]:
    """Paths for train and test: whole directories, in hashed order, go to the test side until it has its share."""
    total = sum(map(len, files.values()))
    out: dict[str, list[str]] = {"train": [], "test": []}
    for directory in sorted(files, key=lambda d: hashed(label + d)):
        fits = len(out["test"]) + len(files[directory]) <= 2 * TEST_SHARE * total
        side = "test" if len(out["test"]) < TEST_SHARE * total and fits else "train"
        out[side] += [os.path.join(directory, name) for name in files[directory]]
    return {side: sorted(paths, key=hashed) for side, paths in out.items()}


def read_distinct(label: str, paths: list[str], seen: set[bytes]) -> Iterator[tuple[str, bytes]]:
    """(path, content) of the readable files that are not empty, not huge and of which no copy was seen."""
    for path in paths:
        try:
            if not 0 < os.path.getsize(path) <= MOST_BYTES:
                continue
            content = Path(path).read_bytes()
        except OSError:
            continue
        digest = hashlib.blake2b(content, digest_size=16).digest()
        if digest in seen or (label == "executable" and not content.startswith(b"\x7fELF")):
            continue
        seen.add(digest)
        yield path, content


def collect_type(label: str, files: Files, out: Path, seen: set[bytes], least: int) -> list[tuple[str, str]] | None:
    """Copies one type; returns (path in OUT, origin) of each file, or None where fewer than `least` were distinct."""
    mine = set(seen)
    written: list[tuple[str, str]] = []
    counts = {}
    for side, paths in sides(label, files).items():
        folder = out / side / label
        folder.mkdir(parents=True)
        before = len(written)
        for path, content in read_distinct(label, paths, mine):
            copy = folder / f"{len(written) - before:04d}"
            copy.write_bytes(content)
            written.append((str(copy.relative_to(out)), path))
            if len(written) - before == MOST_FILES[side]:
                break
        counts[side] = len(written) - before
    if len(written) < least or counts["test"] < least // 10 or counts["train"] < least // 2:
        for side in counts:
            shutil.rmtree(out / side / label)
        return None
    seen |= mine
    return written


def collect(roots: list[str], out: Path) -> dict[str, list[tuple[str, str]]]:
    """Copies every type that has enough files, the most frequent types first."""
    found = {label: files for label, files in scan(roots).items() if len(files) > 1}
    sizes = {label: sum(map(len, files.values())) for label, files in found.items()}
    seen: set[bytes] = set()
    taken: dict[str, list[tuple[str, str]]] = {}
    for least, most_types in ((MIN_FILES, MOST_TYPES), (FEW_FILES, WANTED_TYPES)):
        for label in sorted(found.keys() - taken.keys(), key=lambda one: (-sizes[one], one)):
            if sizes[label] < least or len(taken) >= most_types:
                break
            written = collect_type(label, found[label], out, seen, least)
            if written:
                taken[label] = written
    return taken


def main() -> int:
    start = time.monotonic()
    out = Path(sys.argv[1])
    project = Path(__file__).resolve().parent.parent
    roots = sys.argv[2:] or ["/usr", "/etc", "/lib", "/bin", str(project / ".venv")]
    unfinished = out.with_name(out.name + ".new")
    shutil.rmtree(unfinished, ignore_errors=True)
    taken = collect(roots, unfinished)
    if len(taken) < LEAST_TYPES:
        shutil.rmtree(unfinished, ignore_errors=True)
        print(f"demo: only {len(taken)} file types with {FEW_FILES} distinct files under {' '.join(roots)}; at least"
              f" {LEAST_TYPES} are needed.\n  Name more folders: make demo ROOTS='/usr /home'", file=sys.stderr)
        return 3
    shutil.rmtree(out, ignore_errors=True)
    unfinished.rename(out)
    rows = sorted(row for rows in taken.values() for row in rows)
    out.with_suffix(".tsv").write_bytes(b"".join(os.fsencode(f"{copy}\t{origin}\n") for copy, origin in rows))
    n_test = sum(copy.startswith("test/") for copy, _ in rows)
    size_mb = sum((out / copy).stat().st_size for copy, _ in rows) / 2**20
    print(f"{len(taken)} types: {' '.join(sorted(taken))}")
    print(f"{len(rows) - n_test} files to train on, {n_test} to test on, {size_mb:.0f} MiB,"
          f" collected in {time.monotonic() - start:.1f} s; {out.with_suffix('.tsv')} says where each came from")
    small = sorted(label for label, files in taken.items() if len(files) < MIN_FILES)
    if small or len(taken) < WANTED_TYPES:
        print(f"demo: this machine has only {len(taken) - len(small)} file types with {MIN_FILES} distinct files;"
              f" going on with {len(taken)}, of which these have fewer: {' '.join(small) or 'none'}"
              "\n  More: make demo ROOTS='/usr /etc /home'", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
