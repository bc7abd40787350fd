"""The two-axis picture: a cell per pair of levels, and in it as many dots as of 100 similar clients belong there.

The dots are the uncertainty: a sure proposal has nearly all of them in one cell, an unsure one spreads them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from serving.pages.charts.svg import ACCENT, LINE, MUTED, TINT, picture, tag, text, wrap

LEFT, TOP, SIZE = 46, 4, 332
"""Where the grid begins and how wide and high it is, in the picture's own units."""
DOTS_IN_ROW = 10


@dataclass(frozen=True)
class Cell:
    """One segment in its place; `column` from the left and `row` from the bottom, both from 0."""

    column: int
    row: int
    name: str
    share: str
    dots: int
    proposed: bool


def segment_picture(
    cells: Sequence[Cell], columns: Sequence[str], rows: Sequence[str], axes: tuple[str, str], title: str
) -> Markup:
    """The picture.  `columns` and `rows` are level names, lowest first; `axes` the horizontal and vertical names."""
    width, height = SIZE / len(columns), SIZE / len(rows)
    shapes = [_cell(cell, width, height) for cell in cells]
    shapes += [_column_name(name, index, width) for index, name in enumerate(columns)]
    shapes += [_row_name(name, index, height) for index, name in enumerate(rows)]
    shapes += [
        text(LEFT + SIZE / 2, TOP + SIZE + 42, axes[0], size=13.5, anchor="middle", font_weight="bold"),
        text(0, 0, axes[1], size=13.5, anchor="middle", font_weight="bold", transform=_turned(13, SIZE / 2)),
    ]
    return picture(LEFT + SIZE + 4, TOP + SIZE + 52, title, *shapes, id_="segments", class_="chart segments")


def _cell(cell: Cell, width: float, height: float) -> Markup:
    left = LEFT + cell.column * width
    top = TOP + SIZE - (cell.row + 1) * height
    box = tag(
        "rect",
        x=left + 3,
        y=top + 3,
        width=width - 6,
        height=height - 6,
        rx=8,
        fill=TINT if cell.proposed else "none",
        stroke=ACCENT if cell.proposed else LINE,
        stroke_width=3 if cell.proposed else 1,
        class_="cell proposed" if cell.proposed else "cell",
    )
    lines = wrap(cell.name, max(8, int(width / 9)))
    weight = "bold" if cell.proposed else "normal"
    names = [text(left + 14, top + 25 + 16 * i, line, size=13.5, font_weight=weight) for i, line in enumerate(lines)]
    below = top + 25 + 16 * len(lines)
    share = text(left + 14, below + 2, cell.share, size=13, fill=MUTED, class_="muted")
    return tag("g", box, *names, share, *_dots(cell, left + 14, below + 14, width - 28, top + height - 12))


def _fitting(line: str, width: float) -> float:
    """The size at which the line surely fits: a bold letter is at most about 0.7 of its height wide on average."""
    return min(13.5, width / (0.7 * max(1, len(line))))


def _dots(cell: Cell, left: float, top: float, width: float, bottom: float) -> list[Markup]:
    rows = -(-cell.dots // DOTS_IN_ROW)
    step = min(width / DOTS_IN_ROW, (bottom - top) / max(rows, 8))
    return [
        tag(
            "circle",
            cx=left + step * (index % DOTS_IN_ROW + 0.5),
            cy=top + step * (index // DOTS_IN_ROW + 0.5),
            r=step * 0.34,
            fill=ACCENT,
            class_="dot filled",
        )
        for index in range(cell.dots)
    ]


def _column_name(name: str, index: int, width: float) -> Markup:
    middle = LEFT + (index + 0.5) * width
    return text(middle, TOP + SIZE + 20, name, anchor="middle", fill=MUTED, class_="muted")


def _row_name(name: str, index: int, height: float) -> Markup:
    middle = TOP + SIZE - (index + 0.5) * height
    turned = _turned(36, middle - TOP)
    return text(0, 0, name, anchor="middle", fill=MUTED, class_="muted", transform=turned)


def _turned(x: float, y: float) -> str:
    return f"translate({x:.1f} {TOP + y:.1f}) rotate(-90)"
