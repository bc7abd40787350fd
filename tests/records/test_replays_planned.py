"""Replay of planning answers: forecasts, scenarios and staffing come out bit for bit, also after later overrides."""

from typing import Any

import pytest

from models.bundles.bundle import write_bundle
from models.bundles.signing import load_or_create_signing_key
from serving.engine.catalogue import known_until
from serving.engine.clients.case import stamp_of
from serving.engine.shelf import Chosen, LiveModel
from serving.pages.planner.services import Correction
from serving.planning.live import LiveDemand
from serving.records.chain.chained import append_to, entry_of
from serving.records.database import writing
from serving.records.logs import Wanted
from serving.records.schema import AUDIT_LOG
from serving.replaying import sources
from serving.replaying.recompute import replay
from tests.records.replay_world import no_registry
from tests.serving import planner_at_work
from tests.serving.fake_engine import FakeEngine
from tests.serving.live_models import SERIES, demand_model
from tests.serving.serving_parts import SETTINGS, house

visitor = planner_at_work.visitor
planner = planner_at_work.planner

NAME = "demand_home_care_weekly"


@pytest.fixture
def built(tmp_path, monkeypatch):
    """The service over a real demand model whose signed bundle lies in the data folder."""
    monkeypatch.setenv("LUOTAIN_VAR", str(tmp_path))
    monkeypatch.setattr(sources, "connect", no_registry)
    engine, model, workspace = FakeEngine(), demand_model(), SETTINGS.workspace
    folder = workspace.bundles / NAME
    folder.mkdir(parents=True)
    sha256 = write_bundle(folder / "new", "demand", model.to_files(), load_or_create_signing_key(workspace.keys))
    (folder / "new").rename(folder / sha256)
    live = LiveModel(Chosen(NAME, "1", "run-1", sha256), model)
    engine.demand = LiveDemand(NAME, stamp_of(live, *known_until(model)), model)
    made = house(engine)
    yield made
    made.close()


def last(built) -> int:
    return built.desk.records.page(AUDIT_LOG, Wanted({}), 1, 1).entries[0]["seq"]


def verdict_of(built, seq) -> Any:
    found = replay(SETTINGS, seq)
    assert found.notes == ()
    return found.verdicts[0]


def asked(planner, visitor) -> dict[str, Any]:
    """Each kind of question that planners ask."""
    shipped = [one.id for one in planner.scenarios(visitor)][:3]
    return {
        "forecast": lambda: planner.picture(visitor, NAME, SERIES),
        "scenario": lambda: planner.compare(visitor, NAME, SERIES, shipped),
        "staffing": lambda: planner.staffing(visitor, NAME, {}, None),
        "staffing of a scenario": lambda: planner.staffing(
            visitor, NAME, {"service_level": 0.7}, "closing_of_a_service_point"
        ),
    }


def test_every_planning_answer_comes_out_bit_for_bit_also_after_a_later_override(built, planner, visitor):
    answered = {}
    for name, ask in asked(planner, visitor).items():
        ask()
        answered[name] = last(built)
    period = planner.picture(visitor, "", SERIES).answer.points[0].period_start
    planner.correct(visitor, Correction(NAME, SERIES, period, 100.0, "Uusi yksikkö", "form-1"))
    asked(planner, visitor)["scenario"]()
    answered["scenario of the corrected"] = last(built)
    said = {name: verdict_of(built, seq) for name, seq in answered.items()}
    assert {name: one.outcome for name, one in said.items()} == dict.fromkeys(answered, "same"), said
    assert said["scenario"].logged_sha256 != said["scenario of the corrected"].logged_sha256
    assert said["scenario"].id == SERIES


@pytest.mark.parametrize(
    "change,                                  outcome,        says",
    [
        ({"answer_sha256": "0" * 64, "ground_sha256": "0" * 64}, "differs", "the planning files"),
        ({"answer_sha256": "0" * 64, "overrides": 5}, "differs", "the stored overrides"),
        ({"bundle_sha256": "cd" * 32}, "not_possible", "is gone"),
        ({"population_sha256": "cd" * 32}, "not_possible", "keeps no snapshot"),
    ],
)  # fmt: skip
def test_what_a_planning_entry_says_wrongly_is_found(built, planner, visitor, change, outcome, says):
    asked(planner, visitor)["scenario"]()
    entry = dict(entry_of(built.desk.records.engine, AUDIT_LOG, last(built)))
    entry["detail"] = {**entry["detail"], "answers": [{**entry["detail"]["answers"][0], **change}]}
    with writing(built.desk.records.engine) as connection:
        seq = append_to(connection, AUDIT_LOG, {**entry, "event_id": "x"}).seq
    found = verdict_of(built, seq)
    assert (found.outcome, says in found.said) == (outcome, True), found.said


def test_an_entry_of_an_earlier_release_is_said_to_be_one(built, planner, visitor):
    asked(planner, visitor)["staffing"]()
    entry = dict(entry_of(built.desk.records.engine, AUDIT_LOG, last(built)))
    (said,) = entry["detail"]["answers"]
    entry["detail"] = {**entry["detail"], "answers": [{k: v for k, v in said.items() if k != "overrides"}]}
    with writing(built.desk.records.engine) as connection:
        seq = append_to(connection, AUDIT_LOG, {**entry, "event_id": "x"}).seq
    assert "did not note everything" in verdict_of(built, seq).said
