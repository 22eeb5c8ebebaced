"""fastText (Joulin et al., 2016): words and pairs of words, learning rate by hold-out."""
# rival: fastText
# packages: fasttext-wheel numpy
import os
import re
import tempfile

import fasttext
import numpy as np
from clock import preprocessing


def words(path):
    return " ".join(re.findall(r"\w+|[!?$]", path.read_bytes().decode("utf-8", errors="replace").lower()))


def train(lines, **settings):
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", suffix=".txt") as file:
        file.writelines(lines)
        file.flush()
        return fasttext.train_supervised(file.name, wordNgrams=2, dim=50, bucket=1_000_000, minCount=1, verbose=0,
                                         thread=len(os.sched_getaffinity(0)), **settings)


def fit(items, labels):
    known = sorted(set(labels))
    with preprocessing():
        texts = [words(item) for item in items]
        order = np.random.default_rng(0).permutation(len(texts))  # it reads in order: classes must be mixed
        lines = [f"__label__{known.index(labels[i])} {texts[i]}\n" for i in order]
    n_held = max(1, len(lines) // 10)
    held = [line.split(" ", 1) for line in lines[:n_held]]
    best, best_right = {}, -1
    for settings in ({"lr": 0.1, "epoch": 25}, {"lr": 0.5, "epoch": 15}, {"lr": 1.0, "epoch": 10}):
        answers = train(lines[n_held:], **settings).predict([text.rstrip("\n") for _, text in held])[0]
        right = sum(answer[0] == label for answer, (label, _) in zip(answers, held))
        if right > best_right:
            best, best_right = settings, right
    return known, train(lines, **best)


def predict(model, items):
    known, network = model
    with preprocessing():
        texts = [words(item) for item in items]
    return [known[int(answer[0][9:])] for answer in network.predict(texts)[0]]
