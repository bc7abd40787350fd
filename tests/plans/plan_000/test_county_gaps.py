"""Care gaps (health-benefit assessment): blood pressure, LDL, HbA1c and smoking, per client and as a population share.

The small county's registers hold no measurement, so nothing of them may be used; then a laboratory begins to deliver.
Each feature and share is counted once more from the rows, plainly.
"""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from configs.loader import load_config
from evaluation.indicators.compute import Found, readiness_of
from evaluation.indicators.settings import IndicatorsConfig
from evaluation.readiness import indicators_told
from features.catalogue import load_catalogue
from features.catalogue.vocabulary import vocabulary_of
from features.store import Snapshot, read_table
from tests.plans import covers
from tests.plans.county import QUARTER, indicators_of, known, line_of, living, until
from tests.plans.laboratory import Measured, features_of

pytestmark = pytest.mark.xdist_group("county")  # one process builds it
YEAR = pd.Timedelta(days=365)
ABOVE = {"blood_pressure": ("systolic", 140.0), "ldl": ("ldl", 2.61), "hba1c": ("hba1c", 53.1)}
"""A gap's name → the scale that it reads, and from which value on a measurement is off target."""
DIABETES, CORONARY = "E1[01]", "E1[01]|I2[0-5]"
ENTITLED = {"blood_pressure": CORONARY, "ldl": CORONARY, "hba1c": DIABETES}
GAPS = {f"{name}_{part}" for name in ABOVE for part in ("overdue", "off_target")} | {"smoking"}
SHARES = (*(f"{name}_{part}" for name in ABOVE for part in ("missing_or_late", "in_target")), "smoking_status_recorded")


@pytest.fixture(scope="module")
def shares(laboratory: Measured) -> tuple[Found, dict[str, Any]]:
    """The population shares, before and after protection."""
    return indicators_of(laboratory[0], SHARES)


def measurements(county: Snapshot, scale: str, day: pd.Timestamp) -> pd.DataFrame:
    """What was measured before a day, oldest first."""
    rows = known(county, "assessments")
    return rows[(rows["scale"] == scale) & (rows["time"] < day)].sort_values("time")


def readiness(county: Snapshot) -> dict[str, str]:
    config = load_config("configs/indicators.yaml", IndicatorsConfig)
    return {one.id: one.readiness for one in indicators_told(config, readiness_of(county, config)) if one.id in SHARES}


@covers("000-23", county=True)
def test_no_gap_is_used_before_somebody_records_it(county: Snapshot, laboratory: Measured) -> None:
    frame, off = features_of(county)
    assert off >= GAPS
    assert not [name for name in frame if name.split("__")[0] in GAPS]
    assert set(readiness(county).values()) == {"usable_later"}
    measured, still_off = features_of(laboratory[0])
    assert not still_off & GAPS
    assert {name.split("__")[0] for name in measured} >= GAPS
    assert set(readiness(laboratory[0]).values()) == {"usable_now"}


@covers("000-23", county=True)
@pytest.mark.parametrize("lost, is_off", [(0.4, False), (0.6, True)])
def test_a_gap_is_switched_off_where_most_results_are_missing(laboratory: Measured, lost: float, is_off: bool) -> None:
    """The county's own rows, where the laboratory leaves out that share of its LDL results and no other."""
    county, catalogue = laboratory[0], load_catalogue("configs/features.yaml")
    tables = {name: read_table(county, name) for name in catalogue.tables}
    rows = tables["assessments"]
    ldl = rows.index[rows["scale"] == "ldl"]
    empty = rows["value"].mask(rows.index.isin(ldl[: int(lost * len(ldl))]))
    found = vocabulary_of([{**tables, "assessments": rows.assign(value=empty)}], catalogue, until(county).date())
    assert ("ldl_off_target" in found.off) == is_off
    assert not {"hba1c_off_target", "blood_pressure_off_target", "smoking"} & set(found.off)
    assert ("ldl" in found.off) == is_off
    if is_off:
        assert found.off["ldl_off_target"] == pytest.approx(1 - lost, abs=0.01)


@covers("000-23", county=True)
@pytest.mark.parametrize("name", ABOVE)
def test_each_gap_of_each_client(laboratory: Measured, name: str) -> None:
    county, day = laboratory[0], until(laboratory[0])
    frame, (scale, limit) = features_of(county)[0], ABOVE[name]
    rows = measurements(county, scale, day)
    newest = rows.groupby("client_id")["time"].max().reindex(frame.index)
    overdue = frame[f"{name}_overdue"]
    late, fresh, never = newest < day - YEAR, newest >= day - YEAR, newest.isna()
    assert min(late.sum(), fresh.sum(), never.sum()) > 10
    assert (overdue[late] == 1).all()
    assert (overdue[fresh] == 0).all()
    began = known(county, "residents").groupby("client_id")["history_start"].min().reindex(frame.index)
    wanted = (began <= day - YEAR).map({True: 1.0, False: np.nan})
    pd.testing.assert_series_equal(overdue[never], wanted[never], check_names=False, check_dtype=False)
    year = rows[rows["time"] >= day - YEAR]
    above = (year["value"] >= limit).groupby(year["client_id"]).mean().reindex(frame.index)
    above = above.where(began <= day - YEAR)  # a shorter history is no whole year
    assert 0 < above.mean() < 1
    told = frame[f"{name}_off_target__365d"]
    pd.testing.assert_series_equal(told, above, check_names=False, check_dtype=False, rtol=1e-6)


@covers("000-23", county=True)
def test_smoking_of_each_client_is_the_newest_record_and_unknown_without_one(laboratory: Measured) -> None:
    frame = features_of(laboratory[0])[0]
    newest = measurements(laboratory[0], "smoking", until(laboratory[0])).drop_duplicates("client_id", keep="last")
    wanted = newest.set_index("client_id")["value"].reindex(frame.index)
    assert min(wanted.notna().sum(), wanted.isna().sum()) > 10
    pd.testing.assert_series_equal(frame["smoking"], wanted, check_names=False, check_dtype=False)


def parts(shares: tuple[Found, dict[str, Any]], id: str) -> tuple[int, int]:
    """Numerator and denominator."""
    (span,) = (span for one, span in shares[0].frames if one == id)
    told = shares[0].parts(id, span)
    return int(told["num"].sum()), int(told["den"].sum())


def judged(county: Snapshot) -> set[str]:
    """Living residents whose year before the quarter's end is on record."""
    stays = known(county, "residents")
    return living(county) & set(stays.loc[stays["history_start"] <= QUARTER[1] - YEAR, "client_id"])


def sick(county: Snapshot, codes: str) -> set[str]:
    """Of those the ones with a diagnosis at the quarter's end."""
    rows = known(county, "diagnoses")
    rows = rows[(rows["time"] < QUARTER[1]) & rows["code"].astype(str).str.match(codes)]
    return set(rows["client_id"]) & judged(county)


@covers("000-23", county=True)
@pytest.mark.parametrize("name", ABOVE)
def test_each_gap_of_the_population(laboratory: Measured, shares: tuple[Found, dict[str, Any]], name: str) -> None:
    county, (scale, limit) = laboratory[0], ABOVE[name]
    entitled = sick(county, ENTITLED[name])
    year = measurements(county, scale, QUARTER[1])
    year = year[year["time"] >= QUARTER[1] - YEAR].drop_duplicates("client_id", keep="last").set_index("client_id")
    without = entitled - set(year.index)
    assert parts(shares, f"{name}_missing_or_late") == (len(without), len(entitled))
    line = line_of(shares[1], f"{name}_missing_or_late")
    assert line["value"] == pytest.approx(len(without) / len(entitled))
    assert 0.1 < line["value"] < 0.95
    asked = (entitled if name == "hba1c" else judged(county)) & set(year.index)
    kept = {one for one in asked if year["value"][one] < limit}
    assert parts(shares, f"{name}_in_target") == (len(kept), len(asked))
    assert 0 < len(kept) < len(asked)


@covers("000-23", county=True)
@pytest.mark.parametrize("name", ABOVE)
def test_the_share_of_the_population_is_that_of_the_clients_features(
    laboratory: Measured, shares: tuple[Found, dict[str, Any]], name: str
) -> None:
    """One by one on the quarter's last day: who is told to be overdue is who the share counts."""
    county = laboratory[0]
    overdue = features_of(county, QUARTER[1])[0][f"{name}_overdue"]
    own = overdue.reindex(sorted(sick(county, ENTITLED[name]) & set(overdue.index))).dropna()
    year = measurements(county, ABOVE[name][0], QUARTER[1])
    measured = set(year.loc[year["time"] >= QUARTER[1] - YEAR, "client_id"])
    assert set(own.index[own == 0]) == measured & sick(county, ENTITLED[name])
    told, whole = parts(shares, f"{name}_missing_or_late")
    assert whole - told == (own == 0).sum()


@covers("000-23", county=True)
def test_how_many_of_the_population_have_their_smoking_recorded(
    laboratory: Measured, shares: tuple[Found, dict[str, Any]]
) -> None:
    county = laboratory[0]
    contacts = known(county, "contacts")
    seen = contacts[(contacts["time"] < QUARTER[1]) & (contacts["time"] >= QUARTER[1] - YEAR)]
    seen = seen[(seen["status"] == "done") & (seen["sector"] == "primary")]
    asked = set(seen["client_id"]) & judged(county)
    rows = measurements(county, "smoking", QUARTER[1])
    recorded = asked & set(rows.loc[rows["time"] >= QUARTER[1] - YEAR, "client_id"])
    assert parts(shares, "smoking_status_recorded") == (len(recorded), len(asked))
    assert 0 < len(recorded) < len(asked)
