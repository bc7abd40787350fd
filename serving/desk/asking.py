"""What a person may answer or ask herself: a level on an axis of the scheme, and what would change an estimate."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from configs.errors import LuotainError
from models.answers import AxisAnswer, Counterfactual, ModelStamp, Text
from serving.refusals import refusal

Respondent = Literal["client", "professional", "relative", "unknown"]


@dataclass(frozen=True)
class AxisQuestion:
    """One axis as it is asked: its levels (id, name), lowest need first, and whose assessment it is."""

    id: str
    name: Text
    respondent: Respondent
    levels: tuple[tuple[str, Text], ...]


@dataclass(frozen=True)
class GivenAnswer:
    """A level that somebody gave by hand.  Without a respondent it is the axis's own."""

    axis: str
    level: str
    respondent: Respondent | None = None


@dataclass(frozen=True)
class Explored:
    """What would change one shown estimate, with the model that says so."""

    stamp: ModelStamp
    name: Text
    outcome: Text
    found: Counterfactual


class NotAsked(LuotainError):
    """A by-hand answer that the scheme does not know, or two on one axis.  What was sent is never repeated."""

    def __init__(self, field: str, sentence: Text) -> None:
        self.field = field
        self.text = sentence
        super().__init__(sentence["en"])


def axis_answers(given: Sequence[GivenAnswer], questions: Sequence[AxisQuestion]) -> tuple[AxisAnswer, ...]:
    """The by-hand answers as the model takes them.

    Raises NotAsked for an unknown axis or level, and for two answers on one axis.
    """
    known = {question.id: question for question in questions}
    for one in given:
        _check("answers.axis", one.axis, tuple(known))
    if len({one.axis for one in given}) < len(given):
        raise NotAsked("answers.axis", refusal("axis_twice", field="answers.axis"))
    return tuple(_answer(one, known[one.axis]) for one in given)


def _answer(given: GivenAnswer, question: AxisQuestion) -> AxisAnswer:
    names = dict(question.levels)
    _check("answers.level", given.level, tuple(names))
    return AxisAnswer(
        axis=question.id,
        level=given.level,
        level_name=names[given.level],
        respondent=given.respondent or question.respondent,
        given="by_hand",
        time=None,
        decides=True,
    )


def _check(field: str, sent: str, allowed: Sequence[str]) -> None:
    if sent not in allowed:
        raise NotAsked(field, refusal("field_not_allowed", field=field, allowed=", ".join(allowed)))
