"""A forecast series as it is chosen: its model, area, measure and what it is divided by."""

from dataclasses import dataclass

from models.answers import Text


@dataclass(frozen=True)
class SeriesGroup:
    """Which part of one dimension a series is."""

    dimension: str
    dimension_name: Text
    group: str
    name: Text


@dataclass(frozen=True)
class Series:
    """One forecast series and the choices that lead to it."""

    series_id: str
    area: str
    area_name: Text
    age_group: str
    """The groups of all dimensions together."""
    age_name: Text
    measure: str
    measure_name: Text
    model: str = ""
    """Registered name of the demand model."""
    groups: tuple[SeriesGroup, ...] = ()
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
