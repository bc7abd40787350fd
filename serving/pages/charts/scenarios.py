"""Scenarios beside the base: one line each, told apart by colour, dashes and the number at its end."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from serving.pages.charts.axes import HEIGHT, ForecastTexts, Scale, band, line, nice_bounds, period_axis, value_axis
from serving.pages.charts.svg import ACCENT, decoration, picture, tag

MOST_LINES = 4
DASHES = ("none", "9 4", "3 3", "12 3 3 3")
COLOURS = ("#9a4a0c", "#5b3a8c", "#1c6b3c", "#a61b29")


@dataclass(frozen=True)
class Lines:
    """The base with its 80 % band, and up to MOST_LINES scenarios."""

    periods: tuple[str, ...]
    base: Sequence[float]
    low80: Sequence[float]
    high80: Sequence[float]
    scenarios: Sequence[Sequence[float]]


def scenario_chart(lines: Lines, texts: ForecastTexts, *, width: float, name: str) -> Markup:
    """The picture; `name` keeps ids and classes of two sizes apart."""
    shown = lines.scenarios[:MOST_LINES]
    low, high, step = nice_bounds([*lines.low80, *lines.high80, *(value for one in shown for value in one)])
    scale = Scale(width, len(lines.periods), low, high)
    edges = list(zip(lines.low80, lines.high80, strict=True))
    shapes = [
        *value_axis(scale, step, texts),
        *period_axis(scale, lines.periods, texts),
        band(scale, 0, edges, "band80", "0.3"),
        line(scale, 0, list(lines.base), "expected", stroke=ACCENT, stroke_width=3),
        *(
            line(
                scale,
                0,
                list(values),
                f"scenario-{place}",
                stroke=COLOURS[place],
                stroke_width=3,
                stroke_dasharray=DASHES[place],
            )
            for place, values in enumerate(shown)
        ),
    ]
    return picture(width, HEIGHT, texts.title, *shapes, id_=f"scenarios-{name}", class_=f"chart scenarios {name}")


def scenario_swatch(place: int | None) -> Markup:
    """The line of a legend: of the base (None), or of a scenario by its place."""
    kind = "expected" if place is None else f"scenario-{place}"
    stroke = ACCENT if place is None else COLOURS[place]
    dashes = "none" if place is None else DASHES[place]
    drawn = tag(
        "path", d="M0 6 L28 6", fill="none", stroke=stroke, stroke_width=3, stroke_dasharray=dashes, class_=kind
    )
    return decoration(28, 12, drawn, class_="swatch")


def measured_bar(low: float, value: float, high: float) -> Markup:
    """A share with its interval: a bar to the value, and a line from low to high across its end (0 … 1)."""
    at = [f"{100 * min(1.0, max(0.0, edge)):.1f}%" for edge in (low, value, high)]
    return decoration(
        "100%",
        16,
        tag("rect", x=0, y=2, width="100%", height=12, rx=4, fill="#d9ebef", class_="track"),
        tag("rect", x=0, y=2, width=at[1], height=12, rx=4, fill=ACCENT, class_="fill strong"),
        tag("line", x1=at[0], x2=at[2], y1=8, y2=8, stroke="#1d2b36", stroke_width=2, class_="interval"),
        tag("line", x1=at[0], x2=at[0], y1=4, y2=12, stroke="#1d2b36", stroke_width=2, class_="interval"),
        tag("line", x1=at[2], x2=at[2], y1=4, y2=12, stroke="#1d2b36", stroke_width=2, class_="interval"),
        class_="bar",
    )
