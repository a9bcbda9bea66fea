"""The candidates: three kinds of models, each in a `light` and a `full` setting.

A candidate is an estimator and a list of rounds. A round changes some parameters and fits (again, or further
where `warm_start` is set); the trainer looks at the validation data after each round and keeps the best.
All randomness has the given seed, so equal data give equal models.
"""

from dataclasses import dataclass

from sklearn.base import BaseEstimator
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.kernel_approximation import Nystroem
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


@dataclass(frozen=True)
class Candidate:
    """`rounds` are parameters for `estimator.set_params`, in the order in which to fit."""

    estimator: BaseEstimator
    rounds: list[dict[str, float]]


def make_candidate(kind: str, setting: str, seed: int) -> Candidate:
    """The candidate called `<kind>-<setting>`."""
    makers = {"logistic": _logistic, "forest": _forest, "boosting": _boosting}
    return makers[kind](setting == "full", seed)


def _logistic(full: bool, seed: int) -> Candidate:
    """A weighted sum of the features; `full` of likenesses to known cases. Rounds loosen the weights."""
    steps = [StandardScaler()]
    if full:
        steps += [Nystroem(gamma=0.01, n_components=200, random_state=seed), StandardScaler()]
    model = make_pipeline(*steps, LogisticRegression(max_iter=200, tol=1e-3, random_state=seed))
    strengths = [0.001, 0.01, 0.1] if full else [0.00001, 0.0001, 0.001, 0.01, 0.1, 1.0]
    return Candidate(model, [{"logisticregression__C": strength} for strength in strengths])


def _forest(full: bool, seed: int) -> Candidate:
    """Many independent trees; `full` has more and deeper ones. Rounds add trees."""
    model = RandomForestClassifier(
        max_depth=None if full else 8,
        min_samples_leaf=3 if full else 20,
        max_samples=0.25,
        warm_start=True,
        random_state=seed,
    )
    trees = range(15, 76, 15) if full else range(10, 51, 10)
    return Candidate(model, [{"n_estimators": count} for count in trees])


def _boosting(full: bool, seed: int) -> Candidate:
    """Trees that each mend the errors so far; `full` takes more and smaller steps. Rounds add steps."""
    model = HistGradientBoostingClassifier(
        learning_rate=0.08 if full else 0.15,
        max_leaf_nodes=20 if full else 8,
        l2_regularization=5.0 if full else 0.0,
        early_stopping=False,
        warm_start=True,
        random_state=seed,
    )
    steps = range(25, 101, 25) if full else range(15, 61, 15)
    return Candidate(model, [{"max_iter": count} for count in steps])
