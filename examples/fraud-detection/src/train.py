"""Train one candidate and measure it on the validation data.

    python src/train.py {logistic,forest,boosting} {light,full}

In:  env `DATA_DIR`; `SEED`; `DATASET`, the file written by `preprocess.py`; `TARGET_PRECISION`, 0 to 1.
Out: `<DATA_DIR>/models/<kind>-<setting>-<digest>.joblib`, a scikit-learn estimator with `predict_proba`
     that takes the dataset's feature columns.

Outputs:
- `model_path`
- `average_precision` (0 to 1): area under the precision-recall curve, the right summary where one
  transaction in a hundred is fraudulent
- `roc_auc` (0.5 to 1): chance that a fraudulent transaction scores above an honest one
- `recall_at_precision` (0 to 1): share of the frauds caught if `TARGET_PRECISION` of the
  alarms have to be true
- `train_seconds`
- `hyperparameters` (JSON object): those of the best round
"""

import copy
import io
import json
import os
import sys
import time
from collections.abc import Iterator, Mapping

import joblib
import numpy as np
from sklearn.base import BaseEstimator

from metrics import Metrics, evaluate
from models import Candidate, make_candidate
from task_io import data_dir, save, set_output, set_output_block


def main() -> None:
    kind, setting = sys.argv[1:]
    candidate = make_candidate(kind, setting, seed=int(os.environ["SEED"]))
    started = time.perf_counter()
    with np.load(os.environ["DATASET"]) as dataset:
        model, metrics = fit_best_round(candidate, dataset)
    seconds = time.perf_counter() - started

    path = save(data_dir("models"), f"{kind}-{setting}", ".joblib", to_bytes(model))
    set_output("model_path", path)
    set_output("train_seconds", f"{seconds:.2f}")
    for name, value in metrics._asdict().items():
        set_output(name, f"{value:.4f}")
    set_output_block("hyperparameters", json.dumps(hyperparameters(model), indent=2, sort_keys=True))


def fit_best_round(candidate: Candidate, dataset: Mapping[str, np.ndarray]) -> tuple[BaseEstimator, Metrics]:
    """The model that was best on the validation data, and its metrics."""
    return max(fit_rounds(candidate, dataset), key=lambda fitted: fitted[1].average_precision)


def fit_rounds(
    candidate: Candidate, dataset: Mapping[str, np.ndarray]
) -> Iterator[tuple[BaseEstimator, Metrics]]:
    """Fit and measure round by round; each model is a copy, since the next round changes the estimator."""
    x, y = dataset["x_train"], dataset["y_train"]
    x_validation, y_validation = dataset["x_validation"], dataset["y_validation"]
    target_precision = float(os.environ["TARGET_PRECISION"])
    print(f"fitting {len(x)} transactions x {x.shape[1]} features")

    for number, parameters in enumerate(candidate.rounds, start=1):
        model = candidate.estimator.set_params(**parameters).fit(x, y)
        metrics = evaluate(model, x_validation, y_validation, target_precision)
        changed = ", ".join(f"{name}={value}" for name, value in parameters.items())
        print(f"round {number}/{len(candidate.rounds)}  {changed}  {metrics}")
        yield copy.deepcopy(model), metrics


def hyperparameters(model: BaseEstimator) -> dict[str, object]:
    """The plain values among the model's parameters, without nested estimators."""
    plain = (bool, int, float, str, type(None))
    return {name: value for name, value in model.get_params().items() if isinstance(value, plain)}


def to_bytes(model: BaseEstimator) -> bytes:
    blank_padding(model)
    buffer = io.BytesIO()
    joblib.dump(model, buffer)
    return buffer.getvalue()


def blank_padding(model: BaseEstimator) -> None:
    """Zero the bytes of a forest's nodes that belong to no field.

    Nobody sets them, so they differ from run to run, and equal models would be unequal files.
    """
    for member in getattr(model, "estimators_", []):
        state = member.tree_.__getstate__()
        nodes = np.zeros(len(state["nodes"]), state["nodes"].dtype)
        for field in nodes.dtype.names:
            nodes[field] = state["nodes"][field]
        member.tree_.__setstate__({**state, "nodes": nodes})


if __name__ == "__main__":
    main()
