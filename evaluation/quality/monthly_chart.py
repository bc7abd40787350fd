"""A monthly line chart as SVG text: shares from 0 to 1, declared breaks as dashed lines, changes as rings."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 720, 210, 48, 176, 22, 26
KINDS = ("first", "second", "third", "fourth")
"""Classes of the lines, in order; more lines than these are not drawn, the table has them."""
LABEL_ROW = 16

At = Callable[[float, float], tuple[float, float]]


@dataclass(frozen=True)
class Line:
    """One line: its name and a share per month (None = hidden or without rows: the line is broken there)."""

    name: str
    values: Sequence[float | None]


@dataclass(frozen=True)
class Mark:
    """A declared break at the beginning of a month (its place in the series)."""

    place: int
    label: str


def lines(
    items: Sequence[Line], months: Sequence[str], marks: Sequence[Mark], rings: Sequence[int], title: str
) -> Markup:
    """Lines over months (`2023-01`); a ring on the axis where a change was found."""
    width = WIDTH - LEFT - RIGHT
    step = width / max(len(months) - 1, 1)

    def at(place: float, value: float) -> tuple[float, float]:
        return LEFT + place * step, TOP + (1 - value) * (HEIGHT - TOP - BOTTOM)

    parts = [_grid(value, at(0, value)[1]) for value in (0.0, 0.5, 1.0)]
    parts += [_year(month[:4], at(place, 0)[0]) for place, month in enumerate(months) if month.endswith("-01")]
    parts += [_mark(mark, at(mark.place, 0)[0]) for mark in marks if 0 <= mark.place < len(months)]
    for kind, item in zip(KINDS, items, strict=False):
        parts += [_path(kind, run) for run in _runs([v if v is None else at(p, v) for p, v in enumerate(item.values)])]
    parts += _names(items[: len(KINDS)], at)
    parts += [f'<circle class="ring" cx="{at(place, 0)[0]:.1f}" cy="{HEIGHT - BOTTOM}" r="5"/>' for place in rings]
    head = f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" role="img" focusable="false">'
    return Markup(f"{head}<title>{escape(title)}</title>{''.join(parts)}</svg>")


def _runs(points: Sequence[tuple[float, float] | None]) -> list[list[tuple[float, float]]]:
    """Stretches without a gap."""
    runs: list[list[tuple[float, float]]] = [[]]
    for point in points:
        if point is not None:
            runs[-1].append(point)
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if run]


def _names(items: Sequence[Line], at: At) -> list[str]:
    """The names at the lines' right ends, pushed apart so that none covers another."""
    ends = [(at(0, value)[1], number) for number, item in enumerate(items) if (value := _last(item.values)) is not None]
    found, lowest = [], 0.0
    for height, number in sorted(ends):
        lowest = max(height + 4, lowest + LABEL_ROW)
        x = WIDTH - RIGHT + 8
        found.append(f'<text class="name {KINDS[number]}" x="{x}" y="{lowest:.1f}">{escape(items[number].name)}</text>')
    return found


def _last(values: Sequence[float | None]) -> float | None:
    return next((value for value in reversed(values) if value is not None), None)


def _path(kind: str, run: Sequence[tuple[float, float]]) -> str:
    if len(run) == 1:
        return f'<circle class="spot {kind}" cx="{run[0][0]:.1f}" cy="{run[0][1]:.1f}" r="2.5"/>'
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in run)
    return f'<polyline class="month {kind}" points="{points}" fill="none"/>'


def _grid(value: float, y: float) -> str:
    line = f'<line class="axis" x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - RIGHT}" y2="{y:.1f}"/>'
    return line + f'<text class="tick" x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{value * 100:.0f} %</text>'


def _year(year: str, x: float) -> str:
    return f'<text class="tick" x="{x:.1f}" y="{HEIGHT - 7}" text-anchor="middle">{year}</text>'


def _mark(mark: Mark, x: float) -> str:
    line = f'<line class="reference" x1="{x:.1f}" y1="{TOP}" x2="{x:.1f}" y2="{HEIGHT - BOTTOM}"/>'
    return line + f'<text class="tick" x="{x:.1f}" y="{TOP - 8}" text-anchor="middle">{escape(mark.label)}</text>'
