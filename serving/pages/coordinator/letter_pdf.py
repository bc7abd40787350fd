"""The client's letter as a tagged PDF.  The font has every letter of Finland's languages, the Sámi ones too."""

from dataclasses import asdict
from pathlib import Path

from configs.typesetting import tagged_pdf
from serving.pages.coordinator.letter_text import LetterText

TEMPLATE = Path(__file__).with_name("letter.typ")


def pdf_of(letter: LetterText, language: str) -> bytes:
    """The letter on A4, in the page's order (PDF/UA-1).  Raises ConfigError when the font is not installed."""
    return tagged_pdf(TEMPLATE, {"language": language, "letter": asdict(letter)})
