"""What a replay found: the same bytes, other bytes, or why there is nothing to compare."""

from dataclasses import dataclass
from typing import Literal

Outcome = Literal["same", "differs", "not_possible"]


@dataclass(frozen=True)
class Verdict:
    """One answer of an entry, computed once more."""

    kind: str
    id: str
    """The axis, task or series that was asked about; empty for a segment."""
    model: str
    outcome: Outcome
    said: str
    """One sentence: where the difference lies, or what is missing."""
    logged_sha256: str = ""
    computed_sha256: str = ""


@dataclass(frozen=True)
class Replayed:
    """Every answer of one entry."""

    seq: int
    event: str
    time: str
    verdicts: tuple[Verdict, ...]
    notes: tuple[str, ...] = ()
    """What is otherwise here than where the answer was given: code, libraries, threads."""

    @property
    def is_same(self) -> bool:
        """True when every answer came out bit for bit."""
        return bool(self.verdicts) and all(one.outcome == "same" for one in self.verdicts)
