"""What the client page says of the answers, summed up before any template: words, whole numbers and pictures."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from models.answers import Likelihood, NeedAnswer, Reason, SegmentAnswer, SegmentShare
from serving.pages.charts import Cell, difference_bar, dot_row, segment_picture, share_bar
from serving.pages.format import Format, hundred_split, in_hundred
from serving.pages.services import ClientView, Layout

CLEAR, FAIRLY_CLEAR = 0.7, 0.5
"""From which probability of the proposed segment the page says "clear" and "fairly clear"; below, "unsure"."""
RUNNER_UP = 0.15
"""From which probability another segment is named as possible beside an unsure or fairly clear proposal."""
SHOWN_CONTRIBUTIONS = 12


@dataclass(frozen=True)
class ShareLine:
    """One segment with its whole number of 100 similar clients."""

    share: SegmentShare
    number: int
    bar: Markup


@dataclass(frozen=True)
class ContributionLine:
    """One family's share of the estimate; `name` is None for the sum of the many small ones."""

    name: str | None
    others: int
    value: float
    bar: Markup


@dataclass(frozen=True)
class Explained:
    """One explained probability: its number, its reasons in both directions, and all contributions folded."""

    likelihood: Likelihood
    number: int
    dots: Markup
    raises: tuple[Reason, ...]
    lowers: tuple[Reason, ...]
    lines: tuple[ContributionLine, ...]


@dataclass(frozen=True)
class NeedLine:
    """One need task: explained, or honestly not answered."""

    answer: NeedAnswer
    explained: Explained | None


@dataclass(frozen=True)
class ClientPicture:
    """The whole client page in words and numbers."""

    proposed: SegmentShare | None
    sureness: str
    number: int
    others: tuple[ShareLine, ...]
    shares: tuple[ShareLine, ...]
    picture: Markup | None
    axes: tuple[Explained, ...]
    needs: tuple[NeedLine, ...]


def summarise(view: ClientView, format: Format) -> ClientPicture:
    """The client page's picture of its answers."""
    shares = share_lines(view.segment)
    proposed = next((line for line in shares if line.share.proposed), None)
    sureness = how_sure(proposed.share.probability) if proposed else "none"
    return ClientPicture(
        proposed=proposed.share if proposed else None,
        sureness=sureness,
        number=proposed.number if proposed else 0,
        others=_runners_up(shares, sureness),
        shares=shares,
        picture=_picture(view.layout, shares, format),
        axes=tuple(explain(axis, format) for axis in view.segment.axes),
        needs=tuple(_need(need, format) for need in view.needs),
    )


def how_sure(probability: float) -> str:
    """The word for the proposal: clear, fairly_clear or unsure."""
    return "clear" if probability >= CLEAR else "fairly_clear" if probability >= FAIRLY_CLEAR else "unsure"


def share_lines(answer: SegmentAnswer) -> tuple[ShareLine, ...]:
    """The segments, most probable first, with whole numbers that add up to 100."""
    ordered = sorted(answer.segments, key=lambda share: -share.probability)
    numbers = hundred_split([share.probability for share in ordered])
    return tuple(
        ShareLine(share, number, share_bar(share.probability, strong=share.proposed))
        for share, number in zip(ordered, numbers, strict=True)
    )


def explain(likelihood: Likelihood, format: Format) -> Explained:
    """One probability with its reasons split by direction."""
    number = in_hundred(likelihood.probability)
    return Explained(
        likelihood=likelihood,
        number=number,
        dots=dot_row(number),
        raises=tuple(reason for reason in likelihood.reasons if reason.contribution > 0),
        lowers=tuple(reason for reason in likelihood.reasons if reason.contribution <= 0),
        lines=_lines(likelihood.contributions, format),
    )


def _lines(contributions: Sequence[Reason], format: Format) -> tuple[ContributionLine, ...]:
    """The largest contributions one by one, the rest as one sum, so that the column adds up."""
    shown, rest = contributions[:SHOWN_CONTRIBUTIONS], contributions[SHOWN_CONTRIBUTIONS:]
    remainder = sum(reason.contribution for reason in rest)
    largest = max((abs(value) for value in [*(r.contribution for r in shown), remainder]), default=0.0)
    lines = [
        ContributionLine(format.said(reason.name), 0, reason.contribution, difference_bar(reason.contribution, largest))
        for reason in shown
    ]
    if rest:
        lines.append(ContributionLine(None, len(rest), remainder, difference_bar(remainder, largest)))
    return tuple(lines)


def _runners_up(shares: Sequence[ShareLine], sureness: str) -> tuple[ShareLine, ...]:
    if sureness not in ("fairly_clear", "unsure"):
        return ()
    return tuple(line for line in shares if not line.share.proposed and line.share.probability >= RUNNER_UP)


def _need(answer: NeedAnswer, format: Format) -> NeedLine:
    explained = explain(answer.likelihood, format) if answer.likelihood else None
    return NeedLine(answer, explained)


def _picture(layout: Layout | None, shares: Sequence[ShareLine], format: Format) -> Markup | None:
    if layout is None or not shares:
        return None
    by_id = {line.share.segment: line for line in shares}
    cells = [
        _cell(by_id[segment], column, row, format)
        for row, line in enumerate(layout.cells)
        for column, segment in enumerate(line)
        if segment in by_id
    ]
    words = format.language.text
    return segment_picture(
        cells,
        [format.said(level) for level in layout.horizontal.levels],
        [format.said(level) for level in layout.vertical.levels],
        (format.said(layout.horizontal.name), format.said(layout.vertical.name)),
        words("picture.title", cells="; ".join(f"{cell.name} {cell.share}" for cell in cells)),
    )


def _cell(line: ShareLine, column: int, row: int, format: Format) -> Cell:
    share = f"{line.number} / 100"
    return Cell(column, row, format.said(line.share.name), share, line.number, line.share.proposed)
