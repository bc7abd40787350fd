"""Fits the served demand model: members, coherent sums, intervals, explanations, statuses; and its bundle files."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from evaluation.backtest import (
    Calibration,
    Tested,
    by_series,
    calibrate,
    coverage,
    covered,
    mean_scaled_errors,
    scaled_quantile_loss,
    weighted_errors,
    weighted_quantile_loss,
)
from models.bundles.golden import DEFAULT_SEED, draw_rows, with_golden
from models.demand.config import DemandConfig
from models.demand.drivers import DriverBook
from models.demand.explained import Explained, Reasons, explanations
from models.demand.forecasters import boosted
from models.demand.forecasters.combination import SERVED, TREES, Choice, groups_of
from models.demand.forecasters.members import FittedMembers, fit_members
from models.demand.hierarchy import Published, aggregate, level_of
from models.demand.intervals import DECILES, series_scale, with_intervals
from models.demand.model import DemandModel, parse_booster
from training.demand.coherent import coherent_ahead, scale_now, sums_of
from training.demand.cold_start import Standing, loans_of, statuses_of
from training.demand.panel import Panel

GOLDEN_ROWS = 16


def metrics_of(judged: pd.DataFrame, config: DemandConfig) -> dict[str, float]:
    names = [*config.members, SERVED]
    scaled, wape = mean_scaled_errors(judged, names), weighted_errors(judged, names)
    named = {f"mase_{name}": value for name, value in scaled.items() if name != SERVED}
    named |= {f"wape_{name}": value for name, value in wape.items() if name != SERVED}
    return {
        "mase": scaled[SERVED],
        "wape": wape[SERVED],
        "sql": scaled_quantile_loss(judged, DECILES),
        "wql": weighted_quantile_loss(judged, DECILES),
        "baseline_mase": scaled["seasonal_naive"],
        "baseline_wape": wape["seasonal_naive"],
        **coverage(judged),
        **named,
    }


def sums_metrics(tested: Tested, judged: pd.DataFrame) -> dict[str, float]:
    """Coverage by level, and what each candidate of the sums missed on the windows that chose."""
    by_level = {
        f"{name}_{level}": value for level, rows in judged.groupby("level") for name, value in coverage(rows).items()
    }
    return by_level | {f"coherence_mase_{name}": value for name, value in tested.coherence.errors.items()}


def judged_windows(tested: Tested, published: Sequence[Published], config: DemandConfig) -> pd.DataFrame:
    """The report windows of what is served, with their intervals and deciles."""
    plan, levels = config.backtest, level_of(published)
    return covered(tested.table, SERVED, config.horizon, levels, renew=plan.renew, newest=plan.calibration_windows)


def fitted_model(
    config: DemandConfig,
    panel: Panel,
    tested: Tested,
    judged: pd.DataFrame,
    book: DriverBook | None,
    standing: Standing,
) -> tuple[DemandModel, np.ndarray]:
    """The model on everything known, with the rows its trees were fitted on."""
    fitted = fit_members(panel.frame, config, config.horizon, book)
    members = _grouped(fitted, panel.frame, config)
    ahead = coherent_ahead(config, panel.frame, members, tested, standing.own)
    seasonal = series_scale(aggregate(fitted.learned, standing.own, ["ds"]), config.season_length)
    calibration = calibrate(tested.table, SERVED, config.horizon, config.backtest.calibration_windows, seasonal)
    scale = scale_now(config, fitted.learned, standing.own, calibration)
    own = _published(ahead, standing.own, judged, calibration, scale)
    loans = loans_of(ahead, standing, tested, config)
    forecast = loans.added(own)
    booster = parse_booster(boosted.booster_text(fitted.trees))
    share = tree_shares(members, tested.choice, config)
    what = Explained(config, fitted.learned, booster, share, fitted.drivers)
    shown = set(forecast["series_id"])
    alone = [one for one in standing.alone if one.series_id in shown]
    explained = forecast[forecast["series_id"].isin({one.series_id for one in alone})]
    model = DemandModel(
        config=config,
        member=tested.choice.member(sorted(set(members["group"]))),
        booster=booster,
        observations=panel.frame,
        forecast=forecast,
        backtest=by_series(judged, SERVED),
        quantiles=calibration.quantiles,
        choice=tested.choice,
        members=members,
        reasons=Reasons(explanations(what, explained, alone), share, fitted.drivers),
        statuses=statuses_of(config, standing, forecast),
        short=panel.short,
        sums=sums_of(config, tested, own, calibration, scale, standing, loans),
    )
    return model, boosted.feature_rows(fitted.trees, fitted.learned, fitted.drivers).to_numpy(np.float32)


def _published(
    ahead: pd.DataFrame,
    published: Sequence[Published],
    judged: pd.DataFrame,
    calibration: Calibration,
    scale: pd.Series,
) -> pd.DataFrame:
    """The published forecast of own history; none without a back-test beside it."""
    summed = aggregate(ahead, published, ["ds"])
    summed = summed[summed["series_id"].isin(judged["series_id"])].copy()
    summed["step"] = summed.groupby("series_id")["ds"].rank(method="first").astype(int)
    return with_intervals(summed, scale, calibration.quantiles, level_of(published))


def _grouped(fitted: FittedMembers, panel: pd.DataFrame, config: DemandConfig) -> pd.DataFrame:
    groups = groups_of(panel, config.combination, config.season_length)
    return fitted.forecasts.assign(group=fitted.forecasts["unique_id"].map(groups))


def tree_shares(members: pd.DataFrame, choice: Choice, config: DemandConfig) -> dict[str, float]:
    """By bottom series: the weight of LightGBM in what is served."""
    group = members.groupby("unique_id")["group"].first()
    rule, listed = config.combination, config.members
    return {str(name): choice.of(str(one)).weight_of(TREES, rule, listed) for name, one in group.items()}


def bundle_files(model: DemandModel, rows: np.ndarray) -> dict[str, bytes]:
    """The bundle's files with golden rows: synthetic feature rows, and the published numbers themselves."""
    golden = draw_rows(rows, GOLDEN_ROWS, DEFAULT_SEED)
    outputs = model.golden_outputs(golden)
    names = [f"feature_{index}" for index in range(rows.shape[1])]
    return with_golden(model.to_files(), names, golden, outputs)
