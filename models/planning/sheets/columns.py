"""The columns of sheets that come in: read value by value, every fault with its sheet, row and column."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from configs.errors import DataError
from configs.loader import nearest
from configs.phrases import Phrase
from models.exchange import Cell, Formula, Found, Sheet

Kind = Literal["text", "free_text", "number", "share", "whole", "date", "dimensions", "list"]
ALLOWED: Mapping[str, str] = {
    "text": "a short text",
    "free_text": "a text",
    "number": "a number, e.g. 0.06",
    "share": "a share between 0 and 1, e.g. 0.15",
    "whole": "a whole number, e.g. 2027",
    "date": "a date, e.g. 2026-01-05",
    "dimensions": "dimension=value, e.g. area=901,902; age_group=75plus",
    "list": "names separated by commas, or nothing for all",
}
MOST_FAULTS = 20
SHOWN_LETTERS = 30
FORMULA = Phrase("a formula", "formula")
NOTHING = Phrase("nothing", "nothing")


@dataclass(frozen=True)
class SheetFault:
    """One thing that is wrong: where, what was found, what is allowed."""

    sheet: str
    row: int
    """As the spreadsheet numbers it: the header is row 1."""
    column: str
    found: str
    allowed: str

    def __str__(self) -> str:
        where = f"sheet {self.sheet}, row {self.row}" + (f", column {self.column}" if self.column else "")
        found = f"found {self.found}, " if self.found else ""
        return f"{where}: {found}allowed: {self.allowed}" if self.found else f"{where}: {self.allowed}"


class SheetError(DataError):
    """A sheet cannot be used.  `faults` holds all of them, in order."""

    def __init__(self, faults: Sequence[SheetFault]) -> None:
        shown = "; ".join(str(one) for one in faults[:MOST_FAULTS])
        more = f"; and {len(faults) - MOST_FAULTS} more" if len(faults) > MOST_FAULTS else ""
        english = f"{len(faults)} fault{'s' if len(faults) != 1 else ''}: {shown}{more}."
        super().__init__(Phrase(english, "sheet_faults", n=len(faults)))
        self.faults = tuple(faults)


@dataclass(frozen=True)
class Column:
    """One column: its name, what it holds, whether it must be filled, and an example for the empty sheet."""

    name: str
    kind: Kind
    required: bool = False
    example: Cell = None
    choices: tuple[str, ...] = ()

    @property
    def allowed(self) -> Phrase:
        """What may stand there, in words."""
        if self.choices:
            return Phrase(f"one of {', '.join(self.choices)}", "one_of", names=self.choices)
        return Phrase(ALLOWED[self.kind], f"allowed.{self.kind}")


@dataclass
class Reading:
    """Faults gathered while a workbook is read."""

    faults: list[SheetFault] = field(default_factory=list)

    def fault(self, sheet: str, row: int, column: str, found: str, allowed: str) -> None:
        """Note one fault."""
        self.faults.append(SheetFault(sheet, row, column, found, allowed))

    def finish(self) -> None:
        """Raises SheetError when anything was wrong."""
        if self.faults:
            raise SheetError(self.faults)


Row = tuple[int, dict[str, Any]]
"""Row number and values by column name; empty cells are left out."""


def is_example(values: Mapping[str, Any], columns: Sequence[Column]) -> bool:
    """True for a row that still says what the empty sheet's example row says."""
    told = {one.name: _value(Found(_plain(one.example)), one) for one in columns if one.example not in (None, "")}
    return dict(values) == told


def _plain(cell: Cell) -> str | float | date | None:
    assert not isinstance(cell, Formula)
    return cell


def template(title: str, columns: Sequence[Column]) -> Sheet:
    """An empty sheet with its header and one example row, which is marked to be overwritten."""
    return Sheet(title, (tuple(one.name for one in columns), tuple(one.example for one in columns)))


def read(
    title: str, rows: Sequence[tuple[int, Sequence[Found]]], columns: Sequence[Column], reading: Reading
) -> list[Row]:
    """The rows of one sheet (number, cells; the first is the header) as values; faults go to `reading`."""
    if not rows:
        return []
    number, head = rows[0]
    places = _places(title, number, head, columns, reading)
    return [
        (row, values)
        for row, cells in rows[1:]
        if any(cell != Found(None) for cell in cells)
        for values in [_values(title, row, cells, places, reading)]
    ]


def _places(
    title: str, row: int, head: Sequence[Found], columns: Sequence[Column], reading: Reading
) -> list[tuple[Column, int]]:
    known = {one.name: one for one in columns}
    places: dict[str, int] = {}
    for place, cell in enumerate(head):
        name = str(cell.value or "").strip()
        if not name:
            continue
        if name not in known or name in places:
            guess = nearest(name, known)
            each = Phrase(f"one each of {', '.join(known)}", "one_each", names=tuple(known))
            allowed = f"`{guess}`" if guess and guess not in places else each
            reading.fault(title, row, _letter(place), _shown(cell), allowed)
        else:
            places[name] = place
    for name, one in known.items():
        if one.required and name not in places:
            wanted = Phrase(f"the column {name} ({one.allowed})", "the_column", column=name, allowed=one.allowed)
            reading.fault(title, row, name, Phrase("no such column", "no_column"), wanted)
    return [(known[name], place) for name, place in places.items()]


def _values(
    title: str, row: int, cells: Sequence[Found], places: Sequence[tuple[Column, int]], reading: Reading
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for column, place in places:
        cell = cells[place] if place < len(cells) else Found(None)
        if cell.is_formula:
            as_value = Phrase(f"{column.allowed}, as a value", "as_value", allowed=column.allowed)
            reading.fault(title, row, column.name, FORMULA, as_value)
        elif cell.value is None:
            if column.required:
                reading.fault(title, row, column.name, NOTHING, column.allowed)
        else:
            try:
                found[column.name] = _value(cell, column)
            except ValueError:
                shown = Phrase("another text", "other_text") if column.kind == "free_text" else _shown(cell)
                reading.fault(title, row, column.name, shown, column.allowed)
    return found


def _value(cell: Found, column: Column) -> Any:
    read = READERS[column.kind](cell.value)
    if column.choices and read not in column.choices:
        raise ValueError(read)
    return read


def _number(value: str | float | date | None) -> float:
    if isinstance(value, date) or value is None:
        raise ValueError(value)
    text = value.replace("\u00a0", "").replace(" ", "") if isinstance(value, str) else value
    number = float(text.replace(",", ".") if isinstance(text, str) else text)
    if number != number or number in (float("inf"), float("-inf")):
        raise ValueError(value)
    return number


def _share(value: str | float | date | None) -> float:
    number = _number(value)
    if not 0 <= number <= 1:
        raise ValueError(value)
    return number


def _whole(value: str | float | date | None) -> int:
    number = _number(value)
    if number != int(number):
        raise ValueError(value)
    return int(number)


def _date(value: str | float | date | None) -> str:
    if isinstance(value, date):
        return value.isoformat()[:10]
    return date.fromisoformat(str(value).strip()).isoformat()


def _text(value: str | float | date | None) -> str:
    if isinstance(value, float) and value == int(value):
        return str(int(value))  # an area's code that a spreadsheet took for a number
    return str(value).strip()


def _list(value: str | float | date | None) -> list[str]:
    return [one.strip() for one in _text(value).split(",") if one.strip()]


def _dimensions(value: str | float | date | None) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for piece in _text(value).split(";"):
        name, sign, values = piece.partition("=")
        if not sign or not _list(values):
            raise ValueError(value)
        found[name.strip()] = _list(values)
    return found


READERS: Mapping[Kind, Callable[[Any], Any]] = {
    "text": _text,
    "free_text": _text,
    "number": _number,
    "share": _share,
    "whole": _whole,
    "date": _date,
    "dimensions": _dimensions,
    "list": _list,
}


def _shown(cell: Found) -> str:
    text = str(cell.value)
    return f"`{text[:SHOWN_LETTERS]}{'…' if len(text) > SHOWN_LETTERS else ''}`"


def _letter(place: int) -> str:
    """The spreadsheet's letter of a column."""
    head, last = divmod(place, 26)
    return (_letter(head - 1) if head else "") + chr(ord("A") + last)
