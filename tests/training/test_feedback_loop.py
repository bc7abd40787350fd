"""From the service's record store to labels: recorded, exported, ingested, read by the training, with each switch."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from configs.workspace import Workspace
from evaluation.monitoring.decided import stored_decisions
from features.identity import pseudonymise
from features.keys import load_key
from features.side_files import ANSWERS, read_side_file
from features.store import open_snapshot
from models.segments.scheme import load_scheme
from serving import export_log
from serving.records.entries import Actor, AuditEvent, DecisionEntry
from serving.records.logs import Records
from serving.records.schema import OWN_VIEW_LOG
from tests.features.deliveries.extracts import ANNA, CECILIA, county
from tests.plans import covers
from training.rows.decision_labels import Source, decision_labels

SCHEME = load_scheme("configs/schemes/suuntima_like.yaml")
ACTOR = Actor("coordinator", "coordinator", "Esimerkki", "asiakasohjaus_keski", "session")
DECIDED = datetime(2024, 7, 1, 9, 30, tzinfo=UTC)
ASKED = {"kind": "segment", "scheme": "suuntima_like 1", "status": "answered", "basis": "model", "proposed": "network"}
SAID = {**ASKED, "model": "m", "version": "1", "as_of": "2024-07-01", "segments": {"network": 0.7}}


@pytest.fixture
def workspace(var: Path) -> Workspace:
    """Anna's proposal was accepted although she was seen otherwise before; Cecilia's was accepted, nobody was asked."""
    small = county(var)
    small.contacts(f"{ANNA};2024-03-01;;T1;A01;1")
    small.ingest()
    key = load_key(var / "keys")
    records = Records(var / "records", lambda: DECIDED)
    for n, person in enumerate((ANNA, CECILIA)):
        client = pseudonymise(key, person)
        if person == ANNA:
            view = {"key": "v", "actor_id": "coordinator", "role": "coordinator", "client_id": client}
            records.keep(OWN_VIEW_LOG, [{**view, "day": "2024-07-01", "view": "community"}], event("own_view", client))
        records.audit(event("answer", client, answer_id=f"a{n}", detail={"answers": [SAID]}))
        point = ("client_guidance", "accept", "network", "network", "", 3.0, "m 1")
        records.decide(DecisionEntry(f"k{n}", ACTOR, client, f"a{n}", *point), event("decision", client))
    records.close()
    assert export_log.main([]) == 0
    small.ingest(sources=(f"{var}/sources/*.yaml", "configs/sources/service/decisions.yaml"), quarantine_limit=1.0)
    return Workspace(var)


def event(name: Any, client: str, **more: Any) -> AuditEvent:
    return AuditEvent(name, "ok", ACTOR, "request", "care_relationship", client_id=client, **more)


@covers("002-G2")
def test_each_switch_gives_its_labels_from_the_exported_log(workspace: Workspace) -> None:
    decided = stored_decisions(workspace, open_snapshot(workspace.store))
    expected: dict[Source, list[str]] = {"none": [], "own_view_first": ["community"], "all": ["network", "network"]}
    for source, segments in expected.items():
        labels = decision_labels(decided, SCHEME, source, date(2025, 1, 1))
        assert labels.rows["segment"].tolist() == segments
    answers = read_side_file(workspace, ANSWERS).rows
    assert answers[["answer_id", "proposed", "probability"]].to_numpy().tolist() == [
        ["a0", "network", 0.7],
        ["a1", "network", 0.7],
    ]
