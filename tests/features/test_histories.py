"""Histories: any rows in any order, one client at request time, the grid command, attrition, and what it refuses."""

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from configs.errors import ConfigError, DataError
from configs.workspace import Workspace
from features.catalogue.vocabulary import Vocabulary
from features.histories import HistoriesConfig, build, build_client, build_grid, load_history, main
from features.known import known_at
from features.reference import reference_features
from features.store import Snapshot
from features.tables import TABLES
from tests.features.histories_data import WORDS, catalogue_of, family, store_of, table_of

ANNA, BEA, CARL = ("0000000a" + "0" * 24, "0000000b" + "0" * 24, "0000000c" + "0" * 24)
FAMILIES = (
    family("visits", "contacts", "count", by="service", windows=[30, 90]),
    family("care", "episodes", "valid_on", filter={"kind": "home_care_regular"}),
    family("age", "residents", "age_years", value="birth_year"),
)
CATALOGUE = catalogue_of(*FAMILIES)
VOCABULARY = Vocabulary({"visits": ("gp_visit",)}, date(2024, 1, 1))
TABLES_OF_TEST = {
    "residents": table_of(
        "residents",
        [
            {"client_id": ANNA, "birth_year": 1940},
            {"client_id": BEA, "birth_year": 2015},  # a child
            {"client_id": CARL, "birth_year": 1950, "died_on": "2024-02-10", "died_recorded_at": "2024-03-05"},
        ],
    ),
    "contacts": table_of(
        "contacts",
        [
            {"client_id": ANNA, "time": "2024-01-10", "service": "gp_visit"},
            {"client_id": ANNA, "time": "2024-02-10", "service": "nurse_visit"},
            {"client_id": BEA, "time": "2024-02-20", "service": "gp_visit"},
            {"client_id": CARL, "time": "2024-02-01", "service": "gp_visit", "recorded_at": "2024-03-20"},
        ],
    ),
    "episodes": table_of(
        "episodes",
        [{"client_id": ANNA, "start": "2024-01-01", "end": "2024-03-15", "end_recorded_at": "2024-03-20"}],
    ),
}
ROWS = pd.DataFrame(
    {
        "client_id": [CARL, ANNA, BEA, ANNA, "0000000d" + "0" * 24],
        "as_of": pd.to_datetime(["2024-03-01", "2024-04-01", "2024-03-01", "2024-03-01", "2024-03-01"]),
    }
)
EXPECTED = {
    #                             CARL  ANNA  BEA  ANNA  unknown client
    "visits__gp_visit__30d": [0, 0, 1, 0, np.nan],
    "visits__gp_visit__90d": [0, 1, 1, 1, np.nan],
    "visits__other__30d": [0, 0, 0, 1, np.nan],
    "visits__other__90d": [0, 1, 0, 1, np.nan],
    "care": [0, 0, 0, 1, np.nan],
    "age": [74, 84, 9, 84, np.nan],
}


@pytest.fixture
def snapshot(var: Path) -> Snapshot:
    return store_of(var / "store", TABLES_OF_TEST)


@pytest.fixture
def config(var: Path) -> Path:
    """A monthly grid over the test's store."""
    words = {"name": WORDS, "dimension": "health", "role": "risk", "source": "test", "unit": "count"}
    families = {
        "visits": {"table": "contacts", "aggregate": "count", "by": "service", "windows": [30], **words},
        "age": {"table": "residents", "aggregate": "age_years", "value": "birth_year", **words},
    }
    named = {"sources": "configs/catalogue.yaml", "dimensions": {"health": WORDS}}
    catalogue = {**named, "vocabulary": {"minimum_rows": 1}, "families": families}
    (var / "features.yaml").write_text(yaml.safe_dump(catalogue, sort_keys=False), encoding="utf-8")
    file = var / "histories.yaml"
    settings = {
        "var": "var",
        "catalogue": str(var / "features.yaml"),
        "dates": {"first": "2024-03-01", "last": "2024-05-01", "step": "month"},
        "vocabulary_until": "2024-03-01",
        "rules": [{"rule": "alive"}, {"rule": "age", "at_least": 18}],
    }
    file.write_text(yaml.safe_dump(settings), encoding="utf-8")
    return file


def test_rows_come_back_in_the_order_given(snapshot: Snapshot) -> None:
    history = build(snapshot, ROWS, CATALOGUE, VOCABULARY)
    expected = pd.DataFrame(EXPECTED, dtype=np.float32)
    pd.testing.assert_frame_equal(history.frame, expected)
    assert history.rows["client_id"].tolist() == ROWS["client_id"].tolist()
    assert history.snapshot_sha256 == snapshot.sha256


def test_one_client_at_request_time_reads_the_same_row(snapshot: Snapshot) -> None:
    history = build(snapshot, ROWS, CATALOGUE, VOCABULARY)
    for place, (client, as_of) in enumerate(zip(ROWS["client_id"], ROWS["as_of"], strict=True)):
        row = build_client(snapshot, client, as_of.date(), CATALOGUE, VOCABULARY)
        np.testing.assert_array_equal(row, history.frame.iloc[place].to_numpy())
        assert row.dtype == np.float32


def test_the_reference_agrees_on_the_store_too(snapshot: Snapshot) -> None:
    history = build(snapshot, ROWS, CATALOGUE, VOCABULARY)
    slow = reference_features(
        TABLES_OF_TEST, ROWS["client_id"].to_numpy(), ROWS["as_of"].to_numpy(), CATALOGUE, VOCABULARY
    )
    np.testing.assert_array_equal(history.frame.to_numpy(), slow)


def test_the_command_prints_what_every_rule_removed(
    snapshot: Snapshot, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--config", str(config)]) == 0
    printed = capsys.readouterr().out
    lines = [line.split() for line in printed.splitlines()[1:-1]]
    #                rule            rows    rows   clients
    assert lines == [
        ["known", "9", "9", "3", "3"],
        ["alive", "9", "7", "3", "3"],  # Carl's death was known on two of three dates
        ["age", ">=", "18", "7", "4", "3", "2"],
    ]
    assert "history" in printed.splitlines()[-1]


def test_a_built_history_loads_and_is_not_built_twice(snapshot: Snapshot, config: Path, var: Path) -> None:
    main(["--config", str(config)])
    history = load_history(Workspace(var), config)
    assert list(history.frame.columns) == [
        "visits__gp_visit__30d",
        "visits__nurse_visit__30d",
        "visits__other__30d",
        "age",
    ]
    expected = {(ANNA, "2024-03-01"), (ANNA, "2024-04-01"), (ANNA, "2024-05-01"), (CARL, "2024-03-01")}
    assert {(row.client_id, str(row.as_of.date())) for row in history.rows.itertuples()} == expected
    assert [step["filter"] for step in history.attrition] == ["known", "alive", "age >= 18"]
    folder = var / "histories" / history.id
    before = {file: file.stat().st_mtime_ns for file in folder.iterdir()}
    main(["--config", str(config)])
    assert {file: file.stat().st_mtime_ns for file in folder.iterdir()} == before
    assert [entry.name for entry in (var / "histories").iterdir()] == [history.id]


def test_two_processes_build_the_same_bytes(snapshot: Snapshot, config: Path, var: Path) -> None:
    one = build_grid(Workspace(var), _config(config))
    first = {file.name: file.read_bytes() for file in one.glob("part-*")}
    for file in one.iterdir():
        file.unlink()
    two = build_grid(Workspace(var), _config(config, processes=2))
    assert {file.name: file.read_bytes() for file in two.glob("part-*")} == first


def test_a_history_of_another_snapshot_is_not_loaded(snapshot: Snapshot, config: Path, var: Path) -> None:
    main(["--config", str(config)])
    store_of(var / "store", {**TABLES_OF_TEST, "contacts": TABLES_OF_TEST["contacts"].iloc[:2]})
    with pytest.raises(DataError, match="There is no history for this snapshot"):
        load_history(Workspace(var), config)


def test_dates_before_all_data_leave_nobody_and_nothing_half_written(
    snapshot: Snapshot, config: Path, var: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = config.read_text().replace("2024-03-01", "2010-03-01").replace("2024-05-01", "2010-05-01")
    config.write_text(text)
    assert main(["--config", str(config)]) == 3
    assert "No client is left on these dates. known: 0 rows left." in capsys.readouterr().err
    assert list((var / "histories").iterdir()) == []


def test_without_a_store_the_command_says_what_to_type(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--config", str(config)]) == 3
    assert "python -m features.ingest" in capsys.readouterr().err


@pytest.mark.parametrize(
    "rule, said",
    [
        ("{rule: age}", "needs `at_least` or `at_most`"),
        ("{rule: event_within, table: contacts}", "needs `table` and `days`"),
        ("{rule: event_within, table: contact, days: 3}", "Did you mean `contacts`"),
    ],
)
def test_an_incomplete_rule_is_refused(config: Path, rule: str, said: str) -> None:
    values = yaml.safe_load(config.read_text())
    values["rules"] = [yaml.safe_load(rule)]
    config.write_text(yaml.safe_dump(values))
    with pytest.raises(ConfigError, match=said):
        _config(config)


def test_known_at_empties_later_dates_that_were_not_known() -> None:
    episodes = TABLES_OF_TEST["episodes"]
    assert known_at(TABLES["episodes"], episodes, date(2024, 1, 1)).empty
    assert known_at(TABLES["episodes"], episodes, date(2024, 3, 20))["end"].isna().all()
    assert known_at(TABLES["episodes"], episodes, date(2024, 3, 21))["end"].tolist() == [pd.Timestamp("2024-03-15")]


def _config(file: Path, **changes: int) -> HistoriesConfig:
    from configs.loader import load_config

    return load_config(file, HistoriesConfig).model_copy(update=changes)
