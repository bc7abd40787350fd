"""The one place where tagged PDF (PDF/UA-1) is written: a template of ours, and what is told as data."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

import typst
from fontTools.ttLib import TTFont

from configs.errors import DataError
from configs.fonts import FILES, font_folder

STANDARD: Final = "ua-1"
UNKNOWN = "\N{REPLACEMENT CHARACTER}"
"""Stands for a character that the font lacks: PDF/UA forbids a letter without a picture."""
LAYOUT = frozenset("\n\r\t")


def tagged_pdf(template: Path, told: Mapping[str, object]) -> bytes:
    """`told` laid out by `template`: the same bytes for the same words, without a clock or the network.

    The words reach the template as JSON and are never read as its language, whatever somebody typed.
    Raises ConfigError when the font is not installed, DataError when the words cannot be laid out (repeating none).
    """
    words = json.dumps(_printable(told), ensure_ascii=False)
    try:
        return typst.compile(
            template.read_bytes(), sys_inputs={"told": words}, font_paths=_fonts(), pdf_standards=STANDARD
        )
    except typst.TypstError:
        raise DataError(f"The PDF of {template.stem} could not be laid out. Read the page instead.") from None


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[font_folder()])


@cache
def _letters() -> frozenset[int]:
    """The code points that every face of the font can draw."""
    return frozenset.intersection(*(_drawn(font_folder() / file) for file in FILES.values()))


def _drawn(face: Path) -> frozenset[int]:
    with TTFont(face, lazy=True) as font:
        return frozenset(font.getBestCmap())


def _printable(told: object) -> object:
    if isinstance(told, str):
        known = _letters()
        return "".join(one if ord(one) in known or one in LAYOUT else UNKNOWN for one in told)
    if isinstance(told, Mapping):
        return {name: _printable(value) for name, value in told.items()}
    return [_printable(one) for one in told] if isinstance(told, list | tuple) else told
