"""A scenario from a workbook or a CSV file, and the empty workbook to fill in."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from configs.errors import ConfigError
from configs.loader import StrictConfig, nearest, validate_config
from configs.phrases import Phrase, phrase_of
from models.exchange import Found, Sheet
from models.planning.scenarios.config import ChannelShift, EarlySupport, PopulationChange, Scenario, SupplyChange
from models.planning.sheets.columns import NOTHING, Column, Reading, Row, is_example, read, template

HEAD, SHEET = "scenario", "sheet"
Sheets = Mapping[str, tuple[tuple[Found, ...], ...]]
Numbered = Sequence[tuple[int, Sequence[Found]]]
SOURCE = Column("source", "free_text", example="own assumption")
COLUMNS: Mapping[str, tuple[Column, ...]] = {
    HEAD: (
        Column("id", "text", True, "my_scenario"),
        Column("name_fi", "free_text", True, "Oma skenaario"),
        Column("name_sv", "free_text", False, "Eget scenario"),
        Column("name_en", "free_text", False, "My scenario"),
        Column("description_fi", "free_text", False, "Mitä jos …"),
        Column("base_year", "whole", True, 2024.0),
        Column("sector", "text", False, "older_people", ("older_people", "health", "social", "none")),
        Column("scope", "dimensions", False, ""),
    ),
    "population": (
        Column("areas", "list", False, ""),
        Column("ages", "text", True, "75plus"),
        Column("year", "whole", True, 2027.0),
        Column("growth", "number", False, 0.06),
        Column("growth_low", "number", False, 0.04),
        Column("growth_high", "number", False, 0.08),
        Column("persons", "number", False, None),
        SOURCE,
    ),
    "early_support": (
        Column("heavy", "dimensions", True, "age_group=75plus"),
        Column("light", "dimensions", False, ""),
        Column("share", "share", True, 0.1),
        Column("share_low", "share", False, None),
        Column("share_high", "share", False, None),
        Column("effectiveness", "share", True, 0.5),
        Column("effectiveness_low", "share", False, 0.3),
        Column("effectiveness_high", "share", False, 0.7),
        Column("light_per_heavy", "number", True, 0.3),
        Column("starts", "date", True, "2026-01-05"),
        Column("delay_weeks", "whole", False, 8.0),
        Column("ramp_weeks", "whole", False, 4.0),
        SOURCE,
    ),
    "channel_shift": (
        Column("moved_from", "dimensions", True, "channel=phone"),
        Column("moved_to", "dimensions", True, "channel=digital_clinic"),
        Column("share", "share", True, 0.2),
        Column("share_low", "share", False, None),
        Column("share_high", "share", False, None),
        Column("suitable", "share", True, 0.5),
        Column("first_contact_resolution", "share", True, 0.77),
        Column("starts", "date", True, "2026-01-05"),
        Column("ramp_weeks", "whole", False, 4.0),
        SOURCE,
    ),
    "supply": (
        Column("kind", "text", True, "staffed_hours", ("staffed_hours", "closing", "opening")),
        Column("unit", "dimensions", True, "area=901"),
        Column("other", "dimensions", False, ""),
        Column("share", "share", False, None),
        Column("hours", "number", False, None),
        Column("change", "number", False, 40.0),
        Column("starts", "date", True, "2026-01-05"),
        Column("ends", "date", False, None),
        SOURCE,
    ),
}
CHANGES: Mapping[str, type[StrictConfig]] = {
    "population": PopulationChange,
    "early_support": EarlySupport,
    "channel_shift": ChannelShift,
    "supply": SupplyChange,
}


def scenario_template() -> tuple[Sheet, ...]:
    """The empty workbook: one sheet per kind of change, each with an example row to overwrite or delete."""
    return tuple(template(title, columns) for title, columns in COLUMNS.items())


def read_scenario(sheets: Sheets) -> Scenario:
    """The scenario of a workbook (`models.exchange.read_workbook`) or of one CSV sheet with a column `sheet`.

    Raises SheetError with every fault: sheet, row, column, what was found, what is allowed.
    """
    reading = Reading()
    tables = _tables(sheets, reading)
    rows = {title: read(title, tables.get(title, ()), columns, reading) for title, columns in COLUMNS.items()}
    if len(rows[HEAD]) != 1:
        found = Phrase(f"{len(rows[HEAD])} rows", "rows", n=len(rows[HEAD]))
        reading.fault(HEAD, 2, "", found, Phrase("exactly one row that names the scenario", "one_row"))
    _filled_in(rows, reading)
    changes = {title: _changes(title, rows[title], reading) for title in CHANGES}
    reading.finish()
    return _whole(rows[HEAD][0], changes, reading)


def _filled_in(rows: Mapping[str, Sequence[Row]], reading: Reading) -> None:
    """A change that is still the empty sheet's example is no one's scenario."""
    for title in CHANGES:
        for number, values in rows[title]:
            if is_example(values, COLUMNS[title]):
                allowed = Phrase("your own row instead; delete the rows that you do not need", "own_row")
                reading.fault(title, number, "", Phrase("the example of the empty sheet", "example_row"), allowed)


def _whole(row: Row, changes: Mapping[str, list[dict[str, Any]]], reading: Reading) -> Scenario:
    number, head = row
    name = {code: head.get(f"name_{code}", head["name_fi"]) for code in ("fi", "sv", "en")}
    told = head.get("description_fi", head["name_fi"])
    values: dict[str, Any] = {key: head[key] for key in ("id", "base_year", "sector", "scope") if key in head}
    texts = {"name": name, "description": dict.fromkeys(("fi", "sv", "en"), told)}
    try:
        return validate_config({**values, **texts, **changes}, Scenario, HEAD)
    except ConfigError as error:
        reading.fault(HEAD, number, "", "", _told(error, HEAD))
        reading.finish()
        raise


def _tables(sheets: Sheets, reading: Reading) -> dict[str, Numbered]:
    """Sheet → numbered rows.  A single sheet with a column `sheet` is a CSV: its rows are dealt out by that column."""
    numbered = {title: list(enumerate(rows, start=1)) for title, rows in sheets.items()}
    only = next(iter(numbered.values()), [])
    if len(numbered) == 1 and only and SHEET in [cell.value for cell in only[0][1]]:
        return _dealt(only, reading)
    for title in numbered:
        if title not in COLUMNS:
            guess = nearest(title, COLUMNS)
            found = Phrase(f"the sheet `{title[:30]}`", "the_sheet", sheet=title[:30])
            reading.fault(title, 1, "", found, f"`{guess}`" if guess else ", ".join(COLUMNS))
    return cast(dict[str, Numbered], numbered)


def _dealt(rows: Numbered, reading: Reading) -> dict[str, Numbered]:
    head = rows[0][1]
    place = [cell.value for cell in head].index(SHEET)
    found: dict[str, list[tuple[int, list[Found]]]] = {}
    for number, cells in rows[1:]:
        title = str(cells[place].value) if place < len(cells) and cells[place].value else ""
        if title not in COLUMNS:
            allowed = Phrase(f"one of {', '.join(COLUMNS)}", "one_of", names=tuple(COLUMNS))
            reading.fault("csv", number, SHEET, f"`{title[:30]}`" if title else NOTHING, allowed)
            continue
        own = {one.name for one in COLUMNS[title]}
        kept = [at for at, cell in enumerate(head) if cell.value in own]
        table = found.setdefault(title, [(1, [head[at] for at in kept])])
        table.append((number, [cells[at] if at < len(cells) else Found(None) for at in kept]))
    return cast(dict[str, Numbered], found)


def _changes(title: str, rows: Sequence[Row], reading: Reading) -> list[dict[str, Any]]:
    made = [(number, _shaped(title, values)) for number, values in rows]
    found = []
    for number, values in made:
        try:
            validate_config(values, CHANGES[title], title)
        except ConfigError as error:
            if not any(one.sheet == title and one.row == number for one in reading.faults):
                reading.fault(title, number, "", "", _told(error, title))
        found.append(values)
    return _by_year(found) if title == "population" else found


def _told(error: ConfigError, shown: str) -> Phrase:
    """What the rules say of a row, without the name of the file that there is not."""
    said = phrase_of(error)
    english = said.removeprefix(f"{shown}: ").rstrip(".")
    return Phrase(english, said.code, **said.fields) if isinstance(said, Phrase) else Phrase(english)


def _shaped(title: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """One row in the shape of the YAML: estimates nested, years as keys."""
    told = dict(values)
    for name in ("growth", "share", "effectiveness"):
        low, high = told.pop(f"{name}_low", None), told.pop(f"{name}_high", None)
        if name in told and (low is not None or high is not None):
            value = told[name]
            told[name] = {"value": value, "low": value if low is None else low, "high": value if high is None else high}
    if title == "population":
        year = told.pop("year", None)
        for name in ("growth", "persons"):
            if name in told:
                told[name] = {str(year): told[name]}
    if title == "channel_shift" and "suitable" in told:
        told["suitable"] = {"all": told["suitable"]}
    return told


def _by_year(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows of the same areas, ages and kind are one change over several years."""
    found: dict[tuple[object, ...], dict[str, Any]] = {}
    for one in rows:
        kind = "growth" if "growth" in one else "persons"
        key = (tuple(one.get("areas", ())), one.get("ages"), kind)
        if key in found:
            found[key][kind] = {**found[key][kind], **one.get(kind, {})}
        else:
            found[key] = dict(one)
    return list(found.values())
