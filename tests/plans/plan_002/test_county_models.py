"""Rows 002 about models trained on the small county: sums of clients, groups and the gate.

What a report says is summed once more from single clients' answers.
"""

from typing import Any

import pandas as pd
import pytest

from configs.loader import load_config
from evaluation.areas.__main__ import make as areas_report
from evaluation.areas.settings import AreasConfig
from evaluation.client_groups.counting import NO_GROUP, Wanted, count
from evaluation.client_groups.settings import ClientGroupsConfig
from features.histories import HistoriesConfig
from features.segment_records import known_answers
from features.store import Snapshot, read_table
from models.answers import ModelStamp
from models.segments.questionnaire import by_hand, recorded_answers
from serving.oversight.usability import usability
from tests.plans import covers
from tests.plans.county import born, ends, known, until
from tests.plans.plan_002.trained import TASK, Trained, living_today, seen_lately

pytestmark = pytest.mark.xdist_group("county")  # one process builds it
STAMP = ModelStamp("m", "1", "0" * 64, "2024-12-31", "2025-01-01")


@pytest.fixture(scope="module")
def likely(county: Snapshot, trained: Trained) -> pd.Series:
    """client_id → the likelihood that one client's answer tells; those whom the task asks about."""
    found = {}
    for client, row in zip(trained.clients, trained.rows, strict=True):
        answer = trained.need.answer(row, STAMP)
        if answer.status == "answered" and client in seen_lately(county):
            assert answer.likelihood is not None
            found[client] = answer.likelihood.probability
            assert sum(level.probability for level in answer.levels) == pytest.approx(1)
    return pd.Series(found)


@covers("002-A1", "002-A7", county=True)
def test_the_clients_answers_add_up_to_the_figures_of_the_areas(
    county: Snapshot, trained: Trained, likely: pd.Series
) -> None:
    config = load_config("configs/areas.yaml", AreasConfig)
    _, report = areas_report(config.model_copy(update={"tasks": (f"configs/needs/{TASK}.yaml",)}))
    (task,) = report["tasks"]
    stays = known(county, "residents").drop_duplicates("client_id", keep="last").set_index("client_id")
    by_area = likely.groupby(stays["municipality"].reindex(likely.index)).agg(["sum", "size"])
    shown = [line for line in task["areas"] if not line["hidden"]]
    assert len(shown) >= 2
    for line in shown:
        own = by_area.loc[line["id"]]
        assert (line["known"]["value"], line["clients"]) == (pytest.approx(own["sum"]), own["size"])
    whole = task["county"]["known"]
    assert whole["value"] == pytest.approx(likely.sum())
    assert whole["low95"] <= whole["low80"] < whole["value"] < whole["high80"] <= whole["high95"]
    assert task["demand"]["why"]["en"]  # no forecast counts the same people: said, and not compared


@covers("002-A1", county=True)
def test_only_those_in_home_care_are_asked_and_get_four_likelihoods(county: Snapshot, likely: pd.Series) -> None:
    episodes = known(county, "episodes")
    over = ends(county, episodes, "end", "end_recorded_at")
    home = episodes[(episodes["kind"] == "home_care_regular") & (episodes["start"] < until(county))]
    now = set(home.loc[~(over.reindex(home.index) < until(county)), "client_id"])
    adults = born(county)
    adults = set(adults.index[adults <= until(county).year - 18])
    assert set(likely.index) == now & adults & seen_lately(county) & living_today(county)


@pytest.fixture(scope="module")
def proposed(county: Snapshot, trained: Trained) -> dict[str, Any]:
    """client_id → one client's own answer, with the recorded answers."""
    stored = read_table(county, "segment_records")
    by_client = dict(tuple(stored.groupby("client_id", observed=True)))
    day, scheme = until(county).date(), trained.segmentation.scheme
    found = {}
    for client, row in zip(trained.clients, trained.rows, strict=True):
        records = by_client.get(client)
        told = () if records is None else known_answers({"segment_records": records}, day)
        answers = () if records is None else recorded_answers(scheme, told, day)
        found[client] = trained.segmentation.answer(row, STAMP, answers=answers)
    return found


@covers("002-B4", county=True)
def test_the_groups_of_the_report_hold_the_clients_whose_answers_say_so(
    county: Snapshot, trained: Trained, proposed: dict[str, Any]
) -> None:
    config = load_config("configs/client_groups.yaml", ClientGroupsConfig)
    areas = load_config(config.areas, AreasConfig)
    rules = load_config(config.histories, HistoriesConfig).rules
    wanted = Wanted(until(county).date(), config, rules, areas.area_of, trained.segmentation, trained.need)
    counts = count(county, wanted)
    adults = born(county).reindex(list(proposed))
    clients = {one for one in proposed if adults[one] <= until(county).year - 18} & seen_lately(county)
    told = counts.segments.groupby("segment")["n"].sum().to_dict()
    mine: dict[str, int] = {}
    for client in clients:
        answer = proposed[client]
        best = max(answer.segments, key=lambda one: one.probability).segment if answer.segments else NO_GROUP
        mine[best] = mine.get(best, 0) + 1
    assert {name: n for name, n in told.items() if n} == mine
    contacts = known(county, "contacts")
    assert counts.residents["silent"].sum() <= len(living_today(county) - seen_lately(county))
    assert counts.segments["expected"].sum() > 0
    assert len(contacts) > 0


@covers("002-G9", county=True)
def test_old_or_short_records_are_not_assessable_with_the_reason(
    county: Snapshot, trained: Trained, proposed: dict[str, Any]
) -> None:
    contacts = known(county, "contacts")
    done = contacts[(contacts["time"] < until(county)) & (contacts["status"] == "done")]
    newest = (until(county) - done.groupby("client_id")["time"].max()).dt.days
    episodes = known(county, "episodes")
    over = ends(county, episodes, "end", "end_recorded_at")
    going_on = set(episodes.loc[(episodes["start"] < until(county)) & ~(over < until(county)), "client_id"])
    old = {str(one) for one in newest.index[newest > 366]} - going_on
    stays = known(county, "residents").set_index("client_id")["history_start"]
    old = {one for one in old & set(proposed) if (until(county) - stays[one]).days > 400}
    assert old
    for client in old:
        if proposed[client].basis != "answers":
            assert proposed[client].status == "not_assessable", client
            assert "365" in proposed[client].status_reason["en"]
    answered = [client for client, one in proposed.items() if one.status == "answered" and one.basis == "model"]
    assert answered
    assert not set(answered) & old
    client = next(iter(sorted(old)))
    scheme = trained.segmentation.scheme
    hand = (by_hand(scheme, "complexity", "low"), by_hand(scheme, "resources", "strong"))
    row = trained.rows[list(trained.clients).index(client)]
    told = trained.segmentation.answer(row, STAMP, answers=hand)
    assert told.status in ("answered", "not_eligible")


@covers("002-B3", county=True)
def test_proposals_are_held_against_the_segments_that_the_county_s_own_people_recorded(
    county: Snapshot, trained: Trained
) -> None:
    """Every recorded segmentation is the professional's view of the client's proposal, unit by unit."""
    records = known(county, "segment_records").dropna(subset=["segment"]).sort_values("time")
    newest = records.drop_duplicates("client_id", keep="last").set_index("client_id")
    entries, made, rows = [], [], []
    for client, row in zip(trained.clients, trained.rows, strict=True):
        answer = trained.segmentation.answer(row, STAMP)
        if client not in newest.index:
            continue
        unit, own = newest.loc[client, "legacy_org"], newest.loc[client, "segment"]
        best = max(answer.segments, key=lambda one: one.probability).segment if answer.segments else None
        told = {"kind": "segment", "status": answer.status}
        listed = {"proposed": {client: best or "not_answered"}}
        entries.append({"event": "client_list", "outcome": "ok", "unit": unit, "client_id": None, "detail": listed})
        seen = {"event": "answer", "outcome": "ok", "unit": unit, "client_id": client}
        entries.append({**seen, "detail": {"answers": [told]}})
        if best is not None:
            choice = "accept" if best == own else "change"
            made.append({"unit": unit, "client_id": client, "choice": choice, "seconds_from_view": 30.0})
        rows.append((unit, best, own, answer.status))
    table = pd.DataFrame(rows, columns=["unit", "proposed", "own", "status"])
    lines = {line["unit"]: line for line in usability(entries, made)}
    assert set(lines) == set(table["unit"])
    told_units = 0
    for unit, own in table.groupby("unit"):
        line, given = lines[str(unit)], own.dropna(subset=["proposed"])
        if line["accepted"] is not None:
            told_units += 1
            assert line["accepted"] == pytest.approx((given["proposed"] == given["own"]).mean(), abs=0.005)
        if line["not_enough_data"] is not None:
            assert line["not_enough_data"] == pytest.approx((own["status"] == "not_assessable").mean(), abs=0.01)
    assert told_units >= 1
