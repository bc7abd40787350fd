"""The forecast picture: what was seen, what is expected with its 80 and 95 % bands, and last year's same periods."""

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from models.answers import ForecastAnswer, ForecastPoint
from serving.pages.charts.axes import HEIGHT, ForecastTexts, Scale, band, line, nice_bounds, period_axis, value_axis
from serving.pages.charts.svg import ACCENT, INK, WARM, picture, tag

NONE: Mapping[str, float] = {}


def forecast_chart(
    answer: ForecastAnswer,
    texts: ForecastTexts,
    *,
    width: float,
    history: int,
    name: str,
    corrected: Mapping[str, float] = NONE,
) -> Markup:
    """The picture with the last `history` seen periods; `name` keeps ids and classes of two sizes apart.

    `corrected` are people's own numbers by period, drawn as rings beside the forecast, which stays.
    """
    seen = list(answer.history[-history:])
    points = list(answer.points)
    low, high, step = nice_bounds([*_extent(seen, points), *corrected.values()])
    scale = Scale(width, len(seen) + len(points), low, high)
    last = [(value, value) for _, value in seen[-1:]]  # the forecast grows out of the last seen value
    first = len(seen) - len(last)
    shapes = [
        *value_axis(scale, step, texts),
        *period_axis(scale, [period for period, _ in seen] + [p.period_start for p in points], texts),
        band(scale, first, [*last, *((p.low95, p.high95) for p in points)], "band95", "0.16"),
        band(scale, first, [*last, *((p.low80, p.high80) for p in points)], "band80", "0.3"),
        line(scale, 0, [value for _, value in seen], "seen", stroke=INK),
        *_last_year(scale, len(seen), points),
        line(
            scale,
            first,
            [*(value for value, _ in last), *(p.value for p in points)],
            "expected",
            stroke=ACCENT,
            stroke_width=3,
        ),
        *_corrected(scale, len(seen), points, corrected),
    ]
    return picture(width, HEIGHT, texts.title, *shapes, id_=f"forecast-{name}", class_=f"chart forecast {name}")


def _extent(seen: Sequence[tuple[str, float]], points: Sequence[ForecastPoint]) -> list[float]:
    values = [value for _, value in seen]
    values += [edge for p in points for edge in (p.low95, p.high95)]
    return values + [p.last_year for p in points if p.last_year is not None]


def _corrected(
    scale: Scale, first: int, points: Sequence[ForecastPoint], corrected: Mapping[str, float]
) -> list[Markup]:
    return [
        tag(
            "circle",
            cx=scale.x(first + place),
            cy=scale.y(corrected[point.period_start]),
            r=5,
            fill="#ffffff",
            stroke=WARM,
            stroke_width=3,
            class_="corrected",
        )
        for place, point in enumerate(points)
        if point.period_start in corrected
    ]


def _last_year(scale: Scale, first: int, points: Sequence[ForecastPoint]) -> list[Markup]:
    """Dashed, and broken where last year is not known."""
    runs: list[list[tuple[int, float]]] = [[]]
    for place, point in enumerate(points):
        if point.last_year is None:
            runs.append([])
        else:
            runs[-1].append((first + place, point.last_year))
    return [
        line(scale, run[0][0], [value for _, value in run], "last-year", stroke=WARM, stroke_dasharray="5 4")
        for run in runs
        if run
    ]
