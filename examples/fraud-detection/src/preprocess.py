"""Join the sources, clean them, compute features, split by time.

In:  env `DATA_DIR`; `SOURCES`, the rows of the `ingest` group as JSON; each row's `outputs.path` is a
     table as described in `ingest.py`.
Out: `<DATA_DIR>/dataset/dataset-<digest>.npz` with, for each split of `train`, `validation`, `test`,
     `x_<split>` (float32, transactions x features) and `y_<split>` (int8, 1 = fraud).

All features look only backwards in time, as they would have to in production. Amounts, distances and times
are logarithms, ln(1 + value), of EUR, km and hours. Merchant categories and countries are one column each,
0 or 1.

The splits follow each other in time (42, 9 and 9 days): a random split would let a model learn a theft's
first transactions and be asked about its next ones, and promise more than it can hold.

Outputs: `path`, `columns` (JSON list of feature names), `rows`, `fraud_share`.
"""

import io
import json
import os

import numpy as np
import pandas as pd

from task_io import data_dir, save, set_output, set_output_block

VALIDATION_STARTS_AFTER = pd.Timedelta(days=42)
TEST_STARTS_AFTER = pd.Timedelta(days=51)
DAY_HOURS = 24.0


def main() -> None:
    rows = json.loads(os.environ["SOURCES"])
    table = clean(join([row["outputs"]["path"] for row in rows]))
    features = extract_features(table)
    label = table["is_fraud"].to_numpy(np.int8)
    arrays = split(features.to_numpy(np.float32), label, table["timestamp"])
    path = save(data_dir("dataset"), "dataset", ".npz", to_npz(arrays))

    for name in ("train", "validation", "test"):
        y = arrays[f"y_{name}"]
        print(f"{name:<10} {len(y):>7} transactions, {y.sum():>5} fraudulent ({y.mean():.2%})")
    set_output("path", path)
    set_output("rows", len(features))
    set_output("fraud_share", f"{label.mean():.4f}")
    set_output_block("columns", json.dumps(list(features.columns), indent=2))


def join(paths: list[str]) -> pd.DataFrame:
    """All sources in one table, with the source's name as `channel`."""
    tables = [pd.read_csv(path, parse_dates=["timestamp"]) for path in paths]
    table = pd.concat(tables, ignore_index=True)
    print(f"joined {len(table)} rows of {len(paths)} sources")
    return table.assign(channel=table["transaction_id"].str.partition("-")[0])


def clean(table: pd.DataFrame) -> pd.DataFrame:
    """One row per transaction, no empty cells, ordered by account and time."""
    unique = table.drop_duplicates("transaction_id")
    distance = unique["distance_km"]
    cleaned = unique.assign(
        device=unique["device"].fillna("unknown"), distance_km=distance.fillna(distance.median())
    )
    print(f"dropped {len(table) - len(unique)} repeated rows, filled {distance.isna().sum()} distances")
    return cleaned.sort_values(["account_id", "timestamp", "transaction_id"], ignore_index=True)


def extract_features(table: pd.DataFrame) -> pd.DataFrame:
    """One row of numbers per transaction, in the order of `table`."""
    hour_angle = table["timestamp"].dt.hour * (2 * np.pi / DAY_HOURS)
    features = pd.DataFrame(
        {
            "amount": np.log1p(table["amount"]),
            "amount_vs_usual": amount_vs_usual(table),
            "hour_sin": np.sin(hour_angle),
            "hour_cos": np.cos(hour_angle),
            "distance": np.log1p(table["distance_km"]),
            "account_age": np.log1p(table["account_age_days"]),
            "device_known_for": hours_since_first(table, ["account_id", "device"]),
            "country_known_for": hours_since_first(table, ["account_id", "country"]),
            **velocity(table),
        }
    )
    words = pd.get_dummies(table[["channel", "category", "country"]], dtype=np.float32)
    return features.join(words)


def amount_vs_usual(table: pd.DataFrame) -> pd.Series:
    """Logarithm of the amount, minus its mean over the account's earlier transactions on that channel."""
    amount = np.log1p(table["amount"])
    group = amount.groupby([table["account_id"], table["channel"]])
    earlier = group.cumcount()
    earlier_sum = group.cumsum() - amount
    return (amount - earlier_sum / earlier.where(earlier > 0)).fillna(0.0)


def hours_since_first(table: pd.DataFrame, key: list[str]) -> pd.Series:
    """How long this account has been seen with this device or country."""
    first = table.groupby(key)["timestamp"].transform("first")
    return np.log1p((table["timestamp"] - first) / pd.Timedelta(hours=1))


def velocity(table: pd.DataFrame) -> dict[str, np.ndarray]:
    """The account's activity on all channels before this transaction, within 24 h and 1 h."""
    hour = ((table["timestamp"] - table["timestamp"].min()) / pd.Timedelta(hours=1)).to_numpy()
    gap = hour.max() + 2 * DAY_HOURS  # keeps the accounts apart on one common, ascending time line
    timeline = table["account_id"].to_numpy() * gap + hour
    now = np.arange(len(table))
    day_ago = np.searchsorted(timeline, timeline - DAY_HOURS)
    hour_ago = np.searchsorted(timeline, timeline - 1.0)
    spent = np.concatenate([[0.0], np.cumsum(table["amount"].to_numpy())])
    return {
        "count_24h": np.log1p(now - day_ago),
        "count_1h": np.log1p(now - hour_ago),
        "spent_24h": np.log1p(np.maximum(spent[now] - spent[day_ago], 0.0)),
    }


def split(x: np.ndarray, y: np.ndarray, timestamp: pd.Series) -> dict[str, np.ndarray]:
    """Cut into the past (train), the recent past (validation) and the present (test)."""
    age = timestamp - timestamp.min().normalize()
    masks = {
        "train": age < VALIDATION_STARTS_AFTER,
        "validation": (age >= VALIDATION_STARTS_AFTER) & (age < TEST_STARTS_AFTER),
        "test": age >= TEST_STARTS_AFTER,
    }
    arrays = {}
    for name, mask in masks.items():
        arrays[f"x_{name}"] = x[mask]
        arrays[f"y_{name}"] = y[mask]
    return arrays


def to_npz(arrays: dict[str, np.ndarray]) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


if __name__ == "__main__":
    main()
