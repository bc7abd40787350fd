"""The service's decisions come back the way registers come: recorded, exported, ingested as the table `decisions`."""

from datetime import UTC, date, datetime
from pathlib import Path

import pandas as pd
import pytest

from configs.errors import ConfigError, DataError
from features.identity import pseudonymise
from features.keys import load_key
from features.sources.mapping import load_mapping, mapping_of
from serving import export_log
from serving.records.entries import Actor, AuditEvent, DecisionEntry
from serving.records.logs import Records
from tests.features.deliveries.extracts import ANNA, BERTTA, CONTACTS, Extracts, county
from tests.plans import covers

MAPPING = "configs/sources/service/decisions.yaml"
DECIDED = datetime(2026, 7, 1, 21, 30, tzinfo=UTC)
ACTOR = Actor("coordinator", "coordinator", "Esimerkki", "asiakasohjaus_keski", "session")


@pytest.fixture
def extracts(var: Path) -> Extracts:
    """A small county that was ingested once, before anybody decided anything."""
    small = county(var)
    small.contacts(f"{ANNA};2024-03-01;;T1;A01;1")
    take_in(small)
    return small


def take_in(extracts: Extracts, limit: float = 0.05) -> None:
    extracts.ingest(sources=(f"{extracts.var}/sources/*.yaml", MAPPING), quarantine_limit=limit)


def decide(extracts: Extracts, person: str, key: str, choice: str = "change", client_id: str | None = None) -> str:
    """Record one decision and export the log; the client's pseudonym."""
    client = client_id or pseudonymise(load_key(extracts.var / "keys"), person)
    records = Records(extracts.var / "records", lambda: DECIDED)
    entry = DecisionEntry(
        key, ACTOR, client, "answer", "client_guidance", choice, "network", "cooperative", "uusi tieto", 3.0, "m 1"
    )
    records.decide(entry, AuditEvent("decision", "ok", ACTOR, "request", "care_relationship"))
    records.close()
    assert export_log.main([]) == 0
    return client


@covers("002-G2")
def test_a_decision_comes_back_as_a_register_row(extracts: Extracts) -> None:
    until = extracts.snapshot().data_until
    assert extracts.read("decisions").empty
    client = decide(extracts, ANNA, "first")
    take_in(extracts)
    (row,) = extracts.read("decisions").to_dict("records")
    assert (row["client_id"], row["decision"], row["segment"], row["role"]) == (
        client,
        "change",
        "cooperative",
        "coordinator",
    )
    assert row["time"] == row["recorded_at"] == pd.Timestamp("2026-07-02 00:30:00")
    assert extracts.snapshot().data_until == until == date(2024, 12, 31)


def test_the_whole_log_again_adds_only_what_is_new(extracts: Extracts) -> None:
    decide(extracts, ANNA, "first")
    take_in(extracts)
    decide(extracts, BERTTA, "second", client_id=pseudonymise(load_key(extracts.var / "keys"), ANNA))
    take_in(extracts, limit=0.0)  # copies of earlier rows are no refused rows
    assert len(extracts.read("decisions")) == 2
    assert extracts.snapshot().batches[-1].files[0].quarantined == {"duplicate": 1}
    assert extracts.snapshot().data_until == date(2024, 12, 31)


@pytest.mark.parametrize("client_id", ["A" * 32, "a" * 31, "a" * 33, "g" * 32, "010594Y9032"])
def test_what_is_no_pseudonym_is_quarantined(extracts: Extracts, client_id: str) -> None:
    decide(extracts, ANNA, "first", client_id=client_id)
    take_in(extracts, limit=1.0)
    assert extracts.read("decisions").empty
    assert extracts.reasons() == {1: "bad_identifier"}


def test_a_pseudonym_that_nobody_has_is_an_orphan(extracts: Extracts) -> None:
    decide(extracts, ANNA, "first", client_id="a" * 32)
    take_in(extracts, limit=1.0)
    assert extracts.reasons() == {1: "orphan"}


def test_a_source_that_does_not_count_never_moves_data_until_even_without_markers(var: Path) -> None:
    small = county(var)
    (var / "extracts" / "people.csv.complete").unlink()
    for mapping in (dict(CONTACTS), {**CONTACTS, "source": "late", "files": "extracts/late*.csv"}):
        counts = mapping["source"] != "late"
        name = str(mapping["source"])
        small.mapping(mapping, name, complete_marker=False, counts_for_data_until=counts)
    (var / "sources" / "contacts.yaml").unlink()
    residents = (var / "sources" / "residents.yaml").read_text()
    (var / "sources" / "residents.yaml").write_text(
        residents.replace("legacy_org", "complete_marker: false\nlegacy_org")
    )
    small.contacts(f"{ANNA};2024-03-01;;T1;A01;1", until=None)
    small.contacts(f"{ANNA};2026-03-01;;T1;A01;1", name="late.csv", until=None)
    small.ingest()
    assert len(small.read()) == 2
    assert small.snapshot().data_until == date(2024, 3, 1)


def test_only_an_optional_source_may_be_missing(var: Path) -> None:
    small = county(var)
    with pytest.raises(DataError, match="No file matches"):
        small.ingest()
    small.mapping(CONTACTS, optional=True)
    small.ingest()
    assert small.read().empty
    (var / "extracts" / "contacts.csv").write_text("half")
    with pytest.raises(DataError, match="still be being written"):
        small.ingest()


def test_the_place_and_the_promises_of_a_source_do_not_change_its_meaning() -> None:
    mapping = load_mapping(MAPPING)
    assert (mapping.optional, mapping.counts_for_data_until) == (True, False)
    plain = {"optional": False, "counts_for_data_until": True, "repeats_deliveries": False}
    assert mapping.model_copy(update=plain).sha256_of_meaning == mapping.sha256_of_meaning


def test_a_pseudonym_of_another_kind_is_named() -> None:
    columns = {**CONTACTS["columns"], "client_id": {"from": "hetu", "pseudonymise": "never"}}  # type: ignore[dict-item]
    with pytest.raises(ConfigError, match="already"):
        mapping_of({**CONTACTS, "columns": columns})
