"""What the programs link: the light one nothing that takes long to load, the engine one OpenMP runtime, the wheel's."""
from __future__ import annotations

import os
import re
import subprocess
import unittest

GULO, ENGINE = os.environ.get("GULO", ""), os.environ.get("GULO_ENGINE_PROGRAM", "")


def libraries(program: str) -> dict[str, str]:
    """Name -> path of every shared library that the loader would load, as ldd finds them."""
    out = subprocess.run(["ldd", program], check=True, capture_output=True, text=True).stdout
    return dict(re.findall(r"^\s*(\S+) => (\S.*?)(?: \(0x|$)", out, re.MULTILINE))


class Linkage(unittest.TestCase):
    def test_light_program_is_light(self) -> None:
        linked = libraries(GULO)
        self.assertIn("libc.so.6", linked)
        heavy = r"lib(torch|c10|gomp|python|arrow|parquet|archive|icu|jpeg|png|webp|gif|tiff|sndfile)"
        self.assertEqual([], [name for name in linked if re.match(heavy, name)])

    @unittest.skipUnless(ENGINE, "a light build has no engine")
    def test_engine_has_one_openmp_runtime(self) -> None:
        linked = libraries(ENGINE)
        self.assertNotIn("not found", linked.values())
        torch = os.path.dirname(next(path for name, path in linked.items() if name.startswith("libtorch_cpu")))
        runtimes = {os.path.realpath(path) for name, path in linked.items() if re.match(r"lib(gomp|iomp|omp)", name)}
        self.assertEqual(1, len(runtimes), runtimes)
        # The wheel holds it in torch/lib, or in torch.libs beside torch.
        self.assertTrue(runtimes.pop().startswith(os.path.dirname(os.path.dirname(torch))))


if __name__ == "__main__":
    unittest.main()
