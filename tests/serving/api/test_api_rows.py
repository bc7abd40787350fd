"""Rows that come with the question: the same features as from the registers; faults by column and row, no values."""

import json
from datetime import date, datetime, timedelta

import numpy as np
import pytest

from features.columnar import as_columns
from features.kernel import build_features
from features.packed.pack import packed_tables
from features.tables import TABLES
from serving.engine.clients.posted import NOBODY, PostedRowError, posted_day, posted_tables
from tests.features.kernel.kernel_world import AS_OF, EMPTY, EVERYTHING, KEPT, World
from tests.serving import served as service
from tests.serving.served import MARKS, error
from tests.serving.serving_parts import CLIENT_QUESTION

served = service.served

pytestmark = MARKS
STAY = {
    "birth_year": 1940, "sex": "female", "language": "fi", "municipality": "901", "history_start": "2020-01-01",
    "valid_from": "2020-01-01", "non_disclosure": False, "recorded_at": "2020-01-02T08:00:00",
}  # fmt: skip
CONTACT = {
    "time": "2024-01-05T10:00:00", "sector": "primary", "service": "T11", "channel": "phone", "urgency": "urgent",
    "status": "done", "recorded_at": "2024-01-05T12:00:00",
}  # fmt: skip
EPISODE = {"start": "2023-05-01", "kind": "home_care_regular", "recorded_at": "2023-05-01T09:00:00"}
SCORE = {
    "time": "2024-01-01", "instrument": "RAI-HC", "scale": "CPS", "value": 2, "respondent": "professional",
    "recorded_at": "2024-01-01T09:00:00",
}  # fmt: skip


def posted(**tables):
    return {**CLIENT_QUESTION, "as_of": "2024-02-01", "tables": tables}


def as_posted(name, frame, client):
    """A frame's rows of one client as a caller would write them."""
    table, rows = TABLES[name], []
    for row in frame[frame["client_id"] == client].to_dict("records"):
        cells = {}
        for column in table.columns:
            value = row[column.name]
            if value is None or value is np.nan or value != value or str(value) == "NaT":
                continue
            cells[column.name] = value.isoformat() if isinstance(value, datetime) else _plain(column, value)
        rows.append(cells)
    return rows


def whole(name, frame):
    """The frame with something in every text that must not be empty."""
    filled = {
        column.name: frame[column.name].astype(object).where(frame[column.name].notna(), "x")
        for column in TABLES[name].columns
        if column.kind == "text" and not column.nullable
    }
    return frame.assign(**filled)


def _plain(column, value):
    if column.kind == "integer":
        return int(value)
    return float(value) if column.kind == "number" else bool(value) if column.kind == "flag" else str(value)


def test_the_kernel_gives_the_same_features_of_posted_rows_as_of_the_registers(monkeypatch):
    monkeypatch.setattr(
        "serving.engine.clients.posted._refuse_disorder", lambda *_: None
    )  # the world's clocks are wild
    monkeypatch.setattr("serving.engine.clients.posted._refuse_outside", lambda *_: None)
    world = World(seed=3, clients=12)
    world.tables = {name: whole(name, frame) for name, frame in world.tables.items()}
    names = {table.name for table in packed_tables()}
    for number in range(12):
        client = f"c{number}"
        sent = {name: as_posted(name, frame, client) for name, frame in world.tables.items() if name in names}
        tables = posted_tables(json.loads(json.dumps(sent)), 2000)
        for day in AS_OF:
            at = np.array([day], "datetime64[D]")
            ours = build_features({**EMPTY, **tables}, np.array([NOBODY], object), at, EVERYTHING, KEPT)
            theirs = build_features(world.tables, np.array([client], object), at, EVERYTHING, KEPT)
            np.testing.assert_array_equal(ours, theirs)


def test_an_answer_from_rows_is_logged_by_hash_and_holds_no_value(served):
    question = posted(residents=[STAY], contacts=[CONTACT, {**CONTACT, "service": "CANARY"}])
    response = served.ask("/v1/segment/rows", question)
    said = response.json()
    assert (response.status_code, said["status"], said["routing"]["urgency"]["id"]) == (
        200,
        "answered",
        "seven_working_days",
    )
    entry = served.log()[0]
    assert (entry["event"], entry["client_id"], entry["ground"]) == ("rows_answer", None, "role")
    assert (entry["detail"]["rows"], entry["detail"]["input_sha256"]) == (3, said["input_sha256"])
    assert "CANARY" not in str(entry)
    assert served.engine.asked[-2:] == [("posted", 3), ("segment", None)]
    again = served.ask("/v1/segment/rows", question).json()
    assert again["input_sha256"] == said["input_sha256"]
    assert len(said["input_sha256"]) == 64


def test_needs_from_rows(served):
    one = served.ask("/v1/need/rows", {**posted(residents=[STAY]), "task": "heavier_home_care_6m"}).json()
    every = served.ask("/v1/need/rows", {**posted(residents=[STAY]), "task": "all"}).json()
    assert one["task"] == every["answers"][0]["task"] == "heavier_home_care_6m"
    assert served.ask("/v1/need/rows", {**posted(), "task": "all"}, user="planner").status_code == 403


def without(row, name):
    return {key: value for key, value in row.items() if key != name}


@pytest.mark.parametrize(
    "tables,                                                        field,                          word",
    [
        ({"contacts": [CONTACT, {**CONTACT, "channel": "CANARY"}]}, "tables.contacts.1.channel", "one of: in_person"),
        ({"contacts": [{**CONTACT, "minutes": "CANARY"}]}, "tables.contacts.0.minutes", "must be number"),
        ({"contacts": [{**CONTACT, "minutes": True}]}, "tables.contacts.0.minutes", "must be number"),
        ({"contacts": [{**CONTACT, "minutes": 1441}]}, "tables.contacts.0.minutes", "0–1440"),
        ({"contacts": [without(CONTACT, "service")]}, "tables.contacts.0.service", "lacks the column"),
        ({"contacts": [{**CONTACT, "service": None}]}, "tables.contacts.0.service", "lacks the column"),
        ({"contacts": [{**CONTACT, "service": "a\r\nb"}]}, "tables.contacts.0.service", "text"),
        ({"contacts": [{**CONTACT, "010594Y9032": 1}]}, "tables.contacts.0", "column that is not known"),
        ({"contacts": [{**CONTACT, "time": "2024-01-05T10:00:00+02:00"}]}, "tables.contacts.0.time", "YYYY"),
        ({"contacts": [{**CONTACT, "time": "1700-01-05"}]}, "tables.contacts.0.time", "YYYY"),
        ({"contacts": [{**CONTACT, "time": "2024-01-06"}]}, "tables.contacts.0.time", "before it happened"),
        ({"episodes": [{**EPISODE, "end": "2023-04-30"}]}, "tables.episodes.0.end", "before `start`"),
        ({"assessments": [{**SCORE, "value": 9}]}, "tables.assessments.0.value", "0–6"),
        ({"residents": [{**STAY, "non_disclosure": 1}]}, "tables.residents.0.non_disclosure", "true/false"),
        ({"contacts": {"0": CONTACT}}, "tables.contacts", "list of rows"),
        ({"contacts": ["CANARY"]}, "tables.contacts", "list of rows"),
        ({"CANARY": []}, "tables", "Allowed: residents"),
        ({"contacts": [{}] * 10_001}, "tables", "1 to 10000"),
    ],
)  # fmt: skip
def test_a_bad_row_is_named_by_table_column_and_row_never_by_value(served, tables, field, word):
    response = served.ask("/v1/segment/rows", posted(**tables), Accept_Language="en")
    assert (response.status_code, error(response)["field"]) == (400, field), response.text
    assert word in error(response)["message"]
    assert not any(value in response.text for value in ("CANARY", "010594Y9032", "1441", "1700"))


@pytest.mark.parametrize("day", ["2024-02-30", "0001-01-01", "9999-12-31"])
def test_a_day_that_is_none(served, day):
    response = served.ask("/v1/segment/rows", {**posted(), "as_of": day})
    assert (response.status_code, error(response)["field"]) == (400, "as_of")


def test_every_table_of_clients_may_be_posted_and_is_empty_when_it_is_not():
    tables = posted_tables({}, 10)
    assert set(tables) == {table.name for table in packed_tables()}
    assert all(len(table) == 0 for table in tables.values())
    assert posted_day("2024-02-29") - date(2024, 2, 28) == timedelta(days=1)
    with pytest.raises(PostedRowError, match="1 to 1 items"):
        posted_tables({"contacts": [CONTACT, CONTACT]}, 1)


def test_rows_are_read_as_the_registers_hold_them():
    contacts = as_columns(posted_tables({"contacts": [CONTACT]}, 10)["contacts"])
    assert contacts.values("time").tolist() == [int(np.datetime64("2024-01-05T10:00:00", "s").astype(np.int64))]
    assert contacts.text("channel").present() == ["phone"]
    assert np.isnan(contacts.values("minutes")).all()
    assert len(contacts.text("profession").present()) == 0
