"""A scenario's population as the forecasting member sees it when it is run again."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from models.demand.drivers import DriverTable
from models.demand.explained import Reasons
from models.demand.forecasters import boosted
from models.demand.model import parse_booster
from models.planning.rerun import rerun_of
from tests.models.demand.demand_data import series, together, weekly

START, WEEKS, AHEAD = "2022-01-03", 90, 4
NAMES = ("901|visits|75plus", "902|visits|75plus")


@pytest.fixture(scope="module")
def model() -> SimpleNamespace:
    """Two fitted series with a population that stays; only what a re-run reads."""
    config, rng = weekly(horizon=AHEAD), np.random.default_rng(2)
    panel = together(*(series(one, START, 50 + rng.normal(0, 3, WEEKS), "W-MON") for one in NAMES))
    frame = together(*(series(one, START, np.ones(WEEKS + AHEAD), "W-MON") for one in NAMES))
    drivers = DriverTable(frame.rename(columns={"y": "exposure"}))
    fitted = boosted.fit(panel, config.lightgbm, config.freq, config.season_length, drivers)
    booster = parse_booster(boosted.booster_text(fitted))
    reasons = Reasons(pd.DataFrame(), {}, drivers)
    return SimpleNamespace(config=config, observations=panel, booster=booster, reasons=reasons)


def change(*rows: tuple[str, int, float]) -> pd.DataFrame:
    weeks = pd.date_range(START, periods=WEEKS + AHEAD, freq="W-MON")
    return pd.DataFrame([(one, weeks[WEEKS + k], f) for one, k, f in rows], columns=["unique_id", "ds", "factor"])


def test_the_member_moves_as_its_population_does(model: SimpleNamespace) -> None:
    rerun = rerun_of(model)
    assert rerun is not None
    asked = change((NAMES[0], 0, 1.0), (NAMES[0], 1, 1.1), (NAMES[1], 2, 0.9))
    found = rerun(asked)
    assert list(found.columns) == ["unique_id", "ds", "factor"]
    assert found["factor"].to_numpy() == pytest.approx([1.0, 1.1, 0.9])


def test_what_the_member_does_not_forecast_keeps_the_factor_of_its_population(model: SimpleNamespace) -> None:
    rerun = rerun_of(model)
    assert rerun is not None
    assert rerun(change(("903|visits|75plus", 0, 1.3)))["factor"].tolist() == [1.3]


def test_without_a_population_driver_there_is_nothing_to_run_again(model: SimpleNamespace) -> None:
    without = replace(model.reasons, drivers=None)
    assert rerun_of(SimpleNamespace(**{**vars(model), "reasons": without})) is None
    assert rerun_of(SimpleNamespace(**{**vars(model), "reasons": None})) is None
