"""Categories one-hot, numbers filled in and scaled, into logistic regression whose C cross-validation chooses."""
# rival: one-hot + scaling + logistic regression
# packages: scikit-learn pandas numpy
import numpy as np
import pandas as pd
from clock import preprocessing
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler


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
            (OneHotEncoder(handle_unknown="ignore"), [name for name in frame if name not in numbers]),
            (make_pipeline(SimpleImputer(strategy="median", keep_empty_features=True), StandardScaler()), numbers))
        x = encoder.fit_transform(frame)
    folds = min(3, min(np.unique(labels, return_counts=True)[1]))
    linear = LogisticRegression(max_iter=1000)
    if folds > 1:
        linear = GridSearchCV(linear, {"C": [0.1, 1, 10]}, cv=folds, n_jobs=-1)
    return encoder, numbers, linear.fit(x, labels)


def predict(model, items):
    encoder, numbers, linear = model
    with preprocessing():
        frame = columns(items)
        frame[numbers] = frame[numbers].apply(pd.to_numeric, errors="coerce")
        x = encoder.transform(frame)
    return linear.predict(x)
