"""By client and by time: no window of a training row reaches the test, no client is on both sides of a fold."""

import numpy as np
import pytest

from configs.errors import DataError
from training.rows.splits import client_folds, require_positives, temporal_client_holdout, temporal_holdout

MONTHS = np.arange("2023-01", "2024-01", dtype="datetime64[M]").astype("datetime64[D]")


@pytest.mark.parametrize(
    "share, reach, first_test,   last_train",
    [
        (0.25,  0,     "2023-10-01", "2023-09-01"),
        (0.25,  90,    "2023-10-01", "2023-07-01"),  # 2023-07-03 is 90 days before
        (0.25,  92,    "2023-10-01", "2023-07-01"),  # ends exactly at the first test date
        (0.25,  93,    "2023-10-01", "2023-06-01"),
        (0.5,   0,     "2023-07-01", "2023-06-01"),
        (0.99,  0,     "2023-02-01", "2023-01-01"),  # something is left to learn from
    ],
)  # fmt: skip
def test_training_windows_end_before_the_first_test_date(share, reach, first_test, last_train):
    split = temporal_holdout(MONTHS, share, reach)
    assert str(split.first_test) == first_test
    assert str(MONTHS[split.train].max()) == last_train
    assert (MONTHS[split.test] >= split.first_test).all()
    assert not (split.train & split.test).any()


def test_rows_between_the_two_are_counted_in_words():
    split = temporal_holdout(MONTHS, 0.25, 92)
    assert "2 rows before, or of those clients, were left out" in split.describe(np.arange(12))


def test_no_client_of_the_test_is_in_training():
    clients = np.array(list("abcdefghijka"))  # the first and the last row are one client's
    split = temporal_client_holdout(MONTHS, clients, 0.25)
    assert not set(clients[split.train]) & set(clients[split.test])
    assert split.train.tolist() == [False] + [True] * 8 + [False] * 3


@pytest.mark.parametrize(
    "days, share, reach, message",
    [
        (MONTHS[:1], 0.25, 0, "1 dates, at least 2"),
        (MONTHS, 0.25, 400, "window of 400 days ends before"),
    ],
)
def test_nothing_left_is_an_error_in_words(days, share, reach, message):
    with pytest.raises(DataError, match=message):
        temporal_holdout(days, share, reach)


def test_folds_keep_clients_whole_and_spread_the_outcome():
    rng = np.random.default_rng(1)
    clients = rng.integers(0, 60, 400)
    labels = (clients < 10).astype(int)
    folds = client_folds(clients, labels, 5, seed=1)
    assert all(len(set(folds[clients == client])) == 1 for client in set(clients))
    assert all(labels[folds == fold].max() == 1 for fold in range(5))
    assert np.array_equal(folds, client_folds(clients, labels, 5, seed=1))


def test_a_fold_of_one_class_is_refused_in_one_sentence():
    with pytest.raises(DataError, match="Only 2 clients are in the smaller class, 5 folds need at least 5"):
        client_folds(np.arange(20), (np.arange(20) < 2).astype(int), 5, seed=1)


@pytest.mark.parametrize("labels, message", [([1, 0, 0], "1 rows with"), ([1, 1, 0], "1 rows without"), ([], "0 rows")])
def test_too_few_positives_says_how_many_are_needed(labels, message):
    with pytest.raises(DataError, match=f"{message}.*at least 2 are needed"):
        require_positives(np.array(labels), 2, "Task x, training")
