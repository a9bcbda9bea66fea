"""Choose the best candidate, and say why.

In:  env `CANDIDATES`, the rows of the `train` group as JSON: a list of `{id, matrix, result, outputs}` with
     outputs as described in `train.py`, all of them text; `DATASET`, the file written by `preprocess.py`;
     `TARGET_PRECISION` and `MIN_AVERAGE_PRECISION`, 0 to 1.
Out: a table and the reason, in the log and as an output.

The winner is measured once more on the test data, which no candidate has seen: choosing the best of six on
the validation data flatters the one that is chosen.

Outputs: `choice` (JSON object: the row's `id`, `kind`, `setting`, `model_path`, `hyperparameters`, and the
metrics as numbers), `approved` (`yes` where the test agrees that the model is good enough), `report` (text).
"""

import json
import os

import joblib
import numpy as np

from metrics import evaluate
from task_io import set_output, set_output_block

METRICS = ("average_precision", "roc_auc", "recall_at_precision", "train_seconds")


def main() -> None:
    rows = json.loads(os.environ["CANDIDATES"])
    ranking = sorted(map(to_candidate, rows), key=lambda c: (-c["average_precision"], c["train_seconds"]))
    winner = ranking[0]
    winner["test"] = measure_on_test_data(winner["model_path"])
    bar = float(os.environ["MIN_AVERAGE_PRECISION"])
    approved = winner["test"]["average_precision"] >= bar

    report = "\n".join([*table(ranking), "", *reason(ranking), verdict(winner, bar)])
    print(report)
    set_output("choice", json.dumps(winner, sort_keys=True))
    set_output("approved", "yes" if approved else "no")
    set_output_block("report", report)


def to_candidate(row: dict) -> dict:
    """Flatten a row of the group; outputs are text and become numbers again."""
    outputs = row["outputs"]
    return {
        "id": row["id"],
        "kind": row["matrix"]["kind"],
        "setting": row["matrix"]["setting"],
        "model_path": outputs["model_path"],
        "hyperparameters": json.loads(outputs["hyperparameters"]),
        **{name: float(outputs[name]) for name in METRICS},
    }


def measure_on_test_data(model_path: str) -> dict[str, float]:
    with np.load(os.environ["DATASET"]) as dataset:
        model, precision = joblib.load(model_path), float(os.environ["TARGET_PRECISION"])
        metrics = evaluate(model, dataset["x_test"], dataset["y_test"], precision)
    return {name: round(value, 4) for name, value in metrics._asdict().items()}


def table(ranking: list[dict]) -> list[str]:
    """The candidates as lines of text, best first."""
    recall_title = f"recall@{float(os.environ['TARGET_PRECISION']):.0%}"
    lines = [f"   {'candidate':<22} {'avg precision':>13} {'roc auc':>8} {recall_title:>10} {'seconds':>8}"]
    for place, candidate in enumerate(ranking, start=1):
        precision, auc, recall, seconds = (candidate[name] for name in METRICS)
        lines.append(
            f"{place}. {candidate['id']:<22} {precision:>13.4f} {auc:>8.4f} {recall:>10.4f} {seconds:>8.1f}"
        )
    return lines


def reason(ranking: list[dict]) -> list[str]:
    """Why the first is the first, in plain words."""
    winner, target = ranking[0], float(os.environ["TARGET_PRECISION"])
    caught = winner["recall_at_precision"]
    lines = [
        f"Chosen: {winner['id']}, for the highest average precision on the validation data.",
        f"If {target:.0%} of the alarms have to be true, it catches {caught:.0%} of the frauds.",
    ]
    for runner_up in ranking[1:2]:
        lead = winner["average_precision"] - runner_up["average_precision"]
        lines.insert(1, f"It leads the runner-up, {runner_up['id']}, by {lead:.4f}.")
    return lines


def verdict(winner: dict, bar: float) -> str:
    precision = winner["test"]["average_precision"]
    word = "reaches" if precision >= bar else "misses"
    return f"On the test data its average precision is {precision:.4f}, which {word} the bar of {bar:g}."


if __name__ == "__main__":
    main()
