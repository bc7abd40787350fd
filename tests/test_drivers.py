"""Drivers: known at the origin or stated as expected, never from the future; each scaled to its series."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from configs.errors import ConfigError, DataError
from features.panel.drivers import expected_needs, known_before, openings_of
from features.panel.drivers.population import _ages
from models.demand.config import DemandConfig
from models.demand.drivers import DriverBook, Drivers
from models.demand.drivers.columns import calendar_columns, ended_per_period, last_expected, open_places
from models.demand.drivers.config import PopulationDriver
from models.demand.drivers.exposure import AGES, persons_on
from tests.demand_data import monthly, series, together, weekly
from training.demand.drivers import cells_of, driver_book
from training.heads_up import summed

WEEKS = pd.date_range("2024-01-01", periods=60, freq="W-MON")


def table(rows: list[tuple], columns: str, *days: str) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=columns.split())
    return frame.assign(**{name: pd.to_datetime(frame[name]) for name in days})


# --- the two clocks -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "recorded,     replaced,     known",
    [
        ("2024-03-31", None,         True),   # the day before
        ("2024-04-01", None,         False),  # on the day itself
        ("2024-01-01", "2024-03-31", False),  # replaced before
        ("2024-01-01", "2024-04-01", True),   # replaced on the day: the correction is not known yet
    ],
)  # fmt: skip
def test_a_record_counts_when_it_was_known_before_the_day(recorded, replaced, known):
    rows = table([(recorded, replaced)], "recorded_at superseded_at", "recorded_at", "superseded_at")
    assert len(known_before(rows, pd.Timestamp("2024-04-01"))) == int(known)


# --- calendar -----------------------------------------------------------------------------------------------------


def test_working_days_and_their_change_around_christmas():
    weeks = pd.date_range("2024-12-16", periods=5, freq="W-MON")
    found = calendar_columns(weeks, "week", ["working_days"]).set_index("ds")
    # Christmas Eve, Christmas Day and St Stephen's Day; New Year's Day; Epiphany (Monday)
    assert found["working_days"].tolist() == [5, 5 - 3, 5 - 1, 5 - 1, 5]
    assert found["working_days_change"].tolist() == [0, -3, 2, 0, 1]


@pytest.mark.parametrize("period, first, change", [("month", "2024-02-01", 29 - 31), ("day", "2024-02-01", 0)])
def test_the_first_period_knows_the_one_before_it(period, first, change):
    days = pd.DatetimeIndex([first])
    assert calendar_columns(days, period, ["days"])["days_change"].tolist() == [change]


# --- population ---------------------------------------------------------------------------------------------------


def people(*rows: tuple) -> pd.DataFrame:
    """area, low, high, 31 December of the year, persons, recorded on."""
    made = [(area, low, high, f"{year}-12-31", float(n), known, None) for area, low, high, year, n, known in rows]
    columns = "area low high day persons recorded_at superseded_at"
    return table(made, columns, "day", "recorded_at", "superseded_at")


OLD = people(
    ("901", 75, 84, 2021, 900, "2022-04-01"), ("901", 85, 200, 2021, 100, "2022-04-01"),
    ("901", 75, 84, 2022, 950, "2023-04-01"), ("901", 85, 200, 2022, 150, "2023-04-01"),
    ("901", 75, 84, 2023, 9e9, "2024-04-01"), ("901", 85, 200, 2023, 9e9, "2024-04-01"),  # not yet known
    ("901", 0, 74, 2022, 5000, "2023-04-01"),
)  # fmt: skip
NEVER = pd.Timestamp("2024-03-31")


def persons(day: str, carry: str = "growth", as_of: pd.Timestamp = NEVER, ages: tuple = (75, 200)) -> float:
    rule = PopulationDriver(carry=carry, growth_years=3)
    return persons_on(OLD, "901", ages, pd.DatetimeIndex([day]), as_of, rule)[0]


@pytest.mark.parametrize(
    "day,          carry,    expected",
    [
        ("2021-12-31", "growth", 900 + 100),
        ("2022-12-31", "growth", 950 + 150),
        ("2022-07-01", "growth", (1000 * 1100) ** 0.5),     # half a year: the geometric mean
        ("2020-06-30", "growth", 900 + 100),                # before the first known year
        ("2023-12-31", "growth", 1100 * 1.1),               # carried forward: 10 % a year
        ("2023-12-31", "level", 950 + 150),
    ],
)  # fmt: skip
def test_population_between_and_after_the_known_years(day, carry, expected):
    assert persons(day, carry) == pytest.approx(expected, rel=1e-3)


def test_population_of_a_year_counts_only_after_it_was_recorded():
    assert persons("2023-12-31", as_of=pd.Timestamp("2024-04-01")) < 2000
    assert persons("2023-12-31", as_of=pd.Timestamp("2024-04-02")) > 1e9


def test_population_that_cannot_be_asked_is_refused():
    with pytest.raises(DataError, match=r"age band 75-84 of the area 901 lies across the ages 80-200"):
        persons("2022-01-01", ages=(80, 200))
    with pytest.raises(DataError, match="knows nothing of the area 901 before 2022-01-01"):
        persons("2022-01-01", as_of=pd.Timestamp("2022-01-01"))
    with pytest.raises(DataError, match="'75/84' of the table population is not written like 75-84"):
        _ages("75/84")
    assert (_ages("75-84"), _ages("85+")) == ((75, 84), (85, 200))
    assert AGES == {"under65": (0, 64), "65to74": (65, 74), "75plus": (75, 200)}


# --- openings -----------------------------------------------------------------------------------------------------


def openings(*rows: tuple) -> pd.DataFrame:
    return table(list(rows), "unit area from to places recorded_at", "from", "to", "recorded_at")


def test_places_are_counted_by_the_days_that_they_are_open():
    rows = openings(
        ("a", "901", "2024-01-11", None, 14.0, "2023-12-01"),         # from a Thursday
        ("b", "901", None, "2024-01-17", 7.0, "2023-12-01"),          # closes on a Wednesday
        ("c", "902", None, None, 100.0, "2023-12-01"),                # another area
    )  # fmt: skip
    found = open_places(rows, "901", pd.date_range("2024-01-01", periods=4, freq="W-MON"), "week")
    assert found.tolist() == pytest.approx([7, 14 * 4 / 7 + 7, 14 + 7 * 2 / 7, 14])


OPENINGS = "unit,area,from,to,places,recorded_at\n"


@pytest.mark.parametrize(
    "lines, said",
    [
        ("a,901,,,ten,2024-01-01\n", "line 2, column places: 'ten' is not a number"),
        ("a,901,,,1,2024-01-01\nb,901,1.3.2024,,1,2024-01-01\n", "line 3, column from: '1.3.2024' is not a date like"),
        ("a,901,,,1,\n", "line 2, column recorded_at: '' is not a date like"),
        (",901,,,1,2024-01-01\n", "line 2, column unit: '' is not a word"),
        ("a,901,2024-05-01,2024-05-01,1,2024-01-01\n", "line 2: `to` is not later than `from`"),
    ],
)
def test_a_faulty_line_of_openings_is_named(tmp_path, lines, said):
    file = tmp_path / "openings.csv"
    file.write_text(OPENINGS + lines)
    with pytest.raises(DataError, match=f"openings.csv, {said}"):
        openings_of(file)


def test_openings_are_read_and_a_missing_file_or_column_is_named(tmp_path):
    file = tmp_path / "openings.csv"
    file.write_text(OPENINGS + "a,901,2024-05-01,,12.5,2024-01-01\nb,902,,2024-06-01,3,2024-02-01\n")
    found = openings_of(file)
    assert found["places"].tolist() == [12.5, 3.0]
    assert found["from"].isna().tolist() == [False, True]
    file.write_text("unit,area\na,901\n")
    with pytest.raises(DataError, match="has no column from; it needs unit, area, from, to, places, recorded_at"):
        openings_of(file)
    with pytest.raises(DataError, match=r"nowhere.csv is missing: it lists .* or remove `drivers.openings`"):
        openings_of(tmp_path / "nowhere.csv")
    with pytest.raises(DataError, match=r"training.heads_up` writes it, or remove `drivers.heads_up`"):
        expected_needs(tmp_path / "nowhere.csv")


# --- discharges ---------------------------------------------------------------------------------------------------


def stays(counts: list[int], known_after_days: int = 3) -> pd.DataFrame:
    """So many stays end on the Wednesday of each week, and are recorded some days later."""
    rows = [("901", WEEKS[k] + pd.Timedelta(days=2)) for k, n in enumerate(counts) for _ in range(n)]
    frame = pd.DataFrame(rows, columns=["area", "day"])
    return frame.assign(recorded_at=frame["day"] + pd.Timedelta(days=known_after_days), superseded_at=pd.NaT)


def test_observed_weeks_are_counts_and_later_weeks_the_seasonal_mean():
    # season of 4 weeks: 2, 4, 6, 8 repeated; the origin is the Monday after 12 weeks, ends are recorded within a week
    counts = [2, 4, 6, 8] * 3 + [99] * 4
    found = ended_per_period(stays(counts), "901", WEEKS[:16], "week", WEEKS[12], 0, 4)
    assert found[:12].tolist() == pytest.approx([n / 5 for n in counts[:12]])
    # the mean of the same and the neighbouring weeks of the season: weeks 0, 1 and 3 for the first …
    assert found[13] == pytest.approx(np.mean([2, 4, 6]) / 5)
    assert found[14] == pytest.approx(np.mean([4, 6, 8]) / 5)
    assert found.max() < 2


def test_weeks_that_recording_may_still_fill_are_not_counted():
    counts = [5] * 12
    late = ended_per_period(stays(counts), "901", WEEKS[:12], "week", WEEKS[12], 14, 52)
    assert late.tolist() == pytest.approx([1.0] * 12)
    slow = ended_per_period(stays(counts, known_after_days=10), "901", WEEKS[:12], "week", WEEKS[12], 0, 52)
    assert slow[-1] == 0, "ended, and not recorded before the origin: a declared lag of 0 days would be wrong"


def test_nothing_ended_in_an_area_says_nothing():
    assert ended_per_period(stays([1]), "902", WEEKS[:5], "week", WEEKS[5], 0, 52).tolist() == [1.0] * 5


def test_the_newest_expected_need_is_carried_forward():
    rows = [("901", "2024-01-08", 30.0, "2024-01-08"), ("901", "2024-01-22", 50.0, "2024-01-22")]
    needs = table(rows, "area as_of expected recorded_at", "as_of", "recorded_at")
    assert last_expected(needs, "901", WEEKS[:6]).tolist() == [1, 30 / 40, 30 / 40, 50 / 40, 50 / 40, 50 / 40]
    assert last_expected(needs, "902", WEEKS[:2]).tolist() == [1, 1]


def test_expected_needs_are_sums_known_when_the_model_was():
    p = [0.5, 0.25, 0.25, 0.5, 0.5, np.nan]
    early = pd.DataFrame({"area": "901", "as_of": pd.Timestamp("2023-12-01"), "p": p})
    late = early.assign(as_of=pd.Timestamp("2024-02-01"))
    few = pd.DataFrame({"area": "902", "as_of": pd.Timestamp("2024-02-01"), "p": [0.5] * 4})
    found = summed(pd.concat([early, late, few], ignore_index=True), pd.Timestamp("2024-01-01"))
    assert found["expected"].tolist() == [0.5 + 0.25 + 0.25 + 0.5 + 0.5] * 2, "four clients are not told"
    # the model learned from outcomes up to 2024-01-01: before that day nobody could have known its sums
    assert found["recorded_at"].dt.strftime("%Y-%m-%d").tolist() == ["2024-01-01", "2024-02-01"]


# --- the book -----------------------------------------------------------------------------------------------------


def book(**more) -> DriverBook:
    rules = Drivers(
        calendar=("working_days",),
        population=PopulationDriver(),
        openings={"file": "openings.csv"},
        discharges={"reporting_lag_days": 7, "lag": 2},
        heads_up={"file": "needs.csv"},
    )
    ids = ["901|visits|75plus", "902|visits|75plus"]
    both = pd.concat([OLD, OLD.assign(area="902", persons=OLD["persons"] * 2)], ignore_index=True)
    ended = stays([3] * 30)
    values = {
        "rules": rules,
        "period": "week",
        "season": 52,
        "reporting_lag_days": 7,
        "cells": cells_of(ids),
        "population": both,
        "discharges": pd.concat([ended, ended.assign(area="902")], ignore_index=True),
        "openings": openings(("a", "901", "2024-03-04", None, 14.0, "2024-02-01")),
        "needs": table(
            [("901", "2024-01-08", 5.0, "2024-01-08")], "area as_of expected recorded_at", "as_of", "recorded_at"
        ),
    }
    return DriverBook(**{**values, **more})


def panel(weeks: int = 8) -> pd.DataFrame:
    return together(
        *(series(f"{area}|visits|75plus", "2024-01-01", [10.0] * weeks, "W-MON") for area in ("901", "902"))
    )


def test_the_table_covers_past_and_horizon_of_every_series():
    found = book().table(panel(), 4)
    assert found.columns == (
        "working_days", "working_days_change", "places", "places_change", "discharges", "heads_up",
    )  # fmt: skip
    assert found.scales
    assert len(found.frame) == 2 * (8 + 4)
    assert not found.frame.isna().any().any()
    assert {found.groups[name] for name in found.columns[:2]} == {"calendar"}
    assert {found.groups[name] for name in found.columns[2:]} == {"drivers"}
    mine = found.frame[found.frame["unique_id"] == "901|visits|75plus"].set_index("ds")
    assert mine.loc["2024-02-19", "exposure"] == 1.0, "the last observed week is today"
    assert mine.loc["2024-03-18", "exposure"] > 1.0
    assert mine["places"].tolist() == [0.0] * 9 + [14 / 10] * 3, "per unit of the series' own level"
    assert mine["places_change"].tolist() == pytest.approx([0.0] * 9 + [1.4, 0, 0])


def test_no_driver_changes_when_the_future_is_recorded():
    """The same origin, with and without everything that was recorded on it or later: the same table, to the bit."""
    one = book()
    as_of = one.as_of(panel())
    assert as_of == pd.Timestamp("2024-03-04"), "seven days after the end of the last week"
    names = ("population", "discharges", "openings", "needs")
    later = {
        "population": people(("901", 75, 84, 2023, 7, as_of), ("902", 75, 84, 2023, 7, as_of)),
        "discharges": stays([0] * 5 + [50]).assign(recorded_at=as_of),
        "openings": openings(("z", "901", "2024-01-01", None, 500.0, as_of)),
        "needs": table(
            [("901", "2024-01-15", 900.0, as_of)], "area as_of expected recorded_at", "as_of", "recorded_at"
        ),
    }
    past = {name: known_before(getattr(one, name), as_of) for name in names}
    future = {name: pd.concat([getattr(one, name), later[name]], ignore_index=True) for name in names}
    expected = book(**past).table(panel(), 4).frame
    pd.testing.assert_frame_equal(book(**future).table(panel(), 4).frame, expected, check_exact=True)
    known_then = {name: later[name].assign(recorded_at=as_of - pd.Timedelta(days=1)) for name in names}
    for name in names:
        changed = {name: pd.concat([getattr(one, name), known_then[name]], ignore_index=True)}
        assert not book(**changed).table(panel(), 4).frame.equals(expected), f"{name} would not be looked at at all"


def test_a_discharge_drives_the_demand_of_its_lag_later():
    counts = [5] * 20
    counts[3] = 15
    found = book(discharges=pd.concat([stays(counts), stays(counts).assign(area="902")])).table(panel(), 4).frame
    mine = found[found["unique_id"] == "902|visits|75plus"]["discharges"]
    assert int(np.argmax(mine)) == 3 + 2


def test_a_series_without_an_area_is_named():
    with pytest.raises(ConfigError, match=r"belong to areas, and the series 902\|visits\|75plus has none"):
        book(cells=cells_of(["901|visits|75plus"])).table(panel(), 4)


# --- config -------------------------------------------------------------------------------------------------------


def nowhere(name: str) -> Path:
    return Path("nowhere") / name


def test_every_driver_is_off_until_it_is_named():
    assert driver_book(weekly(), None, pd.DataFrame(), nowhere) is None
    assert isinstance(DemandConfig.model_fields["drivers"].default, Drivers)


@pytest.mark.parametrize(
    "drivers, said",
    [
        ({"weather": True}, "unknown key `drivers.weather`"),
        ({"populaton": {}}, r"unknown key `drivers.populaton`. Did you mean `population`\?"),
        ({"population": {"cary": "level"}}, r"Did you mean `carry`\?"),
        ({"population": {"ages": [80, 70]}}, "first and last age"),
        ({"calendar": ["workdays"]}, "working_days"),
        ({"discharges": {"lag": 0, "reporting_lag_days": 0}}, "greater than or equal to 1"),
        ({"discharges": {}}, "`drivers.discharges.reporting_lag_days` is missing"),
    ],
)
def test_a_faulty_driver_is_named(drivers, said):
    with pytest.raises(ConfigError, match=said):
        weekly(drivers=drivers)


@pytest.mark.parametrize(
    "drivers, said",
    [
        ({"population": {}}, "driver population is read from the registers"),
        ({"discharges": {"reporting_lag_days": 0}}, "driver discharges is read from the registers"),
        ({"columns": ["temperature"]}, "no column temperature that `drivers.columns` names"),
    ],
)
def test_a_sheet_cannot_have_what_only_registers_have(drivers, said):
    with pytest.raises(ConfigError, match=said):
        driver_book(monthly(drivers=drivers), None, pd.DataFrame(), nowhere)


def test_a_sheets_own_future_columns_are_drivers():
    config = monthly(drivers={"columns": ["beds"], "calendar": ["working_days"]})
    whole = series("a", "2024-01-01", np.arange(12.0))
    given = whole[["unique_id", "ds"]].assign(beds=20.0)
    found = driver_book(config, None, pd.DataFrame(), nowhere, given).table(whole.iloc[:8], 4)
    assert found.columns == ("working_days", "working_days_change", "beds")
    assert found.frame["beds"].tolist() == [20.0] * 12


def test_date_features_fit_the_period():
    with pytest.raises(ConfigError, match="series by the week have no date feature `dayofweek`"):
        weekly(lightgbm={"lags": [1], "date_features": ["dayofweek"]})
