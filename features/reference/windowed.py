"""What the rows inside a window say, formula by formula."""

import math
from collections import Counter
from collections.abc import Callable
from datetime import time
from fractions import Fraction

from features.catalogue.families import Family
from features.reference.rows import UNKNOWN, Row, satisfies, time_of


def in_window(family: Family, rows: list[Row], named: set[str]) -> float:
    """The family's value over the rows of one window.  `named`: the client's named doctor and nurse of that date."""
    if family.aggregate == "named_share":
        return _named_share(rows, named)
    return FORMULAS[family.aggregate](family, rows)


def _sum(family: Family, rows: list[Row]) -> float:
    return math.fsum(_values(family, rows))


def _mean(family: Family, rows: list[Row]) -> float:
    values = _values(family, rows)
    return math.fsum(values) / len(values) if values else UNKNOWN


def _distinct(family: Family, rows: list[Row]) -> float:
    if family.value == "month":
        return len({(time_of(row, family).year, time_of(row, family).month) for row in rows})
    return len(set(_values(family, rows)))


def _count_within(family: Family, rows: list[Row]) -> float:
    enough = family.at_least is None or len(rows) >= family.at_least
    return float(enough and (family.at_most is None or len(rows) <= family.at_most))


def _trend(family: Family, rows: list[Row]) -> float:
    """Least squares in exact fractions."""
    held = [row for row in rows if row[str(family.value)] is not None]
    days = [Fraction(time_of(row, family).toordinal()) for row in held]
    values = [Fraction(row[str(family.value)]) for row in held]
    if len(set(days)) < 2:
        return UNKNOWN
    mean_day, mean_value = sum(days) / len(days), sum(values) / len(values)
    both = sum((day - mean_day) * (value - mean_value) for day, value in zip(days, values, strict=True))
    return float(30 * both / sum((day - mean_day) ** 2 for day in days))


def _share(family: Family, rows: list[Row]) -> float:
    return sum(satisfies(row, family.part) for row in rows) / len(rows) if rows else UNKNOWN


def _coci(family: Family, rows: list[Row]) -> float:
    met = _values(family, rows)
    n = len(met)
    if n < family.fewest:
        return UNKNOWN
    return (sum(times**2 for times in Counter(met).values()) - n) / (n * (n - 1))


def _usual_provider_share(family: Family, rows: list[Row]) -> float:
    met = _values(family, rows)
    return max(Counter(met).values()) / len(met) if len(met) >= family.fewest else UNKNOWN


def _entropy(family: Family, rows: list[Row]) -> float:
    met = _values(family, rows)
    shares = [times / len(met) for times in Counter(met).values()]
    return math.fsum(-share * math.log2(share) for share in shares) if met else UNKNOWN


def _repeat_contact_share(family: Family, rows: list[Row]) -> float:
    held = [row for row in rows if row[str(family.value)] is not None]
    again = [row for row in held if any(_comes_back(family, earlier, row) for earlier in held)]
    return len(again) / len(held) if held else UNKNOWN


def _comes_back(family: Family, earlier: Row, row: Row) -> bool:
    first, then = time_of(earlier, family), time_of(row, family)
    same = earlier[str(family.value)] == row[str(family.value)]
    return same and first < then and (then.date() - first.date()).days <= int(family.within_days or 0)


def _night_share(family: Family, rows: list[Row]) -> float:
    nights = sum(not time(7) <= time_of(row, family).time() < time(22) for row in rows)
    return nights / len(rows) if rows else UNKNOWN


def _first_contact_is_emergency(family: Family, rows: list[Row]) -> float:
    if not rows:
        return UNKNOWN
    earliest = min(time_of(row, family) for row in rows)
    urgencies = {row["urgency"] for row in rows if time_of(row, family) == earliest}
    if "emergency" in urgencies:
        return 1.0
    return UNKNOWN if urgencies & {"unknown", None} else 0.0


def _named_share(rows: list[Row], named: set[str]) -> float:
    met = [row["professional_id"] for row in rows if row["professional_id"] is not None]
    return sum(one in named for one in met) / len(met) if met and named else UNKNOWN


def _values(family: Family, rows: list[Row]) -> list:  # type: ignore[type-arg]
    return [row[str(family.value)] for row in rows if row[str(family.value)] is not None]


FORMULAS: dict[str, Callable[[Family, list[Row]], float]] = {
    "count": lambda family, rows: len(rows),
    "sum": _sum,
    "mean": _mean,
    "distinct": _distinct,
    "count_within": _count_within,
    "trend": _trend,
    "share": _share,
    "coci": _coci,
    "usual_provider_share": _usual_provider_share,
    "entropy": _entropy,
    "repeat_contact_share": _repeat_contact_share,
    "night_share": _night_share,
    "first_contact_is_emergency": _first_contact_is_emergency,
}
