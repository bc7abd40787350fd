"""People's own answers beside the model's: what was recorded, what is tried by hand, and which of them decides."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from models.answers import AxisAnswer, Likelihood, SegmentAnswer
from serving.desk.asking import AxisQuestion, GivenAnswer
from serving.pages.format import Format
from serving.pages.services import ClientView

FIELD = "axis-"
"""A form field of a by-hand answer is this and the axis's id; an empty value leaves the axis to the model."""


@dataclass(frozen=True)
class AnswerLine:
    """One person's answer with the name of what was asked."""

    answer: AxisAnswer
    name: str


@dataclass(frozen=True)
class People:
    """The page's part about people's own answers."""

    lines: tuple[AnswerLine, ...]
    questions: tuple[AxisQuestion, ...]
    """Axes that no recorded answer decides, which may be tried by hand."""
    chosen: Mapping[str, str]
    """Axis id to the level that is being tried."""
    tried: str
    """The tried answers in words; empty when nothing is tried."""
    basis: str
    """Key of the sentence about what the segment rests on."""


def people_of(view: ClientView, format: Format) -> People:
    """What is known and what may be asked."""
    answers = view.segment.answers
    names = {question.id: format.said(question.name) for question in view.questions}
    lines = tuple(AnswerLine(answer, names.get(answer.axis, answer.axis)) for answer in answers)
    recorded = {answer.axis for answer in answers if answer.given == "recorded" and answer.decides}
    tried = [line for line in lines if line.answer.given == "by_hand"]
    return People(
        lines=lines,
        questions=tuple(question for question in view.questions if question.id not in recorded),
        chosen={line.answer.axis: line.answer.level for line in tried},
        tried="; ".join(f"{line.name}: {format.said(line.answer.level_name)}" for line in tried),
        basis=basis_of(view.segment),
    )


def basis_of(answer: SegmentAnswer) -> str:
    """Key of the sentence: the model, people's answers, or some of each; by hand is told apart."""
    by_hand = any(one.given == "by_hand" for one in answer.answers)
    return f"basis.by_hand.{answer.basis}" if by_hand and answer.basis != "model" else f"basis.{answer.basis}"


def deciding(answers: Sequence[AxisAnswer], axis: Likelihood, questions: Sequence[AxisQuestion]) -> AxisAnswer | None:
    """The answer that decides the axis which a likelihood is about, if a person's does."""
    return next(
        (answer for answer in answers if answer.decides and axis.id in _likelihood_ids(answer.axis, questions)), None
    )


def given_by_hand(form: Mapping[str, str]) -> tuple[GivenAnswer, ...]:
    """The by-hand answers of a form."""
    named = [(name.removeprefix(FIELD), level) for name, level in form.items() if name.startswith(FIELD)]
    return tuple(GivenAnswer(axis, level) for axis, level in named if level)


def _likelihood_ids(axis: str, questions: Sequence[AxisQuestion]) -> set[str]:
    """The ids under which an axis is explained: its own, or one per level above the lowest."""
    levels = [level for question in questions if question.id == axis for level, _ in question.levels[1:]]
    return {axis, *(f"{axis}_{level}" for level in levels)}
