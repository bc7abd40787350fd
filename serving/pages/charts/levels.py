"""An ordered outcome as one bar of a hundred people, lightest level first; its table stands beside it."""

from collections.abc import Sequence

from markupsafe import Markup

from serving.pages.charts.svg import ACCENT, decoration, tag, text

WIDTH, HEIGHT = 400, 30
FAINTEST = 0.12
LEAST_NAMED = 6
"""A level with fewer of 100 people has no room for its number in the bar; the table has it."""


def level_bar(numbers: Sequence[int]) -> Markup:
    """`numbers` of 100 people per level, lowest first.  Every part has an edge: shade alone tells too little."""
    shapes, left = [], 0
    for place, number in enumerate(numbers):
        if number:
            shapes.append(_part(left, number, _opacity(place, len(numbers))))
        if number >= LEAST_NAMED:
            shapes.append(text(4 * left + 2 * number, 13, str(number), size=13, anchor="middle"))
        left += number
    return decoration("100%", None, *shapes, class_="levels", view_box=f"0 0 {WIDTH} {HEIGHT + 19}")


def level_swatch(place: int, count: int) -> Markup:
    """The shade of one level, for its row of the table."""
    box = tag(
        "rect",
        x=1,
        y=1,
        width=14,
        height=14,
        rx=3,
        fill=ACCENT,
        fill_opacity=_opacity(place, count),
        stroke=ACCENT,
        class_="level",
    )
    return decoration(16, 16, box, class_="swatch")


def _part(left: int, number: int, opacity: float) -> Markup:
    return tag(
        "rect",
        x=4 * left + 1,
        y=18,
        width=4 * number - 2,
        height=HEIGHT,
        rx=3,
        fill=ACCENT,
        fill_opacity=opacity,
        stroke=ACCENT,
        class_="level",
    )


def _opacity(place: int, count: int) -> float:
    return round(FAINTEST + (1 - FAINTEST) * place / max(1, count - 1), 2)
