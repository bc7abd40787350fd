"""The seven health-benefit measures (Keski-Suomi and Kanta-Häme), delivered late to the small county.

The county's own registers hold none of them, until a laboratory begins to deliver (`tests.plans.laboratory`).
"""

import numpy as np
import pandas as pd
import pytest

from configs.loader import load_config
from evaluation.areas.settings import AreasConfig
from evaluation.indicators.compute import compute
from evaluation.indicators.settings import IndicatorsConfig
from evaluation.indicators.telling.report import report_of
from features.store import Snapshot
from tests.plans import covers
from tests.plans.county import QUARTER, known, line_of, until
from tests.plans.laboratory import Measured, features_of

pytestmark = pytest.mark.xdist_group("county")  # one process builds it
FAMILIES = ("bmi", "smoking", "blood_pressure", "ldl", "hba1c", "bdi", "health_measures_age")
TOLD = ("blood_pressure_missing_or_late", "hba1c_missing_or_late", "ldl_missing_or_late")


@covers("001-F2", county=True)
def test_measures_that_nobody_delivers_are_switched_off_and_not_zero(county: Snapshot) -> None:
    frame, off = features_of(county)
    assert set(FAMILIES) <= off
    assert not [name for name in frame if name.split("__")[0] in FAMILIES]


@covers("001-F2", county=True)
def test_the_last_value_its_age_and_its_trend(laboratory: Measured) -> None:
    county, _ = laboratory
    frame, off = features_of(county)
    assert not set(FAMILIES) & off
    own = known(county, "assessments").query("instrument in ('measurement', 'BDI')").sort_values("time")
    for scale, name in (("bmi", "bmi"), ("smoking", "smoking"), ("systolic", "blood_pressure__systolic"),
                        ("diastolic", "blood_pressure__diastolic"), ("ldl", "ldl"), ("hba1c", "hba1c"),
                        ("total", "bdi")):  # fmt: skip
        newest = own[own["scale"] == scale].drop_duplicates("client_id", keep="last").set_index("client_id")["value"]
        wanted = newest.reindex(frame.index)  # whom nobody measured: unknown
        assert wanted.notna().sum() > 100
        assert wanted.isna().sum() > 10
        pd.testing.assert_series_equal(frame[name], wanted, check_names=False, check_dtype=False, rtol=1e-5)
    last = own.groupby("client_id")["time"].max().reindex(frame.index)
    ages = (until(county) - last.dt.normalize()).dt.days
    assert (frame["health_measures_age"].fillna(-1) - ages.fillna(-1)).abs().max() <= 1
    pressure = own[own["scale"] == "systolic"]
    recent = pressure[pressure["time"] >= until(county) - pd.Timedelta(days=730)]
    changes = recent.groupby("client_id")["value"].agg(lambda values: np.sign(values.iloc[-1] - values.iloc[0]))
    twice = recent.groupby("client_id").size()
    trend = np.sign(frame["blood_pressure_trend__730d"]).reindex(twice.index[twice == 2])
    assert (trend == changes.reindex(trend.index)).mean() > 0.95
    assert len(trend) > 50


@covers("001-F2", county=True)
def test_how_many_of_those_who_should_be_measured_are(laboratory: Measured) -> None:
    county, _ = laboratory
    whole = load_config("configs/indicators.yaml", IndicatorsConfig)
    plain = {"smallest_cell": 2, "periods": 1, "repeats": 20, "side_by_side": {}, "compared": {}}
    config = whole.model_copy(update={**plain, "definitions": {id: whole.definitions[id] for id in TOLD}})
    areas = load_config(config.areas, AreasConfig)
    report = report_of(compute(county, config, areas.area_of), config, {}, {})
    codes = known(county, "diagnoses")
    codes = codes[codes["time"] < QUARTER[1]]
    own = known(county, "assessments")
    year = own[(own["time"] >= QUARTER[1] - pd.Timedelta(days=365)) & (own["time"] < QUARTER[1])]
    line = line_of(report, "hba1c_missing_or_late")
    stays = known(county, "residents")
    here = set(stays.loc[stays["valid_to"].isna() & stays["died_on"].isna(), "client_id"])
    sick = set(codes.loc[codes["code"].astype(str).str.match("E1[01]"), "client_id"])
    without = sick - set(year.loc[year["scale"] == "hba1c", "client_id"])
    assert line["value"] == pytest.approx(len(without & here) / len(sick & here), abs=0.03)
    assert 0.1 < line["value"] < 0.95
