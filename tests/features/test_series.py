"""Demand series of any division: each event once, zeros only where observed, a calendar that knows the future."""

from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from pydantic import ValidationError

from configs.errors import DataError
from features.panel import SeriesRule, calendar, series_panel
from features.panel.periods import first_whole, last_whole, period_starts
from features.store import Snapshot
from tests.features.histories_data import store_of, table_of
from tests.plans import covers

ANNA, BO = "00000000" + "a" * 24, "00000001" + "b" * 24  # buckets 0 and 1
HERE = {"history_start": "2024-10-01", "birth_year": 1940}


def resident(client_id: str, **more: object) -> dict[str, object]:
    return {"client_id": client_id, **HERE, **more}


def visit(client_id: str, time: str, **more: object) -> dict[str, object]:
    return {"client_id": client_id, "time": time, "service": "home_care", "minutes": 30, **more}


def stored(folder: Path, residents: list[dict[str, Any]], **tables: list[dict[str, Any]]) -> Snapshot:
    """A store whose extracts cover every day until 2024-12-31."""
    frames = {name: table_of(name, rows) for name, rows in tables.items() if rows}
    return store_of(folder, {"residents": table_of("residents", residents), **frames})


def rule(**more: Any) -> SeriesRule:
    return SeriesRule.model_validate_json(
        pd.Series({"by": ["area"], "period": "month", "reporting_lag_days": 0, **more}).to_json()
    )


def cells(panel: pd.DataFrame, *names: str) -> dict[Any, dict[str, float]]:
    """Values by cell and first day."""
    keys = list(names) if len(names) > 1 else names[0]
    return {
        key: dict(zip(rows["ds"].dt.strftime("%m-%d"), rows["y"], strict=True))
        for key, rows in panel.groupby(keys, observed=True)
    }


@covers("000-67", "002-F5")
def test_one_client_in_many_visits_is_one_client(tmp_path: Path) -> None:
    contacts = [visit(ANNA, "2024-10-01"), visit(ANNA, "2024-10-31T23:59:59"), visit(BO, "2024-10-15", minutes=45)]
    snapshot = stored(tmp_path, [resident(ANNA), resident(BO)], contacts=contacts)
    panel = series_panel(snapshot, rule(measures=["count", "hours", "clients"]), ["901"])
    assert cells(panel, "measure") == {
        "count": {"10-01": 3, "11-01": 0, "12-01": 0},
        "hours": {"10-01": (30 + 30 + 45) / 60, "11-01": 0, "12-01": 0},
        "clients": {"10-01": 2, "11-01": 0, "12-01": 0},
    }


@covers("001-C1")
def test_intensity_is_that_of_the_episode_on_the_day_of_the_visit(tmp_path: Path) -> None:
    episodes = [
        {"client_id": ANNA, "start": "2024-10-01", "end": "2024-11-15", "intensity": "light"},
        {"client_id": ANNA, "start": "2024-11-15", "intensity": "intensive"},
        {"client_id": ANNA, "start": "2024-11-01", "kind": "ward_stay", "intensity": "other"},
    ]
    contacts = [visit(ANNA, day) for day in ("2024-10-20", "2024-11-14", "2024-11-15")] + [visit(BO, "2024-11-02")]
    snapshot = stored(tmp_path, [resident(ANNA), resident(BO)], contacts=contacts, episodes=episodes)
    found = cells(series_panel(snapshot, rule(by=["area", "intensity"]), ["901"]), "intensity")
    assert found["light"] == {"10-01": 1, "11-01": 1, "12-01": 0}
    assert found["intensive"] == {"10-01": 0, "11-01": 1, "12-01": 0}
    assert found["none"] == {"10-01": 0, "11-01": 1, "12-01": 0}
    assert set(found) == {"light", "intensive", "none"}


@pytest.mark.parametrize(
    "time,     part",
    [
        ("06:59:59", "night"),
        ("07:00:00", "day"),
        ("14:59:59", "day"),
        ("15:00:00", "evening"),
        ("21:59:59", "evening"),
        ("22:00:00", "night"),
        ("00:00:00", "night"),
    ],
)
def test_time_of_day_by_the_wall_clock(tmp_path: Path, time: str, part: str) -> None:
    snapshot = stored(tmp_path, [resident(ANNA)], contacts=[visit(ANNA, f"2024-10-05T{time}")])
    panel = series_panel(snapshot, rule(by=["area", "time_of_day"]), ["901"])
    assert panel.loc[panel["y"] > 0, "time_of_day"].tolist() == [part]


def test_a_declared_code_has_a_series_even_without_events_and_others_are_left_out(tmp_path: Path) -> None:
    contacts = [visit(ANNA, "2024-10-05", channel="home"), visit(ANNA, "2024-10-06", channel="phone")]
    snapshot = stored(tmp_path, [resident(ANNA)], contacts=contacts)
    declared = rule(by=["area", "channel"], codes={"channel": ["home", "chat"]})
    found = cells(series_panel(snapshot, declared, ["901"]), "channel")
    assert found == {"home": {"10-01": 1, "11-01": 0, "12-01": 0}, "chat": {"10-01": 0, "11-01": 0, "12-01": 0}}


def test_zero_begins_where_the_source_covers_the_area(tmp_path: Path) -> None:
    people = [resident(ANNA), resident(BO, municipality="902")]
    snapshot = stored(tmp_path, people, contacts=[visit(ANNA, "2024-10-05"), visit(BO, "2024-12-05")])
    found = cells(series_panel(snapshot, rule(), ["901", "902"], {"902": date(2024, 10, 2)}), "area")
    assert found == {"902": {"11-01": 0, "12-01": 1}}, "901 is not covered at all; 902 from its first whole month"


def test_a_visit_during_two_overlapping_stays_is_counted_once(tmp_path: Path) -> None:
    stays = [resident(ANNA, valid_from="2020-01-01"), resident(ANNA, valid_from="2024-09-01", municipality="902")]
    snapshot = stored(tmp_path, stays, contacts=[visit(ANNA, "2024-10-05")])
    found = cells(series_panel(snapshot, rule(), ["901", "902"]), "area")
    assert (found["901"]["10-01"], found["902"]["10-01"]) == (0, 1), "where the client lived last"


def test_superseded_rows_and_rows_outside_the_filter_do_not_count(tmp_path: Path) -> None:
    contacts = [
        visit(ANNA, "2024-10-05", superseded_at="2024-10-20"),
        visit(ANNA, "2024-10-05", recorded_at="2024-10-20"),
        visit(ANNA, "2024-10-06", status="no_show"),
    ]
    snapshot = stored(tmp_path, [resident(ANNA)], contacts=contacts)
    panel = series_panel(snapshot, rule(filter={"status": "done"}), ["901"])
    assert cells(panel, "area")["901"]["10-01"] == 1


@covers("001-E3", "002-B16")
def test_requests_by_service(tmp_path: Path) -> None:
    requests = [
        {"client_id": ANNA, "request_id": "1", "requested_at": "2024-10-05", "service": "concern_notification"},
        {"client_id": BO, "request_id": "2", "requested_at": "2024-11-05", "service": "referral"},
    ]
    snapshot = stored(tmp_path, [resident(ANNA), resident(BO)], requests=requests)
    found = cells(series_panel(snapshot, rule(table="requests", by=["area", "service"]), ["901"]), "service")
    assert found["concern_notification"]["10-01"] == 1
    assert found["referral"] == {"10-01": 0, "11-01": 1, "12-01": 0}


@pytest.mark.parametrize(
    "wrong,                                      message",
    [
        ({"by": ["service"]}, "`by` needs `area`"),
        ({"by": ["area", "chanel"]}, "Did you mean `channel`"),
        ({"table": "population"}, "unknown table"),
        ({"table": "requests", "measures": ["hours"]}, "`hours` needs minutes"),
    ],
)
def test_a_faulty_rule_is_refused(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        rule(**wrong)


def test_no_row_at_all_is_said(tmp_path: Path) -> None:
    snapshot = stored(tmp_path, [resident(ANNA)], contacts=[visit(ANNA, "2024-10-05")])
    with pytest.raises(DataError, match="No row of contacts"):
        series_panel(snapshot, rule(filter={"service": "dentist"}), ["901"])


@pytest.mark.parametrize(
    "period,   day,          start,        first,        last",
    [
        ("day", "2024-02-29", "2024-02-29", "2024-02-29", "2024-02-29"),
        ("week", "2024-12-29", "2024-12-23", "2024-12-30", "2024-12-23"),  # Sunday: the week is whole
        ("week", "2024-12-30", "2024-12-30", "2024-12-30", "2024-12-23"),  # Monday: the week has begun
        ("month", "2024-02-29", "2024-02-01", "2024-03-01", "2024-02-01"),
        ("month", "2024-03-01", "2024-03-01", "2024-03-01", "2024-02-01"),
    ],
)
def test_periods(period: Any, day: str, start: str, first: str, last: str) -> None:
    at = pd.Timestamp(day)
    assert period_starts(pd.Series([at]), period)[0] == pd.Timestamp(start)
    assert first_whole(at, period) == pd.Timestamp(first)
    assert last_whole(at.date(), 0, period) == pd.Timestamp(last)


@pytest.mark.parametrize(
    "first,        period,  days, working_days, holidays",
    [
        ("2024-12-23", "week", 7, 7 - 2 - 3, 3),  # Christmas from Tuesday to Thursday, its Eve included
        ("2024-12-01", "month", 31, 31 - 9 - 4, 4),  # and the 6th on a Friday; nine weekend days
        ("2024-12-06", "day", 1, 0, 1),
        ("2024-02-01", "month", 29, 21, 0),  # leap year
        ("2027-05-01", "month", 31, 31 - 10 - 1, 1),  # the future is known: Ascension Day on the 6th
    ],
)
def test_the_calendar(first: str, period: Any, days: int, working_days: int, holidays: int) -> None:
    (row,) = calendar(pd.Timestamp(first), pd.Timestamp(first), period).to_dict("records")
    assert (row["days"], row["working_days"], row["holidays"]) == (days, working_days, holidays)
