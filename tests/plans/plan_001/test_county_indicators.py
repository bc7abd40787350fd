"""Rows of Kanta-Häme's and Keski-Suomi's plans that are indicators, on the small county.

Each value is counted once more from the store's rows, plainly and without the code that made it.
"""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from configs.loader import load_config
from evaluation.areas.settings import AreasConfig
from evaluation.indicators.compute import Found, compute
from evaluation.indicators.settings import IndicatorsConfig
from evaluation.indicators.telling.report import report_of
from features.store import Snapshot
from tests.plans import covers
from tests.plans.county import QUARTER, born, ends, known, line_of, living

pytestmark = pytest.mark.xdist_group("county")  # one process builds it
TOLD = (
    *("t3_physician", "t3_nurse", "t3_physiotherapist", "coci_primary", "home_care_intensive_share"),
    *("home_care_light_share", "memory_home_care_share", "residents_65_without_event_share", "reason_recorded_share"),
)
FEASTS = ["2024-12-06", "2024-12-24", "2024-12-25", "2024-12-26", "2025-01-01", "2025-01-06"]
UNBOOKED = "t3_dentist"
"""A T3 of a profession that the county's appointment books do not hold."""
MONTH = (pd.Timestamp("2024-11-01"), pd.Timestamp("2024-12-01"))
"""The newest whole month that the indicators tell (28 days of lag)."""


@pytest.fixture(scope="module")
def both(county: Snapshot) -> tuple[Found, dict[str, Any]]:
    """Before and after protection; the invented people are few, so pairs are shown here."""
    whole = load_config("configs/indicators.yaml", IndicatorsConfig)
    chosen = {id: whole.definitions[id] for id in TOLD}
    t3 = chosen["t3_physiotherapist"]
    assert t3.measure is not None
    chosen[UNBOOKED] = t3.model_copy(update={"measure": t3.measure.model_copy(update={"profession": "dentist"})})
    plain = {"smallest_cell": 2, "periods": 1, "repeats": 20, "side_by_side": {}, "compared": {}}
    config = whole.model_copy(update={**plain, "definitions": chosen})
    areas = load_config(config.areas, AreasConfig)
    found = compute(county, config, areas.area_of)
    return found, report_of(found, config, {area: name.as_text() for area, name in areas.names.items()}, {})


@pytest.fixture(scope="module")
def told(both: tuple[Found, dict[str, Any]]) -> dict[str, Any]:
    """As they are published."""
    return both[1]


def held(county: Snapshot, table: str, begin: str, over: str, day: pd.Timestamp, **equal: str) -> set[str]:
    """Who has a row that stands on the eve of a day."""
    rows = known(county, table)
    ended = ends(county, rows, over, f"{over}_recorded_at")
    mine = (rows[begin] < day) & ~(ended < day)
    for name, value in equal.items():
        mine &= rows[name] == value
    return set(rows.loc[mine, "client_id"])


def there(county: Snapshot, day: pd.Timestamp) -> set[str]:
    """Who lives in the county on the eve of a day."""
    stays = known(county, "residents")
    died, left = (ends(county, stays, one, f"{clock}_recorded_at") for one, clock in
                  (("died_on", "died"), ("valid_to", "valid_to")))  # fmt: skip
    return set(stays.loc[(stays["valid_from"] < day) & ~(died < day) & ~(left < day), "client_id"])


def aged(county: Snapshot, least: int, day: pd.Timestamp) -> set[str]:
    years = (day - pd.Timedelta(days=1)).year - born(county)
    return set(years.index[years >= least])


@covers("001-D1", county=True)
@pytest.mark.parametrize("profession", ["physician", "nurse", "physiotherapist"])
def test_t3_is_the_working_days_to_the_third_free_time_of_each_centre(
    county: Snapshot, told: dict[str, Any], profession: str
) -> None:
    """Seen every seventh midnight of the month; a weekend or a public holiday is no working day."""
    slots = known(county, "appointment_slots")
    own = slots[slots["profession"] == profession]
    waits = []
    for day in pd.date_range(*MONTH, freq="7D", inclusive="left"):
        for _, centre in own.groupby("unit"):
            free = centre[(centre["offered_at"] < day) & ~(centre["taken_at"] < day) & (centre["slot_at"] >= day)]
            times = sorted(free["slot_at"])
            if len(times) >= 3:
                days = np.busday_count(day.date(), times[2].date(), holidays=FEASTS)
                waits.append(int(days))
    line = line_of(told, f"t3_{profession}")
    assert line["value"] == pytest.approx(np.mean(waits))
    assert len(waits) > 10
    targets = {one["id"]: one["targets"][0]["value"] for one in told["indicators"] if one["family"] == "t3"}
    assert targets[f"t3_{profession}"] == {"physician": 7, "nurse": 3, "physiotherapist": 5}[profession]


@covers("001-D1", county=True)
def test_t3_of_a_profession_without_an_appointment_book_is_not_available_and_not_zero(told: dict[str, Any]) -> None:
    line = line_of(told, UNBOOKED)
    assert (line["value"], line["n"], line["why"]) == (None, None, "source_missing")


@covers("001-D5", "001-B5", county=True)
def test_continuity_of_the_county_and_of_each_area(county: Snapshot, told: dict[str, Any]) -> None:
    contacts = known(county, "contacts")
    mine = (contacts["sector"] == "primary") & (contacts["status"] == "done") & contacts["professional_id"].notna()
    year = contacts[mine & (contacts["time"] >= QUARTER[1] - pd.DateOffset(years=1)) & (contacts["time"] < QUARTER[1])]
    met = year.groupby(["client_id", "professional_id"]).size()
    n = met.groupby(level=0).sum()
    alike = ((met**2).groupby(level=0).sum() - n) / (n * (n - 1))
    alike = alike[n >= 3]
    line = line_of(told, "coci_primary")
    assert (line["value"], line["n"]) == (pytest.approx(alike.mean()), len(alike))
    stays = known(county, "residents").drop_duplicates("client_id", keep="last").set_index("client_id")
    areas = alike.groupby(stays["municipality"].reindex(alike.index).to_numpy()).mean()
    assert line_of(told, "coci_primary", "area", "904")["value"] == pytest.approx(areas["904"])


@covers("001-C1", "001-C2", county=True)
def test_home_care_clients_of_75_by_how_much_they_get(county: Snapshot, told: dict[str, Any]) -> None:
    old = aged(county, 75, MONTH[1]) & there(county, MONTH[1])
    care = {"kind": "home_care_regular"}
    clients = held(county, "episodes", "start", "end", MONTH[1], **care) & old
    contacts = known(county, "contacts")
    visits = contacts[(contacts["service"] == "home_care") & (contacts["status"] == "done")]
    month = visits[(visits["time"] >= MONTH[0]) & (visits["time"] < MONTH[1])].groupby("client_id").size()
    often = clients & set(month.index[month >= 60])
    light = held(county, "episodes", "start", "end", MONTH[1], **care, intensity="light") & old
    for id, hits in (("home_care_intensive_share", often), ("home_care_light_share", light)):
        line = line_of(told, id)
        assert (line["value"], line["n"]) == (pytest.approx(len(hits) / len(clients)), len(clients))
    goals = {one["id"]: one["targets"][0]["value"] for one in told["indicators"] if one["id"].startswith("home_care")}
    assert goals == {"home_care_intensive_share": 0.55, "home_care_light_share": 0.15}


@covers("001-C3", county=True)
def test_people_with_a_memory_disorder_in_regular_home_care(county: Snapshot, told: dict[str, Any]) -> None:
    codes = known(county, "diagnoses")
    memory = codes["code"].astype(str).str.match(r"G30|F0[0-3]") & (codes["time"] < QUARTER[1])
    people = set(codes.loc[memory, "client_id"]) & living(county)
    care = held(county, "episodes", "start", "end", QUARTER[1], kind="home_care_regular")
    line = line_of(told, "memory_home_care_share")
    assert (line["value"], line["n"]) == (pytest.approx(len(people & care) / len(people)), len(people))


@covers("001-C13", county=True)
def test_older_people_of_whom_no_register_tells_anything(county: Snapshot, both: tuple[Found, dict[str, Any]]) -> None:
    old = aged(county, 65, QUARTER[1]) & living(county)
    since = QUARTER[1] - pd.Timedelta(days=365)
    seen = set[str]()
    happened = {"contacts": "time", "assessments": "time", "requests": "requested_at", "plans": "valid_from"}
    for table, time in {**happened, "episodes": "start"}.items():
        rows = known(county, table)
        seen |= set(rows.loc[(rows[time] >= since) & (rows[time] < QUARTER[1]), "client_id"])
    seen |= held(county, "episodes", "start", "end", since)  # a service under way is an event all the while
    found, report = both
    (span,) = [span for id, span in found.frames if id == "residents_65_without_event_share"]
    parts = found.parts("residents_65_without_event_share", span)
    assert set(parts.loc[parts["num"] == 1, "who"]) == old - seen
    assert set(parts["who"]) == old
    assert old - seen
    assert line_of(report, "residents_65_without_event_share")["value"] is None  # one person: hidden


@covers("001-G5", county=True)
def test_clients_whose_reason_for_a_visit_is_recorded(county: Snapshot, told: dict[str, Any]) -> None:
    contacts = known(county, "contacts")
    mine = contacts[(contacts["sector"] == "primary") & (contacts["status"] == "done")]
    quarter = mine[(mine["time"] >= QUARTER[0]) & (mine["time"] < QUARTER[1])]
    clients = quarter.groupby("client_id")["reason"].count() > 0
    line = line_of(told, "reason_recorded_share")
    assert line["value"] == pytest.approx(clients.mean(), abs=0.02)
