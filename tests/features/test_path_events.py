"""A chain's events for a process engine: every line valid, nothing twice, nothing lost, nothing from the future."""

import json
from datetime import date
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from configs.errors import DataError
from evaluation.flow.export_events import new_events, stored_cursor
from features.exports.path_events import as_lines, events_of, schema, since
from features.flow import spells_at
from tests.models.flow.flow_data import chain, client, episode, request, rows_of
from tests.plans import covers

CHAIN = chain()
NOBODY: frozenset[str] = frozenset()


def registers():
    """One matter: asked on 1.3., assessed on the 5th (recorded on the 8th), care from the 20th; another asked only."""
    matter = request(1, "2024-03-01", "2024-03-05", started="2024-03-20", assessed_recorded_at="2024-03-08")
    rows = [matter, request(2, "2024-03-02")]
    return rows_of(CHAIN, assessment=rows, decision=rows, care=[episode(1, "2024-03-20")])


def shown(events):
    return [(one["type"].rsplit(".")[-1], one["subject"][-1], one["data"]["stage"], one["data"]["day"][5:])
            for one in events]  # fmt: skip


@covers("000-83")
def test_an_engine_gets_what_became_known_since_its_cursor():
    first = new_events(CHAIN, registers(), None, date(2024, 3, 9), NOBODY)
    assert shown(first) == [
        ("entered", "1", "assessment", "03-01"),
        ("entered", "2", "assessment", "03-02"),
        ("left", "1", "assessment", "03-05"),
        ("entered", "1", "decision", "03-05"),
    ]
    then = new_events(CHAIN, registers(), date(2024, 3, 9), date(2024, 3, 21), NOBODY)
    assert shown(then) == [("left", "1", "decision", "03-20"), ("entered", "1", "care", "03-20")]
    assert {one["data"]["case_began"] for one in then} == {"2024-03-01"}  # the same case: the engine's key
    assert new_events(CHAIN, registers(), date(2024, 3, 21), date(2024, 3, 21), NOBODY) == []


@covers("000-83")
@pytest.mark.parametrize("cursor", [date(2024, 3, 2), date(2024, 3, 6), date(2024, 3, 9), date(2024, 3, 20)])
def test_two_runs_tell_what_one_run_tells(cursor):
    """Applying every line, retractions included, gives the state of the registers wherever the runs were cut."""
    held = {}
    for begin, end in ((None, cursor), (cursor, date(2024, 4, 1))):
        for event in new_events(CHAIN, registers(), begin, end, NOBODY):
            if event["type"].endswith("retracted"):
                del held[event["id"].removeprefix("retracted-")]
            else:
                assert event["id"] not in held
                held[event["id"]] = event
    assert held == events_of(CHAIN, spells_at(CHAIN, registers(), date(2024, 4, 1)))


def test_what_a_later_record_changed_is_taken_back():
    now = events_of(CHAIN, spells_at(CHAIN, registers(), date(2024, 3, 9)))
    wrong = next(iter(now.values()))
    (taken, *_) = since(now, {id: one for id, one in now.items() if one is not wrong})
    assert (taken["id"], taken["data"]) == (f"retracted-{wrong['id']}", wrong["data"])


@covers("000-83")
def test_every_line_is_valid_against_the_schema_beside_it_and_a_hidden_client_is_in_none():
    events = new_events(CHAIN, registers(), None, date(2024, 4, 1), frozenset({client(2)}))
    lines = as_lines(events).decode().splitlines()
    assert len(lines) == len(events) > 0
    validator = Draft202012Validator(schema(CHAIN))
    for line in lines:
        validator.validate(json.loads(line))
    assert {one["subject"] for one in events} == {client(1)}
    assert not validator.is_valid({**events[0], "henkilotunnus": "x"})


def test_a_damaged_cursor_is_named(tmp_path: Path):
    assert stored_cursor(tmp_path) is None
    (tmp_path / "cursor.json").write_text("{}")
    with pytest.raises(DataError, match="Remove it"):
        stored_cursor(tmp_path)
