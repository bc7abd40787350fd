"""Overrides from a workbook or a CSV file, and the sheet to fill in."""

from datetime import date, datetime

from configs.phrases import Phrase
from configs.words import unknown
from models.exchange import Cell, Sheet
from models.planning.base import Base
from models.planning.overrides import Override
from models.planning.sheets.columns import NOTHING, Column, Reading, read
from models.planning.sheets.scenarios_in import Sheets

TITLE = "overrides"
COLUMNS = (
    Column("series_id", "text", True),
    Column("ds", "date", True),
    Column("forecast", "number"),
    Column("value", "number"),
    Column("author_role", "text"),
    Column("reason", "free_text"),
)


def overrides_template(base: Base, series_id: str | None = None) -> Sheet:
    """A sheet with every series and period of the forecast; rows without a value are left as they are."""
    rows = base.forecast if series_id is None else base.forecast[base.forecast["series_id"] == series_id]
    told: list[tuple[Cell, ...]] = [
        (str(name), ds.date(), round(float(value), 3), None, None, None)
        for name, ds, value in rows.sort_values(["series_id", "ds"])[["series_id", "ds", "value"]].itertuples(
            index=False
        )
    ]
    return Sheet(TITLE, (tuple(one.name for one in COLUMNS), *told))


def read_overrides(sheets: Sheets, base: Base, time: datetime, author_role: str | None = None) -> tuple[Override, ...]:
    """The overrides of a sheet: its rows with a value.

    `author_role` is used where the sheet names none.  Raises SheetError with every fault.
    """
    reading = Reading()
    found = []
    periods = {str(name): set(rows["ds"].dt.date) for name, rows in base.forecast.groupby("series_id")}
    called = {name.casefold(): one.series_id for one in base.series for name in one.name.values()}
    title, rows = next(iter({name: sheets[name] for name in (TITLE, *sheets) if name in sheets}.items()), (TITLE, ()))
    for number, values in read(title, list(enumerate(rows, start=1)), COLUMNS, reading):
        if "value" not in values or not {"series_id", "ds"} <= set(values):
            continue
        told = values["series_id"]
        values["series_id"] = told if told in periods else called.get(told.casefold(), told)
        role = values.get("author_role") or author_role
        faults = _faults(values, periods, role)
        for column, shown, allowed in faults:
            reading.fault(title, number, column, shown, allowed)
        if not faults:
            when = date.fromisoformat(values["ds"])
            found.append(Override(values["series_id"], when, values["value"], str(role), values["reason"], time))
    reading.finish()
    return tuple(found)


def _faults(values: dict[str, object], periods: dict[str, set[date]], role: str | None) -> list[tuple[str, str, str]]:
    """Column, what was found, what is allowed: everything that is wrong with one row."""
    series, when = str(values["series_id"]), date.fromisoformat(str(values["ds"]))
    found: list[tuple[str, str, str]] = []
    if series not in periods:
        found.append(("series_id", f"`{series[:60]}`", unknown("series", series, periods)))
    elif when not in periods[series]:
        first, last = min(periods[series]), max(periods[series])
        span = f"{first} … {last}"
        found.append(
            (
                "ds",
                f"`{when}`",
                Phrase(f"the first day of a period of the forecast, {span}", "period_start", first=first, last=last),
            )
        )
    if float(str(values["value"])) < 0:
        found.append(("value", f"`{values['value']}`", Phrase("a number of zero or more", "zero_or_more")))
    if not role:
        found.append(("author_role", NOTHING, Phrase("the role of who overrides, e.g. planner", "author_role")))
    if not values.get("reason"):
        found.append(("reason", NOTHING, Phrase("why the number is changed", "why_changed")))
    return found
