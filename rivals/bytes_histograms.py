#!/usr/bin/env python3
"""The preprocess-first way to recognise raw bytes: histograms into 300 extremely randomised trees.

Usage: bytes_histograms.py SET [--threads 1] [--seed 0]        SET holds {train,test}/LABEL/FILE

Features of a file, chosen by hand: the share of each byte value (256), the share of each hashed pair of neighbours
(1024), the first 64 bytes, the entropy of the byte values and the logarithm of the length. They see the whole file.
Trees: Geurts, Ernst, Wehenkel, "Extremely randomized trees", 2006. Prints one JSON object; errors are fractions of 1.
"""
from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np
import sklearn
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.metrics import balanced_accuracy_score

PAIR_BINS, HEAD_BYTES, TREES = 1024, 64, 300
KNUTH = np.uint32(2654435761)  # multiplicative hashing; the top 10 bits of the product name the bin


def features(content: bytes) -> np.ndarray:
    """[256 + 1024 + 64 + 2] float32. A head shorter than 64 bytes is filled up with -1."""
    raw = np.frombuffer(content, np.uint8).astype(np.uint32)
    size = max(len(raw), 1)
    singles = np.bincount(raw, minlength=256) / size
    pairs = np.bincount(((raw[:-1] << 8 | raw[1:]) * KNUTH) >> 22, minlength=PAIR_BINS) / size
    head = np.full(HEAD_BYTES, -1.0)
    head[: len(raw[:HEAD_BYTES])] = raw[:HEAD_BYTES]
    present = singles[singles > 0]
    entropy = -(present * np.log2(present)).sum()
    return np.concatenate([singles, pairs, head, [entropy, np.log2(size)]]).astype(np.float32)


def read_side(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Feature rows and labels of LABEL/FILE below a folder, at any depth."""
    rows, labels = [], []
    for label in sorted(path for path in folder.iterdir() if path.is_dir()):
        for file in sorted(path for path in label.rglob("*") if path.is_file()):
            rows.append(features(file.read_bytes()))
            labels.append(label.name)
    if not rows:
        raise SystemExit(f"{folder}: holds no LABEL/FILE")
    return np.stack(rows), np.array(labels)


def measure(folder: Path, threads: int, seed: int) -> dict[str, object]:
    times, cpu_start_s = [time.perf_counter()], time.process_time()
    x_train, y_train = read_side(folder / "train")
    x_test, y_test = read_side(folder / "test")
    times.append(time.perf_counter())
    trees = ExtraTreesClassifier(TREES, n_jobs=threads, random_state=seed).fit(x_train, y_train)
    times.append(time.perf_counter())
    answers = trees.predict(x_test)
    times.append(time.perf_counter())
    preparation_s, train_s, predict_s = (round(float(one), 3) for one in np.diff(times))
    return {
        "set": folder.name, "rival": f"histograms + ExtraTrees({TREES})",
        "error": round(float(np.mean(answers != y_test)), 5),
        "balanced_error": round(1 - float(balanced_accuracy_score(y_test, answers)), 5),
        "preparation_s": preparation_s, "train_s": train_s, "predict_s": predict_s,
        "wall_s": round(times[-1] - times[0], 3), "cpu_s": round(time.process_time() - cpu_start_s, 3),
        "n_train": len(y_train), "n_test": len(y_test), "n_labels": len(set(y_train)),
        "threads": threads, "seed": seed, "scikit_learn": sklearn.__version__,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("set", type=Path)
    parser.add_argument("--threads", type=int, default=1, help="for the trees; features are made on one")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    print(json.dumps(measure(arguments.set, arguments.threads, arguments.seed)))


if __name__ == "__main__":
    main()
