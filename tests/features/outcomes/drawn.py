"""Hand-drawn histories of one client "a", and the one question that the tests ask."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pandas as pd

from configs.loader import validate_config
from features.outcomes import Labels, OutcomeRule, Window, label_rows
from tests.features.histories_data import empty_tables, table_of

AS_OF, UNTIL = "2024-01-01", date(2024, 12, 31)
NAMES = {"fi": "nimi", "sv": "namn", "en": "name"}
STEPS = [{"kind": "home_care_regular", "intensity": one} for one in ("light", "regular", "intensive")]


def rule(**sections: Any) -> OutcomeRule:
    """A rule as a YAML would give it."""
    return validate_config(sections, OutcomeRule, "need.yaml")


def contacts(*days: str, **columns: Any) -> list[dict[str, Any]]:
    return [{"client_id": "a", "time": day, **columns} for day in days]


def episode(kind: str, start: str, end: str | None = None, **columns: Any) -> dict[str, Any]:
    """Recorded on its first day, its end on the last, unless said otherwise."""
    return {"client_id": "a", "kind": kind, "start": start, "end": end, "end_recorded_at": end, **columns}


def care(intensity: str, start: str, end: str | None = None, minutes: float | None = None, **columns: Any) -> dict:
    granted = {"granted_minutes_per_week": minutes}
    return episode("home_care_regular", start, end, intensity=intensity, **granted, **columns)


def tables(**drawn: Sequence[Mapping[str, Any]]) -> dict[str, pd.DataFrame]:
    return {**empty_tables(), **{name: table_of(name, rows) for name, rows in drawn.items()}}


def rows(*dates: str, client: str = "a") -> pd.DataFrame:
    return pd.DataFrame({"client_id": client, "as_of": pd.to_datetime(list(dates or (AS_OF,)))})


def asked(
    asked_rule: OutcomeRule,
    held: Mapping[str, pd.DataFrame],
    window: Window = Window(90),  # noqa: B008
    people: Sequence[Mapping[str, Any]] = ({"client_id": "a"},),
    dates: Sequence[str] = (AS_OF,),
) -> Labels:
    return label_rows(rows(*dates), held, table_of("residents", people), asked_rule, window, UNTIL)


def told(labels: Labels) -> list[tuple[str, str | None]]:
    """[(level, day)] of the rows that stay."""
    days = [None if pd.isna(day) else str(day) for day in labels.event_day]
    return [(labels.levels[place], day) for place, day in zip(labels.label, days, strict=True)]
