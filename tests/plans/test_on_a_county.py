"""Rows of the county plans on one small county: simulated, delivered and ingested by the demo's own configs.

What a report or a series says is counted once more from the store's rows, plainly and without the code that made it.
"""

import contextlib
import io
from collections.abc import Iterator, Mapping
from datetime import timedelta
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

from configs.loader import load_config
from configs.workspace import Workspace
from evaluation.areas.settings import AreasConfig
from evaluation.guidance.counting import Wanted, count
from evaluation.guidance.report import report_of as guidance_report
from evaluation.guidance.settings import GuidanceConfig
from evaluation.indicators.__main__ import made
from evaluation.indicators.settings import IndicatorsConfig
from features.ingest.run import ingest
from features.ingest.settings import IngestConfig
from features.panel import series_panel
from features.rules.run import RulesConfig, judge, rule_work
from features.segment_records import known_answers
from features.simulator.county import simulate
from features.simulator.delivery.deliver import deliver, load_mappings
from features.simulator.load import load_county
from features.store import Snapshot, open_snapshot, read_client, read_table
from models.demand.config import DemandConfig
from models.questionnaire import recorded_answers
from models.routing import RoutingTable
from models.scheme import load_scheme
from tests.plans import covers

COUNTY = "configs/county/tiny.yaml"
"""The world of configs/county/demo.yaml, older, so that every table has rows."""
RESIDENTS = 450
QUARTER = (pd.Timestamp("2024-07-01"), pd.Timestamp("2024-10-01"))
"""The newest whole quarter that the indicators tell (28 days of lag)."""
TOLD = (
    *("access_7d_visits", "access_7d_service_lines", "recorded_segmentations", "rai_adlh", "rai_cps"),
    *("remote_share_with_phone", "remote_share_without_phone", "home_care_light_share"),
    *("carer_age_75_share", "carer_leave_share", "reached_informal_carers", "informal_care_75_share"),
)


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Snapshot]:
    """The store of the county."""
    folder = tmp_path_factory.mktemp("county") / "var"
    folder.mkdir()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stderr(io.StringIO()):
        patch.setenv("LUOTAIN_VAR", str(folder))
        small = load_county(COUNTY).model_copy(update={"residents": RESIDENTS})
        deliver(simulate(small), load_mappings(small.sources), Workspace.of(small.var))
        ingest(load_config("configs/ingest.yaml", IngestConfig))
        yield open_snapshot(folder / "store")


@pytest.fixture(scope="module")
def indicators(county: Snapshot) -> dict[str, Any]:
    """A part of the indicators; small cells are shown here, because the rows are invented and few."""
    whole = load_config("configs/indicators.yaml", IndicatorsConfig)
    missing = [id for id in TOLD if id not in whole.definitions]
    assert missing == []
    chosen = {id: whole.definitions[id] for id in TOLD}
    update = {
        "definitions": chosen,
        "smallest_cell": 2,
        "periods": 1,
        "repeats": 20,
        "side_by_side": {},
        "compared": {},
    }
    return made(county, whole.model_copy(update=update))


def known(county: Snapshot, table: str) -> pd.DataFrame:
    """The rows that stand, with plain words."""
    rows = read_table(county, table)
    rows = rows[rows["superseded_at"].isna() & (rows["recorded_at"] < until(county))]
    words = rows.select_dtypes("category").columns
    return rows.assign(**{str(name): rows[name].astype(object) for name in words})


def until(county: Snapshot) -> pd.Timestamp:
    return pd.Timestamp(county.data_until + timedelta(days=1))


def inside(times: pd.Series) -> pd.Series:
    return (times >= QUARTER[0]) & (times < QUARTER[1])


def value(report: Mapping[str, Any], id: str, by: str = "county", group: str = "") -> Any:
    lines = [one for one in report["lines"] if (one["id"], one["by"], one["group"]) == (id, by, group)]
    assert len(lines) == 1, (id, by, group)
    return lines[0]["value"]


@covers("000-17", "000-79", "002-A10", county=True)
def test_a_client_has_one_history_over_three_sectors_and_every_row_says_where_it_came_from(county: Snapshot) -> None:
    contacts = known(county, "contacts")
    sectors = contacts.groupby("client_id")["sector"].nunique()
    client = str(sectors.idxmax())
    assert sectors[client] == 3
    tables = read_client(county, client)
    assert set(tables["contacts"]["sector"].astype(str)) == {"social", "primary", "specialised"}
    for rows in tables.values():
        assert set(rows["client_id"].astype(str)) <= {client}
        assert rows["source"].notna().all()
        assert rows["legacy_org"].notna().all()


@covers("001-D2", "002-F1", county=True)
def test_care_within_seven_days_by_profession_area_service_line_and_segment(
    county: Snapshot, indicators: dict[str, Any]
) -> None:
    slots = known(county, "appointment_slots")
    booked = slots[inside(slots["slot_at"]) & slots["taken_at"].notna() & (slots["taken_recorded_at"] < until(county))]
    waited = (booked["slot_at"].dt.normalize() - booked["taken_at"].dt.normalize()).dt.days
    for profession in ("physician", "nurse"):
        own = (waited <= 7)[booked["profession"] == profession]
        assert value(indicators, "access_7d_visits", "profession", profession) == pytest.approx(own.mean())
    both = booked["profession"].isin(("physician", "nurse"))
    centre = both & (booked["unit"] == "terveysasema_904")
    assert value(indicators, "access_7d_visits", "area", "904") == pytest.approx((waited <= 7)[centre].mean())
    by = {one["by"] for one in indicators["lines"] if one["id"] == "access_7d_service_lines"}
    assert by == {"county", "area", "band", "segment", "service"}


@covers("001-A1", county=True)
def test_segmented_clients_by_question_set_and_organisation(county: Snapshot, indicators: dict[str, Any]) -> None:
    records = known(county, "segment_records")
    recent = records[inside(records["time"])]
    assert value(indicators, "recorded_segmentations") == recent["client_id"].nunique()
    by_org = recent.groupby("legacy_org")["client_id"].nunique()
    assert value(indicators, "recorded_segmentations", "legacy_org", "keskus") == by_org["keskus"]
    assert value(indicators, "recorded_segmentations", "scheme", "suuntima_like_social") in (0, None)
    newest = records.sort_values("time").iloc[-1]
    client, day = str(newest["client_id"]), until(county).date()
    for scheme in ("suuntima_like", "suuntima_like_social"):
        answers = recorded_answers(
            load_scheme(f"configs/schemes/{scheme}.yaml"), known_answers(read_client(county, client), day), day
        )
        levels = {one.axis: one.level for one in answers if one.decides}
        complexity = newest["axis1_level"] if scheme == "suuntima_like" else None
        assert levels.get("complexity") == complexity


@covers("002-D4", "000-19", county=True)
def test_rai_scales_of_the_county_and_of_a_segment(county: Snapshot, indicators: dict[str, Any]) -> None:
    found = known(county, "assessments")
    for scale in ("ADLH", "CPS"):
        own = found[(found["scale"] == scale) & (found["time"] < QUARTER[1])]
        own = own[own["time"] >= QUARTER[1] - pd.Timedelta(days=365)]
        newest = own.sort_values("time").drop_duplicates("client_id", keep="last").set_index("client_id")["value"]
        here = newest[newest.index.isin(living(county))]
        assert value(indicators, f"rai_{scale.lower()}") == pytest.approx(here.mean())
        assert here.between(0, 6).all()


def living(county: Snapshot) -> set[str]:
    """Who lives in the county on the eve of the quarter's end."""
    stays = known(county, "residents")
    died = stays["died_on"].where(stays["died_recorded_at"] < until(county))
    left = stays["valid_to"].where(
        stays["valid_to_recorded_at"].isna() | (stays["valid_to_recorded_at"] < until(county))
    )
    here = (stays["valid_from"] < QUARTER[1]) & ~(died < QUARTER[1]) & ~(left < QUARTER[1])
    return set(stays.loc[here, "client_id"])


@covers("002-F4", county=True)
def test_the_remote_share_by_both_definitions(county: Snapshot, indicators: dict[str, Any]) -> None:
    both = [value(indicators, f"remote_share_{one}_phone") for one in ("with", "without")]
    assert 0 < both[1] < both[0] < 1


@covers("002-B17", county=True)
def test_carers_are_told_where_the_register_has_them(county: Snapshot, indicators: dict[str, Any]) -> None:
    ties = known(county, "relations")
    ended = ties["valid_to"].where(ties["valid_to_recorded_at"].isna() | (ties["valid_to_recorded_at"] < until(county)))
    caring = ties[(ties["role"] == "cared_for") & (ties["valid_from"] < QUARTER[1]) & ~(ended < QUARTER[1])]
    carers = set(caring["client_id"]) & living(county)
    born = known(county, "residents").drop_duplicates("client_id", keep="last").set_index("client_id")["birth_year"]
    old = (2024 - born.reindex(sorted(carers)) >= 75).mean()
    assert value(indicators, "carer_age_75_share") == pytest.approx(old)
    (line,) = [one for one in indicators["lines"] if one["id"] == "carer_leave_share" and one["by"] == "county"]
    assert (line["value"], line["why"]) == (None, "source_missing")


@cache
def guidance_config() -> GuidanceConfig:
    return load_config("configs/guidance.yaml", GuidanceConfig)


@pytest.fixture(scope="module")
def guided(county: Snapshot) -> tuple[Any, dict[str, Any]]:
    """What guidance led to: the counts and the report."""
    config = guidance_config()
    wanted = Wanted(until(county), config, load_config(config.routing, RoutingTable), "suuntima_like")
    counted = count(county, wanted)
    return counted, guidance_report(counted, wanted, None)


@covers("000-7", "002-B6", county=True)
def test_guidance_by_provider_and_client_group(county: Snapshot, guided: tuple[Any, dict[str, Any]]) -> None:
    counted, report = guided
    records = known(county, "segment_records")
    assert set(counted.cases["provider"]) <= set(records["legacy_org"])
    shown = {line["provider"]: line["n"] for line in report["providers"]["provider"] if line["n"] is not None}
    sizes = counted.cases["provider"].value_counts()
    assert shown
    assert all(n == sizes[name] for name, n in shown.items())
    started = counted.cases[counted.cases["started"] >= 0]
    assert report["figures"]["started"]["hits"] == len(started)
    assert started["days"].between(1, guidance_config().follow_days - 1).all()


@covers("001-C2", county=True)
def test_light_clients_of_the_county(county: Snapshot, guided: tuple[Any, dict[str, Any]]) -> None:
    counted, _ = guided
    episodes = known(county, "episodes")
    ended = episodes["end"].where(episodes["end_recorded_at"].isna() | (episodes["end_recorded_at"] < until(county)))
    light = (episodes["kind"] == "home_care_regular") & (episodes["intensity"] == "light")
    now = episodes[light & (episodes["start"] < until(county)) & ~(ended < until(county))]
    assert counted.light["clients"] == now["client_id"].nunique()
    assert counted.light["any"] + counted.light["neither"] == counted.light["clients"]


@covers("001-E1", county=True)
def test_frequent_users_before_and_after_a_plan(county: Snapshot, guided: tuple[Any, dict[str, Any]]) -> None:
    counted, _ = guided
    contacts, plans = known(county, "contacts"), known(county, "plans")
    emergency = contacts[(contacts["urgency"] == "emergency") & (contacts["status"] == "done")]
    assert set(counted.plans["group"]) == {"plan", "no_plan"}
    for row in counted.plans[counted.plans["group"] == "plan"].itertuples():
        own = emergency.loc[emergency["client_id"] == row.client_id, "time"].dt.normalize()
        days = plans.loc[plans["client_id"] == row.client_id, "valid_from"]
        around = [(own.between(day - pd.Timedelta(days=180), day - pd.Timedelta(days=1)).sum(),
                   own.between(day, day + pd.Timedelta(days=179)).sum()) for day in days]  # fmt: skip
        assert (row.before, row.after) in around


@covers("002-B20", county=True)
def test_every_move_is_between_classes_and_nobody_is_counted_twice_in_a_quarter(
    guided: tuple[Any, dict[str, Any]],
) -> None:
    counted, _ = guided
    classes = {one.id for one in guidance_config().classes}
    assert set(counted.moves["before"]) <= {*classes, "none"}
    assert set(counted.moves["after"]) <= {*classes, "none", "left"}
    assert counted.moves.groupby("quarter")["n"].sum().max() <= 2 * RESIDENTS


@covers("001-C4", "000-50", county=True)
def test_home_care_by_its_model_adds_up_to_all_home_care(county: Snapshot) -> None:
    config = load_config("configs/demand/counted/home_care_models_weekly.yaml", DemandConfig)
    (rule,) = config.source.series_rules(config.period, config.dimensions)
    areas = sorted(load_config("configs/areas.yaml", AreasConfig).area_of)
    panel = series_panel(county, rule, areas)
    visits = panel[panel["measure"] == "count"]
    contacts = known(county, "contacts")
    home_care = contacts[(contacts["service"] == "home_care") & (contacts["status"] == "done")]
    week = pd.Timestamp("2024-10-07")
    here = home_care[(home_care["time"] >= week) & (home_care["time"] < week + pd.Timedelta(days=7))]
    assert visits.loc[visits["ds"] == week, "y"].sum() == len(here) > 0
    assert set(visits["home_care_model"]) >= {"multi_professional", "unsegmented"}
    known_before = known(county, "segment_records")
    known_before = set(known_before.loc[known_before["recorded_at"] < week, "client_id"])
    unsegmented = visits[(visits["ds"] == week) & (visits["home_care_model"] == "unsegmented")]["y"].sum()
    assert unsegmented >= (~here["client_id"].isin(known_before)).sum()


@pytest.fixture(scope="module")
def judged(county: Snapshot) -> pd.DataFrame:
    """client_id × rule → fires, does_not or cannot_tell, of everybody with a contact."""
    work = rule_work(county, RulesConfig(var="var", rules="configs/rules.yaml", catalogue="configs/features.yaml"))
    parts = []
    for bucket in range(county.n_buckets):
        tables = {name: read_table(county, name, bucket) for name in {*work.catalogue.tables, "residents"}}
        clients = np.array(sorted(set(tables["contacts"]["client_id"].astype(str))), object)
        if len(clients):
            parts.append(judge(work, tables, clients)[0])
    found = pd.concat(parts, ignore_index=True).astype(str)
    return found.pivot(index="client_id", columns="rule", values="answer")


@covers("001-A4", county=True)
def test_an_alert_fires_for_exactly_those_whose_records_say_so(county: Snapshot, judged: pd.DataFrame) -> None:
    contacts = known(county, "contacts")
    emergency = contacts[(contacts["urgency"] == "emergency") & (contacts["status"] == "done")]
    ago = (until(county) - emergency["time"]).dt.total_seconds() / 86_400
    year = emergency[ago <= 365].groupby("client_id").size()
    month = emergency[ago <= 30].groupby("client_id").size()
    often = set(year[year >= 4].index) | set(month[month >= 2].index)
    fires = set(judged.index[judged["frequent_emergency"] == "fires"])
    assert fires == often & set(judged.index)
    assert fires


@covers("001-C2", "002-B13", county=True)
def test_a_suggestion_is_made_to_light_clients_only_and_a_digital_one_to_nobody_in_the_blind_spot(
    judged: pd.DataFrame,
) -> None:
    for rule in ("light_client_digital", "light_client_rehabilitation", "light_client_informal_care"):
        assert set(judged.loc[judged[rule] == "fires", "light_home_care"]) <= {"fires"}
    assert "fires" not in set(judged.loc[judged["light_client_digital"] == "fires", "digital_blind_spot"])
    assert "fires" in set(judged["light_home_care"])


@covers("002-B5", "000-16", county=True)
def test_a_multi_service_client_uses_both_sides_and_four_services(county: Snapshot, judged: pd.DataFrame) -> None:
    fires = judged[judged["multi_service"] == "fires"]
    assert set(fires["client_flow_social"]) == set(fires["client_flow_health"]) == {"fires"}
    contacts = known(county, "contacts")
    recent = contacts[(contacts["time"] >= until(county) - pd.Timedelta(days=365)) & (contacts["status"] == "done")]
    services = recent.groupby("client_id")["service"].nunique()
    assert (services.reindex(fires.index) >= 4).all()
    assert len(fires) > 0
