"""The DemandConfig that nobody wrote: season, horizon, minimum, members and back-test from the sheet itself."""

import pandas as pd

from configs.errors import DataError
from configs.phrases import Phrase
from features.panel.periods import Period
from models.demand.config import Backtest, DemandConfig, Measure, Recipe, SheetSource
from models.texts import Texts

SEASON: dict[Period, int] = {"day": 7, "week": 52, "month": 12}
HORIZON: dict[Period, int] = {"day": 28, "week": 12, "month": 12}
LONGEST: dict[Period, int] = {"day": 548, "week": 78, "month": 18}
"""18 months: as far as the plans look."""
MINIMUM: dict[Period, int] = {"day": 56, "week": 26, "month": 16}
"""Periods that a series needs beside those that the back-test hides from it."""
LAGS: dict[Period, tuple[int, ...]] = {
    "day": (1, 2, 7, 14, 21, 28),
    "week": (1, 2, 3, 4, 8, 12, 26, 52),
    "month": (1, 2, 3, 4, 6, 12),
}
ROLLING: dict[Period, tuple[int, ...]] = {"day": (7, 28), "week": (4, 12), "month": (3, 6)}
SPARE = 4
"""Periods beside two seasons that the first back-test window should know."""
SERIES_FOR_FEW_WINDOWS = 20
FEW_WINDOWS, MANY_WINDOWS = (2, 2), (5, 4)
"""Selection and report windows; a few series need more windows for as many residuals."""
NOTICE = Texts(
    fi="Ennuste on tehty lähetetystä taulukosta ilman asetuksia. Suunnittelija päättää.",
    sv="Prognosen är gjord av den sända tabellen utan inställningar. Planeraren beslutar.",
    en="The forecast was made from the sent sheet without any configuration. The planner decides.",
)
VALUE = Texts(fi="arvo", sv="värde", en="value")
UNIT = Texts(fi="taulukon yksikkö", sv="tabellens enhet", en="the sheet's unit")


def horizon_of(period: Period, asked: int | None) -> int:
    """The asked horizon or the usual one.  Raises DataError outside 1 … 18 months."""
    if asked is None:
        return HORIZON[period]
    if not 1 <= asked <= LONGEST[period]:
        english = f"The horizon {asked} is not possible; 1 to {LONGEST[period]} {period}s are (18 months)."
        raise DataError(Phrase(english, "horizon", most=LONGEST[period], period=period))
    return asked


def default_config(panel: pd.DataFrame, period: Period, horizon: int) -> DemandConfig:
    """A config for the sound series `unique_id, ds, y` of a sheet; as many back-test windows as they bear."""
    lengths = panel.groupby("unique_id").size()
    wanted = FEW_WINDOWS if len(lengths) >= SERIES_FOR_FEW_WINDOWS else MANY_WINDOWS
    step, longest = max(1, horizon // 3), int(lengths.max())
    known = max(MINIMUM[period], min(2 * SEASON[period] + SPARE, longest // 2))  # two seasons, where there are so many
    most = max(1, (longest - horizon - known) // step + 1)
    report = min(wanted[1], max(1, most - 1))
    selection = max(1, min(wanted[0], most - report))
    first = longest - horizon - (report + selection - 1) * step
    return DemandConfig(
        id="sheet",
        version="1",
        notice=NOTICE,
        source=SheetSource(kind="sheet", file="sheet.csv", origin="it was sent."),
        period=period,
        season_length=SEASON[period],
        horizon=horizon,
        minimum_periods=MINIMUM[period],
        measures={"value": Measure(name=VALUE, unit=UNIT)},
        ets_seasonal=period != "week",
        members=("seasonal_naive", "lightgbm", "mean"),
        lightgbm=Recipe(
            lags=tuple(lag for lag in LAGS[period] if lag <= max(first, MINIMUM[period]) // 2),
            rolling=ROLLING[period],
            exponential=(0.3,),
            date_features=("month",),
            rounds=120,
            smallest_leaf=max(5, min(50, len(panel) // 40)),
        ),
        backtest=Backtest(selection_windows=selection, report_windows=report, step=step),
    )
