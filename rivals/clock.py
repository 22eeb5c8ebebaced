"""The clock of a rival: seconds inside `with preprocessing():` are preprocessing, the others training or prediction."""
from __future__ import annotations

import time
from contextlib import contextmanager
from typing import Iterator

preprocess_s = 0.0


@contextmanager
def preprocessing() -> Iterator[None]:
    global preprocess_s
    start = time.perf_counter()
    try:
        yield
    finally:
        preprocess_s += time.perf_counter() - start
