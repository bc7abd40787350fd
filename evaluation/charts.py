"""Charts of a report as SVG text: presentation attributes only, colours through `currentColor` and classes.

Each chart is a picture of a table that stands beside it, so it is hidden from screen readers by its caller's table.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

WIDTH = 720
LABEL = 276
ROW = 26
SIZES = (("mwMW@%…—", 13.2), ("iljIt.,:;'|!()[] ", 5.2), ("fr-/", 6.2), ("ABCDEGHKNOPQRSUVXYZÅÄÖ", 10.2), ("", 8.3))
"""Letters → pixels at 13.5 px in DejaVu Sans, the widest of the fonts that report.css falls back to."""


@dataclass(frozen=True)
class Bar:
    """One line of a bar chart: label, value, and the error to each side (0 = none)."""

    label: str
    value: float
    error: float = 0.0


@dataclass(frozen=True)
class Dot:
    """One line of an interval chart."""

    label: str
    value: float
    low: float | None
    high: float | None
    faint: bool = False


def bars(items: Sequence[Bar], title: str) -> Markup:
    """Horizontal bars from 0, the longest filling the width; a thin line shows the standard error."""
    most = max((bar.value + bar.error for bar in items), default=1.0) or 1.0
    scale = (WIDTH - LABEL - 12) / most
    parts = []
    for number, bar in enumerate(items):
        y = number * ROW
        parts.append(_label(bar.label, y + 17))
        parts.append(_rect("bar", LABEL, y + 6, max(bar.value * scale, 1), 14))
        if bar.error:
            left, right = (LABEL + max(bar.value + sign * bar.error, 0) * scale for sign in (-1, 1))
            parts.append(_line("error", left, y + 13, right, y + 13))
    return _svg(parts, len(items) * ROW + 4, title)


def signed_bars(items: Sequence[Bar], title: str) -> Markup:
    """Bars to the right (speaks for) and to the left (speaks against) of a middle line."""
    most = max((abs(bar.value) for bar in items), default=1.0) or 1.0
    middle = LABEL + (WIDTH - LABEL) / 2
    scale = ((WIDTH - LABEL) / 2 - 8) / most
    height = len(items) * ROW + 4
    parts = [_line("axis", middle, 0, middle, height)]
    for number, bar in enumerate(items):
        y, length = number * ROW, max(abs(bar.value) * scale, 1)
        parts.append(_label(bar.label, y + 17))
        parts.append(
            _rect("for" if bar.value > 0 else "against", middle - (0 if bar.value > 0 else length), y + 6, length, 14)
        )
    return _svg(parts, height, title)


def dots(items: Sequence[Dot], title: str, reference: float | None = None) -> Markup:
    """A point with its interval per line; the dashed line is `reference`."""
    ends = [end for dot in items for end in (dot.low, dot.high, dot.value) if end is not None]
    ends += [] if reference is None else [reference]
    low, high = min(ends, default=0.0), max(ends, default=1.0)
    room = (high - low) * 0.06 or 0.05
    low, high = low - room, high + room

    def x(value: float) -> float:
        return LABEL + (value - low) / (high - low) * (WIDTH - LABEL - 8)

    body = len(items) * ROW + 4
    parts = [] if reference is None else [_line("reference", x(reference), 0, x(reference), body)]
    for number, dot in enumerate(items):
        y, kind = number * ROW + 13, "dot faint" if dot.faint else "dot"
        parts.append(_label(dot.label, y + 4))
        if dot.low is not None and dot.high is not None:
            parts.append(_line("range faint" if dot.faint else "range", x(dot.low), y, x(dot.high), y))
        parts.append(f'<circle class="{kind}" cx="{x(dot.value):.1f}" cy="{y}" r="5"/>')
    parts.append(_line("axis", LABEL, body, WIDTH - 8, body))
    for value in (low + room, (low + high) / 2, high - room):
        parts.append(
            f'<text class="tick" x="{x(value):.1f}" y="{body + 18}" text-anchor="middle">{number_text(value)}</text>'
        )
    return _svg(parts, body + 24, title)


def calibration_plot(points: Sequence[tuple[int, float, float]], title: str) -> Markup:
    """Mean probability (across) against observed share (up) per bin; on the dashed diagonal they are equal."""
    most = max([max(p, observed) for _, p, observed in points] + [0.05])
    top = min(1.0, most * 1.12)
    left, size, upper = 56, 300, 10

    def at(p: float, observed: float) -> tuple[float, float]:
        return left + p / top * size, upper + size - observed / top * size

    parts = [
        _line("axis", left, upper, left, upper + size),
        _line("axis", left, upper + size, left + size, upper + size),
    ]
    parts.append(_line("reference", *at(0, 0), *at(top, top)))
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in (at(p, observed) for _, p, observed in points))
    parts.append(f'<polyline class="curve" points="{path}" fill="none"/>')
    parts += [f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="4.5"/>' for x, y in (at(p, o) for _, p, o in points)]
    for value in (0.0, top / 2, top):
        x, y = at(value, value)
        parts.append(
            f'<text class="tick" x="{x:.1f}" y="{upper + size + 18}" text-anchor="middle">{number_text(value)}</text>'
        )
        parts.append(f'<text class="tick" x="{left - 8}" y="{y + 4:.1f}" text-anchor="end">{number_text(value)}</text>')
    return _svg(parts, upper + size + 26, title, left + size + 24)


def number_text(value: float | None, digits: int = 2) -> str:
    """A number the Finnish way: decimal comma, a real minus sign, a dash for none."""
    if value is None:
        return "–"
    rounded = round(value, digits) + 0.0  # + 0.0 turns -0.0 into 0.0
    return f"{rounded:.{digits}f}".replace(".", ",").replace("-", "−")


def _svg(parts: Sequence[str], height: float, title: str, width: int = WIDTH) -> Markup:
    head = (
        f'<svg viewBox="0 0 {width} {height:.0f}" width="{width}" height="{height:.0f}" role="img" focusable="false">'
    )
    return Markup(f"{head}<title>{escape(title)}</title>{''.join(parts)}</svg>")


def _label(text: str, y: float) -> str:
    short = fitting(text, LABEL - 16)
    whole = "" if short == text else f"<title>{escape(text)}</title>"
    return f'<text class="label" x="{LABEL - 12}" y="{y}" text-anchor="end">{escape(short)}{whole}</text>'


def fitting(text: str, width: float) -> str:
    """The text, or as much of it as surely fits into so many pixels at the size of labels, and an ellipsis."""
    if _wide(text) <= width:
        return text
    kept = next(n for n in range(len(text), -1, -1) if _wide(text[:n].rstrip() + "…") <= width)
    return text[:kept].rstrip() + "…"


def _wide(text: str) -> float:
    """Pixels of a label, seldom too few: text is measured by its reader's own font, so the widest usual one counts."""
    return sum(next(size for letters, size in SIZES if letter in letters or not letters) for letter in text)


def _rect(kind: str, x: float, y: float, width: float, height: float) -> str:
    return f'<rect class="{kind}" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height}" rx="2"/>'


def _line(kind: str, x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line class="{kind}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'
