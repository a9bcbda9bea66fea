"""The small world in which the transactions happen: accounts, their habits, and who gets robbed.

In:  a seed and the number of accounts.
Out: a table with one row per account; the row number is the account's number. Days count from the start of
     the period, hours too; `NaN` means that it never happens to this account.

| column          | unit    | meaning                                                         |
|-----------------|---------|-----------------------------------------------------------------|
| `home_country`  |         | two-letter code                                                 |
| `age_days`      | days    | age of the account when the period starts                       |
| `usual_amount`  | EUR     | median of what the customer spends by card                      |
| `busy_hour`     | 0-24    | time of day around which the customer is active                 |
| `trip_day`      | days    | start of a week abroad: honest, but it looks like fraud         |
| `trip_country`  |         | where that trip goes                                            |
| `new_phone_day` | days    | from here on the customer uses another device                   |
| `spree_hour`    | hours   | start of a few hours of heavy, honest shopping                  |
| `breach_hour`   | hours   | when the account falls into the hands of a thief                |

All three sources see the same world, so that a thief's traces are spread over them as in real life, and only
joined data show them in full.
"""

import numpy as np
import pandas as pd

PERIOD_DAYS = 60
TRIP_DAYS = 7
COUNTRIES = np.array(["DE", "FR", "NL", "PL", "ES", "IT", "GB", "US", "TR", "BR"])
HOME_SHARES = np.array([0.34, 0.16, 0.12, 0.10, 0.08, 0.08, 0.05, 0.04, 0.02, 0.01])


def make_accounts(seed: int, count: int) -> pd.DataFrame:
    """Draw `count` accounts; equal arguments give equal accounts."""
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "home_country": rng.choice(COUNTRIES, count, p=HOME_SHARES),
            "age_days": rng.gamma(1.6, 700, count).astype(int) + 5,
            "usual_amount": rng.lognormal(3.4, 0.6, count),
            "busy_hour": rng.normal(15, 3, count) % 24,
            "trip_day": _sometimes(rng, 0.25, rng.uniform(0, PERIOD_DAYS, count)),
            "trip_country": rng.choice(COUNTRIES, count),
            "new_phone_day": _sometimes(rng, 0.20, rng.uniform(0, PERIOD_DAYS, count)),
            "spree_hour": _sometimes(rng, 0.30, _in_the_daytime(rng, count)),
            "breach_hour": _sometimes(rng, 0.07, rng.uniform(0, 24 * PERIOD_DAYS - 24, count)),
        }
    )


def _sometimes(rng: np.random.Generator, chance: float, moments: np.ndarray) -> np.ndarray:
    return np.where(rng.random(len(moments)) < chance, moments, np.nan)


def _in_the_daytime(rng: np.random.Generator, count: int) -> np.ndarray:
    return 24 * rng.integers(0, PERIOD_DAYS, count) + rng.uniform(9, 18, count)
