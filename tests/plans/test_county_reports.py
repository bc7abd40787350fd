"""Rows of the county plans about groups, on the small county: indicators, guidance and demand series.

What a report or a series says is counted once more from the store's rows, plainly and without the code that made it.
"""

from typing import Any

import pandas as pd
import pytest

from evaluation.guidance.followed.providers import provider_tables
from evaluation.guidance.report import figures_of
from evaluation.indicators.compute import Found
from features.store import Snapshot
from tests.plans import covers
from tests.plans.conftest import Guided
from tests.plans.county import QUARTER, RESIDENTS, born, ends, inside, known, line_of, living, panel_of, until

pytestmark = pytest.mark.xdist_group("county")  # one process builds it
WEEK = pd.Timestamp("2024-10-07")


@covers("001-D2", "002-F1", "000-58", county=True)
def test_care_within_seven_days_by_profession_area_service_line_and_segment(
    county: Snapshot, indicators: dict[str, Any]
) -> None:
    slots = known(county, "appointment_slots")
    booked = slots[inside(slots["slot_at"]) & slots["taken_at"].notna() & (slots["taken_recorded_at"] < until(county))]
    early = (booked["slot_at"].dt.normalize() - booked["taken_at"].dt.normalize()).dt.days <= 7
    for profession in ("physician", "nurse"):
        own = early[booked["profession"] == profession]
        assert line_of(indicators, "access_7d_visits", "profession", profession)["value"] == pytest.approx(own.mean())
    both = booked["profession"].isin(("physician", "nurse")) & (booked["unit"] == "terveysasema_904")
    assert line_of(indicators, "access_7d_visits", "area", "904")["value"] == pytest.approx(early[both].mean())
    by = {one["by"] for one in indicators["lines"] if one["id"] == "access_7d_service_lines"}
    assert by == {"county", "area", "band", "segment", "service"}


@covers("001-A1", county=True)
def test_segmented_clients_by_question_set_and_organisation(county: Snapshot, indicators: dict[str, Any]) -> None:
    records = known(county, "segment_records")
    recent = records[inside(records["time"])]
    assert line_of(indicators, "recorded_segmentations")["value"] == recent["client_id"].nunique()
    keskus = recent.loc[recent["legacy_org"] == "keskus", "client_id"].nunique()
    assert line_of(indicators, "recorded_segmentations", "legacy_org", "keskus")["value"] == keskus
    assert not line_of(indicators, "recorded_segmentations", "scheme", "suuntima_like_social")["value"]


@covers("002-D4", "000-19", "002-B8", county=True)
def test_rai_scales_of_the_county(county: Snapshot, indicators: dict[str, Any]) -> None:
    found, here = known(county, "assessments"), living(county)
    recent = found[(found["time"] < QUARTER[1]) & (found["time"] >= QUARTER[1] - pd.Timedelta(days=365))]
    for scale in ("ADLH", "CPS"):
        own = recent[recent["scale"] == scale].sort_values("time").drop_duplicates("client_id", keep="last")
        mine = own[own["client_id"].isin(here)]
        line = line_of(indicators, f"rai_{scale.lower()}")
        assert (line["value"], line["n"]) == (pytest.approx(mine["value"].mean()), len(mine))
        assert line["low"] <= line["value"] <= line["high"]


@covers("002-F4", "001-H9", county=True)
def test_the_remote_share_by_both_definitions(county: Snapshot, indicators: dict[str, Any]) -> None:
    with_phone, without = (line_of(indicators, f"remote_share_{one}_phone")["value"] for one in ("with", "without"))
    assert 0 < without < with_phone < 1


@covers("002-B17", county=True)
def test_carers_are_counted_where_the_register_has_them(
    county: Snapshot, measured: tuple[Found, dict[str, Any]]
) -> None:
    found, report = measured
    ties = known(county, "relations")
    over = ends(county, ties, "valid_to", "valid_to_recorded_at")
    caring = ties[(ties["role"] == "cared_for") & (ties["valid_from"] < QUARTER[1]) & ~(over < QUARTER[1])]
    carers = set(caring["client_id"]) & living(county)
    old = int((QUARTER[1].year - born(county).reindex(sorted(carers)) >= 75).sum())
    (span,) = [span for id, span in found.frames if id == "carer_age_75_share"]
    parts = found.parts("carer_age_75_share", span)
    assert (parts["den"].sum(), parts["num"].sum()) == (len(carers), old)
    assert carers
    leave = line_of(report, "carer_leave_share")
    assert (leave["value"], leave["why"]) == (None, "source_missing")


@covers("000-7", "002-B6", county=True)
def test_guidance_by_provider_and_client_group(county: Snapshot, guided: Guided) -> None:
    counted, wanted = guided
    tables, figures = provider_tables(counted.cases), figures_of(counted)
    assert set(counted.cases["provider"]) <= set(known(county, "segment_records")["legacy_org"])
    for by in ("provider", "segment"):
        sizes = counted.cases[by].value_counts()
        lines = {line[by]: line["n"] for line in tables[by]}
        assert set(lines) == set(sizes.index)
        assert all(n is None or (n == sizes[name] and n >= 5) for name, n in lines.items())
    started = counted.cases[counted.cases["started"] >= 0]
    assert (figures["started"]["hits"], figures["started"]["of"]) == (len(started), len(counted.cases))
    assert started["days"].between(1, wanted.config.follow_days - 1).all()


@covers("001-E1", county=True)
def test_frequent_users_before_and_after_a_plan(county: Snapshot, guided: Guided) -> None:
    counted, wanted = guided
    contacts, plans, days = known(county, "contacts"), known(county, "plans"), wanted.config.around_plan.days
    emergency = contacts[(contacts["urgency"] == "emergency") & (contacts["status"] == "done")]
    rows = counted.plans[counted.plans["group"] == "plan"]
    assert set(counted.plans["group"]) == {"plan", "no_plan"}
    for row in rows.itertuples():
        own = emergency.loc[emergency["client_id"] == row.client_id, "time"].dt.normalize()
        begun = plans.loc[plans["client_id"] == row.client_id, "valid_from"]
        gaps = [(own - day).dt.days for day in begun]
        around = [(int(((gap < 0) & (gap >= -days)).sum()), int(((gap >= 0) & (gap < days)).sum())) for gap in gaps]
        assert (row.before, row.after) in around


@covers("002-B20", county=True)
def test_every_move_is_between_classes_and_nobody_is_counted_twice_in_a_quarter(guided: Guided) -> None:
    counted, wanted = guided
    classes = {one.id for one in wanted.config.classes}
    assert set(counted.moves["before"]) <= {*classes, "none"}
    assert set(counted.moves["after"]) <= {*classes, "none", "left"}
    assert counted.moves.groupby("quarter")["n"].sum().max() <= 2 * RESIDENTS


@covers("001-C4", "000-50", "002-D15", "002-F5", county=True)
def test_home_care_by_its_model_adds_up_to_all_home_care(county: Snapshot) -> None:
    panel = panel_of(county, "configs/demand/counted/home_care_models_weekly.yaml")
    visits = panel[panel["measure"] == "count"]
    contacts = known(county, "contacts")
    home_care = contacts[(contacts["service"] == "home_care") & (contacts["status"] == "done")]
    here = home_care[(home_care["time"] >= WEEK) & (home_care["time"] < WEEK + pd.Timedelta(days=7))]
    week = visits[visits["ds"] == WEEK]
    assert week["y"].sum() == len(here) > 0
    records = known(county, "segment_records")
    segmented = set(records.loc[records["recorded_at"] < WEEK, "client_id"])
    unsegmented = week.loc[week["home_care_model"] == "unsegmented", "y"].sum()
    assert unsegmented >= (~here["client_id"].isin(segmented)).sum() > 0
    stays = known(county, "residents")
    starts = stays.groupby("municipality")["history_start"].min()
    firsts = visits.groupby("area")["ds"].min()
    assert all(firsts[area] >= starts[area] for area in firsts.index)  # late joiners begin later, without zeros before
    assert starts.nunique() > 1


@covers("002-B16", "001-E3", county=True)
def test_concern_notifications_by_month_are_those_of_the_register(county: Snapshot) -> None:
    panel = panel_of(county, "configs/demand/counted/concern_notifications_monthly.yaml")
    requests = known(county, "requests")
    made = requests.loc[requests["service"] == "concern_notification", "requested_at"]
    months = made.dt.to_period("M").dt.start_time.value_counts()
    told = panel.groupby("ds")["y"].sum()
    late = told[told.index >= pd.Timestamp("2024-01-01")]
    assert len(late) >= 10
    assert all(count <= months.get(month, 0) for month, count in late.items())
    assert late.sum() >= 0.9 * sum(months.get(month, 0) for month in late.index) > 0  # a few had moved away
