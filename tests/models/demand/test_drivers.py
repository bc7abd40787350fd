"""Drivers: known at the origin or stated as expected, never from the future; each scaled to its series."""

import numpy as np
import pandas as pd
import pytest

from configs.errors import DataError
from features.panel.drivers import expected_needs, known_before, openings_of
from features.panel.drivers.population import _ages
from models.demand.drivers.columns import calendar_columns, ended_per_period, last_expected, open_places
from models.demand.drivers.config import PopulationDriver
from models.demand.drivers.exposure import AGES, persons_on
from tests.models.demand.driver_rows import OLD, WEEKS, openings, stays, table
from training.heads_up import summed

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
