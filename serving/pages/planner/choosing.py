"""Choosing a forecast series: its model, area, what is counted, and the group of each dimension."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from models.answers import Text
from serving.pages.page import Page
from serving.pages.series import Series

MODEL, AREA, AGE, MEASURE = "model", "area", "age_group", "measure"
FIRST_CHOICE = {AGE: "total", MEASURE: "visits"}
"""What is shown before anything is chosen, where there is such a series."""


@dataclass(frozen=True)
class Select:
    """One list of the form: its field name, its label, its values with their names, and the chosen one."""

    name: str
    label: str
    values: Mapping[str, str]
    chosen: str


@dataclass(frozen=True)
class Chosen:
    """The chosen series with the form that led to it."""

    series: Series
    selects: tuple[Select, ...]
    missed: bool = False
    """True when something else was asked for: there is no such series, or too few people stand behind it."""

    @property
    def query(self) -> str:
        """The choice as a query string."""
        return urlencode({select.name: select.chosen for select in self.selects} | {MODEL: self.series.model})


def choose_series(page: Page, series: Sequence[Series]) -> Chosen:
    """What the visitor asked for, as far as there is such a series."""
    wanted = {name: page.query(name) for name in page.request.query_params} if page.request.method == "GET" else {}
    asked = {name: value for name, value in wanted.items() if value}
    found = chosen_of(page, series, {**FIRST_CHOICE, **asked})
    one, other = found.series, {choice for each in series for choice in choices_of(each)}
    missed = any(one.value(name) != value for name, value in asked.items() if name == MODEL or name in other)
    return replace(found, missed=missed and one.value(MODEL) == asked.get(MODEL, one.model))


def chosen_of(page: Page, series: Sequence[Series], wanted: Mapping[str, str]) -> Chosen:
    """The series nearest to some wishes."""
    one = choose(series, wanted)
    own = [other for other in series if other.model == one.model]
    models = list(dict.fromkeys(other.model for other in series))
    selects = [Select(MODEL, page.language.text("choose.model"), _models(page, models), one.model)]
    selects = selects if len(models) > 1 else []
    for name in choices_of(one):
        label = _label(page, one, name)
        values = {key: page.format.said(text) for key, text in options(own, name).items()}
        if len(values) > 1 or name in (AREA, MEASURE):
            selects.append(Select(name, label, values, one.value(name) or ""))
    return Chosen(one, tuple(selects))


def choices_of(one: Series) -> tuple[str, ...]:
    """The choices of a series, in the order of the form; the age group stands for dimensions that are not told."""
    return (AREA, *((group.dimension for group in one.groups) if one.groups else (AGE,)), MEASURE)


def choose(series: Sequence[Series], wanted: Mapping[str, str]) -> Series:
    """The series that meets most of the wishes, model and area first; the first one on a tie."""
    return max(
        series,
        key=lambda one: tuple(
            one.value(name) == wanted.get(name, "") or (name == MODEL and not wanted.get(MODEL))
            for name in (MODEL, *choices_of(one))
        ),
    )


def options(series: Sequence[Series], name: str) -> dict[str, Text]:
    """The values of one choice, in the order of the series."""
    return {value: one.name_of(name) for one in series if (value := one.value(name)) is not None}


def _label(page: Page, one: Series, name: str) -> str:
    dimension = next((group.dimension_name for group in one.groups if group.dimension == name), None)
    return page.format.said(dimension) if dimension else page.language.text(f"choose.{name}")


def _models(page: Page, names: Sequence[str]) -> dict[str, str]:
    return {name: page.format.model(name) for name in names}
