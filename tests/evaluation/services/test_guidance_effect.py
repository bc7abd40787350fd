"""What guidance led to, compared: a change against areas without it, later figures against a baseline, the report."""

import csv
import io
import json
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from configs.errors import ConfigError, DataError
from configs.loader import validate_config
from configs.words import Words
from evaluation.guidance import baseline, effect
from evaluation.guidance.__main__ import as_csv
from evaluation.guidance.counting import Wanted, of_people
from evaluation.guidance.followed.intensity import intensity_lines
from evaluation.guidance.page import render
from evaluation.guidance.report import report_of
from evaluation.guidance.settings import Effect, GuidanceConfig, Use
from tests.evaluation.services.guidance_rows import (
    CONFIG,
    ROUTING,
    UNTIL,
    cases,
    contacts,
    day,
    decisions,
    episodes,
    records,
    residents,
)
from tests.plans import covers

WANTED = Effect(changed_on=date(2024, 1, 1), name=Words(fi="a", sv="b", en="c"), municipalities=("901",), days=90)


def effect_cases(concerned_after: int) -> pd.DataFrame:
    """20 cases in each part; a service began in ten of each, but for the concerned ones afterwards."""
    parts = []
    for place, when, began in (("901", "2023-12-01", 10), ("901", "2024-02-01", concerned_after),
                               ("902", "2023-12-01", 10), ("902", "2024-02-01", 10)):  # fmt: skip
        part = cases([0] * began + [-1] * (20 - began))
        parts.append(part.assign(municipality=place, time=day(when), client_id=place + when + part["client_id"]))
    return pd.concat(parts, ignore_index=True)


@covers("001-G7")
def test_the_difference_of_differences_by_hand():
    found = effect.compared(effect_cases(16), WANTED)["figures"]["started"]
    assert (found["concerned_before"], found["concerned_after"]) == (0.5, 0.8)
    assert found["difference"] == pytest.approx(0.3)
    assert found["low"] < 0.3 < found["high"]


def test_without_a_change_the_interval_holds_zero_and_few_clients_tell_nothing():
    found = effect.compared(effect_cases(10), WANTED)["figures"]["started"]
    assert found["low"] < 0 < found["high"]
    few = effect_cases(10)
    few = few[(few["municipality"] != "901") | (few["time"] < day("2024-01-01")) | (few.index % 20 < 4)]
    told = effect.compared(few, WANTED)
    assert told["clients"]["concerned_after"] is None
    assert set(told["figures"].values()) == {None}


@covers("001-G7")
def test_a_baseline_is_stored_once_and_later_figures_are_held_against_it(tmp_path: Path):
    baseline.store(tmp_path, "now", {"data_until": "2024-01-01", "figures": {"x": baseline.share(50, 100)}})
    baseline.store(tmp_path, "now", {"data_until": "2025-01-01", "figures": {}})
    found = baseline.stored(tmp_path, "now")
    assert found is not None
    assert found["data_until"] == "2024-01-01"
    (row,) = baseline.held_against({"x": baseline.share(70, 100), "new": baseline.share(1, 2)}, found)
    assert row["change"] == pytest.approx(0.2)
    assert (round(row["low"], 4), round(row["high"], 4)) == (
        0.0642,
        0.3258,
    )  # by hand: .2 - hypot(.0958, .0962), .2 + hypot(.0811, .0962)
    (tmp_path / "baselines" / "now.json").write_text("{")
    with pytest.raises(DataError, match="Restore"):
        baseline.stored(tmp_path, "now")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"lightest_heavy": "digital"}, "must be one of"),
        ({"lightest_heavy": "no"}, "must be one of"),
        ({"baseline": "../x"}, "baseline"),
        ({"quarters": 0}, "quarters"),
    ],
)
def test_a_wrong_setting_is_named(change: dict[str, object], said: str):
    with pytest.raises(ConfigError, match=said):
        validate_config({**CONFIG.model_dump(mode="json"), **change}, GuidanceConfig, "guidance.yaml")
    with pytest.raises(ValueError, match="at least one"):
        Use()


def people_tables() -> dict[str, pd.DataFrame]:
    """Forty clients: guided in January; the first half gets light home care after ten days."""
    names = [f"c{i:02}" for i in range(40)]
    held = episodes(*((one, "2024-01-12", None, "home_care_regular", "light") for one in names[:20]))
    plans = pd.DataFrame(
        {"client_id": names[:10], "valid_from": day("2024-01-01"), "valid_to": pd.NaT, "kind": "client_plan"}
    )
    ties = pd.DataFrame({"client_id": names[:10], "role": "own_worker", "valid_to": pd.NaT})
    return {
        "contacts": contacts(*((one, "2024-06-01", "gp_visit", "in_person") for one in names)),
        "episodes": held,
        "decisions": decisions(),
        "segment_records": records(*((one, "2024-01-02 09:00", "network") for one in names)),
        "residents": residents(*names),
        "plans": plans.assign(valid_to=pd.to_datetime(plans["valid_to"])),
        "relations": ties.assign(valid_to=pd.to_datetime(ties["valid_to"])),
    }


@covers("000-7", "002-B6")
def test_the_whole_report_by_hand_on_its_page_and_as_a_table():
    wanted = Wanted(UNTIL, CONFIG, ROUTING, "suuntima_like")
    counted = of_people(people_tables(), wanted)
    report = report_of(counted, wanted, None)
    assert report["figures"]["started"]["share"] == 0.5
    assert report["figures"]["started"]["of"] == 40
    began = {line["started"]: (line["n"], line["median_days"]) for line in report["guided"] if line["n"]}
    assert began == {"none": (20, None), "light_home_care": (20, 10.0)}
    replacing = {one: {"fi": one} for one in CONFIG.light_clients.names}
    names = {"segments": {}, "targets": {}, "classes": {}, "replacing": replacing, "effect": {"fi": "muutos"}}
    intensity = {"intensities": intensity_lines(counted.cases, {"network": "case_management"})}
    assert [(line["intensity"], line["n"]) for line in intensity["intensities"]] == [("case_management", 40)]
    whole = {**report, **intensity, "names": names, "data_until": "2024-06-30", "snapshot_sha256": "0" * 64}
    text = render(json.loads(json.dumps(whole, allow_nan=False)))
    assert "<script" not in text
    assert "http" not in text.split("<svg")[0]
    rows = list(csv.DictReader(io.StringIO(as_csv(whole).removeprefix("\ufeff")), delimiter=";"))
    assert {
        "table": "guided",
        "first": "network",
        "second": "multi_professional_team",
        "third": "light_home_care",
        "n": "20",
    } in rows
