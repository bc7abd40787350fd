"""How far the figure is from the demand forecast, or why the two cannot be compared."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from models.demand.config import DemandConfig
from models.demand.hierarchy import COUNTY, TOTAL

DAYS = {"day": 1, "week": 7, "month": 30.4375}


def comparable(config: DemandConfig, measure: str | None, horizon_days: int) -> dict[str, str] | None:
    """None when `measure` of the forecast counts the same people over the same days; otherwise why not."""
    measures = ", ".join(one.name.en for one in config.measures.values())
    ours = f"people whose outcome comes within {horizon_days} days"
    if measure is None:
        return _cannot(
            f"ennuste {config.id} laskee {_joined(config, 'fi')}, tämä luku ihmisiä, joilla lopputulos toteutuu "
            f"{horizon_days} päivän kuluessa.",
            f"the forecast {config.id} counts {measures}, this figure {ours}.",
        )
    if measure not in config.measures:
        return _cannot(
            f"ennusteessa {config.id} ei ole sarjaa {measure}.", f"the forecast {config.id} has no measure {measure}."
        )
    reach = config.horizon * DAYS[config.period]
    if reach < horizon_days:
        return _cannot(
            f"ennuste {config.id} ulottuu {reach:.0f} päivän päähän, tämä luku {horizon_days} päivän päähän.",
            f"the forecast {config.id} reaches {reach:.0f} days ahead, this figure {horizon_days}.",
        )
    return None


def gaps(
    county: float | None,
    areas: Mapping[str, float],
    forecast: pd.DataFrame,
    measure: str,
    period: str,
    horizon_days: int,
) -> list[dict[str, Any]]:
    """The county (None = hidden), then each area: our figure, the forecast over the horizon, ours minus the forecast.

    `forecast`: series_id, step (1 = first period), value.  Periods that lie wholly inside the horizon are summed.
    """
    last = int(horizon_days // DAYS[period])
    summed = forecast[forecast["step"] <= last].groupby("series_id")["value"].sum()
    found = []
    shown = areas if county is None else {COUNTY: county, **areas}
    for area, ours in shown.items():
        series = f"{area}|{measure}|{TOTAL}"
        if series in summed.index:
            theirs = float(summed[series])
            found.append({"area": area, "figure": ours, "forecast": theirs, "gap": ours - theirs})
    return found


def nothing_to_compare(names: Sequence[str]) -> dict[str, str]:
    """Why there is no gap when no demand forecast was trained."""
    known = ", ".join(names) or "no demand forecast"
    return _cannot(
        "kysyntäennustetta ei ole rekisteröity.", f"the demand forecast is not registered (the registry has {known})."
    )


def _cannot(fi: str, en: str) -> dict[str, str]:
    return {"fi": f"Ei vertailukelpoinen: {fi}", "en": f"Not comparable: {en}"}


def _joined(config: DemandConfig, language: str) -> str:
    return ", ".join(one.name.as_text()[language] for one in config.measures.values())
