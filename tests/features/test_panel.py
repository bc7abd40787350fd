"""Demand series: weeks are whole, unknown is not zero, visits are counted where the client lived."""

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from configs.errors import DataError
from features.panel import VisitRule, checked_series, last_complete_week, long_enough, sheet_panel, visit_panel
from features.store import Snapshot
from tests.features.histories_data import store_of, table_of
from tests.plans import covers

ANNA, BO, CAI = "00000000" + "a" * 24, "00000001" + "b" * 24, "00000002" + "c" * 24  # buckets 0, 1, 0
HOME_CARE = VisitRule("home_care")
HERE = {"history_start": "2024-11-25", "birth_year": 1940}
ORIGIN = "Ask the planner for it."


def resident(client_id: str, **more: object) -> dict[str, object]:
    return {"client_id": client_id, **HERE, **more}


def visit(client_id: str, time: str, **more: object) -> dict[str, object]:
    return {"client_id": client_id, "time": time, "service": "home_care", "minutes": 30, **more}


def stored(folder: Path, residents: list[dict[str, object]], contacts: list[dict[str, object]]) -> Snapshot:
    """A store of two buckets whose extracts cover every day until Tuesday 2024-12-31."""
    return store_of(folder, {"residents": table_of("residents", residents), "contacts": table_of("contacts", contacts)})


def cell(panel: pd.DataFrame, area: str = "901", band: str = "75plus", measure: str = "visits") -> dict[str, float]:
    rows = panel[(panel["area"] == area) & (panel["band"] == band) & (panel["measure"] == measure)]
    return dict(zip(rows["ds"].dt.date.astype(str), rows["y"], strict=True))


@pytest.mark.parametrize(
    "data_until,   lag, monday",
    [
        ("2024-12-29", 0,  "2024-12-23"),  # a Sunday: that week is whole
        ("2024-12-28", 0,  "2024-12-16"),  # a Saturday: its own week is not
        ("2024-12-30", 0,  "2024-12-23"),  # a Monday: one day of the new week is nothing
        ("2024-12-31", 14, "2024-12-09"),  # two weeks may still be filled
        ("2024-12-29", 1,  "2024-12-16"),  # Sunday itself may still be filled
        ("2024-12-30", 1,  "2024-12-23"),  # Sunday is closed, one day later
    ],
)  # fmt: skip
def test_the_last_week_is_whole_and_closed_to_late_recording(data_until, lag, monday):
    assert last_complete_week(date.fromisoformat(data_until), lag) == pd.Timestamp(monday)


@covers("002-F5")
def test_weeks_run_from_monday_and_those_without_visits_are_zero(tmp_path):
    times = ["2024-11-25 00:00:00", "2024-12-01 23:59:59", "2024-12-02 08:00:00", "2024-12-16 09:00:00"]
    panel = visit_panel(
        stored(tmp_path, [resident(ANNA)], [visit(ANNA, time) for time in times]), HOME_CARE, ["901"], 0
    )
    assert cell(panel) == {"2024-11-25": 2, "2024-12-02": 1, "2024-12-09": 0, "2024-12-16": 1, "2024-12-23": 0}
    assert set(cell(panel, band="under65").values()) == {0.0}, "an age band without visits is a true zero too"


def test_hours_are_summed_minutes_and_every_bucket_is_read(tmp_path):
    contacts = [visit(ANNA, "2024-12-03"), visit(BO, "2024-12-04", minutes=45), visit(BO, "2024-12-05", minutes=None)]
    panel = visit_panel(stored(tmp_path, [resident(ANNA), resident(BO)], contacts), HOME_CARE, ["901"], 0)
    assert cell(panel)["2024-12-02"] == 3
    assert cell(panel, measure="hours")["2024-12-02"] == pytest.approx((30 + 45) / 60)


def test_weeks_that_the_reporting_lag_may_still_fill_are_left_out(tmp_path):
    contacts = [visit(ANNA, "2024-12-10"), visit(ANNA, "2024-12-17"), visit(ANNA, "2024-12-30")]
    snapshot = stored(tmp_path, [resident(ANNA)], contacts)
    assert max(cell(visit_panel(snapshot, HOME_CARE, ["901"], 14))) == "2024-12-09"
    assert max(cell(visit_panel(snapshot, HOME_CARE, ["901"], 0))) == "2024-12-23"


def test_before_an_area_joined_nothing_is_known_of_it(tmp_path):
    late = resident(BO, municipality="902", history_start="2024-12-10")  # a Tuesday
    contacts = [visit(ANNA, "2024-12-03"), visit(BO, "2024-12-03"), visit(BO, "2024-12-11"), visit(BO, "2024-12-17")]
    panel = visit_panel(stored(tmp_path, [resident(ANNA), late], contacts), HOME_CARE, ["901", "902"], 0)
    assert min(cell(panel, "901")) == "2024-11-25"
    assert cell(panel, "902") == {"2024-12-16": 1, "2024-12-23": 0}, "its first whole week; none before, not even zero"


def test_an_area_that_joined_last_week_has_no_week_yet(tmp_path):
    late = resident(BO, municipality="902", history_start="2024-12-30")
    panel = visit_panel(
        stored(tmp_path, [resident(ANNA), late], [visit(ANNA, "2024-12-03")]), HOME_CARE, ["901", "902"], 0
    )
    assert cell(panel, "902") == {}
    assert cell(panel, "901")["2024-12-02"] == 1


def test_a_client_who_moved_is_counted_where_she_lived(tmp_path):
    stays = [
        resident(ANNA, valid_to="2024-12-10", valid_to_recorded_at="2024-12-10"),
        resident(ANNA, municipality="902", valid_from="2024-12-10"),
    ]
    contacts = [visit(ANNA, "2024-12-09 12:00:00"), visit(ANNA, "2024-12-10 00:00:00"), visit(ANNA, "2024-12-17")]
    panel = visit_panel(stored(tmp_path, stays, contacts), HOME_CARE, ["901", "902"], 0)
    assert (cell(panel, "901")["2024-12-09"], cell(panel, "902")["2024-12-09"]) == (1, 1)
    assert (cell(panel, "901")["2024-12-16"], cell(panel, "902")["2024-12-16"]) == (0, 1)


def test_superseded_rows_count_nowhere(tmp_path):
    gone = {"superseded_at": "2024-12-20"}
    stays = [resident(ANNA), resident(ANNA, history_start="2024-01-01", **gone), resident(BO, municipality="902")]
    contacts = [visit(ANNA, "2024-12-03", **gone), visit(ANNA, "2024-12-03 09:00:00"), visit(BO, "2024-12-03", **gone)]
    panel = visit_panel(stored(tmp_path, stays, contacts), HOME_CARE, ["901", "902"], 0)
    assert cell(panel, "901")["2024-12-02"] == 1, (
        "one visit, not the replaced one, nor twice for two versions of a stay"
    )
    assert min(cell(panel, "901")) == "2024-11-25", "a replaced stay does not say when the history began"
    assert set(cell(panel, "902").values()) == {0.0}


def test_only_the_rules_contacts_are_demand(tmp_path):
    contacts = [
        visit(ANNA, "2024-12-03"),
        visit(ANNA, "2024-12-04", status="no_show"),
        visit(ANNA, "2024-12-05", service="gp_visit"),
        visit(ANNA, "2024-12-06", channel="video"),
    ]
    snapshot = stored(tmp_path, [resident(ANNA)], contacts)
    assert cell(visit_panel(snapshot, HOME_CARE, ["901"], 0))["2024-12-02"] == 2
    by_video = VisitRule("home_care", channel="video")
    assert cell(visit_panel(snapshot, by_video, ["901"], 0))["2024-12-02"] == 1


@pytest.mark.parametrize(
    "birth_year, band",
    [(1960, "under65"), (1959, "65to74"), (1950, "65to74"), (1949, "75plus")],
)
def test_an_age_is_reached_during_the_calendar_year(tmp_path, birth_year, band):
    person = resident(ANNA, birth_year=birth_year)
    panel = visit_panel(stored(tmp_path, [person], [visit(ANNA, "2024-12-03")]), HOME_CARE, ["901"], 0)
    assert cell(panel, band=band)["2024-12-02"] == 1
    assert panel.loc[panel["measure"] == "visits", "y"].sum() == 1


def test_a_store_or_config_that_cannot_give_a_panel_is_named(tmp_path):
    snapshot = stored(tmp_path, [resident(ANNA)], [visit(ANNA, "2024-12-03")])
    with pytest.raises(DataError, match="No contact with service dentistry"):
        visit_panel(snapshot, VisitRule("dentistry"), ["901"], 0)
    with pytest.raises(DataError, match="municipality 999"):
        visit_panel(snapshot, HOME_CARE, ["901", "999"], 0)


def test_series_too_short_are_refused_and_the_others_kept():
    panel = pd.DataFrame({"unique_id": ["a"] * 3 + ["b"] * 2, "y": 1.0})
    kept, refused = long_enough(panel, 3)
    assert list(kept["unique_id"]) == ["a"] * 3
    assert [(one.series_id, one.reason) for one in refused] == [
        ("b", "Not enough data: 2 periods, at least 3 are needed.")
    ]
    with pytest.raises(DataError, match="No series has 4 observed periods"):
        long_enough(panel, 4)


MONTHS = [f"2024-{month:02d}-01" for month in range(1, 10)]


def sheet(folder: Path, series: dict[str, list[tuple[str, object]]]) -> Path:
    lines = ["unique_id,ds,y", *(f"{name},{ds},{y}" for name, rows in series.items() for ds, y in rows)]
    file = folder / "sheet.csv"
    file.write_text("\n".join(lines), encoding="utf-8")
    return file


def rising(months: list[str] = MONTHS) -> list[tuple[str, object]]:
    return [(month, 10 + k) for k, month in enumerate(months)]


FAULTS = [
    ("a word for a date",   [("tammikuu", 1), *rising()[1:]],         "The date 'tammikuu' is not a date"),
    ("an impossible date",  [("2024-02-30", 1), *rising()],           "The date '2024-02-30' is not a date"),
    ("a far-future date",   [*rising(), ("2204-01-01", 1)],           "The month of 2024-10-01 is missing"),
    ("no value",            [*rising()[:-1], ("2024-09-01", "")],     "The value at 2024-09-01 is not a number"),
    ("a word for a value",  [*rising()[:-1], ("2024-09-01", "n/a")],  "The value at 2024-09-01 is not a number"),
    ("a negative value",    [*rising()[:-1], ("2024-09-01", -1)],     "The value at 2024-09-01 is not a number of z"),
    ("an infinite value",   [*rising()[:-1], ("2024-09-01", "inf")],  "The value at 2024-09-01 is not a number"),
    ("a date twice",        [*rising(), ("2024-09-01", 5)],           "The date 2024-09-01 is given twice"),
    ("a missing month",     rising(MONTHS[:4] + MONTHS[5:]),          "The month of 2024-05-01 is missing"),
    ("a day in mid-month",  [*rising()[:-1], ("2024-09-15", 5)],      "The date 2024-09-15 lies between periods"),
    ("one day in mid-month", [("2024-09-15", 5)],                     "The date 2024-09-15 lies between periods"),
    ("months and weeks",    [*rising(), ("2024-09-08", 1)],           "The date 2024-09-08 lies between periods"),
    ("too short",           rising(MONTHS[2:]),                       "Not enough data: 7 periods, at least 8"),
    ("never changing",      [(month, 3) for month in MONTHS],         "Every value is 3 from 2024-01-01 to 2024-09-01"),
    ("all zero",            [(month, 0) for month in MONTHS],         "Every value is 0 from 2024-01-01 to 2024-09-01"),
]  # fmt: skip


@pytest.mark.parametrize("faulty, reason", [case[1:] for case in FAULTS], ids=[case[0] for case in FAULTS])
def test_a_fault_is_named_with_its_date_and_the_others_are_still_forecast(tmp_path, faulty, reason):
    file = sheet(tmp_path, {"good": rising(), "faulty": faulty, "good2": rising()})
    kept, refused = checked_series(sheet_panel(file, "month", ORIGIN), "month", 8, pd.Timestamp("2024-01-01"))
    assert list(kept["unique_id"].unique()) == ["good", "good2"]
    assert len(kept) == 2 * len(MONTHS)
    assert [one.series_id for one in refused] == ["faulty"]
    assert refused[0].reason.startswith(reason)


@pytest.mark.parametrize("today, refused", [("2024-09-30", 1), ("2024-10-01", 0)])
def test_a_period_that_has_not_ended_is_not_observed(tmp_path, today, refused):
    panel = sheet_panel(sheet(tmp_path, {"early": rising(MONTHS[:-1]), "last": rising()}), "month", ORIGIN)
    found = checked_series(panel, "month", 8, today=date.fromisoformat(today))[1]
    assert [(one.series_id, one.reason[:39]) for one in found] == [
        ("last", "The month of 2024-09-01 has not ended y"),
    ] * refused


@pytest.mark.parametrize("shorter", [MONTHS[1:], MONTHS[:-1]], ids=["later start", "earlier end"])
def test_where_whole_series_are_asked_for_shorter_ones_are_refused(tmp_path, shorter):
    panel = sheet_panel(sheet(tmp_path, {"whole": rising(), "shorter": rising(shorter)}), "month", ORIGIN)
    kept, refused = checked_series(panel, "month", 8, pd.Timestamp("2024-01-01"))
    assert (set(kept["unique_id"]), refused[0].series_id) == ({"whole"}, "shorter")
    assert refused[0].reason.startswith("Not complete")
    assert checked_series(panel, "month", 8)[1] == (), "without `complete_from` both are forecast"


@pytest.mark.parametrize("first, refused", [("2024-01-01", 0), ("2024-01-07", 1)])
def test_weeks_are_named_by_their_mondays(tmp_path, first, refused):
    mondays = [str(day.date()) for day in pd.date_range("2024-01-01", periods=9, freq="7D")]
    weeks = [str(day.date()) for day in pd.date_range(first, periods=9, freq="7D")]
    panel = sheet_panel(sheet(tmp_path, {"monday": rising(mondays), "other": rising(weeks)}), "week", ORIGIN)
    found = checked_series(panel, "week", 8)[1]
    assert ["by its Monday" in one.reason for one in found] == [True] * refused


def test_no_series_at_all_is_an_error_that_names_the_first(tmp_path):
    panel = sheet_panel(sheet(tmp_path, {"b": rising(MONTHS[:2]), "a": [("x", 1)]}), "month", ORIGIN)
    with pytest.raises(DataError, match="None of the 2 series can be forecast; the first, a: The date 'x'"):
        checked_series(panel, "month", 8)
    with pytest.raises(DataError, match="has no rows"):
        checked_series(sheet_panel(sheet(tmp_path, {}), "month", ORIGIN), "month", 8)


def test_a_file_that_is_no_sheet_is_named(tmp_path):
    with pytest.raises(DataError, match=r"none\.csv is missing: Ask the planner"):
        sheet_panel(tmp_path / "none.csv", "month", ORIGIN)
    file = tmp_path / "sheet.csv"
    for content, message in [
        (b"unique_id,ds\na,2024-01-01\n", "has no column y; it needs unique_id, ds, y"),
        (b"", "is not a UTF-8 CSV file"),
        ("unique_id,ds,y\nä,2024-01-01,1\n".encode("cp1252"), "is not a UTF-8 CSV file"),
        (b'unique_id,ds,y\na,2024-01-01,1\nb,"2024-02-01,2,3\n', "is not a UTF-8 CSV file"),
        (b"unique_id,ds,y\na,2024-01-01,1\na,2024-01-01,1,7\n", "is not a UTF-8 CSV file"),
    ]:
        file.write_bytes(content)
        with pytest.raises(DataError, match=message):
            sheet_panel(file, "month", ORIGIN)


def test_rows_in_any_order_and_a_byte_order_mark_are_read(tmp_path):
    file = sheet(tmp_path, {"a": rising()[::-1]})
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
    kept, _ = checked_series(sheet_panel(file, "month", ORIGIN), "month", 8)
    assert list(kept["y"]) == [10 + k for k in range(9)]
