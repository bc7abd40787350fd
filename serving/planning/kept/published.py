"""What evaluation published about overrides and about forecasts that have come true, as the planner's page shows it."""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from models.answers import Text

JUDGED_FILE, REALISED_FILE = "overrides_judged.json", "demand_reports.json"
REALISED = "realised"
FIELDS = ("said", "periods", "forecast", "came", "wape", "wape_last_year")
logger = logging.getLogger("luotain.serving")


class Judged(BaseModel):
    """Did overriding help, over all overridden numbers whose period has been seen; no author is told apart."""

    model_config = ConfigDict(frozen=True)

    as_of: str
    n: int
    better: int
    worse: int
    same: int
    mean_change: float | None = None
    low95: float | None = None
    high95: float | None = None
    unit: Text | str = ""
    sentence: dict[str, str]


@dataclass(frozen=True)
class CameTrue:
    """One earlier forecast of a series, summed over its periods that have been seen, and what came."""

    said: str
    periods: int
    forecast: float
    came: float
    wape: float | None
    wape_last_year: float | None


@dataclass(frozen=True)
class Realised:
    """Earlier forecasts of one series beside what came, and what is said of them."""

    as_of: str
    forecasts: tuple[CameTrue, ...]
    notes: tuple[Text, ...]


def judged_of(text: str | None) -> Judged | None:
    """The published judgement; None when there is none or it is not what it should be."""
    if text is None:
        return None
    try:
        return Judged.model_validate_json(text)
    except ValidationError:
        logger.warning("published: %s is not what it should be; publish it again", JUDGED_FILE)
        return None


def realised_of(text: str | None, model: str, series_id: str) -> Realised | None:
    """The part of the published report that is about one series; None where nothing is published about its model."""
    try:
        told: Mapping[str, Any] = json.loads(text) if text is not None else {}
    except ValueError:
        logger.warning("published: %s is not what it should be; publish it again", REALISED_FILE)
        return None
    section = next((one for one in told.get("sections", ()) if one.get("id") == REALISED), None)
    if section is None or model not in told.get("models", {}):
        return None
    lines = [one for one in section["lines"] if one.get("model") == model and one.get("series") == series_id]
    notes = [one for one in section["notes"] if one["en"].startswith(f"{model}:")]
    return Realised(
        str(told["as_of"]),
        tuple(CameTrue(**{name: one[name] for name in FIELDS}) for one in lines),
        tuple({code: _without_model(text) for code, text in one.items()} for one in notes),
    )


def _without_model(text: str) -> str:
    """The sentence after the model's own word, which a page names otherwise."""
    said = text.partition(": ")[2]
    return said[:1].upper() + said[1:]
