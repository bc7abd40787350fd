"""Training with a short area: it borrows before summing, sums say so, and without the key it has not enough data."""

from functools import cache, partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from configs.errors import ConfigError, DataError, ModelError
from configs.workspace import Workspace
from evaluation.backtest import rolled
from features.panel import BANDS
from models.answers import ModelStamp
from models.bundles.bundle import read_bundle, write_bundle
from models.demand import DemandModel
from models.demand.config import DemandConfig
from models.demand.forecasters.members import forecast_members
from models.demand.hierarchy import bottom_id
from tests.features.test_series import ANNA, resident, stored
from tests.models.demand.demand_data import SMALL_TREES, monthly, series, together, weekly, words
from training.demand.cold_start import Standing, standing_of
from training.demand.fitting import fitted_model, judged_windows
from training.demand.panel import Panel, shown
from training.demand.tables import backtest_table, lost

KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
STAMP = ModelStamp("demand_home_care_weekly", "3", "0" * 64, "2024-12-31", "2025-01-01")
SIZES = {"901": 400, "902": 800, "903": 500, "904": 450}
SHORT, OWN_WEEKS, LONG_WEEKS = "904", 6, 60
COLD = {"lenders": 2, "similar_by": ["size"], "ages": [0, 200]}


def config(**more: object) -> DemandConfig:
    """Four areas, one measure, two age groups."""
    return weekly(
        **{
            "season_length": 8,
            "minimum_periods": 30,
            "measures": {"visits": {"name": words("visits"), "unit": words("visits a week")}},
            "areas": {area: words(f"Area {area}") for area in SIZES},
            "age_groups": {name: words(name) for name in ("total", "75plus")},
            "members": ["seasonal_naive", "lightgbm"],
            "lightgbm": {**SMALL_TREES, "lags": [1, 2, 8], "date_features": ["week"], "rounds": 5},
            "backtest": {"selection_windows": 2, "report_windows": 1, "step": 4},
            **more,
        }
    )


def panel(own_weeks: int = OWN_WEEKS) -> Panel:
    """Demand per person alike everywhere, so that a loan is known in advance; the last area is `own_weeks` old."""
    rng, end = np.random.default_rng(4), pd.Timestamp("2024-12-02")
    frames = {"long": [], "short": []}
    for area, size in SIZES.items():
        weeks = own_weeks if area == SHORT else LONG_WEEKS
        start = str((end - pd.Timedelta(weeks=weeks - 1)).date())
        for k, band in enumerate(BANDS):
            values = rng.poisson(size * 0.1 * (k + 1), weeks)
            kind = "short" if weeks < 30 else "long"
            frames[kind].append(series(bottom_id(area, "visits", band), start, values, "W-MON"))
    short = together(*frames["short"]) if frames["short"] else None
    return Panel(together(*frames["long"]), end.date(), "0" * 64, short=short)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A store that knows the population."""
    root: Path = tmp_path_factory.mktemp("var")
    rows = [
        {"municipality": area, "age_band": band, "sex": "female", "year": 2023, "persons": size // 2}
        for area, size in SIZES.items()
        for band in ("0-74", "75+")
    ]
    stored(root / "store", [resident(ANNA)], population=rows)
    return Workspace(root)


def trained(setting: DemandConfig, some: Panel, workspace: Workspace) -> tuple[DemandModel, Standing, str]:
    """As `training.demand.train_one`, without the registry."""
    standing = standing_of(setting, some, workspace)
    published, unseen = shown(setting, some, standing.borrowed)
    standing = standing.among(published)
    tested = rolled(some.frame, standing.own, setting, partial(forecast_members, book=None))
    judged = judged_windows(tested, standing.own, setting)
    model, _ = fitted_model(setting, some, tested, judged, None, standing)
    table = backtest_table(setting, some.frame, lost(model, (*some.refused, *unseen)), tested, judged, model.borrowed)
    return model, standing, table


@pytest.fixture(scope="module")
def made(workspace: Workspace):
    """The model with the key and the model without it, each trained once."""
    return cache(lambda lent: trained(config(**({"cold_start": COLD} if lent else {})), panel(), workspace))


def values(model: DemandModel, name: str) -> np.ndarray:
    return model.forecast[model.forecast["series_id"] == name].sort_values("ds")["value"].to_numpy()


def test_a_short_area_borrows_and_sums_add_up(made):
    model, standing, _ = made(True)
    assert standing.borrowed == {bottom_id(SHORT, "visits", band) for band in BANDS}
    assert model.status(f"{SHORT}|visits|total").lenders == ("903", "901"), "the nearest in size"
    for group in ("total", "75plus"):
        areas = sum(values(model, f"{area}|visits|{group}") for area in SIZES)
        assert values(model, f"county|visits|{group}") == pytest.approx(areas)
    lenders = values(model, "901|visits|total") + values(model, "903|visits|total")
    assert values(model, f"{SHORT}|visits|total") == pytest.approx(lenders * 450 / 900, rel=0.15)
    assert len(model.forecast) == 2 * 5 * model.config.horizon


def test_intervals_are_ordered_and_a_loan_is_wider_than_the_lenders(made):
    table = made(True)[0].forecast
    ordered = table[["low95", "low80", "value", "high80", "high95"]].to_numpy()
    assert (np.diff(ordered, axis=1) >= 0).all()
    assert (ordered >= 0).all()
    width = ((table["high80"] - table["value"]) / table["value"]).groupby(table["series_id"]).mean()
    assert width[f"{SHORT}|visits|total"] >= max(width["901|visits|total"], width["903|visits|total"]) * 0.99


def test_months_of_weeks_hold_the_borrowed_weeks_too(workspace):
    model, _, _ = trained(config(horizon=9, cold_start=COLD), panel(), workspace)
    weeks = model.forecast[model.forecast["ds"].between("2024-12-30", "2025-01-27")]  # Thursdays 2 … 30 January
    month = model.sums.tables["month"].set_index("series_id")
    assert (month["ds"] == "2025-01-01").all()
    assert month["value"].equals(weeks.groupby("series_id")["value"].sum().reindex(month.index))
    assert set(month.index) == {f"{area}|visits|{g}" for area in ("county", *SIZES) for g in ("total", "75plus")}
    assert (month["high80"] > month["value"]).all()
    last = model.answer(f"{SHORT}|visits|total", STAMP, "month").points[0].last_year
    assert last is None, "six weeks old: nothing was seen a year before"
    seen = model.history["901|visits|total"]
    before = seen["2024-01-01":"2024-01-29"].sum()
    assert model.answer("901|visits|total", STAMP, "month").points[0].last_year == before


def test_what_is_borrowed_is_said_in_three_languages(made):
    model, _, table = made(True)
    whole, county = model.status(f"{SHORT}|visits|total"), model.status("county|visits|total")
    assert (whole.status, whole.has, whole.needs, county.status) == ("borrowed", 6, 30, "borrowed")
    assert "lainattu alueilta Area 903 fi ja Area 901 fi" in whole.sentence["fi"]
    assert "lånad från områdena Area 903 sv och Area 901 sv" in whole.sentence["sv"]
    assert "borrowed from Area 903 en and Area 901 en" in whole.sentence["en"]
    assert county.sentence == {
        "fi": "Osa summasta on lainattu: Area 904 fi.",
        "sv": "En del av summan är lånad: Area 904 sv.",
        "en": "A part of the sum is borrowed: Area 904 en.",
    }
    assert model.status("901|visits|total").status == "forecast"
    assert "4 published series borrow:" in table
    assert whole.sentence["en"] in table


def test_a_borrowed_series_can_be_asked_for_but_not_explained(made):
    model = made(True)[0]
    answer = model.answer(f"{SHORT}|visits|total", STAMP)
    assert (answer.member, len(answer.history), answer.backtest) == ("borrowed", OWN_WEEKS, {})
    assert model.answer("county|visits|total", STAMP).member != "borrowed"
    with pytest.raises(ModelError, match="borrowed from similar areas"):
        model.explanation(f"{SHORT}|visits|total")
    assert model.explanation("901|visits|total").shown == pytest.approx(values(model, "901|visits|total").mean())


def test_without_the_key_there_is_not_enough_data(made):
    model, standing, table = made(False)
    assert standing.borrowed == frozenset()
    lacking = {f"{area}|visits|{group}" for area in ("county", SHORT) for group in ("total", "75plus")}
    assert set(model.lacking) == lacking == {one.series_id for one in model.lacking_series()}
    sentence = model.status("county|visits|total").sentence
    assert sentence["en"] == "Not enough data: needs 30 weeks, has 6; enough from 9 June 2025."
    assert sentence["fi"] == "Ei tarpeeksi tietoa: tarvitaan 30 viikkoa, on 6; riittää 9.6.2025 alkaen."
    assert sentence["en"] in table
    assert not lacking & set(model.forecast["series_id"])
    with pytest.raises(ModelError, match="no such forecast series"):
        model.answer("county|visits|total", STAMP)
    with pytest.raises(ModelError, match="no such forecast series"):
        model.status("905|visits|total")


def test_own_series_are_forecast_alike_with_and_without_a_loan(made):
    for name in ("901|visits|total", "902|visits|75plus"):
        assert values(made(True)[0], name) == pytest.approx(values(made(False)[0], name))


def test_a_series_too_young_for_its_back_test_says_what_it_lacks(workspace):
    model, _, _ = trained(config(), panel(own_weeks=31), workspace)
    found = model.status(f"{SHORT}|visits|total")
    assert (found.status, found.has, found.needs) == ("not_enough_data", 31, 34)  # 30 and the horizon of 4


@pytest.mark.parametrize("lent", [True, False])
def test_the_bundle_keeps_the_statuses(made, tmp_path: Path, lent):
    model = made(lent)[0]
    write_bundle(tmp_path / "one", "demand", model.to_files(), KEY)
    again = DemandModel.from_bundle(read_bundle(tmp_path / "one", [KEY.public_key()]))
    assert again.statuses == model.statuses
    for one in model.series():
        assert again.answer(one.series_id, STAMP) == model.answer(one.series_id, STAMP)
    files = {name: content for name, content in model.to_files().items() if name not in ("statuses.json",)}
    write_bundle(tmp_path / "old", "demand", files, KEY)
    old = DemandModel.from_bundle(read_bundle(tmp_path / "old", [KEY.public_key()]))
    assert old.status("901|visits|total").status == "forecast"
    assert (old.lacking, old.borrowed) == ({}, {})


def test_what_borrowing_needs_is_named(tmp_path: Path):
    stored(tmp_path / "store", [resident(ANNA)])
    with pytest.raises(DataError, match="Ingest population statistics or remove `cold_start`"):
        standing_of(config(cold_start=COLD), panel(), Workspace(tmp_path))
    with pytest.raises(ConfigError, match="lends between areas"):
        monthly(cold_start=COLD)
