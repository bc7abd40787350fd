"""Rows 002 about demand and capacity, on the small county: a forecast of its home care against the staffed hours."""

import contextlib
import io
import tempfile
from pathlib import Path

import pandas as pd
import pytest

from configs.loader import load_config, read_yaml, validate_config
from evaluation.demand_reports.capacity import against_capacity
from evaluation.demand_reports.settings import ReportsConfig
from features.store import Snapshot
from models.bundles.signing import trusted_keys
from models.bundles.verify import verify_bundle
from models.demand.config import DemandConfig
from models.demand.model import DemandModel
from tests.plans import covers
from tests.plans.county import known
from tests.plans.plan_002.trained import Trained
from training.demand.__main__ import train_one

pytestmark = pytest.mark.xdist_group("county")  # one process builds it
NAME = "home_care_weekly"


@pytest.fixture(scope="module")
def forecast(trained: Trained) -> DemandModel:
    """The county's home care with the plain members only: the report is looked at, not the forecast's skill."""
    few = {"members": ["seasonal_naive", "mean"], "horizon": 4, "coherence": {"methods": ["bottom_up"]}}
    windows = {"backtest": {"selection_windows": 1, "report_windows": 1, "step": 4}}
    shipped = read_yaml(f"configs/demand/{NAME}.yaml")
    values = {**shipped, **few, **windows, "measures": {"hours": shipped["measures"]["hours"]}}
    with contextlib.redirect_stdout(io.StringIO()):
        train_one(validate_config(values, DemandConfig, "demand.yaml"), trained.workspace)
    version = trained.registry.latest(f"demand_{NAME}")
    assert version is not None
    with tempfile.TemporaryDirectory() as folder:
        fetched = trained.registry.fetch(version.name, version.version, Path(folder) / "bundle")
        return DemandModel.from_bundle(verify_bundle(fetched, trusted_keys(trained.workspace.keys)))


@covers("002-A17", county=True)
def test_the_hours_needed_stand_against_the_staffed_hours_of_each_unit(county: Snapshot, forecast: DemandModel) -> None:
    settings = load_config("configs/demand_reports.yaml", ReportsConfig).capacity
    assert settings is not None
    capacity = known(county, "capacity")
    section = against_capacity({NAME: forecast}, capacity, settings)
    lines = pd.DataFrame(list(section.lines))
    assert set(lines["unit"]) <= set(settings.units)
    assert len(lines) >= 2 * 4
    for unit, own in lines.groupby("unit"):
        rows = capacity[capacity["unit"] == unit]
        months = sorted(rows["period_start"].unique())[-settings.recent_months :]
        recent = rows[rows["period_start"].isin(months)]
        days = sum(
            (end - start).days for start, end in {*zip(recent["period_start"], recent["period_end"], strict=True)}
        )
        staffed = 7 * recent["staffed_hours"].sum() / days
        assert own["staffed"].to_numpy() == pytest.approx(staffed)
        series = forecast.forecast[forecast.forecast["series_id"] == settings.units[str(unit)].series]
        needed = series.sort_values("step")["value"].to_numpy() / settings.direct_share
        assert own["needed"].to_numpy() == pytest.approx(needed)
        assert own["gap"].to_numpy() == pytest.approx(needed - staffed)
        assert (own["gap_low80"] <= own["gap"]).all()
        assert (own["gap"] <= own["gap_high80"]).all()
        assert (own["short"] == (needed > staffed)).all()
    assert any("digi" in note["en"].lower() for note in section.notes)  # its forecast was not made: said


@covers("002-A7", county=True)
def test_the_areas_forecasts_add_up_to_the_county(forecast: DemandModel) -> None:
    table = forecast.forecast[forecast.forecast["series_id"].str.endswith("|hours|total")]
    wide = table.assign(area=table["series_id"].str.split("|").str[0]).pivot(
        index="step", columns="area", values="value"
    )
    towns = [name for name in wide.columns if name.isdigit()]
    assert len(towns) >= 6
    groups = [name for name in ("lansi", "keski", "ita") if name in wide]
    assert wide[groups].sum(axis=1).to_numpy() == pytest.approx(wide["county"].to_numpy())
    assert (wide["county"] > 0).all()
