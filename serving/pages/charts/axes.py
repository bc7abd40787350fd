"""What pictures over periods share: the scale, round bounds, axes, lines and bands."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import floor, log10

from markupsafe import Markup

from serving.pages.charts.svg import ACCENT, LINE, MUTED, tag, text

HEIGHT = 320.0
TOP, BOTTOM, LEFT, RIGHT = 14.0, 40.0, 56.0, 10.0
TICKS = 4


@dataclass(frozen=True)
class ForecastTexts:
    """The words and number formats of one language."""

    title: str
    unit: str
    number: Callable[[float], str]
    period: Callable[[str], str]


@dataclass(frozen=True)
class Scale:
    """Where a period (by its place) and a value stand in the picture."""

    width: float
    periods: int
    low: float
    high: float

    def x(self, place: float) -> float:
        """From the left edge."""
        return LEFT + (self.width - LEFT - RIGHT) * place / max(1, self.periods - 1)

    def y(self, value: float) -> float:
        """From the top edge."""
        return TOP + (HEIGHT - TOP - BOTTOM) * (self.high - value) / (self.high - self.low)


def nice_bounds(values: Sequence[float]) -> tuple[float, float, float]:
    """Low end, high end and step of a value axis in round numbers; from zero unless the values lie far above it."""
    low, high = min(values), max(values)
    start = 0.0 if low < 0.6 * high or low <= 0 or low == high else low
    step = _round_step((high - start) / TICKS or 1.0)
    bottom = min(0.0, floor(low / step) * step) if start == 0.0 else floor(start / step) * step
    return bottom, -floor(-high / step) * step or step, step


def _round_step(rough: float) -> float:
    size = 10.0 ** floor(log10(rough))
    return next(size * times for times in (1, 2, 2.5, 5, 10) if rough <= size * times * 1.0001)


def value_axis(scale: Scale, step: float, texts: ForecastTexts) -> list[Markup]:
    """Lines across the picture with their numbers."""
    shapes = []
    for tick in range(round((scale.high - scale.low) / step) + 1):
        value = scale.low + tick * step
        y = scale.y(value)
        shapes.append(tag("line", x1=LEFT, x2=scale.width - RIGHT, y1=y, y2=y, stroke=LINE, class_="grid"))
        shapes.append(text(LEFT - 8, y + 4, texts.number(value), anchor="end", fill=MUTED, class_="muted"))
    return shapes


def period_axis(scale: Scale, periods: Sequence[str], texts: ForecastTexts) -> list[Markup]:
    """As many periods under the picture as have room."""
    every = max(1, round(len(periods) * 112 / (scale.width - LEFT - RIGHT)))
    return [
        text(scale.x(place), HEIGHT - 16, texts.period(periods[place]), anchor="middle", fill=MUTED, class_="muted")
        for place in range(every // 2, len(periods), every)
        if scale.x(place) < scale.width - 24
    ]


def band(scale: Scale, first: int, edges: Sequence[tuple[float, float]], kind: str, opacity: str) -> Markup:
    """The area between low and high edges, from the place `first` on."""
    upper = [(scale.x(first + i), scale.y(high)) for i, (_, high) in enumerate(edges)]
    lower = [(scale.x(first + i), scale.y(low)) for i, (low, _) in enumerate(edges)]
    return tag("path", d=_path(upper + lower[::-1]) + " Z", fill=ACCENT, fill_opacity=opacity, class_=kind)


def line(scale: Scale, first: int, values: Sequence[float], kind: str, **more: str | float) -> Markup:
    """A line through values, from the place `first` on."""
    places = [(scale.x(first + i), scale.y(value)) for i, value in enumerate(values)]
    attributes: dict[str, str | float | None] = {"stroke_width": 2, "stroke_linejoin": "round", **more}
    return tag("path", d=_path(places), fill="none", class_=kind, **attributes)


def _path(places: Sequence[tuple[float, float]]) -> str:
    return "M" + " L".join(f"{x:.1f} {y:.1f}" for x, y in places) if places else ""
