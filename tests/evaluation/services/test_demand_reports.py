"""The planner's reports: each number worked by hand, what is missing named, nothing of few people shown."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from configs.loader import load_config, validate_config
from evaluation.demand_reports import beside, capacity, clients, kept
from evaluation.demand_reports.page import as_csv, render
from evaluation.demand_reports.section import Section, joined, missing_model
from evaluation.demand_reports.settings import (
    AttainmentConfig,
    CapacitySettings,
    CaseloadConfig,
    Comparison,
    CostsConfig,
    EventCost,
    PerClient,
    ReportsConfig,
    UnitCost,
)
from evaluation.demand_reports.words import NOTES, note
from models.demand.explained import Reasons
from models.demand.model import DemandModel
from tests.models.demand.demand_data import series, together, weekly, words
from tests.plans import covers

WEEKS = 110
START = "2023-01-02"
GROUPS = ("total", "75plus")


def model(horizon: int = 2, level: float = 10.0, periods: int = WEEKS) -> DemandModel:
    """Two areas with constant visits; the forecast says 24 a week per area, ± 4 and ± 6, and 48 for the county."""
    config = weekly(measures={"visits": {"name": words("visits"), "unit": words("visits a week")}})
    parts = [f"{area}|visits|{band}" for area in ("901", "902") for band in ("under65", "65to74", "75plus")]
    panel = together(*(series(one, START, np.full(periods, level), "W-MON") for one in parts))
    ahead = pd.date_range(panel["ds"].max(), periods=horizon + 1, freq="W-MON")[1:]
    rows = [
        {"series_id": f"{area}|visits|{group}", "ds": when, "step": k + 1, "value": 24.0 * factor,
         "low80": 20.0 * factor, "high80": 28.0 * factor, "low95": 18.0 * factor, "high95": 30.0 * factor}
        for area, factor in (("county", 2), ("901", 1), ("902", 1))
        for group in GROUPS
        for k, when in enumerate(ahead)
    ]  # fmt: skip
    return DemandModel(config, "lightgbm", None, panel, pd.DataFrame(rows), {}, {})  # type: ignore[arg-type]


# --- realised -------------------------------------------------------------------------------------------------------


@covers("000-49")
def test_a_kept_forecast_is_never_overwritten_and_is_compared_when_its_periods_are_complete(tmp_path: Path):
    then = model()
    file = kept.keep(tmp_path, "1", "2025-02-09", then)
    said = file.read_bytes()
    assert kept.realised("m", then, kept.kept_forecasts(tmp_path)).lines == ()
    assert kept.realised("m", then, kept.kept_forecasts(tmp_path)).notes == (note("nothing_complete", model="m"),)
    later = model(periods=WEEKS + 1, level=8.0)  # one more week came: 8 a week from each of three bands
    assert kept.keep(tmp_path, "1", "2025-02-09", later).read_bytes() == said
    found = {str(one["series"]): one for one in kept.realised("m", later, kept.kept_forecasts(tmp_path)).lines}
    one = found["901|visits|total"]
    assert (one["periods"], one["forecast"], one["came"]) == (1, 24, 3 * 8)
    assert (one["bias"], one["wape"], one["inside80"]) == (0, 0, 1)
    other = found["901|visits|75plus"]
    assert (other["came"], other["wape"], other["bias"], other["inside95"]) == (8, (24 - 8) / 8, (24 - 8) / 8, 0)
    assert other["wape_last_year"] == 0


def test_of_two_versions_of_one_day_the_later_is_compared_even_past_nine(tmp_path: Path):
    for version in ("9", "10"):
        kept.keep(tmp_path, version, "2025-02-09", model())
    assert set(kept.kept_forecasts(tmp_path)["version"]) == {"10"}
    assert kept.kept_forecasts(tmp_path / "none").empty


# --- beside the forecast --------------------------------------------------------------------------------------------


def test_last_years_same_weeks_stand_beside_every_period():
    lines = beside.last_year("m", model()).lines
    assert len(lines) == 3 * len(GROUPS) * 2
    one = next(line for line in lines if line["series"] == "901|visits|total")
    assert (one["forecast"], one["last_year"], one["change"]) == (24, 30, pytest.approx(24 / 30 - 1))
    new = beside.last_year("m", model(periods=30)).lines
    assert {line["last_year"] for line in new} == {None}


def population() -> pd.DataFrame:
    rows = [("901", "75-84", 400.0), ("901", "85+", 100.0), ("902", "75-84", 200.0), ("902", "85+", 50.0)]
    now = pd.DataFrame(rows, columns=["municipality", "age_band", "persons"]).assign(year=2024.0)
    return pd.concat([now, now.assign(year=2023.0, persons=1.0), now.assign(age_band="0-15", persons=9999.0)])


@covers("000-49")
def test_areas_are_compared_per_thousand_residents_of_the_latest_year():
    asked = Comparison(model="m", measure="visits", group="75plus", ages=("75-84", "85+"))
    found = {str(line["area"]): line for line in beside.units(model(), asked, population()).lines}
    assert found["901"]["value"] == pytest.approx(24 * 1000 / (400 + 100))
    assert found["county"]["value"] == pytest.approx(48 * 1000 / (500 + 250))
    assert found["902"]["of_county"] == pytest.approx((24 / 250) / (48 / 750))
    assert (found["902"]["differs"], found["county"]["differs"]) == (True, False)
    none = beside.units(model(), asked, population().iloc[:0])
    assert (none.lines, none.notes) == ((), (note("no_population", ages="75-84, 85+"),))


@covers("001-A5")
def test_clients_become_whole_case_managers():
    asked = CaseloadConfig(
        model="m", measure="visits", group="total", clients_per_manager=10, lightest=5, heaviest=24, source="here"
    )
    lines = beside.case_managers(model(), asked).lines
    one = next(line for line in lines if line["area"] == "901")
    assert (one["managers"], one["low80"], one["high80"]) == (3, 2, 3)  # 24, 20 and 28 clients
    assert (one["fewest"], one["most"]) == (1, 5)
    nothing = beside.case_managers(model(), asked.model_copy(update={"group": "network"}))
    assert nothing.lines == ()
    assert nothing.notes[1] == note("no_segment_series", group="network")


@covers("000-31")
def test_euros_are_units_times_cost_over_the_horizon():
    cost = UnitCost(model="m", measure="visits", group="total", euros=29, price_year=2024, source="here")
    county = beside.euros(model(), cost).lines[0]
    assert (county["units"], county["euros_value"], county["euros_low80"]) == (2 * 48, 2 * 48 * 29, 2 * 40 * 29)


# --- capacity -------------------------------------------------------------------------------------------------------


def staffed() -> pd.DataFrame:
    rows = [
        ("u", "2024-10-01", "2024-11-01", 31.0),
        ("u", "2024-11-01", "2024-12-01", 60.0),
        ("u", "2024-11-01", "2024-12-01", 30.0),  # another channel of the same month
        ("u", "2024-09-01", "2024-10-01", 9999.0),
        ("empty", "2024-11-01", "2024-12-01", None),
    ]
    table = pd.DataFrame(rows, columns=["unit", "period_start", "period_end", "staffed_hours"])
    return table.astype({"period_start": "datetime64[ns]", "period_end": "datetime64[ns]"})


def settings_of_capacity(**units: tuple[str, str]) -> CapacitySettings:
    made = {unit: {"name": words(unit), "model": m, "series": s} for unit, (m, s) in units.items()}
    values = {"recent_months": 2, "direct_share": 0.5, "source": "here", "units": made}
    return validate_config(values, CapacitySettings, "capacity")


@covers("002-A17")
def test_demand_is_set_against_the_hours_that_are_staffed():
    assert capacity.daily_hours(staffed(), "u", 2) == pytest.approx((31 + 60 + 30) / (31 + 30))
    found = capacity.against_capacity({"m": model()}, staffed(), settings_of_capacity(u=("m", "901|visits|total")))
    one, available = found.lines[0], 7 * (31 + 60 + 30) / (31 + 30)
    assert one["staffed"] == pytest.approx(available)
    assert (one["needed"], one["gap"]) == (24 / 0.5, pytest.approx(24 / 0.5 - available))
    assert (one["gap_low80"], one["gap_high80"]) == (pytest.approx(40 - available), pytest.approx(56 - available))
    assert (one["short"], one["drivers"]) == (True, "")


def test_a_unit_that_cannot_be_compared_is_named():
    asked = settings_of_capacity(
        u=("m", "903|visits|total"), v=("none", "901|visits|total"), empty=("m", "901|visits|total")
    )
    found = capacity.against_capacity({"m": model()}, staffed(), asked)
    assert found.lines == ()
    assert found.notes[1:] == (
        note("unpublished", unit="u", model="m", series="903|visits|total"),
        note("missing_model", models="none"),
        note("unstaffed", unit="empty"),
    )


@covers("002-A17")
def test_the_largest_drivers_of_an_explained_model_are_told():
    table = pd.DataFrame(
        {"series_id": "901|visits|total", "step": [1, 2], "value": 24.0, "base": 20.0, "calendar": [-3.0, -5.0],
         "population": [9.0, 7.0], "drivers": 0.5, "level_trend": 1.0, "remainder": 99.0}
    )  # fmt: skip
    explained = replace(model(), reasons=Reasons(table, {}))
    assert capacity.top_drivers(explained, "901|visits|total") == [
        ("population", 8),
        ("calendar", -4),
        ("level_trend", 1),
    ]
    assert capacity.top_drivers(model(), "901|visits|total") == []


# --- clients ------------------------------------------------------------------------------------------------------


def contacts_of(*lines: tuple[str, int, str, str, str]) -> pd.DataFrame:
    """municipality, clients, service, channel, day: one contact each."""
    rows = [(f"{area}-{n}", pd.Timestamp(when), service, channel, "done", area)
            for area, number, service, channel, when in lines for n in range(number)]  # fmt: skip
    names = ["client_id", "time", "service", "channel", "status", "municipality"]
    return pd.DataFrame(rows, columns=names)


@covers("000-31")
def test_every_event_has_its_cost_and_few_clients_are_hidden():
    costs = [
        EventCost(service="nurse", channels=("phone",), euros=20, price_year=2024, source="by hand"),
        EventCost(service="nurse", euros=50, price_year=2024, source="by hand"),
    ]
    seen = contacts_of(
        ("901", 10, "nurse", "phone", "2024-05-01"), ("901", 10, "nurse", "in_person", "2024-06-01"),
        ("902", 8, "nurse", "in_person", "2024-06-01"), ("903", 3, "nurse", "phone", "2024-06-01"),
        ("901", 6, "doctor", "phone", "2024-06-01"),
    )  # fmt: skip
    found = clients.event_costs(seen, costs, ["901", "902", "903"])
    told = {(one["service"], one["area"]): one for one in found.lines}
    one = told["nurse", "901"]
    assert (one["events"], one["euros_per_event"], one["euros_per_client"]) == (20, (20 + 50) / 2, 20 + 50)
    assert told["nurse", "903"]["events"] is None  # three clients
    assert told["nurse", "902"]["events"] is None  # or the sum would tell them
    assert (told["doctor", "901"]["costed"], told["doctor", "901"]["euros_per_event"]) == (0, None)  # unknown, not 0
    assert found.notes[0] == note("event_cost", service="nurse", euros="20", year=2024, source="by hand")


@covers("000-49")
def test_cost_per_client_and_rai_quality_stand_beside_the_forecast():
    asked = PerClient(model="m", measure="visits", group="total", services=("home_care",), recent_days=28,
                      instrument="RAI-HC", scale="MAPLe", assessed_within_days=183)  # fmt: skip
    cost = UnitCost(model="m", measure="visits", group="total", euros=30, price_year=2024, source="by hand")
    seen = contacts_of(("901", 12, "home_care", "home", "2024-12-20"), ("902", 16, "home_care", "home", "2024-12-20"),
                       ("901", 40, "nurse", "home", "2024-12-20"))  # fmt: skip
    rai = [(f"901-{n}", "2024-09-01", 3.0) for n in range(6)] + [(f"901-{n}", "2024-10-01", 5.0) for n in range(6)]
    rai += [(f"902-{n}", "2024-10-01", 4.0) for n in range(8)]
    assessed = pd.DataFrame(rai, columns=["client_id", "time", "value"]).assign(
        time=lambda frame: pd.to_datetime(frame["time"])
    )
    told = {one["area"]: one for one in clients.per_client(model(), asked, cost, seen, assessed).lines}
    one = told["901"]
    assert (one["clients"], one["value"], one["units_per_client"]) == (12, 24, 2)  # 24 visits a week over 12 clients
    assert (one["euros_per_client"], one["rai_current"], one["rai_mean"]) == (60, 6 / 12, 5)  # the newest of each
    assert (told["county"]["clients"], told["county"]["rai_mean"]) == (28, pytest.approx((6 * 5 + 8 * 4) / 14))
    few = clients.per_client(model(), asked, cost, seen, assessed.iloc[:-5])  # three assessed in 902
    assert {one["area"]: one["clients"] for one in few.lines if one["area"] in ("901", "902")} == {
        "901": None, "902": None,
    }  # fmt: skip


def test_only_what_took_place_before_the_last_known_day_is_recent():
    seen = contacts_of(("901", 1, "nurse", "phone", "2024-12-31"), ("901", 1, "nurse", "phone", "2025-01-01"),
                       ("901", 1, "nurse", "phone", "2024-12-03")).drop(columns="municipality")  # fmt: skip
    stays = pd.DataFrame({"client_id": ["901-0"], "municipality": ["901"], "birth_year": [1940.0],
                          "valid_from": [pd.Timestamp("2020-01-01")], "valid_to": [pd.NaT]})  # fmt: skip
    stays["valid_to"] = pd.to_datetime(stays["valid_to"])
    found = clients.recent(seen, stays, pd.Timestamp("2025-01-01"), 28)
    assert found["time"].dt.strftime("%m-%d").tolist() == ["12-31"]


# --- config and pages -----------------------------------------------------------------------------------------------


def test_the_shipped_tables_load_and_name_their_sources():
    config = load_config("configs/demand_reports.yaml", ReportsConfig)
    assert load_config(config.caseload or "", CaseloadConfig).source
    assert all(one.source for one in load_config(config.unit_costs or "", CostsConfig).costs)
    assert all(one.source for one in load_config(config.attainment or "", AttainmentConfig).limits)


@pytest.mark.parametrize(
    "language, said", [("fi", "Alueet rinnakkain"), ("sv", "Områdena sida vid sida"), ("en", "Areas side by side")]
)
def test_a_page_is_in_one_language_and_hides_what_is_unknown(language, said):
    asked = Comparison(model="m", measure="visits", group="75plus", ages=("75-84", "85+"))
    units = beside.units(model(), asked, population())
    names = {place: words(place) for place in ("county", "901", "902")}
    sections = [vars(units), vars(missing_model("euros", ["x"]))]
    page = render({"as_of": "2024-12-31", "names": names, "sections": sections}, language)
    assert said in page
    assert f"county {language}" in page
    assert NOTES["missing_model"].as_text()[language].format(models="x") in page


@covers("001-C14")
def test_a_csv_has_every_line_and_an_empty_cell_for_what_is_hidden():
    assert as_csv([{"area": "901", "share": None}, {"area": "902", "share": 0.25}]) == "area,share\n901,\n902,0.25\n"


def test_joined_reports_say_a_note_once():
    one = Section("units", ({"a": 1},), (note("unstaffed", unit="u"),))
    assert joined(one, one) == Section("units", ({"a": 1}, {"a": 1}), (note("unstaffed", unit="u"),))
    assert json.dumps(joined(one, one).notes)
