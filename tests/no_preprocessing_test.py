"""The law against preprocessing: between a reader and the network nothing selects, scales or transforms data.

Two checks. No identifier under src/ and include/ smells of a preprocessing step; comments and strings may mention it.
And nothing outside rivals/, where the preprocess-first pipelines live, imports, includes or links what is in there.
"""
from __future__ import annotations

import re
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCES = {".h", ".hpp", ".cpp", ".cc", ".cu", ".cuh", ".inl"}
NOT_OURS = {".git", ".venv", "rivals", "demo"}

# What a step would be called -> why it is not allowed. Identifiers are read in lower case, `camelCase` as snake_case.
SMELLS = {
    r"resize[sd]?|resizing|rescale[sd]?|upsample[sd]?|interpolate[sd]?": "items keep their own size",
    r"center_?crop|crop_to|letterbox|thumbnail": "items keep their own size",
    r"resample[sd]?|resampling|resampler": "samples keep their own rate",
    r"spectrogram|mel|mfcc|stft|istft|rfft|fft|cepstr\w*|chroma|filterbank": "the network finds its own filters",
    r"tokens?|(?:de)?tokeni[sz]e[rsd]?|tokeni[sz]ation|bpe|wordpiece|sentencepiece|stem_word|lemmati[sz]e|stemmer":
        "bytes are taken as they lie",
    r"vocab|vocabulary|stop_?words?|tf_?idf": "no vocabulary is made",
    r"standard_?scaler?|min_?max_?scaler?|z_?score|standardi[sz]e[sd]?|"
    r"(?:data|dataset|train|channel|pixel|feature|column)s?_(?:mean|std|stddev|variance)":
        "no normalisation by statistics of the data",
    r"hog|sift|orb|haralick|lbp|histogram_of\w*|image_?net_(?:mean|std)": "no hand-made features",
    r"feature_selection|select_features|select_k_best|drop_columns|pca|impute[rsd]?|one_hot_encode\w*":
        "no data are dropped or recoded",
    r"opencv|librosa|sox|swscale|swresample|avresample|fftw\w*|imagemagick": "a library for preprocessing",
}
# (path or folder, identifier, why it is no preprocessing). An entry that nothing uses any more is an error.
ALLOWED: list[tuple[str, str, str]] = [
    ("src/", "resize_file", "std::filesystem's: tests cut files short with it"),
    ("src/data/arena", "resize", "the arena's own memory, as std::vector has it"),
]


def without_comments_and_strings(code: str) -> str:
    """C++ with comments and literals blanked, line ends kept."""
    pattern = r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])\'(?:\\.|[^\'\\\n])+\''
    return re.sub(pattern, lambda m: re.sub(r"[^\n]", " ", m[0]), code, flags=re.DOTALL)


def is_container_method(code: str, start: int, word: str) -> bool:
    """`batch.resize(n)` is std::vector's or a tensor's own, about memory and not about data."""
    return word == "resize" and re.search(r"(\.|->)\s*$", code[:start]) is not None


def smells(root: Path) -> list[tuple[str, int, str, str]]:
    """(path, line, identifier, why) of every suspicious identifier."""
    checks = [(re.compile(rf"(?:^|_)(?:{words})(?:_|\d*$)"), why) for words, why in SMELLS.items()]
    found = []
    for path in sorted(p for top in ("src", "include") for p in (root / top).rglob("*") if p.suffix in SOURCES):
        text = path.read_text()
        includes = " ".join(re.findall(r'#\s*include\s*[<"]([^>"]+)', text))
        code = without_comments_and_strings(text)
        for match in re.finditer(r"[A-Za-z_]\w*", code + "\n" + includes):
            identifier = match[0]
            snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", identifier).lower()
            for pattern, why in checks:
                if pattern.search(snake) and not is_container_method(code, match.start(), identifier):
                    line = min(code.count("\n", 0, match.start()), text.count("\n")) + 1
                    found.append((path.relative_to(root).as_posix(), line, identifier, why))
    return found


def allowed(path: str, identifier: str) -> tuple[str, str, str] | None:
    return next((one for one in ALLOWED if path.startswith(one[0]) and identifier == one[1]), None)


def rivals_used(root: Path) -> list[str]:
    """Lines outside rivals/ that import, include or link something inside it."""
    modules = "|".join({re.escape(p.stem) for p in (root / "rivals").glob("*.py")} | {"rivals"})
    patterns = {
        ".py": re.compile(rf"^\s*(?:from|import)\s+(?:{modules})\b|import_module\(.*rivals|sys\.path.*rivals",
                          re.MULTILINE),
        ".txt": re.compile(r"^[^#\n]*\brivals\b", re.MULTILINE),
        ".cmake": re.compile(r"^[^#\n]*\brivals\b", re.MULTILINE),
    } | {suffix: re.compile(r'^\s*#\s*include\s*[<"][^>"]*rivals/', re.MULTILINE) for suffix in SOURCES}
    found = []
    for path in sorted(root.rglob("*")):
        inside = path.relative_to(root)
        if NOT_OURS & set(inside.parts) or inside.parts[0].startswith("build") or path.suffix not in patterns:
            continue
        if path.suffix == ".txt" and path.name != "CMakeLists.txt" or path.name == Path(__file__).name:
            continue  # (this file's own examples)
        text = path.read_text(errors="replace")
        for match in patterns[path.suffix].finditer(text):
            found.append(f"{inside.as_posix()}:{text.count(chr(10), 0, match.start()) + 1}: {match[0].strip()}")
    return found


class NoPreprocessing(unittest.TestCase):
    def test_no_step_in_the_sources(self) -> None:
        self.assertTrue(list((ROOT / "src").rglob("*.h")), "no sources found: the test looks in the wrong place")
        found = smells(ROOT)
        forbidden = [f"{path}:{line}: {word}: {why}" for path, line, word, why in found if not allowed(path, word)]
        self.assertEqual([], forbidden, "if it is none, add it to ALLOWED with the reason")
        used = {allowed(path, word) for path, _, word, _ in found}
        self.assertEqual([], [one for one in ALLOWED if one not in used], "allowed, but nobody needs it")

    def test_rivals_stand_alone(self) -> None:
        self.assertEqual([], rivals_used(ROOT))


class StepsAreCaught(unittest.TestCase):
    def found(self, path: str, text: str) -> list[str]:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
            Path(folder, "rivals").mkdir(exist_ok=True)
            Path(folder, "rivals/bytes_histograms.py").touch()
            return [word for _, _, word, _ in smells(Path(folder))] + rivals_used(Path(folder))

    def test_wrong(self) -> None:
        for text in ("void resize_image(Image& image);", "auto small = resize(image, 224);", "cv::resize(a, b);",
                     "class StandardScaler {};", "std::vector<float> channelMean;", "x = (x - train_mean) / train_std;",
                     "auto mfcc = 1;", "torch::stft(x);", "Tokenizer tokenizer;", "int n_tokens = 0;",
                     "loadVocabulary();", "float melSpectrogram2(int);", "#include <opencv2/core.hpp>",
                     "auto y = x.resample(8000);", 'f("//"); tokenize(x);', "/* a */ impute(x);",
                     "auto s = 'x'; resample(s);"):
            with self.subTest(text):
                self.assertTrue(self.found("src/data/a.cpp", text + "\n"))

    def test_right(self) -> None:
        for text in ("items.resize(n);", "grid->resize(n);", "// a spectrogram would be preprocessing",
                     "/* tokenize */", 'say("resample");', "int stem = 0, melon = 1, fraction_of_mean = 2;",
                     "layer_norm(x);", "Histogram h;", 'auto text = R"(vocab)";', "const int n = 1'000'000;"):
            with self.subTest(text):
                self.assertEqual([], self.found("src/data/a.cpp", text + "\n"))

    def test_use_of_rivals(self) -> None:
        for path, text in {"bench/a.py": "import bytes_histograms\n", "python/gulo/a.py": "from rivals import x\n",
                           "scripts/a.py": "sys.path.append('rivals')\n", "src/base/a.h": '#include "../rivals/a.h"\n',
                           "CMakeLists.txt": "add_subdirectory(rivals)\n"}.items():
            with self.subTest(path):
                self.assertTrue(self.found(path, text))
        self.assertEqual([], self.found("bench/run.py", 'run(["python3", "rivals/bytes_histograms.py"])\n'))
        self.assertEqual([], self.found("rivals/other.py", "import bytes_histograms\n"))


if __name__ == "__main__":
    unittest.main()
