"""The demand command from a sheet to a registered bundle: what it prints, refuses and stores."""

import json

import numpy as np
import pandas as pd
import pytest

from configs.workspace import Workspace
from models.bundles.bundle import read_bundle
from models.bundles.signing import trusted_keys
from models.demand import DemandModel
from models.demand.coherence.summing import grained
from models.demand.forecasters.combination import served
from models.registry import connect
from tests.models.demand.demand_data import monthly, series, together
from training.demand import __main__ as demand

MONTHS = 60
BROKEN = ("2021-05-01", "2021-09-01")


def sheet() -> str:
    """Six sound series with half a broken year, one with a gap, one constant, one of zeros."""
    rng = np.random.default_rng(2)
    season = 1 + 0.2 * np.sin(np.arange(MONTHS) * np.pi / 6)
    sound = [
        series(f"s{k}", "2018-01-01", np.round(60 * (k + 1) * season * rng.normal(1, 0.05, MONTHS))) for k in range(6)
    ]
    panel = together(*sound)
    panel.loc[(panel["ds"] >= BROKEN[0]) & (panel["ds"] < BROKEN[1]), "y"] *= 0.5
    odd = [series("constant", "2018-01-01", [7.0] * MONTHS), series("none", "2018-01-01", [0.0] * MONTHS)]
    gap = series("gap", "2018-01-01", range(MONTHS))
    return str(pd.concat([panel, *odd, gap[gap["ds"] != "2020-03-01"]]).to_csv(index=False, date_format="%Y-%m-%d"))


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    folder = tmp_path_factory.mktemp("demand")
    (folder / "sheet.csv").write_text(sheet(), encoding="utf-8")
    config = monthly(
        source={"kind": "sheet", "file": str(folder / "sheet.csv"), "origin": "Drawn here."},
        members=["weighted", "seasonal_naive", "seasonal_mean", "lightgbm"],
        combination={"smallest_group": 4},
        regimes=[{"name": "closed", "from": BROKEN[0], "to": BROKEN[1], "treatment": "exclude"}],
        backtest={"selection_windows": 3, "report_windows": 3, "step": 6, "renew": True},
    )
    (folder / "series.yaml").write_text(json.dumps(config.model_dump(mode="json")), encoding="utf-8")
    (folder / "demand.yaml").write_text(
        json.dumps({"var": str(folder / "var"), "forecasts": [str(folder / "series.yaml")]})
    )
    with pytest.MonkeyPatch.context() as patch:
        for name in ("LUOTAIN_VAR", "MLFLOW_TRACKING_URI"):
            patch.delenv(name, raising=False)
        said: list[str] = []
        patch.setattr(demand, "say", said.append)
        assert demand.main(["--config", str(folder / "demand.yaml")]) == 0
    (folder / "said.txt").write_text("\n".join(said), encoding="utf-8")
    return Workspace(folder / "var")


@pytest.fixture(scope="module")
def model(trained: Workspace) -> DemandModel:
    registry = connect(trained)
    version = registry.latest("demand_attendances_monthly")
    assert version is not None
    fetched = registry.fetch(version.name, version.version, trained.root / "fetched")
    return DemandModel.from_bundle(read_bundle(fetched, trusted_keys(trained.keys)))


def test_refused_series_are_named_with_their_dates_and_the_break_is_told(trained):
    said = (trained.root.parent / "said.txt").read_text(encoding="utf-8")
    for sentence in (
        "6 series forecast, 6 published",
        "3 series get no forecast",
        "constant: Every value is 7 from 2018-01-01 to 2022-12-01",
        "gap: The month of 2020-03-01 is missing",
        "none: Every value is 0 from 2018-01-01",
        "regimes: closed (exclude)",
        "inside: 12 periods, MASE",
        "dense (6 series): ",
        "each report window chosen for on the windows before it, the served forecast on all",
    ):
        assert sentence in said


def test_the_bundle_gives_the_served_forecast_again_from_members_and_weights(model):
    assert model.choice is not None
    assert model.members is not None
    assert sum(model.choice.of("dense").weights.values()) == pytest.approx(1)
    again = model.members.assign(value=served(model.members, model.choice)).set_index(["unique_id", "ds"])["value"]
    shown = model.forecast.set_index(["series_id", "ds"])["value"]
    assert np.array_equal(shown.to_numpy(), grained(again.reindex(shown.index).to_numpy()))  # in whole millionths
    assert set(model.published) == {f"s{k}" for k in range(6)}
    assert model.member == model.member_of("s0") == model.choice.of("dense").member


def test_intervals_widen_ahead_and_hold_what_the_broken_year_does_not_pull(model):
    for _, rows in model.forecast.groupby("series_id"):
        half = (rows["high95"] - rows["value"]).to_numpy()
        assert (np.diff(half) >= -1e-9).all()
        assert (rows["high95"] >= rows["high80"]).all()
    usual = model.observations.groupby("unique_id")["y"].median()
    ahead = model.forecast.groupby("series_id")["value"].mean()
    assert (ahead / usual).between(0.8, 1.25).all()
