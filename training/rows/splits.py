"""Who is learned from and who is measured: by client and by time, with the label's window kept out of training."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from configs.errors import DataError

DAY = np.timedelta64(1, "D")


@dataclass(frozen=True)
class Holdout:
    """Row masks of one temporal hold-out; a row can be in neither (purged)."""

    train: np.ndarray
    test: np.ndarray
    first_test: np.datetime64

    def describe(self, clients: np.ndarray) -> str:
        """How it was cut, in one sentence for the report."""
        seen = among(clients[self.test], clients[self.train])
        return (
            f"rows from {self.first_test} on are the hold-out ({int(self.test.sum())} rows, "
            f"{len(pd.unique(clients[self.test]))} clients, {int((~seen).sum())} rows of clients unseen in training); "
            f"{int((~self.train & ~self.test).sum())} rows before, or of those clients, were left out"
        )


def temporal_holdout(as_of: np.ndarray, share: float, reach_days: int) -> Holdout:
    """The latest dates (about `share` of the rows) are the test; training rows' windows end before the first of them.

    Raises DataError when no row is left on one side.
    """
    days = as_of.astype("datetime64[D]")
    first_test = _cut(days, share)
    train = days + reach_days * DAY <= first_test if reach_days else days < first_test
    return _checked(Holdout(np.asarray(train), np.asarray(days >= first_test), first_test), reach_days)


def temporal_client_holdout(
    as_of: np.ndarray, clients: np.ndarray, share: float, train_from: date | None = None
) -> Holdout:
    """The latest rows are the test, and no client of the test is in training: new dates and new people.

    Rows before `train_from` are in neither part.
    """
    by_time = temporal_holdout(as_of, share, 0)
    train = by_time.train & ~among(clients, clients[by_time.test])
    if train_from is not None:
        train &= as_of.astype("datetime64[D]") >= np.datetime64(train_from)
    return _checked(Holdout(train, by_time.test, by_time.first_test), 0)


def client_folds(clients: np.ndarray, labels: np.ndarray, folds: int, seed: int) -> np.ndarray:
    """Fold number of each row: a client is in one fold, and clients with a yes are spread evenly.

    Raises DataError when there are fewer clients with (or without) the outcome than folds.
    """
    place, people = pd.factorize(clients, sort=True)
    positive = np.zeros(len(people), dtype=bool)
    np.logical_or.at(positive, place, labels == 1)
    smallest = min(int(positive.sum()), int((~positive).sum()))
    if smallest < folds:
        raise DataError(
            f"Only {smallest} clients are in the smaller class, {folds} folds need at least {folds}: "
            "a fold would hold one class only. Lower `folds` or add dates."
        )
    order = np.argsort(np.random.default_rng(seed).permutation(len(people)) + len(people) * positive)
    fold = np.empty(len(people), dtype=np.int64)
    fold[order] = np.arange(len(people)) % folds
    return fold[place]


def among(clients: np.ndarray, others: np.ndarray) -> np.ndarray:
    """True for the clients that are among the others; hashed, because comparing texts pairwise takes seconds."""
    return pd.Series(clients).isin(pd.unique(others)).to_numpy()


def require_positives(labels: np.ndarray, least: int, what: str) -> None:
    """Raises DataError when there are fewer than `least` rows of a class."""
    for value, said in ((1, "with"), (0, "without")):
        found = int((labels == value).sum())
        if found < least:
            raise DataError(
                f"{what}: {found} rows {said} the outcome were found, at least {least} are needed. "
                "Add index dates, ingest more data or lower `minimum_positives`."
            )


def _cut(days: np.ndarray, share: float) -> np.datetime64:
    dates, rows = np.unique(days, return_counts=True)
    from_here = rows[::-1].cumsum()[::-1] / max(len(days), 1)
    late = dates[from_here >= share]
    if len(dates) < 2 or len(late) == 0:
        raise DataError(f"The rows have {len(dates)} dates, at least 2 are needed for a hold-out in time. Add dates.")
    return max(late[-1], dates[1])


def _checked(split: Holdout, reach_days: int) -> Holdout:
    if not split.train.any():
        raise DataError(
            f"No training row's window of {reach_days} days ends before the first test date {split.first_test}. "
            "Add earlier index dates or lower `holdout_share`."
        )
    return split
