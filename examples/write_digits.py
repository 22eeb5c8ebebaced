"""Writes scikit-learn's digits as FOLDER/{train,test}/DIGIT/N.pgm; the last 500, of other writers, are the test part."""
import sys
from pathlib import Path

from sklearn.datasets import load_digits

digits = load_digits()
folder = Path(sys.argv[1])
for i, (picture, digit) in enumerate(zip(digits.images, digits.target)):
    label = folder / ("test" if i >= len(digits.target) - 500 else "train") / str(digit)
    label.mkdir(parents=True, exist_ok=True)
    (label / f"{i}.pgm").write_bytes(b"P5\n8 8\n16\n" + bytes(picture.astype("uint8").ravel()))
