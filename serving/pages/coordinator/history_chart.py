"""The client's history as a picture: contacts a month as columns, everything that lasts as bars, the rest as points."""

from collections.abc import Mapping, Sequence
from datetime import date

from markupsafe import Markup

from serving.pages.charts.svg import ACCENT, LINE, MUTED, WARM, picture, tag, text
from serving.pages.coordinator.services import ContactMonth, Happening

LANES = ("requests", "plans", "episodes", "assessments", "segment_records")
LEFT, RIGHT, LANE, COLUMNS, FOOT = 8.0, 8.0, 44.0, 92.0, 26.0
WIDE, NARROW = 900.0, 360.0
BAR, POINT = 12.0, 6.0
SHORTEST = 4.0
"""A bar of a day or two is still seen."""


def history_chart(
    happenings: Sequence[Happening],
    months: Sequence[ContactMonth],
    span: tuple[str, str],
    names: Mapping[str, str],
    title: str,
    ticks: Sequence[tuple[str, str]],
    width: float,
    id_: str,
) -> Markup:
    """The picture; `names` are lane names with `contacts` among them, `ticks` are (ISO day, text) under the picture."""
    lanes = [lane for lane in LANES if any(one.kind == lane for one in happenings)]
    scale = _Scale(date.fromisoformat(span[0]), date.fromisoformat(span[1]), width)
    height = COLUMNS + LANE * len(lanes) + FOOT
    shapes = [*_columns(months, scale, names["contacts"]), *_ticks(ticks, scale, height)]
    for place, lane in enumerate(lanes):
        top = COLUMNS + LANE * place
        shapes.append(text(LEFT, top + 14, names[lane], size=13, fill=MUTED, class_="muted"))
        shapes.append(_line(scale, top + LANE - 2))
        shapes += [_shape(one, scale, top + 22) for one in happenings if one.kind == lane]
    return picture(width, height, title, *shapes, id_=id_, class_="chart wide" if width == WIDE else "chart narrow")


class _Scale:
    def __init__(self, first: date, last: date, width: float) -> None:
        self.first, self.last, self.width = first, last, width

    def x(self, iso: str) -> float:
        """From the left edge; days outside stand at the edge."""
        days = (date.fromisoformat(iso) - self.first).days / max(1, (self.last - self.first).days)
        return LEFT + (self.width - LEFT - RIGHT) * min(1.0, max(0.0, days))


def _columns(months: Sequence[ContactMonth], scale: _Scale, name: str) -> list[Markup]:
    largest = max((one.other + one.emergency for one in months), default=0)
    shapes = [text(LEFT, 14, name, size=13, fill=MUTED, class_="muted"), _line(scale, COLUMNS - 8)]
    if not largest:
        return shapes
    room, step = COLUMNS - 34, (scale.width - LEFT - RIGHT) / len(months)
    for place, one in enumerate(months):
        x, base = LEFT + step * place + 1, COLUMNS - 8
        for count, colour, kind in ((one.other, ACCENT, "contacts"), (one.emergency, WARM, "urgent")):
            size = room * count / largest
            base -= size
            if count:
                shapes.append(tag("rect", x=x, y=base, width=step - 2, height=size, fill=colour, class_=kind))
    shapes.append(text(scale.width - RIGHT, 14, str(largest), size=12, anchor="end", fill=MUTED, class_="muted"))
    return shapes


def _shape(one: Happening, scale: _Scale, y: float) -> Markup:
    x = scale.x(one.start)
    if not one.lasts:
        return tag("circle", cx=x, cy=y + BAR / 2, r=POINT, fill=ACCENT, class_="happened")
    end = scale.x(one.end) if one.end else scale.width - RIGHT
    wide = max(SHORTEST, end - x)
    return tag("rect", x=x, y=y, width=wide, height=BAR, rx=3, fill=ACCENT, class_="happened lasting")


def _line(scale: _Scale, y: float) -> Markup:
    return tag("line", x1=LEFT, x2=scale.width - RIGHT, y1=y, y2=y, stroke=LINE, class_="grid")


def _ticks(ticks: Sequence[tuple[str, str]], scale: _Scale, height: float) -> list[Markup]:
    shapes = []
    for place, (day, words) in enumerate(ticks):
        anchor = "start" if place == 0 else "end" if place == len(ticks) - 1 else "middle"
        shapes.append(text(scale.x(day), height - 6, words, size=12, anchor=anchor, fill=MUTED, class_="muted"))
    return shapes
