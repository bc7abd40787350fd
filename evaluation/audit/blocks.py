"""What a section of the report is made of: plain blocks that HTML and PDF lay out alike.

A chart exists only together with the table it shows, so that nobody has to read a picture.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from markupsafe import Markup


@dataclass(frozen=True)
class Words:
    """A paragraph."""

    fi: str
    en: str = ""
    kind: str = field(default="words", init=False)


@dataclass(frozen=True)
class Heading:
    """A heading inside a section."""

    fi: str
    en: str = ""
    kind: str = field(default="heading", init=False)


@dataclass(frozen=True)
class Facts:
    """Names and their values."""

    rows: Sequence[tuple[str, str]]
    folded: str = ""
    """On the page the facts lie behind these words; empty = they are open."""
    kind: str = field(default="facts", init=False)


@dataclass(frozen=True)
class Table:
    """Rows under named columns; the first column names the row, the others are numbers where `numbers` says so."""

    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    words: frozenset[int] = frozenset()
    """Places of columns (from 1 on) that hold words, not numbers."""
    picture: Markup | None = None
    kind: str = field(default="table", init=False)


@dataclass(frozen=True)
class Missing:
    """Evidence that is not there: why, and what to type."""

    fi: str
    en: str
    command: str = ""
    kind: str = field(default="missing", init=False)


Block = Words | Heading | Facts | Table | Missing


@dataclass(frozen=True)
class Section:
    """One of the sixteen."""

    number: int
    fi: str
    en: str
    blocks: Sequence[Block]
