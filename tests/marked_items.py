"""Items that tests of training make for themselves."""
from __future__ import annotations

import random
from pathlib import Path


def put_items(folder: Path, n_items: int) -> Path:
    """LABEL/FILE below `folder`: random bytes that hold their label's mark."""
    numbers = random.Random(1)
    for label in ("blue", "green", "red"):
        (folder / label).mkdir(parents=True)
        for i in range(n_items):
            content = bytearray(numbers.randbytes(numbers.randint(100, 600)))
            at = numbers.randrange(len(content) - 8)
            content[at : at + len(label)] = label.encode()
            (folder / label / f"{i}.bin").write_bytes(content)
    return folder
