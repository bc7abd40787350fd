"""What the client page says of the answers, summed up before any template: words, whole numbers and pictures."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from models.answers import SegmentShare
from serving.pages.charts import Cell, segment_picture
from serving.pages.format import Format
from serving.pages.services import ClientView
from serving.pages.views.ages import AgeLine, age_lines
from serving.pages.views.credible import Credible, ShareLine, credible_of, share_lines
from serving.pages.views.explained import Explained, explain
from serving.pages.views.need_picture import NeedLine, need_line, same_outcome
from serving.pages.views.people import People, deciding, people_of

CLEAR, FAIRLY_CLEAR = 0.7, 0.5
"""From which probability of the proposed segment the page says "clear" and "fairly clear"; below, "unsure"."""
RUNNER_UP = 0.15
"""From which probability another segment is named as possible beside an unsure or fairly clear proposal."""


@dataclass(frozen=True)
class ClientPicture:
    """The whole client page in words and numbers."""

    proposed: SegmentShare | None
    sureness: str
    number: int
    others: tuple[ShareLine, ...]
    shares: tuple[ShareLine, ...]
    credible: Credible
    picture: Markup | None
    people: People
    axes: tuple[Explained, ...]
    needs: tuple[NeedLine, ...]
    refused: tuple[NeedLine, ...]
    same_outcome: tuple[str, ...]
    """Why numbers of several needs about the same outcome may differ."""
    ages: tuple[AgeLine, ...]


def summarise(view: ClientView, format: Format) -> ClientPicture:
    """The client page's picture of its answers."""
    segment = view.segment
    shares = share_lines(segment)
    proposed = next((line for line in shares if line.share.proposed), None)
    sureness = how_sure(proposed.share.probability) if proposed else "none"
    credible = credible_of(segment, shares, format)
    needs = [need_line(need, _task_name(view, need.task, format), format) for need in view.needs]
    return ClientPicture(
        proposed=proposed.share if proposed else None,
        sureness=sureness,
        number=proposed.number if proposed else 0,
        others=_runners_up(shares, sureness),
        shares=shares,
        credible=credible,
        picture=_picture(view, shares, credible, format),
        people=people_of(view, format),
        axes=tuple(explain(axis, format, deciding(segment.answers, axis, view.questions)) for axis in segment.axes),
        needs=tuple(need for need in needs if need.explained or need.alternatives),
        refused=tuple(need for need in needs if not (need.explained or need.alternatives)),
        same_outcome=same_outcome(needs, format),
        ages=age_lines(segment.freshness, format),
    )


def how_sure(probability: float) -> str:
    """The word for the proposal: clear, fairly_clear or unsure."""
    return "clear" if probability >= CLEAR else "fairly_clear" if probability >= FAIRLY_CLEAR else "unsure"


def _task_name(view: ClientView, task: str, format: Format) -> str:
    return format.said(view.task_names.get(task)) or format.language.label("task", task)


def _runners_up(shares: Sequence[ShareLine], sureness: str) -> tuple[ShareLine, ...]:
    if sureness not in ("fairly_clear", "unsure"):
        return ()
    return tuple(line for line in shares if not line.share.proposed and line.share.probability >= RUNNER_UP)


def _picture(view: ClientView, shares: Sequence[ShareLine], credible: Credible, format: Format) -> Markup | None:
    layout = view.layout
    if layout is None or not shares:
        return None
    by_id = {line.share.segment: line for line in shares}
    several, answered = credible.kind in ("some", "all"), view.segment.basis == "answers"
    cells = [
        _answered(by_id[segment], column, row, format)
        if answered
        else _cell(by_id[segment], column, row, several, format)
        for row, line in enumerate(layout.cells)
        for column, segment in enumerate(line)
        if segment in by_id
    ]
    words = format.language.text
    told = dict.fromkeys(_in_words(cell) for cell in cells)
    return segment_picture(
        cells,
        [format.said(level) for level in layout.horizontal.levels],
        [format.said(level) for level in layout.vertical.levels],
        (format.said(layout.horizontal.name), format.said(layout.vertical.name)),
        words("picture.title", cells="; ".join(told)),
    )


def _in_words(cell: Cell) -> str:
    mark = f"({cell.mark})" if cell.mark else ""
    return " ".join(part for part in (cell.name, cell.share, mark) if part)


def _answered(line: ShareLine, column: int, row: int, format: Format) -> Cell:
    """A cell where people answered everything: there is no uncertainty of a model to draw."""
    share = line.share
    mark = format.language.text("picture.answered") if share.proposed else ""
    return Cell(column, row, format.said(share.name), "", 0, share.proposed, mark=mark, segment=share.segment)


def _cell(line: ShareLine, column: int, row: int, several: bool, format: Format) -> Cell:
    share, credible = line.share, several and line.credible
    mark = format.language.text("credible.most" if share.proposed else "credible.mark") if credible else ""
    return Cell(
        column=column,
        row=row,
        name=format.said(share.name),
        share=f"{line.number} / 100",
        dots=line.number,
        proposed=share.proposed,
        credible=credible,
        mark=mark,
        segment=share.segment,
    )
