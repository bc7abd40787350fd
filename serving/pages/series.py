"""A forecast series as it is chosen: what it is, and of which model."""

from dataclasses import dataclass

from models.answers import Text
from models.demand.series_info import SeriesInfo


@dataclass(frozen=True)
class Series(SeriesInfo):
    """One forecast series and the choices that lead to it."""

    model: str = ""
    """Registered name of the demand model."""
    has_forecast: bool = True
    """False: listed only to say what data it lacks."""

    def value(self, choice: str) -> str | None:
        """The series' value of a choice: model, area, measure, age_group or a dimension's id."""
        if choice in ("model", "area", "measure", "age_group"):
            return str(getattr(self, choice))
        return next((one.group for one in self.groups if one.dimension == choice), None)

    def name_of(self, choice: str) -> Text:
        """How that value is called."""
        if choice in ("area", "measure", "age_group"):
            found: Text = getattr(self, {"age_group": "age_name"}.get(choice, f"{choice}_name"))
            return found
        return next((one.name for one in self.groups if one.dimension == choice), {})
