"""The book of drivers: each series and period has its columns, none from the future; a faulty driver is named."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from configs.errors import ConfigError
from features.panel.drivers import known_before
from models.demand.config import DemandConfig
from models.demand.drivers import DriverBook, Drivers
from models.demand.drivers.config import PopulationDriver
from tests.models.demand.demand_data import monthly, series, together, weekly
from tests.models.demand.driver_rows import OLD, openings, people, stays, table
from training.demand.drivers import cells_of, driver_book

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
