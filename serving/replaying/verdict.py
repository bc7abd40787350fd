"""What a replay found: the same bytes, other bytes, or why there is nothing to compare."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from configs.phrases import Phrase

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
    """One sentence (a Phrase where a page can say it in the reader's language): where the difference lies, or what is
    missing."""
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


def told(found: Replayed) -> dict[str, Any]:
    """What one process tells another of a replay: JSON values, sentences with their codes."""
    verdicts = [{**asdict(one), "said": sentence_told(one.said)} for one in found.verdicts]
    return {**vars(found), "verdicts": verdicts, "notes": [sentence_told(one) for one in found.notes]}


def heard(values: Mapping[str, Any]) -> Replayed:
    """The inverse of `told`."""
    verdicts = tuple(Verdict(**{**one, "said": sentence_heard(one["said"])}) for one in values["verdicts"])
    return Replayed(**{**values, "verdicts": verdicts, "notes": tuple(map(sentence_heard, values["notes"]))})


def sentence_told(said: str) -> dict[str, Any]:
    """A sentence with its code and fields, which may be phrases themselves."""
    fields = {name: _field_told(value) for name, value in getattr(said, "fields", {}).items()}
    return {"english": str(said), "code": getattr(said, "code", ""), "fields": fields}


def sentence_heard(values: Mapping[str, Any]) -> str:
    """The inverse of `sentence_told`."""
    fields = {name: _field_heard(value) for name, value in values["fields"].items()}
    return Phrase(values["english"], values["code"], **fields)


def _field_told(value: object) -> object:
    return sentence_told(value) if isinstance(value, Phrase) else value


def _field_heard(value: object) -> object:
    return sentence_heard(value) if isinstance(value, Mapping) else value
