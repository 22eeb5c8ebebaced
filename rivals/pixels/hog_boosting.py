"""Histograms of oriented gradients at two scales and a colour histogram of the picture at 32 x 32, into gradient boosting
whose rounds a hold-out chooses."""
# rival: HOG + colour + LightGBM
# packages: lightgbm scikit-learn scikit-image pillow numpy
import numpy as np
from clock import preprocessing
from lightgbm import LGBMClassifier, early_stopping
from PIL import Image
from skimage.feature import hog
from sklearn.model_selection import train_test_split

SIDE = 32


def features(path):
    with Image.open(path) as file:
        picture = file.convert("RGB").resize((SIDE, SIDE), Image.Resampling.BILINEAR)
    grey = np.asarray(picture.convert("L"), np.float32) / 255
    shapes = [hog(grey, 9, (SIDE // n, SIDE // n), (2, 2), transform_sqrt=True) for n in (8, 4)]
    bins = (np.asarray(picture) >> 6).astype(np.int64).reshape(-1, 3) @ np.array([16, 4, 1])
    colours = np.sqrt(np.bincount(bins, minlength=64) / len(bins))
    return np.concatenate([*shapes, colours]).astype(np.float32)


def fit(items, labels):
    with preprocessing():
        x = np.stack([features(item) for item in items])
    y = np.array(labels)
    few = len(set(labels)) <= 20
    settings = {"learning_rate": 0.05, "colsample_bytree": 0.2, "min_child_samples": 5, "max_bin": 63,
                "random_state": 0, "verbosity": -1}
    kept, held = train_test_split(np.arange(len(y)), test_size=0.1, random_state=0)
    held = held[np.isin(y[held], y[kept])]
    trial = LGBMClassifier(n_estimators=600 if few else 200, **settings).fit(
        x[kept], y[kept], eval_set=[(x[held], y[held])], callbacks=[early_stopping(30, verbose=False)])
    return LGBMClassifier(n_estimators=max(1, trial.best_iteration_), **settings).fit(x, y)


def predict(model, items):
    with preprocessing():
        x = np.stack([features(item) for item in items])
    return model.predict(x)
