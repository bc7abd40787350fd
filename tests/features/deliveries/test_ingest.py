"""From files to a snapshot: every row lands, every clock is set, nothing is guessed."""

from pathlib import Path

import pandas as pd
import pytest

from configs.errors import ConfigError, DataError
from features.identity import canonical_henkilotunnus, pseudonymise
from features.ingest.__main__ import main
from features.keys import load_key
from features.schema.frames import schema_of
from features.tables import TABLES
from tests.features.deliveries.extracts import ANNA, BERTTA, CECILIA, CONTACTS, RESIDENTS, Extracts, county, report_of
from tests.plans import covers


@pytest.fixture
def extracts(var: Path) -> Extracts:
    return county(var)


@covers("000-78", "001-H1", "002-D5")
def test_rows_become_canonical_rows(extracts: Extracts) -> None:
    extracts.contacts(
        f"{ANNA};2024-03-01 10:00:00;2024-03-02 08:00:00;T1;A01;12,5",
        f"{BERTTA};2022-05-05;;T2;;",
    )
    outcome = extracts.ingest()
    rows = extracts.read()
    schema_of("contacts").validate(rows)
    key = load_key(extracts.var / "keys")
    assert set(rows.client_id) == {pseudonymise(key, canonical_henkilotunnus(p, "link")) for p in (ANNA, BERTTA)}
    first, second = (row for _, row in rows.sort_values("time", ascending=False).iterrows())
    assert (first.service, first.reason, first.minutes) == ("gp_visit", "A01", 12.5)
    assert first.recorded_at == pd.Timestamp("2024-03-02 08:00:00")
    assert second[["reason", "minutes"]].isna().all()
    assert second.recorded_at == pd.Timestamp("2022-05-07")  # no clock in the source: 5 May + 2 days of declared delay
    assert (report_of(outcome).rows, report_of(outcome).accepted) == (2, 2)
    assert extracts.snapshot().data_until.isoformat() == "2024-12-31"


def test_accepted_and_quarantined_make_up_the_file(extracts: Extracts) -> None:
    extracts.contacts(
        f"{ANNA};2024-03-01;;T1;A01;1",
        f"{ANNA};2024-03-02;;T9;A01;1",
        "",
        f"{ANNA};2024-03-03;;T1;A01;1",
    )
    report = report_of(extracts.ingest())
    assert (report.rows, report.accepted, sum(report.quarantined.values())) == (4, 2, (1 + 1))
    assert extracts.reasons() == {3: "unknown_code", 4: "too_few_fields"}


def test_quarantine_holds_no_value_of_a_client(extracts: Extracts) -> None:
    file = extracts.contacts(f"{ANNA};2024-03-01;;T9;A01;1", f"{ANNA[:-1]}*;2024-03-01;;T1;A01;1")
    extracts.ingest()
    refused = extracts.quarantine()
    assert list(refused.columns) == ["source", "table", "file", "file_sha256", "line", "lines", "reason", "column"]
    assert refused.file.tolist() == [file.name] * 2
    assert refused.column.tolist() == ["service", "client_id"]
    assert not any(ANNA[:6].encode() in path.read_bytes() for path in extracts.store.rglob("*") if path.is_file())


def test_the_same_files_give_the_same_snapshot(extracts: Extracts, tmp_path: Path) -> None:
    extracts.contacts(*(f"{ANNA};2024-03-01 10:{minute:02d}:00;;T1;A01;1" for minute in range(60)))
    first = extracts.ingest()
    (extracts.store / "manifest.json").unlink()
    assert extracts.ingest().sha256 == first.sha256


def test_a_changed_mapping_is_refused_for_known_files(extracts: Extracts) -> None:
    extracts.contacts(f"{ANNA};2024-03-01;;T1;A01;1")
    extracts.ingest()
    extracts.mapping(CONTACTS, recording_delay_days=9)
    with pytest.raises(ConfigError, match="another version of the mapping of clinic"):
        extracts.ingest()


def test_rows_outside_where_are_counted_as_filtered(extracts: Extracts) -> None:
    extracts.mapping(CONTACTS, where={"column": "service", "in": ["T1"]})
    extracts.contacts(f"{ANNA};2024-03-01;;T1;A01;1", f"{ANNA};2024-03-02;;T2;A01;1", "broken")
    report = report_of(extracts.ingest())
    assert (report.rows, report.accepted, report.filtered, report.quarantined) == (3, 1, 1, {"too_few_fields": 1})


def test_every_later_date_gets_a_clock_of_its_own(extracts: Extracts) -> None:
    columns = {
        "client_id": {"from": "hetu", "pseudonymise": "henkilotunnus"},
        "start": {"from": "start"},
        "end": {"from": "end"},
        "end_recorded_at": {"from": "end_recorded"},
        "kind": {"value": "ward_stay"},
    }
    mapping = {**CONTACTS, "source": "ward", "table": "episodes", "files": "extracts/wards.csv", "columns": columns}
    extracts.mapping(mapping)
    extracts.deliver(
        "wards.csv",
        "hetu;start;end;end_recorded\n"
        f"{ANNA};2024-01-01;2024-01-05;2024-01-20\n"
        f"{BERTTA};2022-01-01;2022-01-05;\n"
        f"{CECILIA};2024-01-01;;2024-01-20\n",
    )
    extracts.contacts(f"{ANNA};2024-03-01;;T1;A01;1")
    extracts.ingest()
    rows = extracts.read("episodes")
    assert set(rows.recorded_at) == {pd.Timestamp("2022-01-03"), pd.Timestamp("2024-01-03")}  # start + 2 days
    assert sorted(rows.end_recorded_at.dropna()) == [pd.Timestamp("2022-01-07"), pd.Timestamp("2024-01-20")]
    assert rows.end_recorded_at.isna().equals(rows.end.isna())  # a clock without its date says nothing


def test_days_that_follow_each_other_make_one_episode(extracts: Extracts) -> None:
    columns = {
        "client_id": {"from": "hetu", "pseudonymise": "henkilotunnus"},
        "start": {"from": "day"},
        "kind": {"value": "ward_stay"},
    }
    merge = {"by": ["client_id", "kind"], "gap_days": 1, "end": "end"}
    mapping = {**CONTACTS, "source": "beds", "table": "episodes", "files": "extracts/beds.csv", "columns": columns}
    extracts.mapping(mapping, merge=merge)
    days = ["2024-01-03", "2024-01-01", "2024-01-02", "2024-01-02", "2024-01-05", "2024-01-06"]
    extracts.deliver("beds.csv", "hetu;day\n" + "".join(f"{ANNA};{day}\n" for day in days) + f"{BERTTA};2022-01-04\n")
    extracts.contacts(f"{ANNA};2024-03-01;;T1;A01;1")
    report = report_of(extracts.ingest(), "beds.csv")
    rows = extracts.read("episodes").sort_values("start")
    assert list(zip(rows.start.dt.strftime("%m-%d"), rows.end.dt.strftime("%m-%d"), strict=True)) == [
        ("01-04", "01-05"),  # Bertta, 2022
        ("01-01", "01-04"),
        ("01-05", "01-07"),
    ]
    assert (rows.end_recorded_at - rows.end).unique() == pd.Timedelta(days=2)
    assert (report.rows, report.accepted, report.stored) == (7, 7, 3)


def test_equal_rows_of_a_source_without_row_keys_are_different_events(extracts: Extracts) -> None:
    extracts.mapping(CONTACTS, repeats="keep")
    extracts.contacts(*[f"{ANNA};2024-03-01;;T1;A01;1"] * 3, name="contacts_1.csv")
    extracts.ingest()
    extracts.contacts(*[f"{ANNA};2024-03-01;;T1;A01;1"] * 3, f"{ANNA};2024-03-02;;T1;A01;1", name="contacts_2.csv")
    report = report_of(extracts.ingest(), "contacts_2.csv")
    assert report.quarantined == {"duplicate": 3}  # the grown delivery repeats the first one
    assert len(extracts.read()) == (3 + 1)


def test_an_age_becomes_a_birth_year(extracts: Extracts) -> None:
    columns = {**RESIDENTS["columns"], "birth_year": {"from": "age", "age_on": "day"}, "died_on": {"from": "died"}}
    extracts.mapping(RESIDENTS, columns=columns)
    extracts.deliver("people.csv", f"hetu;age;day;died\n{ANNA};74.0;2024-06-01;\n{BERTTA};;2024-06-01;\n")
    extracts.contacts(f"{ANNA};2024-03-01;;T1;A01;1")
    extracts.ingest()
    assert sorted(extracts.read("residents").birth_year.fillna(0)) == [0, 1950]


def test_the_command_prints_what_became_of_every_row(
    extracts: Extracts, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    extracts.contacts(f"{ANNA};2024-03-01;;T1;A01;1", f"{ANNA};2024-03-01;;T9;A01;1")
    config = tmp_path / "ingest.yaml"
    config.write_text(
        f"var: x\nsources: ['{extracts.var}/sources/*.yaml']\nquarantine_limit: 0.5\n"
        "identity: {test_range: link, create_key: true}\n"
    )
    assert main(["--config", str(config)]) == 0
    printed = capsys.readouterr().out
    assert [line.split() for line in printed.splitlines() if line.startswith("contacts")] == [
        ["contacts", "contacts.csv", "2", "1", "0", "1", "1", "unknown_code", "1"]
    ]
    assert main(["--config", str(config)]) == 0
    assert "2 files had been ingested before" in capsys.readouterr().out


def test_an_empty_store_says_what_to_type(extracts: Extracts) -> None:
    with pytest.raises(DataError, match=r"python -m features\.ingest"):
        extracts.snapshot()


def test_tables_that_nobody_delivers_are_empty_frames_of_the_right_shape(extracts: Extracts) -> None:
    extracts.contacts(f"{ANNA};2024-03-01;;T1;A01;1")
    extracts.ingest()
    for name in TABLES:
        schema_of(name).validate(extracts.read(name))
