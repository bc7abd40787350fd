"""Which segments cannot be ruled out, said so that nobody takes one of several for the answer."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from markupsafe import Markup

from models.answers import SegmentAnswer, SegmentShare
from serving.pages.charts import share_bar
from serving.pages.format import Format, hundred_split

SetKind = Literal["unknown", "one", "some", "all"]


@dataclass(frozen=True)
class ShareLine:
    """One segment with its whole number of 100 similar clients."""

    share: SegmentShare
    number: int
    bar: Markup
    credible: bool


@dataclass(frozen=True)
class Credible:
    """The set in words: its kind, the names in it, and of how many clients in a hundred such a set holds true."""

    kind: SetKind
    groups: str
    covered: int | None


def share_lines(answer: SegmentAnswer) -> tuple[ShareLine, ...]:
    """The segments, most probable first, with whole numbers that add up to 100."""
    ordered = sorted(answer.segments, key=lambda share: -share.probability)
    numbers = hundred_split([share.probability for share in ordered])
    return tuple(
        ShareLine(
            share,
            number,
            share_bar(share.probability, strong=share.proposed),
            share.segment in answer.credible,
        )
        for share, number in zip(ordered, numbers, strict=True)
    )


def credible_of(answer: SegmentAnswer, shares: Sequence[ShareLine], format: Format) -> Credible:
    """What the set says; "unknown" for a model that makes none."""
    names = ", ".join(format.said(line.share.name) for line in shares if line.credible)
    covered = None if answer.coverage is None else round(100 * answer.coverage)
    return Credible(kind_of(answer.credible, len(shares)), names, covered)


def kind_of(credible: Collection[str], segments: int) -> SetKind:
    """One, some or all of the segments."""
    if not credible or segments == 0:
        return "unknown"
    return "one" if len(credible) == 1 else "all" if len(credible) == segments else "some"
