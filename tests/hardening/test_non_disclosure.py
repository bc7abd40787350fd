"""P11: what the service tells of a client under non-disclosure (turvakielto) leads to no place and no contact.

Nobody is told a place: neither a feature nor the history of any client names one, so that nothing depends on a flag
that may come late.
"""

import json
from datetime import date

import pandas as pd
import pytest

from features.catalogue import load_catalogue
from features.rules.run import RulesConfig, rule_work
from features.store import open_snapshot
from models.answers import json_values
from serving.engine.clients.client_file import (
    TOLD,
    FileRules,
    alerts_of,
    contact_months,
    history_of,
    known_frames,
    told_frames,
)
from serving.records.evidence import evidence
from tests.records import replay_world
from tests.records.replay_world import CLIENTS, TASK, Runs, World

CATALOGUE = "configs/features.yaml"
PLACES = {"municipality", "postal_area", "other_id", "other_client_id"}
"""Columns that say where somebody lives, or who is close."""
PLANTED = {"municipality": "987", "postal_area": "98765", "unit": "TURVAKOTI_SALATTU", "other_id": "LAHEINEN_SALATTU"}
HIDDEN = CLIENTS[0]
SEEN = ("economic", "substance", "child_protection", "family")
"""Every sensitivity: the role that sees most."""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A store in which every place and contact of one client, who is under non-disclosure, is planted."""
    drawn = replay_world.registers()
    tables = {name: planted(frame) for name, frame in drawn.items()}
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("LUOTAIN_VAR", raising=False)
        patch.setattr(replay_world, "registers", lambda: tables)
        return World(tmp_path_factory.mktemp("hidden"))


def planted(frame: pd.DataFrame) -> pd.DataFrame:
    if "client_id" not in frame:
        return frame
    found, own = frame.copy(), (frame["client_id"] == HIDDEN).to_numpy()
    for column, value in PLANTED.items():
        if column in found:
            found[column] = found[column].astype(object)
            found.loc[own, column] = value
    if "non_disclosure" in found:
        found.loc[own, "non_disclosure"] = True
    return found


def traces(told: object) -> list[str]:
    text = json.dumps(told, ensure_ascii=False, default=str)
    return [value for value in PLANTED.values() if f'"{value}"' in text or (len(value) > 5 and value in text)]


def test_P11_no_feature_reads_where_somebody_lives_or_who_is_close() -> None:
    for name, family in load_catalogue(CATALOGUE).families.items():
        read = {family.value, family.by, *family.filter, *family.part}
        assert not read & PLACES, name


def test_P11_neither_answers_nor_the_log_of_them_name_a_place(world: World) -> None:
    case = world.case(HIDDEN)
    known = known_frames(world.registers, HIDDEN, TOLD)
    assert traces({name: frame.astype(str).values.tolist() for name, frame in known.items()})  # it was there to be told
    answers = (case.segment(), case.need(TASK.id))
    explored = [case.explore(output) for output in ("complexity", "resources", TASK.id)]
    told = [json_values(one) for one in (*answers, *(one.found for one in explored if one is not None))]
    log = evidence(answers, Runs(), world.registers.stamp, case.stamp())  # type: ignore[arg-type]
    assert traces([told, log]) == []


def test_P11_neither_history_nor_alerts_name_a_place(world: World) -> None:
    config = RulesConfig(var="var", rules="configs/rules.yaml", catalogue=CATALOGUE, as_of=date(2024, 4, 2))
    rules = FileRules(rule_work(open_snapshot(world.workspace.store), config), load_catalogue(CATALOGUE))
    told = told_frames(known_frames(world.registers, HIDDEN, TOLD), rules.hidden_families(SEEN))
    as_of = world.registers.stamp.as_of
    shown = [history_of(told, as_of), contact_months(told, as_of), alerts_of(world.registers, rules, HIDDEN, SEEN)]
    assert shown[0]
    assert traces([[vars(one) for one in part] for part in shown]) == []
