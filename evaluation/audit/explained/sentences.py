"""Do the sentences say the client's own numbers, and do the reasons said add up to what the model computed?

The check reads the finished sentence back: every number in it is parsed, and the client's value must be among them
in one of the ways the catalogue may say it (as it is, in per cent, as months or years, per year instead of 30 days).
"""

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from models.answers import Likelihood, Reason
from models.explaining.wording.numbers import MONTHS_FROM, shown
from models.learners.binary import BinaryModel
from models.parts import ClientParts

ROWS = 200
DAYS_PER_YEAR, DAYS_PER_SLOPE = 365, 30
_SPACES = str.maketrans(dict.fromkeys("\u00a0\u202f\u2009 ", ""))
_NUMBER = re.compile(r"[+\u2212-]?\d{1,3}(?:[\u00a0\u202f\u2009 ]\d{3})+(?:,\d+)?|[+\u2212-]?\d+(?:,\d+)?")
_BESIDE = re.compile(r"\([^)]*\)|\d+ (?:päivän|kuukauden) aikana")
"""What is no value of the client: the comparison in brackets, and the window."""
NONE_IN_WORDS = "Ei "
"""How a sentence says 0: "Ei päivystyskäyntejä …"."""
NO_NAME: Mapping[str, str] = {"fi": "", "sv": "", "en": ""}


def said_truly(model: BinaryModel, parts: ClientParts, rows: np.ndarray) -> dict[str, Any]:
    """{rows, reasons, with_number, matching, without_number, unknown, consistent, sum_error, heaviest_said}.

    `consistent` = share of the sentences with a number whose number is the client's own (1 = all); `sum_error` =
    greatest |base + contributions - log-odds| of the answers as a client gets them; `heaviest_said` = share of
    answers that say the heaviest known reason.
    """
    answers = [parts.explainer.likelihood(model, row, "audit", NO_NAME, NO_NAME) for row in rows[:ROWS]]
    reasons = [reason for answer in answers for reason in answer.reasons]
    states = [state_of(reason) for reason in reasons]
    counted = {name: states.count(name) for name in ("matching", "differs", "without_number", "unknown")}
    with_number = counted["matching"] + counted["differs"]
    return {
        "rows": len(answers),
        "reasons": len(reasons),
        "with_number": with_number,
        **counted,
        "consistent": counted["matching"] / with_number if with_number else None,
        "sum_error": max((_sum_error(answer) for answer in answers), default=0.0),
        "heaviest_said": float(np.mean([_heaviest_is_said(answer) for answer in answers])) if answers else None,
    }


def state_of(reason: Reason) -> str:
    """`matching` or `differs` with numbers, `without_number` in words, `unknown` for no value."""
    if reason.value is None:
        return "unknown"
    if shown(reason.value) == 0 and reason.sentence["fi"].startswith(NONE_IN_WORDS):
        return "matching"
    said = _BESIDE.sub("", reason.sentence["fi"])
    found = list(numbers_in(said))
    if not found:
        return "without_number"
    return "matching" if any(_same(number, way) for number in found for way in _ways(reason.value, said)) else "differs"


def numbers_in(sentence: str) -> Iterator[float]:
    """Every number of a Finnish sentence; dates (3.4.2026) are not numbers of the client."""
    for text in _NUMBER.findall(re.sub(r"\d{1,2}\.\d{1,2}\.\d{4}", "", sentence)):
        yield float(text.translate(_SPACES).replace(",", ".").replace("\u2212", "-"))


def _ways(value: float, said: str) -> Iterator[float]:
    """How a sentence may write a value: as it is, in per cent, as months or years, a slope over a year."""
    yield from (value, abs(value))
    if "%" in said:
        yield from (100 * value, 100 * abs(value))
    if "kuukau" in said and value >= MONTHS_FROM:
        yield float(math.floor(value * 12 / 365.25 + 0.5))
    if "vuo" in said:
        yield from (value / 365.25, value * DAYS_PER_YEAR / DAYS_PER_SLOPE, abs(value) * DAYS_PER_YEAR / DAYS_PER_SLOPE)


def _same(number: float, way: float) -> bool:
    """Equal as shown: one decimal, whole from a hundred on."""
    return abs(number - way) <= (0.5 if abs(way) >= 100 else 0.05) + 1e-9


def _sum_error(answer: Likelihood) -> float:
    return abs(answer.base + sum(one.contribution for one in answer.contributions) - answer.log_odds)


def _heaviest_is_said(answer: Likelihood) -> bool:
    known = [one for one in answer.contributions if one.value is not None]
    return not known or known[0].family in {one.family for one in answer.reasons}
