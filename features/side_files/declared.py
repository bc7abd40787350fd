"""The service's side files: what a row is and what each column may hold.  Written by `python -m serving.export_log`."""

from dataclasses import dataclass

from features.tables import Column

CHOICES = ("accept", "change", "cannot_tell")
FINDINGS = ("nothing_missed", "need_found", "records_wrong", "cannot_tell")
NOT_SELECTED = ("not_eligible", "not_assessable", "below_lists")
KINDS = ("need", "segment")
STATUSES = ("answered", "not_eligible", "not_assessable")
FOLDER = "service"
"""Below the extracts."""


@dataclass(frozen=True)
class SideFile:
    """One file.  `key` makes a row one of its kind; a second row with the same key is left out."""

    name: str
    row: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]

    @property
    def file(self) -> str:
        """Its name on disk."""
        return f"{self.name}.parquet"

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its columns, in order."""
        return tuple(column.name for column in self.columns)


def _text(name: str, meaning: str, nullable: bool = False, allowed: tuple[str, ...] = ()) -> Column:
    return Column(name, "text", meaning, nullable=nullable, allowed=allowed)


def _client() -> Column:
    return _text("client_id", "pseudonym of the client, 32 hex characters; there is no other identifier")


def _time(name: str, meaning: str, nullable: bool = False) -> Column:
    return Column(name, "time", meaning, nullable=nullable)


ANSWERS = SideFile(
    name="answers_seen",
    row="one model's estimate inside one answer that somebody was shown",
    columns=(
        _text("answer_id", "the shown answer"),
        _client(),
        _time("shown_at", "when it was shown first"),
        _time("as_of", "the midnight up to which the registers were known"),
        _text("kind", "what was said", allowed=KINDS),
        _text("task", "need task, or the scheme of a proposed segment"),
        _text("model", "registered name of the model"),
        _text("version", "its version"),
        _text("status", "answered, or why there was no estimate", allowed=STATUSES),
        _text("basis", "of a segment: the model, people's answers, or both", nullable=True),
        _text("proposed", "the proposed segment", nullable=True),
        Column("probability", "number", "of the outcome, or of the proposed segment", nullable=True, low=0, high=1),
        _text("unit", "unit of the person who saw it", nullable=True),
    ),
    key=("answer_id", "kind", "task"),
)
DECISIONS = SideFile(
    name="decisions_seen",
    row="one decision with what was on the screen before it",
    columns=(
        _text("decision_id", "identifier of the decision"),
        _text("answer_id", "the shown answer it concerns"),
        _client(),
        _time("time", "when decided"),
        _time("as_of", "the midnight up to which that answer's registers were known", nullable=True),
        _text("task", "need tasks and scheme of that answer, space between", nullable=True),
        _text("decision", "what the professional did", allowed=CHOICES),
        _text("segment", "the segment that the professional confirmed", nullable=True),
        _text("proposed", "the segment that was suggested", nullable=True),
        _text("own_view", "the segment that the same person held before the suggestion was shown", nullable=True),
        Column("suggestion_shown", "flag", "a segment was suggested on the screen before the decision"),
        _text("model", "name and version of the model that suggested", nullable=True),
        _text("unit", "unit of the professional", nullable=True),
    ),
    key=("decision_id",),
)
REVIEWS = SideFile(
    name="reviews_seen",
    row="one client drawn for a review from those whom nothing had selected",
    columns=(
        _text("unit", "the unit whose sample it is"),
        _text("period", "calendar month of the draw, e.g. 2024-12"),
        _client(),
        _time("as_of", "the midnight up to which the registers were known at the draw", nullable=True),
        _text("drawn_for", "why nothing had selected the client", nullable=True, allowed=NOT_SELECTED),
        Column("population", "integer", "clients of the unit with that reason", nullable=True, unit="clients", low=1),
        Column("drawn", "integer", "of them drawn", nullable=True, unit="clients", low=1),
        _text("finding", "what the reviewer found; empty = not reviewed yet", nullable=True, allowed=FINDINGS),
    ),
    key=("unit", "period", "client_id"),
)
SIDE_FILES = (ANSWERS, DECISIONS, REVIEWS)
