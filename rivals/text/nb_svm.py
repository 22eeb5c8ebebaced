"""NB-SVM (Wang, Manning: "Baselines and bigrams", 2012): binary counts of words and pairs of words, scaled by the
logarithm of their naive Bayes ratio, into one linear SVM per class; C and the pull towards naive Bayes by cross-validation."""
# rival: NB-SVM
# packages: scikit-learn numpy
import itertools

import numpy as np
from clock import preprocessing
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.model_selection import StratifiedKFold
from sklearn.svm import LinearSVC


def read(path):
    content = path.read_bytes()
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def fit_svms(x, y, classes, c, beta):
    parts = []
    for label in classes[1:] if len(classes) == 2 else classes:
        inside = y == label
        p, q = (1 + np.asarray(x[rows].sum(0)).ravel() for rows in (inside, ~inside))
        ratio = np.log((p / p.sum()) / (q / q.sum())).astype(np.float32)
        svm = LinearSVC(C=c, random_state=0).fit(x.multiply(ratio).tocsr(), inside)
        svm.coef_ = (1 - beta) * np.abs(svm.coef_).mean() + beta * svm.coef_
        parts.append((ratio, svm))
    return parts


def answer(parts, x, classes):
    scores = np.stack([svm.decision_function(x.multiply(ratio).tocsr()) for ratio, svm in parts], 1)
    return classes[(scores[:, 0] > 0).astype(int) if len(classes) == 2 else scores.argmax(1)]


def fit(items, labels):
    with preprocessing():
        words = CountVectorizer(binary=True, min_df=1 if len(items) < 1000 else 2, ngram_range=(1, 2),
                                token_pattern=r"(?u)\b\w+\b|[!?$]", dtype=np.float32)
        x = words.fit_transform([read(item) for item in items])
    y, classes = np.array(labels), np.unique(labels)
    settings = list(itertools.product([0.1, 0.03, 1], [1, 0.25]))
    if np.unique(y, return_counts=True)[1].min() >= 3:
        folds = list(StratifiedKFold(3, shuffle=True, random_state=0).split(x, y))
        errors = [sum(np.sum(answer(fit_svms(x[kept], y[kept], classes, *one), x[held], classes) != y[held])
                      for kept, held in folds) for one in settings]
        settings = [settings[int(np.argmin(errors))]]
    return words, classes, fit_svms(x, y, classes, *settings[0])


def predict(model, items):
    words, classes, parts = model
    with preprocessing():
        x = words.transform([read(item) for item in items])
    return answer(parts, x, classes)
