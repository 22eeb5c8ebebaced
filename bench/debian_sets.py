#!/usr/bin/env python3
"""Makes labelled sets from Debian's packages: debian_sets.py OUT [SET...]

OUT/languages          manual pages in 16 languages, as they are in their packages but for gzip; whole pages
OUT/prompts            spoken prompts of a telephone exchange in 5 languages, WAV
OUT/instruction-sets   1 KiB slices of machine code of the C library for as many processors as there are packages of it

Each is OUT/SET/{train,test}/LABEL/NUMBER. A page or a prompt is on the same side in all languages; of machine code the
train side is from libc.so, the test side from the other libraries of the package. Packages are fetched with
`apt-get download` (no root needed) and unpacked with dpkg-deb into OUT/packages, once. The same packages give the same sets.
"""
from __future__ import annotations

import gzip
import hashlib
import re
import shutil
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

LANGUAGES = ("cs", "da", "de", "el", "es", "fi", "fr", "hu", "it", "ja", "nl", "pl", "pt-br", "ro", "ru", "sv", "uk", "zh")
PROMPTS = ("en", "es", "fr", "it", "ru")
TEST_SHARE = 0.25
MOST_ITEMS = {"train": 400, "test": 120}
LEAST_ITEMS = 20
SLICE_BYTES = 1024

# label, what decides its side, its bytes
Item = tuple[str, str, bytes]


def hashed(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")


def unpacked(package: str, packages: Path) -> Path | None:
    """The folder with what the package holds; None where there is no such package."""
    folder = packages / package
    if not folder.exists():
        packages.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(["apt-get", "download", package], cwd=packages, capture_output=True, text=True)
        archive = next(packages.glob(f"{package}_*.deb"), None)
        if done.returncode or archive is None:
            return None
        part = packages / f"{package}.part"
        subprocess.run(["dpkg-deb", "-x", archive, part], check=True)
        part.rename(folder)
        archive.unlink()
    return folder


def languages(packages: Path) -> Iterator[Item]:
    for language in LANGUAGES:
        for package in (f"manpages-{language}", f"manpages-{language}-dev"):
            folder = unpacked(package, packages)
            for page in sorted(folder.rglob("*.gz")) if folder else ():
                if page.parent.name.startswith("man") and page.is_file() and not page.is_symlink():
                    yield language, page.name, gzip.decompress(page.read_bytes())


def prompts(packages: Path) -> Iterator[Item]:
    for language in PROMPTS:
        folder = unpacked(f"asterisk-core-sounds-{language}-wav", packages)
        for sound in sorted(folder.rglob("*.wav")) if folder else ():
            if not sound.is_symlink():
                yield language, sound.name, sound.read_bytes()


def machine_code(library: Path) -> bytes:
    """The executable segments of an ELF file (System V ABI, program headers of type 1 with flag 1)."""
    content = library.read_bytes()
    if content[:4] != b"\x7fELF":
        return b""
    is_64, order = content[4] == 2, "<" if content[5] == 1 else ">"
    begin, = struct.unpack_from(order + ("Q" if is_64 else "I"), content, 32 if is_64 else 28)
    size, count = struct.unpack_from(order + "HH", content, 54 if is_64 else 42)
    code = b""
    for at in range(begin, begin + size * count, size):
        if is_64:
            kind, flags, offset, _, _, n_bytes = struct.unpack_from(order + "IIQQQQ", content, at)
        else:
            kind, offset, _, _, n_bytes, _, flags = struct.unpack_from(order + "IIIIIII", content, at)
        if kind == 1 and flags & 1:
            code += content[offset : offset + n_bytes]
    return code


def c_libraries() -> list[str]:
    names = subprocess.run(["apt-cache", "pkgnames"], capture_output=True, text=True, check=True).stdout.split()
    # libc6.1-alpha-cross, libc6-arm64-cross, ...; not those of a second ABI, libc6-i386-amd64-cross.
    return sorted(name for name in names if re.fullmatch(r"libc6(\.1)?-[a-z0-9]+-cross", name))


def instruction_sets(packages: Path) -> Iterator[Item]:
    for package in c_libraries():
        folder = unpacked(package, packages)
        for library in sorted(folder.rglob("*.so*")) if folder else ():
            if library.is_symlink():
                continue
            code, is_main = machine_code(library), library.name.startswith("libc.so") or library.name.startswith("libc-2")
            for begin in range(0, len(code) - SLICE_BYTES + 1, SLICE_BYTES):
                yield package.split("-")[1], f"{'train' if is_main else 'test'} {library.name} {begin}", code[begin : begin + SLICE_BYTES]


def side(name: str, of: str) -> str:
    if name == "instruction-sets":
        return of.split()[0]
    return "test" if hashed(of) % 1000 < 1000 * TEST_SHARE else "train"


def write(name: str, items: Iterator[Item], folder: Path) -> None:
    """As many of each label and side as are wanted, in an order that has nothing to do with their names."""
    parts: dict[tuple[str, str], list[tuple[int, bytes]]] = {}
    seen: dict[bytes, str] = {}
    for label, of, content in items:
        where = side(name, of)
        if content and seen.setdefault(hashlib.sha256(content).digest(), where + label) == where + label:
            parts.setdefault((label, where), []).append((hashed(label + of), content))
    labels = sorted({label for label, _ in parts})
    kept = [label for label in labels if all(len(parts.get((label, part), ())) >= LEAST_ITEMS for part in MOST_ITEMS)]
    if len(kept) < 2:
        sys.exit(f"{name}: packages of fewer than two labels could be had; is there a package mirror?")
    shutil.rmtree(folder, ignore_errors=True)
    for label in kept:
        for part, most in MOST_ITEMS.items():
            target = folder / part / label
            target.mkdir(parents=True)
            for number, (_, content) in enumerate(sorted(parts[label, part])[:most]):
                (target / f"{number}").write_bytes(content)
    print(f"{name}: {len(kept)} labels ({', '.join(kept)})")


SETS: dict[str, Callable[[Path], Iterator[Item]]] = {
    "languages": languages, "prompts": prompts, "instruction-sets": instruction_sets}


def make(out: Path, names: list[str]) -> None:
    for name in names:
        if not (out / name).exists():
            write(name, SETS[name](out / "packages"), out / name)


if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1].startswith("-") or not set(sys.argv[2:]) <= set(SETS):
        sys.exit(__doc__)
    make(Path(sys.argv[1]), sys.argv[2:] or list(SETS))
