"""Which rules fire: three answers for every rule and row, because unknown is not no."""

from collections.abc import Mapping

import numpy as np

from features.rules.spec import Clause, Condition, Rule, RuleBook

FIRES, NOT, CANNOT_TELL = 1, 0, -1
"""The answers of a rule, int8."""


def verdicts(book: RuleBook, frame: Mapping[str, np.ndarray], rows: int) -> dict[str, np.ndarray]:
    """For each rule int8[rows]: FIRES, NOT or CANNOT_TELL.  `frame` holds the book's features, NaN = unknown."""
    found: dict[str, np.ndarray] = {}
    for name, rule in book.rules.items():
        found[name] = _verdict(rule, frame, found, rows)
    return found


def _verdict(rule: Rule, frame: Mapping[str, np.ndarray], found: Mapping[str, np.ndarray], rows: int) -> np.ndarray:
    answers = {name: [_answer(one, frame, found) for one in getattr(rule, name)] for name in ("any", "all", "none")}
    parts = [*answers["all"], *(_opposite(one) for one in answers["none"])]
    if answers["any"]:
        parts.append(_either(answers["any"]))
    return _every(parts, rows)


def _answer(clause: Clause, frame: Mapping[str, np.ndarray], found: Mapping[str, np.ndarray]) -> np.ndarray:
    if not isinstance(clause, Condition):
        return found[clause.rule]
    values = np.asarray(frame[clause.feature])
    return np.where(np.isnan(values), CANNOT_TELL, clause.holds(values)).astype(np.int8)


def _opposite(answer: np.ndarray) -> np.ndarray:
    return np.where(answer == CANNOT_TELL, CANNOT_TELL, 1 - answer).astype(np.int8)


def _either(answers: list[np.ndarray]) -> np.ndarray:
    """Fires when one does; is not known when none does and one is unknown."""
    held = np.stack(answers)
    unknown = np.where((held == CANNOT_TELL).any(axis=0), CANNOT_TELL, NOT)
    return np.where((held == FIRES).any(axis=0), FIRES, unknown).astype(np.int8)


def _every(answers: list[np.ndarray], rows: int) -> np.ndarray:
    """Does not fire when one does not; is not known when all others do and one is unknown."""
    held = np.stack(answers) if answers else np.ones((1, rows), np.int8)
    unknown = np.where((held == CANNOT_TELL).any(axis=0), CANNOT_TELL, FIRES)
    return np.where((held == NOT).any(axis=0), NOT, unknown).astype(np.int8)
