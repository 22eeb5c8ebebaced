"""Writes FOLDER/train.csv and test.csv, each row a picture of a digit, a number and whether the digit is larger.

The pictures are scikit-learn's digits, as FOLDER/pictures/N.pgm; the last 500, of other writers, are the test part. Each
picture stands beside three numbers.
"""
import csv
import random
import sys
from pathlib import Path

from sklearn.datasets import load_digits

digits = load_digits()
folder = Path(sys.argv[1])
(folder / "pictures").mkdir(parents=True)
numbers = random.Random(1)
rows = {"train": [], "test": []}
for i, (picture, digit) in enumerate(zip(digits.images, digits.target)):
    name = f"pictures/{i}.pgm"
    (folder / name).write_bytes(b"P5\n8 8\n16\n" + bytes(picture.astype("uint8").ravel()))
    part = "test" if i >= len(digits.target) - 500 else "train"
    for number in numbers.sample(range(10), 3):
        rows[part].append((name, number, "larger" if digit > number else "not larger"))
for part, lines in rows.items():
    with (folder / f"{part}.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("picture", "number", "label"), *lines])
