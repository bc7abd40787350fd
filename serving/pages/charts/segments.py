"""The two-axis picture: a region per segment, and in it as many dots as of 100 similar clients belong there.

The dots are the uncertainty: a sure proposal has nearly all of them in one place, an unsure one spreads them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from serving.pages.charts.regions import Cell, Region, regions_of
from serving.pages.charts.svg import ACCENT, LINE, MUTED, TINT, hyphenated, picture, tag, text

LEFT, TOP, SIZE = 46, 4, 332
"""Where the grid begins and how wide and high it is, in the picture's own units."""
DOTS_IN_ROW = 10
BOLD_LETTER, LETTER = 8.3, 7.8
"""Width of a letter of a name on average, in the picture's own units."""


@dataclass(frozen=True)
class Placed:
    """A region with the lines that stand in it and the room that is left for its dots."""

    region: Region
    left: float
    top: float
    width: float
    height: float
    names: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def inset(self) -> float:
        """From the edge to the text."""
        return 14 if self.width > SIZE / 3 else 11

    @property
    def dots_top(self) -> float:
        """Where the dots begin: under the name and what is noted of it."""
        return self.top + 39 + 16 * len(self.names) + 15 * max(0, len(self.notes) - 1)

    @property
    def in_row(self) -> int:
        """Dots in a row: ten, or more where the region is broad."""
        return DOTS_IN_ROW * max(1, round(self.width / (SIZE / 2)))

    @property
    def largest_step(self) -> float:
        """From dot to dot at most, for all of them to fit."""
        rows = max(-(-self.region.dots // self.in_row), 4)
        return min((self.width - 2 * self.inset) / self.in_row, (self.top + self.height - 12 - self.dots_top) / rows)


def segment_picture(
    cells: Sequence[Cell], columns: Sequence[str], rows: Sequence[str], axes: tuple[str, str], title: str
) -> Markup:
    """The picture.  `columns` and `rows` are level names, lowest first; `axes` the horizontal and vertical names."""
    width, height = SIZE / len(columns), SIZE / len(rows)
    placed = [_placed(region, width, height) for region in regions_of(cells)]
    step = min((one.largest_step for one in placed), default=0.0)  # a dot is as large everywhere: it is one person
    shapes = [_region(one, step) for one in placed]
    shapes += [_column_name(name, index, width) for index, name in enumerate(columns)]
    shapes += [_row_name(name, index, height) for index, name in enumerate(rows)]
    shapes += [
        text(LEFT + SIZE / 2, TOP + SIZE + 42, axes[0], size=13.5, anchor="middle", font_weight="bold"),
        text(0, 0, axes[1], size=13.5, anchor="middle", font_weight="bold", transform=_turned(13, SIZE / 2)),
    ]
    return picture(LEFT + SIZE + 4, TOP + SIZE + 52, title, *shapes, id_="segments", class_="chart segments")


def _placed(region: Region, cell_width: float, cell_height: float) -> Placed:
    cell, width = region.cell, region.columns * cell_width
    letter = BOLD_LETTER if _is_marked(cell) else LETTER
    room = width - (28 if width > SIZE / 3 else 16)
    return Placed(
        region,
        LEFT + region.column * cell_width,
        TOP + SIZE - (region.row + region.rows) * cell_height,
        width,
        region.rows * cell_height,
        tuple(hyphenated(cell.name, max(8, int(room / letter)))),
        tuple(note for note in (cell.share, cell.mark) if note and region.first),
    )


def _region(placed: Placed, step: float) -> Markup:
    left, below = placed.left + placed.inset, placed.top + 27 + 16 * len(placed.names)
    weight = "bold" if _is_marked(placed.region.cell) else "normal"
    names = [
        text(left, placed.top + 25 + 16 * place, line, size=13.5, font_weight=weight)
        for place, line in enumerate(placed.names)
    ]
    notes = [
        text(left, below + 15 * place, note, size=12.5, fill=MUTED, class_="muted")
        for place, note in enumerate(placed.notes)
    ]
    return tag("g", _edge(placed), *names, *notes, *_dots(placed, left, step))


def _edge(placed: Placed) -> Markup:
    cell, marked = placed.region.cell, _is_marked(placed.region.cell)
    return tag(
        "rect",
        x=placed.left + 3,
        y=placed.top + 3,
        width=placed.width - 6,
        height=placed.height - 6,
        rx=8,
        fill=TINT if cell.proposed else "none",
        stroke=ACCENT if marked else LINE,
        stroke_width=3 if marked else 1,
        stroke_dasharray="9 5" if cell.credible and not cell.proposed else None,
        class_="cell proposed" if cell.proposed else "cell credible" if cell.credible else "cell",
    )


def _dots(placed: Placed, left: float, step: float) -> list[Markup]:
    return [
        tag(
            "circle",
            cx=left + step * (index % placed.in_row + 0.5),
            cy=placed.dots_top + step * (index // placed.in_row + 0.5),
            r=step * 0.34,
            fill=ACCENT,
            class_="dot filled",
        )
        for index in range(placed.region.dots)
    ]


def _is_marked(cell: Cell) -> bool:
    return cell.proposed or cell.credible


def _column_name(name: str, index: int, width: float) -> Markup:
    middle = LEFT + (index + 0.5) * width
    return text(middle, TOP + SIZE + 20, name, size=_fitting(name, width), anchor="middle", fill=MUTED, class_="muted")


def _row_name(name: str, index: int, height: float) -> Markup:
    turned = _turned(36, SIZE - (index + 0.5) * height)
    size = _fitting(name, height)
    return text(0, 0, name, size=size, anchor="middle", fill=MUTED, class_="muted", transform=turned)


def _fitting(line: str, width: float) -> float:
    """The size at which a level's name surely fits: a letter is about 0.55 of its height wide on average."""
    return min(13.0, width / (0.55 * max(1, len(line))))


def _turned(x: float, y: float) -> str:
    return f"translate({x:.1f} {TOP + y:.1f}) rotate(-90)"
