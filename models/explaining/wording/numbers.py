"""Numbers, dates and lengths of time the way each language writes them: 1,5 and 3.4.2026, 1.5 and 3 April 2026.

Spaces inside numbers are those of the locale (CLDR), as on the pages; the minus is U+2212, never a hyphen.
"""

import math
from datetime import date
from functools import lru_cache
from typing import Literal

from babel.dates import format_date
from babel.numbers import format_decimal

MINUS = "\u2212"
WHOLE_FROM = 100
"""From this size on numbers are shown whole."""
NUMBER_PATTERN = "#,##0.#"
DATE_PATTERN = {"fi": "d.M.yyyy", "sv": "d.M.yyyy", "en": "d MMMM yyyy"}
PER_CENT = {"fi": "\u00a0%", "sv": "\u00a0%", "en": "%"}
DAYS_PER_YEAR, MONTHS_PER_YEAR = 365.25, 12
MONTHS_FROM, YEARS_FROM = 61, 731
"""From two months on a length of time is told in months, from two years on in years."""
REMEMBERED = 4_096
"""Numbers whose text is kept: a few are in almost every answer, and writing one costs more than all else in it."""
SAME_WITHIN = 0.05
"""Two numbers that differ by less than this share of the larger one say the same to a reader."""

Span = Literal["days", "months", "years"]


def number_text(value: float, language: str) -> str:
    """A number as people write it: 1,5 in Finnish and Swedish, 1.5 in English; at most one decimal."""
    seen = shown(value)
    return MINUS + _written(-seen, language) if seen < 0 else _written(seen, language)


def signed_text(value: float, language: str) -> str:
    """A change: +2, −2 or 0."""
    text = number_text(value, language)
    return f"+{text}" if shown(value) > 0 else text


def percent_text(share: float, language: str) -> str:
    """A share of one in per cent: 12,5 % in Finnish and Swedish, 12.5% in English."""
    return number_text(100 * share, language) + PER_CENT[language]


@lru_cache(maxsize=REMEMBERED)
def date_text(iso: str, language: str) -> str:
    """An ISO day in words: 3.4.2026 or 3 April 2026."""
    return str(format_date(date.fromisoformat(iso), DATE_PATTERN[language], locale=language))


def span_of(days: float) -> tuple[float, Span]:
    """A length of time in the unit that people use for it: 12 days, 14 months, 2.5 years."""
    if shown(days) < MONTHS_FROM:
        return days, "days"
    if days < YEARS_FROM:
        return float(math.floor(days * MONTHS_PER_YEAR / DAYS_PER_YEAR + 0.5)), "months"
    return days / DAYS_PER_YEAR, "years"


def shown(value: float) -> float:
    """The value as shown: at most one decimal, half away from zero, never minus zero."""
    parts = 1 if abs(value) >= WHOLE_FROM else 10
    return math.copysign(math.floor(abs(value) * parts + 0.5) / parts, value) + 0.0


@lru_cache(maxsize=REMEMBERED)
def _written(number: float, language: str) -> str:
    return str(format_decimal(number, format=NUMBER_PATTERN, locale=language))


def says_the_same(value: float, usual: float) -> bool:
    """True when a reader sees no difference: "3, usually 3" or "1 005 minutes, usually 1 000"."""
    larger = max(abs(value), abs(usual))
    return shown(value) == shown(usual) or abs(value - usual) < SAME_WITHIN * larger
