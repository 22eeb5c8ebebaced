"""500 extremely randomised trees over numbers and numbered categories; the leaf's size by cross-validation."""
# rival: ExtraTrees
# packages: scikit-learn pandas numpy
import numpy as np
import pandas as pd
from clock import preprocessing
from sklearn.compose import make_column_transformer
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.impute import SimpleImputer
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder


def columns(items):
    frame = pd.DataFrame(items).apply(lambda column: column.str.strip()).replace(["", "?", "NA", "NaN", "nan"], np.nan)
    for name in frame:
        numbers = pd.to_numeric(frame[name], errors="coerce")
        if numbers.notna().sum() == frame[name].notna().sum():
            frame[name] = numbers.astype(float)
    return frame


def fit(items, labels):
    with preprocessing():
        frame = columns(items)
        numbers = [name for name in frame if frame[name].dtype == float]
        encoder = make_column_transformer(
            (make_pipeline(OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1,
                                          encoded_missing_value=-1)), [c for c in frame if c not in numbers]),
            (SimpleImputer(strategy="median", keep_empty_features=True), numbers))
        x = encoder.fit_transform(frame)
    folds = min(3, min(np.unique(labels, return_counts=True)[1]))
    trees = ExtraTreesClassifier(500, n_jobs=-1, random_state=0)
    if folds > 1:
        grid = {"min_samples_leaf": [1, 3], "max_features": ["sqrt", 0.7]}
        best = GridSearchCV(ExtraTreesClassifier(100, n_jobs=-1, random_state=0), grid, cv=folds).fit(x, labels)
        trees.set_params(**best.best_params_)
    return encoder, numbers, trees.fit(x, labels)


def predict(model, items):
    encoder, numbers, trees = model
    with preprocessing():
        frame = columns(items)
        frame[numbers] = frame[numbers].apply(pd.to_numeric, errors="coerce")
        x = encoder.transform(frame)
    return trees.predict(x)
