"""The forecast picture: what was seen, what is expected with its 80 and 95 % bands, and last year's same periods."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import floor, log10

from markupsafe import Markup

from models.answers import ForecastAnswer, ForecastPoint
from serving.pages.charts.svg import ACCENT, INK, LINE, MUTED, WARM, picture, tag, text

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
class _Scale:
    """Where a period (by its place) and a value stand in the picture."""

    width: float
    periods: int
    low: float
    high: float

    def x(self, place: float) -> float:
        return LEFT + (self.width - LEFT - RIGHT) * place / max(1, self.periods - 1)

    def y(self, value: float) -> float:
        return TOP + (HEIGHT - TOP - BOTTOM) * (self.high - value) / (self.high - self.low)


def forecast_chart(answer: ForecastAnswer, texts: ForecastTexts, *, width: float, history: int, name: str) -> Markup:
    """The picture with the last `history` seen periods; `name` keeps ids and classes of two sizes apart."""
    seen = list(answer.history[-history:])
    points = list(answer.points)
    low, high, step = nice_bounds(_extent(seen, points))
    scale = _Scale(width, len(seen) + len(points), low, high)
    last = [(value, value) for _, value in seen[-1:]]  # the forecast grows out of the last seen value
    first = len(seen) - len(last)
    shapes = [
        *_value_axis(scale, step, texts),
        *_period_axis(scale, [period for period, _ in seen] + [p.period_start for p in points], texts),
        _band(scale, first, [*last, *((p.low95, p.high95) for p in points)], "band95", "0.16"),
        _band(scale, first, [*last, *((p.low80, p.high80) for p in points)], "band80", "0.3"),
        _line(scale, 0, [value for _, value in seen], "seen", stroke=INK),
        *_last_year(scale, len(seen), points),
        _line(
            scale,
            first,
            [*(value for value, _ in last), *(p.value for p in points)],
            "expected",
            stroke=ACCENT,
            stroke_width=3,
        ),
    ]
    return picture(width, HEIGHT, texts.title, *shapes, id_=f"forecast-{name}", class_=f"chart forecast {name}")


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


def _extent(seen: Sequence[tuple[str, float]], points: Sequence[ForecastPoint]) -> list[float]:
    values = [value for _, value in seen]
    values += [edge for p in points for edge in (p.low95, p.high95)]
    return values + [p.last_year for p in points if p.last_year is not None]


def _value_axis(scale: _Scale, step: float, texts: ForecastTexts) -> list[Markup]:
    shapes = []
    for tick in range(round((scale.high - scale.low) / step) + 1):
        value = scale.low + tick * step
        y = scale.y(value)
        shapes.append(tag("line", x1=LEFT, x2=scale.width - RIGHT, y1=y, y2=y, stroke=LINE, class_="grid"))
        shapes.append(text(LEFT - 8, y + 4, texts.number(value), anchor="end", fill=MUTED, class_="muted"))
    return shapes


def _period_axis(scale: _Scale, periods: Sequence[str], texts: ForecastTexts) -> list[Markup]:
    every = max(1, round(len(periods) * 112 / (scale.width - LEFT - RIGHT)))
    return [
        text(scale.x(place), HEIGHT - 16, texts.period(periods[place]), anchor="middle", fill=MUTED, class_="muted")
        for place in range(every // 2, len(periods), every)
        if scale.x(place) < scale.width - 24
    ]


def _band(scale: _Scale, first: int, edges: Sequence[tuple[float, float]], kind: str, opacity: str) -> Markup:
    upper = [(scale.x(first + i), scale.y(high)) for i, (_, high) in enumerate(edges)]
    lower = [(scale.x(first + i), scale.y(low)) for i, (low, _) in enumerate(edges)]
    return tag("path", d=_path(upper + lower[::-1]) + " Z", fill=ACCENT, fill_opacity=opacity, class_=kind)


def _last_year(scale: _Scale, first: int, points: Sequence[ForecastPoint]) -> list[Markup]:
    """Dashed, and broken where last year is not known."""
    runs: list[list[tuple[int, float]]] = [[]]
    for place, point in enumerate(points):
        if point.last_year is None:
            runs.append([])
        else:
            runs[-1].append((first + place, point.last_year))
    return [
        _line(scale, run[0][0], [value for _, value in run], "last-year", stroke=WARM, stroke_dasharray="5 4")
        for run in runs
        if run
    ]


def _line(scale: _Scale, first: int, values: Sequence[float], kind: str, **more: str | float) -> Markup:
    places = [(scale.x(first + i), scale.y(value)) for i, value in enumerate(values)]
    attributes: dict[str, str | float | None] = {"stroke_width": 2, "stroke_linejoin": "round", **more}
    return tag("path", d=_path(places), fill="none", class_=kind, **attributes)


def _path(places: Sequence[tuple[float, float]]) -> str:
    return "M" + " L".join(f"{x:.1f} {y:.1f}" for x, y in places) if places else ""
