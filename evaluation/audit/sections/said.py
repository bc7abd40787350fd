"""How the report writes numbers, names and days."""

from collections.abc import Mapping
from typing import Any

from evaluation.charts import number_text
from evaluation.report.verdict import GROUPINGS, VALUES

MORE_VALUES = {"unknown": "ei tiedossa"}


def number(value: float | None, digits: int = 3) -> str:
    """1,234; a dash for none."""
    return number_text(value, digits)


def percent(value: float | None, digits: int = 1) -> str:
    """12,3 %."""
    return "–" if value is None else f"{number_text(100 * value, digits)} %"


def count(value: int | None) -> str:
    """A whole number with thin thousands; a hidden one is said so."""
    return "piilotettu" if value is None else f"{value:,}".replace(",", "\u202f")


def power(value: float | None) -> str:
    """A very small number: 1,3·10⁻¹⁵."""
    if value is None:
        return "–"
    if value == 0:
        return "0"
    digits, exponent = f"{value:.1e}".split("e")
    raised = str(int(exponent)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{digits.replace('.', ',')}·10{raised}"


def between(low: float | None, high: float | None, digits: int = 3) -> str:
    """0,81 … 0,86."""
    return "–" if low is None or high is None else f"{number(low, digits)} … {number(high, digits)}"


def day(iso: str | None) -> str:
    """3.4.2026; a dash for none."""
    if not iso:
        return "–"
    year, month, date = (int(part) for part in iso[:10].split("-"))
    return f"{date}.{month}.{year}"


def grouping(name: str) -> str:
    """Sukupuoli."""
    return GROUPINGS.get(name, name.replace("_", " "))


def group(name: str) -> str:
    """nainen."""
    return VALUES.get(name, MORE_VALUES.get(name, name))


def family(report: Mapping[str, Any], name: str) -> str:
    """The Finnish name of a family."""
    return str(report["families"].get(name, {}).get("name", {}).get("fi", name))


def text(value: Any) -> str:
    """A configured value as text; a dash for an empty one."""
    return "–" if value in (None, "", [], {}) else str(value)
