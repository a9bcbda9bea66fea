"""Fetch the transactions of one source. Here they are made up; a bank would query a system.

    python src/ingest.py {cards,transfers,atm}

In:  env `DATA_DIR`; `SEED`; `TRANSACTIONS`, the honest transactions of all sources together.
Out: `<DATA_DIR>/raw/<source>-<digest>.csv`, one row per transaction, in order of time, with the flaws of
     real exports: a few rows twice, some cells empty.

| column             | unit | meaning                                                   |
|--------------------|------|-----------------------------------------------------------|
| `transaction_id`   |      | source and running number                                 |
| `timestamp`        | UTC  | to the second                                             |
| `account_id`       |      | number of the account                                     |
| `amount`           | EUR  | always positive                                           |
| `category`         |      | of the merchant or the payee                              |
| `country`          |      | where it happened                                         |
| `device`           |      | fingerprint of phone, browser or card; may be empty       |
| `distance_km`      | km   | from the customer's home; may be empty                    |
| `account_age_days` | days | age of the account at that moment                         |
| `is_fraud`         | 0/1  | the label: what the bank learnt later                     |

Outputs: `path`, `rows`, `frauds`.
"""

import os
import sys
from dataclasses import dataclass

import numpy as np
import pandas as pd

from task_io import data_dir, save, set_output
from world import COUNTRIES, PERIOD_DAYS, TRIP_DAYS, make_accounts

START = pd.Timestamp("2025-03-01")
TRANSACTIONS_PER_ACCOUNT = 24


@dataclass(frozen=True)
class Source:
    """What is typical of a channel. The categories' shares add up to one, honest ones and thieves' alike."""

    share: float  # of all honest transactions
    amount_factor: float  # relative to the customer's usual amount
    per_spree: float  # mean number of transactions in a shopping spree
    per_breach: float  # mean number of transactions by a thief
    categories: dict[str, tuple[float, float]]  # name -> share among honest, among fraudulent ones


SOURCES = {
    "cards": Source(0.62, 1.0, 4.0, 2.6, {
        "grocery": (0.36, 0.14), "restaurant": (0.20, 0.08), "fuel": (0.13, 0.09),
        "fashion": (0.14, 0.18), "electronics": (0.09, 0.29), "travel": (0.06, 0.10),
        "gift_cards": (0.02, 0.12),
    }),
    "transfers": Source(0.24, 4.0, 0.5, 1.1, {
        "rent": (0.20, 0.02), "utilities": (0.30, 0.05), "person": (0.44, 0.63), "crypto": (0.06, 0.30),
    }),
    "atm": Source(0.14, 2.5, 0.5, 0.9, {"bank_branch": (0.70, 0.40), "street_machine": (0.30, 0.60)}),
}  # fmt: skip


def main() -> None:
    name = sys.argv[1]
    seed, total = int(os.environ["SEED"]), int(os.environ["TRANSACTIONS"])
    accounts = make_accounts(seed, total // TRANSACTIONS_PER_ACCOUNT)
    rng = np.random.default_rng([seed, list(SOURCES).index(name)])

    events = draw_events(accounts, SOURCES[name], int(total * SOURCES[name].share), rng)
    table = with_flaws(describe(events, accounts, SOURCES[name], name, rng), rng)
    path = save(data_dir("raw"), name, ".csv", table.to_csv(index=False).encode())

    frauds = int(table["is_fraud"].sum())
    print(f"{name}: {len(table)} transactions of {table['account_id'].nunique()} accounts,", end=" ")
    print(f"{frauds} fraudulent ({frauds / len(table):.2%})")
    set_output("path", path)
    set_output("rows", len(table))
    set_output("frauds", frauds)


def draw_events(
    accounts: pd.DataFrame, source: Source, count: int, rng: np.random.Generator
) -> pd.DataFrame:
    """Who is active when: `account`, `hour` since the start, `kind` (everyday, spree or fraud)."""
    everyday = rng.integers(0, len(accounts), count)
    day_hour = rng.normal(accounts["busy_hour"].to_numpy()[everyday], 4.0) % 24
    hour = 24 * rng.integers(0, PERIOD_DAYS, count) + day_hour
    events = pd.concat(
        [
            pd.DataFrame({"account": everyday, "hour": hour, "kind": "everyday"}),
            draw_burst(accounts["spree_hour"], source.per_spree, 1.5, rng).assign(kind="spree"),
            draw_burst(accounts["breach_hour"], source.per_breach, 5.0, rng).assign(kind="fraud"),
        ]
    )
    inside = events["hour"] < 24 * PERIOD_DAYS
    return events[inside].sort_values(["hour", "account"], ignore_index=True)


def draw_burst(start: pd.Series, mean: float, spread_hours: float, rng: np.random.Generator) -> pd.DataFrame:
    """Some transactions soon after `start`, for the accounts that have such a moment."""
    start = start.dropna()
    account = np.repeat(start.index, rng.poisson(mean, len(start)))
    hour = start[account].to_numpy() + rng.exponential(spread_hours, len(account))
    return pd.DataFrame({"account": account, "hour": hour})


def describe(
    events: pd.DataFrame, accounts: pd.DataFrame, source: Source, name: str, rng: np.random.Generator
) -> pd.DataFrame:
    """Fill in all columns of the export. A thief differs from the customer only by tendency."""
    owner = accounts.iloc[events["account"]].reset_index(drop=True)
    day, count = events["hour"] / 24, len(events)
    fraud = (events["kind"] == "fraud").to_numpy()
    country = draw_country(owner, day, fraud, rng)
    return pd.DataFrame(
        {
            "transaction_id": [f"{name}-{number:06d}" for number in range(count)],
            "timestamp": START + pd.to_timedelta((events["hour"] * 3600).astype(int), unit="s"),
            "account_id": events["account"],
            "amount": draw_amount(owner, events["kind"], source, rng).round(2),
            "category": draw_category(source, fraud, rng),
            "country": country,
            "device": draw_device(events["account"], owner["new_phone_day"] < day, fraud, rng),
            "distance_km": draw_distance(country != owner["home_country"], fraud, rng).round(1),
            "account_age_days": owner["age_days"] + day.astype(int),
            "is_fraud": fraud.astype(int),
        }
    )


def draw_amount(owner: pd.DataFrame, kind: pd.Series, source: Source, rng: np.random.Generator) -> pd.Series:
    """Thieves and shoppers both spend more than usual; thieves also more unevenly."""
    factor = kind.map({"everyday": 1.0, "spree": 1.8, "fraud": 2.2})
    spread = kind.map({"everyday": 0.7, "spree": 0.7, "fraud": 1.0})
    noise = np.exp(spread * rng.normal(size=len(kind)))
    return (owner["usual_amount"] * source.amount_factor * factor * noise).clip(lower=1.0)


def draw_category(source: Source, fraud: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Pick a merchant category by the shares of honest or of fraudulent transactions."""
    honest_shares, fraud_shares = np.array(list(source.categories.values())).T
    names = np.array(list(source.categories))
    return np.where(
        fraud,
        rng.choice(names, len(fraud), p=fraud_shares),
        rng.choice(names, len(fraud), p=honest_shares),
    )


def draw_country(
    owner: pd.DataFrame, day: pd.Series, fraud: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Customers are at home or on their trip; two thieves of five are elsewhere."""
    on_trip = (owner["trip_day"] <= day) & (day < owner["trip_day"] + TRIP_DAYS)
    customer = np.where(on_trip, owner["trip_country"], owner["home_country"])
    thief_abroad = fraud & (rng.random(len(fraud)) < 0.4)
    return np.where(thief_abroad, rng.choice(COUNTRIES, len(fraud)), customer)


def draw_distance(abroad: pd.Series, fraud: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Far when abroad; else near home, for thieves a bit less near."""
    near = rng.exponential(np.where(fraud, 35.0, 14.0))
    return np.where(abroad, rng.lognormal(7.0, 0.7, len(fraud)), near)


def draw_device(
    account: pd.Series, has_new_phone: pd.Series, fraud: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """The customer's device, or a strange one: rare for customers, common for thieves."""
    own = "own-" + account.astype(str) + np.where(has_new_phone, "-b", "-a")
    strange = rng.random(len(fraud)) < np.where(fraud, 0.55, 0.012)
    names = pd.Series(rng.integers(0, 2**32, len(fraud))).map("other-{:08x}".format)
    return np.where(strange, names, own)


def with_flaws(table: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Blank some cells and repeat some rows, as exports do."""
    table["device"] = table["device"].mask(rng.random(len(table)) < 0.005)
    table["distance_km"] = table["distance_km"].mask(rng.random(len(table)) < 0.01)
    repeated = table.sample(frac=0.004, random_state=rng)
    return pd.concat([table, repeated]).sort_values("transaction_id", ignore_index=True)


if __name__ == "__main__":
    main()
