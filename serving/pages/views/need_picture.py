"""A need task for the page: a likelihood, an ordered outcome, an expected amount, or alternatives side by side."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from models.answers import Alternative, Evidence, Expected, LevelShare, NeedAnswer
from serving.pages.charts import level_bar, level_swatch
from serving.pages.format import Format, hundred_split
from serving.pages.views.explained import ContributionLine, Explained, contribution_lines, explain

OPEN_NEEDS = 2
"""More answered needs than this are folded under their names, so that the page can be overlooked."""


@dataclass(frozen=True)
class LevelLine:
    """One level of an ordered outcome with its whole number of 100 similar clients."""

    share: LevelShare
    number: int
    swatch: Markup


@dataclass(frozen=True)
class ExpectedLine:
    """An expected amount as it is said: signed, with the bounds of its interval."""

    expected: Expected
    value: str
    low: str
    high: str
    both_ways: bool
    lines: tuple[ContributionLine, ...]


@dataclass(frozen=True)
class AlternativeLine:
    """One alternative: what speaks for it, against it, and what is not known."""

    alternative: Alternative
    sides: tuple[tuple[str, tuple[Evidence, ...]], ...]


@dataclass(frozen=True)
class NeedLine:
    """One need task: explained, or honestly not answered (`explained` is None)."""

    answer: NeedAnswer
    name: str
    explained: Explained | None
    levels: tuple[LevelLine, ...]
    bar: Markup | None
    others: tuple[Explained, ...]
    """The other boundaries of an ordered outcome."""
    expected: ExpectedLine | None
    alternatives: tuple[AlternativeLine, ...]


def need_line(answer: NeedAnswer, name: str, format: Format) -> NeedLine:
    """The answer in words, whole numbers and pictures."""
    levels = level_lines(answer.levels)
    main = answer.likelihood
    others = [one for one in answer.likelihoods if main is None or one.id != main.id]
    return NeedLine(
        answer=answer,
        name=format.said(main.name) if main else name,
        explained=explain(main, format) if main else None,
        levels=levels,
        bar=level_bar([line.number for line in levels]) if levels else None,
        others=tuple(explain(one, format) for one in others),
        expected=expected_line(answer.expected, format) if answer.expected else None,
        alternatives=tuple(_alternative(one) for one in answer.alternatives),
    )


def same_outcome(needs: Sequence[NeedLine], format: Format) -> tuple[str, ...]:
    """A sentence for each outcome that several needs estimate side by side: why their numbers may differ."""
    by_outcome: dict[str, list[NeedLine]] = {}
    for need in needs:
        if need.explained:
            by_outcome.setdefault(format.said(need.explained.likelihood.outcome), []).append(need)
    return tuple(_same(outcome, own, format) for outcome, own in by_outcome.items() if len(own) > 1)


def _same(outcome: str, needs: Sequence[NeedLine], format: Format) -> str:
    words = format.language.text
    said = words("needs.same_outcome", names=_listed(needs), outcome=outcome)
    graded = [need for need in needs if need.levels]
    if not graded or len(graded) == len(needs):
        return said
    return f"{said} {words('needs.same_outcome.levels', names=_listed(graded))}"


def _listed(needs: Sequence[NeedLine]) -> str:
    return ", ".join(f"”{need.name}”" for need in needs)


def level_lines(levels: Sequence[LevelShare]) -> tuple[LevelLine, ...]:
    """Every level, lowest first, with whole numbers that add up to 100."""
    numbers = hundred_split([level.probability for level in levels])
    return tuple(
        LevelLine(level, number, level_swatch(place, len(levels)))
        for place, (level, number) in enumerate(zip(levels, numbers, strict=True))
    )


def expected_line(expected: Expected, format: Format) -> ExpectedLine:
    """The amount with its sign, in whole units."""
    return ExpectedLine(
        expected,
        format.signed(expected.value, 0),
        format.signed(expected.low, 0),
        format.signed(expected.high, 0),
        expected.low < 0 < expected.high,
        contribution_lines(expected.contributions, format),
    )


def _alternative(alternative: Alternative) -> AlternativeLine:
    sides = ("for", "against", "unknown")
    return AlternativeLine(
        alternative,
        tuple((side, tuple(one for one in alternative.evidence if one.direction == side)) for side in sides),
    )
