"""The file on the page: alerts in words, history as picture and tables, similar clients, earlier estimates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from models.similar import SimilarOutcome
from models.texts import Text
from serving.pages.coordinator.decided_alerts import AlertState
from serving.pages.coordinator.history_chart import LANES, NARROW, WIDE, history_chart
from serving.pages.coordinator.services import Alert, ClientFile, ContactMonth, EarlierForecast, Happening, Proof
from serving.pages.format import Format, in_hundred

MOST_LINES = 40
"""Events in the table twin; older ones are counted."""
ONE = 1.0


@dataclass(frozen=True)
class ProofLine:
    """One condition of an alert in words, and the days of the latest records behind it."""

    said: str
    days: str
    source: str


@dataclass(frozen=True)
class AlertLine:
    """One alert with its evidence, and what was decided about it."""

    name: str
    proofs: tuple[ProofLine, ...]
    id: str = ""
    state: AlertState | None = None


@dataclass(frozen=True)
class HistoryLine:
    """One event of the table twin."""

    kind: str
    when: str
    what: str


@dataclass(frozen=True)
class SimilarLine:
    """One task's outcome among similar clients; None = too few."""

    name: str
    outcome: str
    """What happened, where an estimate on the same page says it; otherwise empty."""
    happened: int | None
    known: int | None


@dataclass(frozen=True)
class EarlierLine:
    """One earlier estimate with what came of it."""

    name: str
    made: str
    number: int
    kind: str
    until: str


@dataclass(frozen=True)
class FilePicture:
    """Everything that the file's part of the page shows."""

    alerts: tuple[AlertLine, ...]
    groups: str
    charts: tuple[Markup, ...]
    history: tuple[HistoryLine, ...]
    older: int
    months: tuple[tuple[str, ContactMonth], ...]
    has_history: bool
    similar: tuple[SimilarLine, ...]
    earlier: tuple[EarlierLine, ...]


def picture_of(
    file: ClientFile, tasks: Mapping[str, Text], format: Format, outcomes: Mapping[str, Text] | None = None
) -> FilePicture:
    """The file in words and pictures; `tasks` are the names of the need tasks, `outcomes` what each foretells."""
    lines = [_history_line(one, file, format) for one in file.history]
    has_history = bool(lines) or any(one.other or one.emergency or one.home for one in file.months)
    similar = file.similar.outcomes if file.similar else ()
    return FilePicture(
        alerts=tuple(_alert(one, format, file.states.get(one.id)) for one in file.alerts if one.kind == "alert"),
        groups=", ".join(format.said(one.name) for one in file.alerts if one.kind == "target_group"),
        charts=charts_of(file, format) if has_history else (),
        history=tuple(lines[:MOST_LINES]),
        older=max(0, len(lines) - MOST_LINES),
        months=tuple((format.period(one.month, "month"), one) for one in reversed(file.months)),
        has_history=has_history,
        similar=tuple(_similar(one, tasks, outcomes or {}, format) for one in similar),
        earlier=tuple(_earlier(one, tasks, format) for one in file.earlier),
    )


def charts_of(file: ClientFile, format: Format) -> tuple[Markup, ...]:
    """The picture for wide and for small screens."""
    words = format.language.text
    lanes = {lane: words(f"history.{lane}") for lane in LANES} | {"contacts": words("history.contacts")}
    present = [lanes["contacts"], *(lanes[lane] for lane in LANES if any(one.kind == lane for one in file.history))]
    title = words("history.picture", lanes=", ".join(present))
    ticks = _ticks(file, format)
    return tuple(
        history_chart(file.history, file.months, (file.since, file.until), lanes, title, ticks, width, id_)
        for width, id_ in ((WIDE, "history-wide"), (NARROW, "history-narrow"))
    )


def code_name(code: str, names: Mapping[str, Mapping[str, Text]], format: Format) -> str:
    """A code by its name; one that has none is "other", so that no code tells what its name would hide."""
    key = code.lower().replace("-", "_")
    own = format.language.label("code", key)
    if own != key:
        return own
    found = next((codes[code] for codes in names.values() if code in codes), None)
    return format.said(found) if found else format.language.text("code.other")


def _alert(alert: Alert, format: Format, state: AlertState | None) -> AlertLine:
    return AlertLine(format.said(alert.name), tuple(_proof(one, format) for one in alert.proofs), alert.id, state)


def _proof(proof: Proof, format: Format) -> ProofLine:
    words = format.language.text
    value = words("proof.yes" if proof.value >= ONE else "proof.no") if proof.unit == "yes_no" else ""
    value = value or format.plain(proof.value)
    name = format.said(proof.name)
    said = (
        words("proof.window", name=name, days=format.number(proof.window_days), value=value)
        if proof.window_days
        else words("proof.value", name=name, value=value)
    )
    days = ", ".join(dict.fromkeys(format.date(day) for day in proof.days))
    return ProofLine(
        said, words("proof.days", days=days) if days else "", format.language.label("source", proof.source)
    )


def _history_line(one: Happening, file: ClientFile, format: Format) -> HistoryLine:
    words = format.language.text
    start = format.date(one.start)
    when = start
    if one.lasts:
        when = f"{start}–{format.date(one.end)}" if one.end else words("history.from", start=start)
    codes = one.what if one.kind != "segment_records" else ("segmentation",)
    what = ", ".join(code_name(code, file.code_names, format) for code in codes)
    return HistoryLine(words(f"history.{one.kind}"), when, what)


def _similar(
    one: SimilarOutcome, tasks: Mapping[str, Text], outcomes: Mapping[str, Text], format: Format
) -> SimilarLine:
    name, outcome = _task(one.task, tasks, format), format.said(outcomes.get(one.task))
    return SimilarLine(name, "" if outcome == name else outcome, one.happened, one.known)


def _earlier(one: EarlierForecast, tasks: Mapping[str, Text], format: Format) -> EarlierLine:
    number = in_hundred(one.probability)
    return EarlierLine(
        _task(one.task, tasks, format), format.date(one.made), number, one.outcome.kind, format.date(one.outcome.until)
    )


def _task(task: str, tasks: Mapping[str, Text], format: Format) -> str:
    return format.said(tasks.get(task)) or format.language.label("task", task)


def _ticks(file: ClientFile, format: Format) -> Sequence[tuple[str, str]]:
    first, last = date.fromisoformat(file.since), date.fromisoformat(file.until)
    years = [date(year, 1, 1) for year in range(first.year + 1, last.year + 1)]
    inner = [day for day in years if min((day - first).days, (last - day).days) > (last - first).days / 6]
    return [(day.isoformat(), format.date(day.isoformat())) for day in (first, *inner, last)]
