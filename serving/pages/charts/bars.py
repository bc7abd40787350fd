"""Small bars beside a number: they stretch to their place, and their number stands next to them as text."""

from markupsafe import Markup

from serving.pages.charts.svg import ACCENT, LINE, TINT, WARM, decoration, tag


def share_bar(share: float, *, strong: bool = False) -> Markup:
    """A share of the whole as a filled bar."""
    filled = f"{100 * min(1.0, max(0.0, share)):.1f}%"
    return decoration(
        "100%",
        12,
        tag("rect", x=0, y=0, width="100%", height=12, rx=6, fill=TINT, class_="track"),
        tag("rect", x=0, y=0, width=filled, height=12, rx=6, fill=ACCENT, class_="fill strong" if strong else "fill"),
        class_="bar",
    )


def difference_bar(value: float, largest: float) -> Markup:
    """A signed share: to the right of the middle when it raises the estimate, to the left when it lowers it."""
    half = 50 * min(1.0, abs(value) / largest) if largest else 0.0
    start = 50.0 if value >= 0 else 50 - half
    return decoration(
        "100%",
        16,
        tag("line", x1="50%", x2="50%", y1=0, y2=16, stroke=LINE, class_="axis"),
        tag(
            "rect",
            x=f"{start:.2f}%",
            y=3,
            width=f"{half:.2f}%",
            height=10,
            fill=WARM if value >= 0 else ACCENT,
            class_="raises" if value >= 0 else "lowers",
        ),
        class_="bar difference",
    )


def dot_row(number: int) -> Markup:
    """A hundred people as dots, `number` of them filled: five rows of twenty."""
    dots = [
        tag(
            "circle",
            cx=6 + 12 * (index % 20),
            cy=6 + 12 * (index // 20),
            r=4,
            fill=ACCENT if index < number else "none",
            stroke=ACCENT if index < number else LINE,
            class_="dot filled" if index < number else "dot",
        )
        for index in range(100)
    ]
    return decoration(240, 60, *dots, class_="dots", view_box="0 0 240 60")
