"""Writes scikit-learn's breast cancer table as FOLDER/{train,test}.csv; every fourth row is for the test."""
import csv
import sys
from pathlib import Path

from sklearn.datasets import load_breast_cancer

table = load_breast_cancer()
folder = Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
rows = [[*row, table.target_names[label]] for row, label in zip(table.data, table.target)]
for part, chosen in ("test", rows[::4]), ("train", [row for i, row in enumerate(rows) if i % 4]):
    with (folder / f"{part}.csv").open("w", newline="") as file:
        csv.writer(file).writerows([[*table.feature_names, "label"], *chosen])
