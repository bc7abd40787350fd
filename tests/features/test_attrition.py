"""The attrition table of a build and of a training: every step starts where the one before ended, in both files."""

import csv
import io
import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from configs.loader import validate_config
from configs.workspace import Workspace
from features.attrition import ATTRITION_CSV, ATTRITION_JSON, COLUMNS, attrition_csv
from features.histories import HistoriesConfig, build_grid, load_history
from tests.features.histories_data import store_of, table_of
from tests.plans import covers
from training.rows.attrition import split_steps
from training.rows.splits import Holdout, temporal_client_holdout

ANNA, BEA, CARL = (f"0000000{letter}" + "0" * 24 for letter in "abc")
RESIDENTS = [
    {"client_id": ANNA, "birth_year": 1940},
    {"client_id": BEA, "birth_year": 2015},
    {"client_id": CARL, "birth_year": 1950, "died_on": "2024-02-10", "died_recorded_at": "2024-02-20"},
]
CONFIG = {
    "var": "var",
    "catalogue": "configs/features.yaml",
    "dates": {"first": "2024-01-01", "last": "2024-04-01", "step": "quarter"},
    "vocabulary_until": "2024-01-01",
    "rules": [{"rule": "alive"}, {"rule": "age", "at_least": 18}],
}


@pytest.fixture
def built(var: Path) -> Path:
    store_of(var / "store", {"residents": table_of("residents", RESIDENTS)})
    return build_grid(Workspace.of("var"), validate_config(CONFIG, HistoriesConfig, "histories.yaml"))


def test_a_build_leaves_the_table_as_json_and_as_csv(built: Path) -> None:
    steps = json.loads((built / ATTRITION_JSON).read_text(encoding="utf-8"))
    # two dates for each of three people; Carl is known to be dead on the second; Bea is a child
    assert [tuple(step.values()) for step in steps] == [
        ("known", 3 * 2, 3 * 2, 3, 3),
        ("alive", 3 * 2, 3 * 2 - 1, 3, 3),
        ("age >= 18", 3 * 2 - 1, 3 * 2 - 1 - 2, 3, 2),
    ]
    rows = list(csv.reader(io.StringIO((built / ATTRITION_CSV).read_text(encoding="utf-8-sig")), delimiter=";"))
    assert rows[0] == list(COLUMNS)
    assert [row[1:] for row in rows[1:]] == [[str(step[name]) for name in COLUMNS[1:]] for step in steps]


@covers("000-79")
def test_the_files_say_what_the_history_itself_says(built: Path) -> None:
    config = validate_config(CONFIG, HistoriesConfig, "histories.yaml")
    history = load_history(Workspace.of("var"), config)
    assert json.loads((built / ATTRITION_JSON).read_text(encoding="utf-8")) == list(history.attrition)
    assert history.attrition[-1]["rows_after"] == len(history.rows)
    assert ANNA not in (built / ATTRITION_CSV).read_text(encoding="utf-8")


def test_the_csv_opens_in_a_finnish_spreadsheet() -> None:
    step = {"filter": 'osa "a"; osa b', **dict.fromkeys(COLUMNS[1:], 7)}
    text = attrition_csv([step])
    assert text.startswith("\ufeff")
    assert list(csv.reader(io.StringIO(text[1:]), delimiter=";"))[1] == ['osa "a"; osa b', "7", "7", "7", "7"]


def test_the_split_goes_on_where_the_labels_ended() -> None:
    days = np.array(["2023-01-01", "2023-04-01", "2023-07-01", "2023-10-01"] * 3, "datetime64[D]")
    clients = np.repeat(np.array([ANNA, BEA, CARL], object), 4)
    clients[[3, 7]] = ANNA, ANNA  # the hold-out of the last date holds Anna twice, so her rows leave the training
    split = temporal_client_holdout(days, clients, 0.25)
    steps = split_steps(split, clients)
    assert steps[0]["rows_before"] == len(days)
    assert steps[-1]["rows_after"] == int(split.train.sum())
    for before, after in pairwise(steps):
        assert (after["rows_before"], after["clients_before"]) == (before["rows_after"], before["clients_after"])


def test_the_split_counts_rows_and_clients_by_hand() -> None:
    clients = np.array([ANNA, ANNA, BEA, CARL, CARL], object)
    train, test = np.array([1, 1, 0, 0, 0], bool), np.array([0, 0, 0, 1, 1], bool)
    left, trained = split_steps(Holdout(train, test, np.datetime64("2023-10-01")), clients)
    assert tuple(left.values())[1:] == (5, 4, 3, 2)  # Bea's row is in neither part
    assert tuple(trained.values())[1:] == (4, 2, 2, 1)
