"""Demand series: canonical tables, or a plain sheet, to one row per (series, period)."""

from features.panel.calendar import calendar, public_holidays
from features.panel.dimensions import BANDS
from features.panel.periods import Period, last_complete_week
from features.panel.rule import Repeat, SeriesRule
from features.panel.series import series_panel
from features.panel.sheet import Refused, checked_series, long_enough, sheet_panel
from features.panel.visits import VisitRule, visit_panel

__all__ = [
    "BANDS",
    "Period",
    "Refused",
    "Repeat",
    "SeriesRule",
    "VisitRule",
    "calendar",
    "checked_series",
    "last_complete_week",
    "long_enough",
    "public_holidays",
    "series_panel",
    "sheet_panel",
    "visit_panel",
]
