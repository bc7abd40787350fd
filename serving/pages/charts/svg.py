"""The few shapes the charts need, escaped, with presentation attributes only (never `style`)."""

from markupsafe import Markup, escape

INK = "#1d2b36"
MUTED = "#51606c"
LINE = "#c9d1d6"
ACCENT = "#0b5c73"
TINT = "#d9ebef"
WARM = "#9a4a0c"

Value = str | float | int


def tag(name: str, *children: Markup | str, **attributes: Value | None) -> Markup:
    """One element.  `class_` means class, `_` in a name means `-`; None leaves the attribute out."""
    pairs = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(_written(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    return Markup(f"<{name}{pairs}>{''.join(escape(child) for child in children)}</{name}>")


def picture(width: float, height: float, title: str, *shapes: Markup, id_: str, class_: str) -> Markup:
    """A picture with a name for screen readers; it scales to the width of its place."""
    return tag(
        "svg",
        tag("title", title, id=f"{id_}-title"),
        *shapes,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {_written(width)} {_written(height)}",
        role="img",
        aria_labelledby=f"{id_}-title",
        class_=class_,
    )


def decoration(width: Value, height: Value | None, *shapes: Markup, class_: str, view_box: str | None = None) -> Markup:
    """A picture that says nothing its neighbouring text does not say: hidden from screen readers."""
    return tag(
        "svg",
        *shapes,
        xmlns="http://www.w3.org/2000/svg",
        width=width,
        height=height,
        viewBox=view_box,
        aria_hidden="true",
        focusable="false",
        class_=class_,
    )


def text(x: float, y: float, words: str, *, size: float = 13, anchor: str = "start", **more: Value | None) -> Markup:
    """A line of text."""
    attributes: dict[str, Value | None] = {"fill": INK, "class_": "ink", **more}
    return tag("text", words, x=x, y=y, font_size=size, text_anchor=anchor, **attributes)


def wrap(words: str, width: int) -> list[str]:
    """The words in lines of at most `width` characters; a longer single word is cut with an ellipsis."""
    lines = [""]
    for word in words.split():
        shown = word if len(word) <= width else word[: width - 1] + "…"
        joined = f"{lines[-1]} {shown}".strip()
        if len(joined) <= width:
            lines[-1] = joined
        else:
            lines.append(shown)
    return lines


SECOND_PARTS = ("asiakkuus", "asiakas", "asiakkaat", "klienter", "klient", "asiakk")
"""Where the long compound words of segment names may be parted."""


def hyphenated(words: str, width: int) -> list[str]:
    """The words in lines of at most `width` characters; a longer compound is parted with a hyphen, else cut."""
    parted: list[str] = []
    for word in words.split():
        place = next((word.lower().find(part) for part in SECOND_PARTS if word.lower().find(part) > 1), 0)
        fits = len(word) <= width or not 0 < place < width
        parted += [word] if fits else [f"{word[:place]}-", word[place:]]
    return wrap(" ".join(parted), width)


def _written(value: Value) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
