"""Words and character n-grams, weighted by TF-IDF, into a linear SVM whose C cross-validation chooses."""
# rival: word + character TF-IDF + linear SVM
# packages: scikit-learn numpy
import numpy as np
from clock import preprocessing
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_union
from sklearn.svm import LinearSVC


def read(path):
    content = path.read_bytes()
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def fit(items, labels):
    with preprocessing():
        few = 1 if len(items) < 1000 else 2
        features = make_union(
            TfidfVectorizer(sublinear_tf=True, min_df=few, ngram_range=(1, 2), token_pattern=r"(?u)\b\w+\b|[!?$]",
                            dtype=np.float32),
            TfidfVectorizer(sublinear_tf=True, min_df=few + 1, ngram_range=(2, 5), analyzer="char_wb",
                            max_features=300_000, dtype=np.float32))
        x = features.fit_transform([read(item) for item in items])
    folds = min(3, min(np.unique(labels, return_counts=True)[1]))
    svm = LinearSVC(C=0.5, random_state=0)
    if folds > 1:
        svm = GridSearchCV(svm, {"C": [0.1, 0.5, 2]}, cv=folds, n_jobs=-1)
    return features, svm.fit(x, labels)


def predict(model, items):
    features, svm = model
    with preprocessing():
        x = features.transform([read(item) for item in items])
    return svm.predict(x)
