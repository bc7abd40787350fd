"""The demand command on a daily sheet that has its sums too: what adds up, what is refused, and by which period."""

import json
import re

import numpy as np
import pandas as pd
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from configs.errors import ConfigError, ModelError
from configs.workspace import Workspace
from models.answers import ModelStamp
from models.bundles.bundle import read_bundle, write_bundle
from models.bundles.signing import trusted_keys
from models.demand import DemandModel
from models.demand.coherence.stored import SUMS
from models.registry import connect
from tests.models.demand.demand_data import SMALL_TREES, monthly, series, together, words
from training.demand import __main__ as demand

KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
STAMP = ModelStamp("demand_daily", "1", "0" * 64, "2024-06-30", "2024-07-01")
DAYS, START = 274, "2023-10-01"  # up to 30 June 2024: July lies whole in 45 days, June in the reported ones
PARTS = ("a", "b", "c", "d")
OFF = "2024-02-10"
SUMMED = {
    "north": {"parts": ["a", "b"]},
    "south": {"parts": ["c", "d"]},
    "all": {"parts": ["north", "south"], "level": "county", "name": words("everything")},
    "east": {"parts": ["b", "c"], "level": "area_group"},  # both lie in another group already
    "west": {"parts": ["a", "lost"]},  # has a part without a series
}


def sheet() -> str:
    """Four daily series with a weekly rhythm, and three delivered sums: one of them is wrong on two days."""
    rng, week = np.random.default_rng(6), np.array([1.2, 1.1, 1.0, 1.0, 0.9, 0.5, 0.4])
    sizes = dict(zip(PARTS, (40, 60, 80, 20), strict=True))
    shape = week[pd.date_range(START, periods=DAYS).weekday]
    drawn = {name: rng.poisson(size * shape) for name, size in sizes.items()}
    wrong = (drawn["c"] + drawn["d"]).astype(float)
    wrong[pd.date_range(START, periods=DAYS).isin(pd.to_datetime([OFF, "2024-02-20"]))] += 7
    sums = {"all": sum(drawn.values()), "south": wrong, "north": drawn["a"] + drawn["b"]}
    made = together(*(series(name, START, values, "D") for name, values in {**drawn, **sums}.items()))
    return str(made.to_csv(index=False, date_format="%Y-%m-%d"))


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, str, DemandModel]:
    """The workspace, what the command printed, and the model of the registered bundle."""
    folder = tmp_path_factory.mktemp("sums")
    (folder / "sheet.csv").write_text(sheet(), encoding="utf-8")
    config = monthly(
        id="daily",
        source={"kind": "sheet", "file": str(folder / "sheet.csv"), "origin": "Drawn here."},
        period="day",
        season_length=7,
        horizon=45,
        minimum_periods=60,
        members=["lightgbm", "seasonal_naive"],
        lightgbm={**SMALL_TREES, "lags": [1, 7, 14], "rolling": [7], "date_features": []},
        backtest={"selection_windows": 6, "report_windows": 1, "step": 20},
        coherence={"sums": SUMMED},
    )
    (folder / "series.yaml").write_text(json.dumps(config.model_dump(mode="json")), encoding="utf-8")
    command = {"var": str(folder / "var"), "forecasts": [str(folder / "series.yaml")]}
    (folder / "demand.yaml").write_text(json.dumps(command), encoding="utf-8")
    said: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        for name in ("LUOTAIN_VAR", "MLFLOW_TRACKING_URI"):
            patch.delenv(name, raising=False)
        patch.setattr(demand, "say", said.append)
        assert demand.main(["--config", str(folder / "demand.yaml")]) == 0
    workspace = Workspace(folder / "var")
    registry = connect(workspace)
    version = registry.latest("demand_daily")
    assert version is not None
    fetched = registry.fetch(version.name, version.version, workspace.root / "fetched")
    return workspace, "\n".join(said), DemandModel.from_bundle(read_bundle(fetched, trusted_keys(workspace.keys)))


def test_sums_that_do_not_hold_are_named_and_the_others_get_their_forecast(trained):
    _, said, model = trained
    south = float(pd.read_csv(model_sheet(trained), index_col=["unique_id", "ds"])["y"][("south", OFF)])
    assert f"south: On {OFF} its delivered total is {south:g}, the sum of its parts {south - 7:g}" in said
    assert "they differ on 2 dates in all" in said
    assert "east: Its part b lies in north already" in said
    assert "west: Its part lost has no series (1 of 2 parts have none)" in said
    assert set(model.published) == {*PARTS, "north", "all"}, "the county holds south's parts, which are sound"
    assert model.published["all"].level == "county"
    assert model.answer("all", STAMP).name["en"].startswith("everything")


def model_sheet(trained) -> str:
    return str(trained[0].root.parent / "sheet.csv")


def test_the_choice_and_its_errors_are_printed_tracked_and_stored(trained):
    workspace, said, model = trained
    assert model.sums is not None
    assert set(model.sums.errors) == {"bottom_up", "mint", "samples"}
    assert model.sums.method in model.sums.errors
    assert f"sums: {model.sums.method} (chosen on" in said
    assert "by the week: 6 series, 80 % cover" in said
    registry = connect(workspace)
    (version,) = registry.client.search_model_versions("name='demand_daily'")
    run = registry.client.get_run(version.run_id).data
    assert run.params["chosen.coherence"] == model.sums.method
    assert run.metrics["coherence_mase_mint"] == pytest.approx(model.sums.errors["mint"])
    assert {"coverage80_area", "coverage95_area_group", "coverage80_county"} <= set(run.metrics)


def test_points_add_up_exactly_over_series_and_over_time(trained):
    model = trained[2]
    tables = {"day": model.forecast, **model.sums.tables}
    assert set(tables) == {"day", "week", "month"}
    for table in tables.values():
        value = table.pivot(index="ds", columns="series_id", values="value")
        assert (value["north"] == value["a"] + value["b"]).all()  # equal, not nearly
        assert (value["all"] == value["d"] + value["c"] + value["b"] + value["a"]).all()
    days = model.forecast.set_index("ds").groupby("series_id")["value"]
    weeks = days.resample("W-MON", closed="left", label="left").agg(["sum", "size"])
    whole = weeks.loc[weeks["size"] == 7, "sum"]
    assert whole.equals(tables["week"].set_index(["series_id", "ds"])["value"].rename("sum"))
    july = model.forecast[model.forecast["ds"].dt.month == 7].groupby("series_id")["value"].sum()
    assert tables["month"].set_index("series_id")["value"].equals(july)
    assert (tables["month"]["ds"] == "2024-07-01").all()


def test_intervals_of_every_period_are_ordered_and_narrower_than_summed_ones(trained):
    model = trained[2]
    for table in (model.forecast, *model.sums.tables.values()):
        ordered = table[["low95", "low80", "value", "high80", "high95"]].to_numpy()
        assert (np.diff(ordered, axis=1) >= 0).all()
        assert (ordered >= 0).all()
    month = model.sums.tables["month"].set_index("series_id")
    july = model.forecast[model.forecast["ds"].dt.month == 7].groupby("series_id")[["value", "high80"]].sum()
    added, made = july["high80"] - july["value"], month["high80"] - month["value"]
    assert (made < 0.8 * added).all(), "days that err apart cancel: widths must not simply be added"


def test_the_bundle_is_read_by_the_period_and_says_which_there_are(trained):
    model = trained[2]
    assert model.periods_of("all") == ("day", "week", "month")
    week = model.answer("all", STAMP, "week")
    assert (week.period, week.unit["en"]) == ("week", "attendances en a week")
    assert [point.period_start for point in week.points][:2] == ["2024-07-01", "2024-07-08"]
    seen = model.history["all"]
    assert week.history[-1] == ("2024-06-24", float(seen["2024-06-24":].sum()))
    assert week.history[0][0] == "2023-10-02", "the week that began before the series is left out"
    assert set(week.backtest) == {"wape", "wape_naive", "coverage80", "coverage95", "windows"}
    why = model.explanation("all", "week")
    assert why.shown_values == tuple(point.value for point in week.points)
    for place, shown in enumerate(why.shown_values):
        groups = sum(group.values[place] for group in why.groups)
        assert why.base_values[place] + groups + why.remainder_values[place] == pytest.approx(shown)


def test_a_bundle_of_the_former_version_is_read_and_knows_its_own_period_only(trained, tmp_path):
    kept = {name: content for name, content in trained[2].to_files().items() if name != SUMS}
    write_bundle(tmp_path / "old", "demand", kept, KEY)
    old = DemandModel.from_bundle(read_bundle(tmp_path / "old", [KEY.public_key()]))
    assert old.periods_of("all") == ("day",)
    assert old.answer("all", STAMP).points == trained[2].answer("all", STAMP).points
    with pytest.raises(ModelError, match=r"not made by the week\. Choose day"):
        old.answer("all", STAMP, "week")


@pytest.mark.parametrize(
    "coherence,                                                    reason",
    [
        ({"sums": {"x": {"parts": ["y"]}, "y": {"parts": ["x"]}}}, "the sum `x` is a part of itself"),
        ({"methods": ["top_down"]},                                "Input should be 'bottom_up', 'mint' or 'samples'"),
        ({"method": ["mint"]},                                     "Did you mean `methods`"),
    ],
)  # fmt: skip
def test_a_coherence_block_that_cannot_be_is_named(coherence, reason):
    with pytest.raises(ConfigError, match=re.escape(reason)):
        monthly(coherence=coherence)
