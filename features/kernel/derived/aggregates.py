"""One function per derived aggregate: what of each pair counts, handed to a compiled loop."""

import numpy as np

from features.catalogue.families import Family
from features.kernel.derived.asked import Asked, code_numbers
from features.kernel.derived.loops import changes, counts, means, slopes
from features.kernel.derived.ties import with_named
from features.kernel.derived.visits import concentration, entropies, firsts, repeats
from features.kernel.events import EventTable, Rows, Tables
from features.kernel.pairs import Pairs, Selected, known_pairs, latest_known

DAY_SECONDS, HOUR_SECONDS = 86_400, 3_600
NIGHT_BEGINS, NIGHT_ENDS = 22, 7
"""Hours of the wall clock: [22, 24) and [0, 7) are night."""


def mean_of(
    family: Family, codes: tuple[str, ...], tables: Tables, selected: Selected, pairs: Pairs, rows: Rows
) -> np.ndarray:
    """mean, share, night_share and named_share: the mean of one number per contact, where it has one."""
    asked = Asked.of(family, codes, selected.table, pairs, rows)
    if family.aggregate == "named_share":
        number = with_named(asked, selected.table, tables, rows)
    else:
        number = _of_event(family, selected.table)[asked.place]
    return _flat(means(asked.row, asked.age, asked.code, number, asked.windows, asked.shape))


def _of_event(family: Family, table: EventTable) -> np.ndarray:
    if family.aggregate == "share":
        return table.where(family.part).astype(np.float64)
    if family.aggregate == "night_share":
        hour = table.seconds % DAY_SECONDS // HOUR_SECONDS
        return ((hour >= NIGHT_BEGINS) | (hour < NIGHT_ENDS)).astype(np.float64)
    return table.number(str(family.value)).astype(np.float64)


def trend(
    family: Family, codes: tuple[str, ...], tables: Tables, selected: Selected, pairs: Pairs, rows: Rows
) -> np.ndarray:
    """The slope of a value over time."""
    asked = Asked.of(family, codes, selected.table, pairs, rows)
    value = selected.table.number(str(family.value)).astype(np.float64, copy=False)[asked.place]
    return _flat(slopes(asked.row, asked.age, asked.code, value, asked.windows, asked.shape))


def count_within(
    family: Family, codes: tuple[str, ...], tables: Tables, selected: Selected, pairs: Pairs, rows: Rows
) -> np.ndarray:
    """Whether the number of rows lies between two limits."""
    asked = Asked.of(family, codes, selected.table, pairs, rows)
    n = counts(asked.row, asked.age, asked.code, asked.windows, asked.shape)
    low, high = family.at_least or 0, np.inf if family.at_most is None else family.at_most
    return _flat(((n >= low) & (n <= high)).astype(np.float64))


def continuity(
    family: Family, codes: tuple[str, ...], tables: Tables, selected: Selected, pairs: Pairs, rows: Rows
) -> np.ndarray:
    """coci and usual_provider_share."""
    asked = Asked.of(family, codes, selected.table, pairs, rows)
    value, values = _coded(family, selected.table, asked)
    usual = family.aggregate == "usual_provider_share"
    settings = (asked.windows, asked.shape, float(family.fewest), usual)
    return _flat(concentration(asked.row, asked.age, asked.code, value, values, *settings))


def entropy(
    family: Family, codes: tuple[str, ...], tables: Tables, selected: Selected, pairs: Pairs, rows: Rows
) -> np.ndarray:
    """How evenly the rows spread over the values."""
    asked = Asked.of(family, codes, selected.table, pairs, rows)
    value, values = _coded(family, selected.table, asked)
    return _flat(entropies(asked.row, asked.age, asked.code, value, values, asked.windows, asked.shape))


def repeat_contact_share(
    family: Family, codes: tuple[str, ...], tables: Tables, selected: Selected, pairs: Pairs, rows: Rows
) -> np.ndarray:
    """How often the same thing came back soon."""
    asked = Asked.of(family, codes, selected.table, pairs, rows)
    value, values = _coded(family, selected.table, asked)
    second = selected.table.seconds[asked.place]
    settings = (asked.windows, asked.shape, int(family.within_days or 0))
    return _flat(repeats(asked.row, asked.age, asked.code, value, second, values, *settings))


def first_contact_is_emergency(
    family: Family, codes: tuple[str, ...], tables: Tables, selected: Selected, pairs: Pairs, rows: Rows
) -> np.ndarray:
    """How the client came in."""
    asked = Asked.of(family, codes, selected.table, pairs, rows)
    urgency = selected.table.text("urgency").numbered(("emergency", "unknown"), 2)[asked.place]
    value = np.array([1.0, np.nan, 0.0, np.nan])[urgency]  # the last one: no urgency at all
    second = selected.table.seconds[asked.place]
    return _flat(firsts(asked.row, asked.age, asked.code, value, second, asked.windows, asked.shape))


def change_between_assessments(
    family: Family, codes: tuple[str, ...], tables: Tables, selected: Selected, pairs: Pairs, rows: Rows
) -> np.ndarray:
    """What the latest assessment says more than the one before it."""
    table = selected.table
    # The one before may lie before the longest window of the group.
    asked = Asked.of(family, codes, table, known_pairs(selected, rows, None) if family.windows else pairs, rows)
    value = table.number(str(family.value)).astype(np.float64, copy=False)[asked.place]
    clocks = (table.seconds[asked.place], table.recorded[asked.place])
    return _flat(changes(asked.row, asked.age, asked.code, value, *clocks, asked.windows, asked.shape))


def overdue(
    family: Family, codes: tuple[str, ...], tables: Tables, selected: Selected, pairs: Pairs, rows: Rows
) -> np.ndarray:
    """1 when the latest row is too old, 0 when not; NaN without any (features.kernel.coverage settles those)."""
    table, number = selected.table, code_numbers(family, codes, selected.table)
    found = np.full((len(rows), max(len(codes), 1)), np.nan)
    for code in range(found.shape[1]):
        place = latest_known(_of_code(selected, number, code), rows)
        known = place >= 0
        found[known, code] = rows.day[known] - table.day[place[known]] > int(family.within_days or 0)
    return found


def lapsed(
    family: Family, codes: tuple[str, ...], tables: Tables, selected: Selected, pairs: Pairs, rows: Rows
) -> np.ndarray:
    """Something was in force once and nothing is now."""
    asked = Asked.of(family, codes, selected.table, pairs, rows)
    stands = rows.day[asked.row] <= selected.table.open_until[asked.place]
    known, standing = (np.zeros((asked.rows, asked.codes), bool) for _ in range(2))
    counted = asked.code >= 0
    known[asked.row[counted], asked.code[counted]] = True
    counted &= stands
    standing[asked.row[counted], asked.code[counted]] = True
    return (known & ~standing).astype(np.float64)


def _of_code(selected: Selected, number: np.ndarray | None, code: int) -> Selected:
    if number is None:
        return selected
    chosen = np.zeros(len(selected.table), bool)
    chosen[selected.places[number[selected.places] == code]] = True
    return Selected.of(selected.table, chosen)


def _coded(family: Family, table: EventTable, asked: Asked) -> tuple[np.ndarray, int]:
    text = table.text(str(family.value))
    return text.codes[asked.place].astype(np.int64, copy=False), len(text.categories)


def _flat(values: np.ndarray) -> np.ndarray:
    """[rows, codes, windows] as the columns lie."""
    return values.reshape(len(values), -1)
