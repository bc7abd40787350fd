"""The style sheet's colours are readable in light and in dark (WCAG 2.2: text 4.5, edges and focus 3)."""

import re
from pathlib import Path

import pytest

import serving.pages

SHEET = (Path(serving.pages.__file__).parent / "static" / "luotain.css").read_text(encoding="utf-8")
LIGHT, DARK = (
    dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", block))
    for block in re.findall(r":root \{(.*?)\}", SHEET, re.DOTALL)[:2]
)
TEXT = [
    ("ink", "paper"),
    ("ink", "card"),
    ("muted", "paper"),
    ("muted", "card"),
    ("accent", "paper"),
    ("accent", "card"),
    ("on-accent", "accent"),
    ("on-accent", "accent-dark"),
    ("accent-dark", "tint"),
    ("ink", "tint"),
    ("warm", "warm-tint"),
    ("warm", "card"),
    ("good", "good-tint"),
    ("ink", "good-tint"),
    ("muted", "good-tint"),
    ("bad", "card"),
    ("bad", "bad-tint"),
    ("ink", "warm-tint"),
    ("ink", "bad-tint"),
    ("muted", "tint"),
    ("accent", "tint"),
    ("accent", "warm-tint"),
    ("accent", "good-tint"),
    ("accent", "bad-tint"),
]
EDGES = [
    ("edge", "card"),
    ("edge", "paper"),
    ("focus", "paper"),
    ("focus", "card"),
    ("accent", "tint"),
    ("warm", "card"),
]


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_the_measure_knows_black_on_white() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_text_and_edges_stand_out(colours: dict[str, str]) -> None:
    weak = {pair: round(contrast(colours[pair[0]], colours[pair[1]]), 2) for pair in TEXT}
    assert {pair: value for pair, value in weak.items() if value < 4.5} == {}
    edges = {pair: round(contrast(colours[pair[0]], colours[pair[1]]), 2) for pair in EDGES}
    assert {pair: value for pair, value in edges.items() if value < 3} == {}
