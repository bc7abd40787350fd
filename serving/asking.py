"""What a person may answer or ask herself: a level on an axis of the scheme, and what would change an estimate."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from configs.errors import LuotainError
from models.answers import AxisAnswer, Counterfactual, ModelStamp, Text

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
    """A by-hand answer that the scheme does not know.  The sentence names what is allowed, never what was sent."""

    def __init__(self, field: Literal["axis", "level"], allowed: Sequence[str]) -> None:
        self.field = f"answers.{field}"
        self.allowed = tuple(allowed)
        super().__init__(f"The field `{self.field}` must be one of: {', '.join(allowed)}.")


def axis_answers(given: Sequence[GivenAnswer], questions: Sequence[AxisQuestion]) -> tuple[AxisAnswer, ...]:
    """The by-hand answers as the model takes them, one per axis; of two on one axis the last one counts.

    Raises NotAsked for an unknown axis or level.
    """
    known = {question.id: question for question in questions}
    chosen: dict[str, AxisAnswer] = {}
    for one in given:
        if one.axis not in known:
            raise NotAsked("axis", tuple(known))
        chosen[one.axis] = _answer(one, known[one.axis])
    return tuple(chosen.values())


def _answer(given: GivenAnswer, question: AxisQuestion) -> AxisAnswer:
    names = dict(question.levels)
    if given.level not in names:
        raise NotAsked("level", tuple(names))
    return AxisAnswer(
        axis=question.id,
        level=given.level,
        level_name=names[given.level],
        respondent=given.respondent or question.respondent,
        given="by_hand",
        time=None,
        decides=True,
    )
