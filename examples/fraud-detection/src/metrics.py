"""How good is a model at finding the few frauds among many honest transactions?

In:  a fitted estimator, features (transactions x features), labels (1 = fraud), the wanted precision.
Out: `Metrics`, each between 0 and 1; `train.py` says what they mean.
"""

from typing import NamedTuple

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score


class Metrics(NamedTuple):
    average_precision: float
    roc_auc: float
    recall_at_precision: float

    def __str__(self) -> str:
        return "  ".join(f"{name}={value:.4f}" for name, value in self._asdict().items())


def evaluate(model: BaseEstimator, x: np.ndarray, y: np.ndarray, target_precision: float) -> Metrics:
    """Score `x` and compare with the labels."""
    score = model.predict_proba(x)[:, 1]
    precision, recall, _ = precision_recall_curve(y, score)
    return Metrics(
        average_precision=float(average_precision_score(y, score)),
        roc_auc=float(roc_auc_score(y, score)),
        recall_at_precision=float(recall[precision >= target_precision].max()),
    )
