"""Gradient boosting over numbers and categories; its size, rate and rounds by a hold-out."""
# rival: LightGBM
# packages: lightgbm pandas scikit-learn numpy
import numpy as np
import pandas as pd
from clock import preprocessing
from lightgbm import LGBMClassifier, early_stopping
from sklearn.model_selection import train_test_split


def columns(items):
    frame = pd.DataFrame(items).apply(lambda column: column.str.strip()).replace(["", "?", "NA", "NaN", "nan"], np.nan)
    for name in frame:
        numbers = pd.to_numeric(frame[name], errors="coerce")
        if numbers.notna().sum() == frame[name].notna().sum():
            frame[name] = numbers.astype(float)
    return frame


def prepare(items, known):
    frame = columns(items)
    for name, kind in known.items():
        frame[name] = pd.to_numeric(frame[name], errors="coerce") if kind is None else \
            pd.Categorical(frame[name].astype(str), categories=kind)
    return frame


def fit(items, labels):
    with preprocessing():
        frame = columns(items)
        known = {name: None if frame[name].dtype == float else sorted(frame[name].dropna().astype(str).unique())
                 for name in frame}
        x = prepare(items, known)
    y = np.array(labels)
    kept, held = train_test_split(np.arange(len(y)), test_size=0.1, random_state=0)
    held = held[np.isin(y[held], y[kept])]
    best = None
    for leaves, least in ((31, 20), (15, 20), (63, 5)):
        settings = {"num_leaves": leaves, "min_child_samples": least, "learning_rate": 0.05, "random_state": 0,
                    "verbosity": -1}
        trial = LGBMClassifier(n_estimators=1000, **settings).fit(
            x.iloc[kept], y[kept], eval_set=[(x.iloc[held], y[held])], callbacks=[early_stopping(30, verbose=False)])
        loss = list(trial.best_score_["valid_0"].values())[0]
        if best is None or loss < best[0]:
            best = loss, settings | {"n_estimators": max(1, trial.best_iteration_)}
    return known, LGBMClassifier(**best[1]).fit(x, y)


def predict(model, items):
    known, trees = model
    with preprocessing():
        x = prepare(items, known)
    return trees.predict(x)
