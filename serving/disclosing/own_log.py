"""The log about one client as she may read it: who handled her data, when, how, from which data and on what ground.

Pure functions.  Two years are told; what is older only for a special reason (703/2023 § 11).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from configs.errors import DataError
from configs.loader import StrictConfig, load_config
from models.texts import Text
from serving.records.entries import local_text, utc_text
from serving.settings import Names, ServingSettings

WORDS = "serving/disclosing/client_log.yaml"
YEARS = 2
SHORTEST_REASON = 10
"""Characters of a special reason."""

NameOf = Callable[[str], str]
Entry = Mapping[str, Any]


class Words(StrictConfig):
    """What the log is told in."""

    title: Names
    intro: Names
    earlier: Names
    empty: Names
    columns: dict[str, Names]
    events: dict[str, Names]
    grounds: dict[str, Names]
    outcomes: dict[str, Names]
    roles: dict[str, Names]


@dataclass(frozen=True)
class Row:
    """One act, in the three languages."""

    time: str
    """Finnish wall-clock time, ISO to the second."""
    who: str
    role: Text
    unit: str
    what: Text
    data: str
    why: Text
    ground: Text
    outcome: Text


@dataclass(frozen=True)
class OwnLog:
    """Everything that a client is told: [since, until] in days."""

    organisation: str
    since: date
    until: date
    is_whole: bool
    rows: tuple[Row, ...]


def told_since(today: date, special_reason: str | None) -> date:
    """The first day that is told: two years back, or the very first with a special reason.

    Raises DataError for a reason that says nothing.
    """
    if special_reason is None:
        return date(today.year - YEARS, today.month, min(today.day, 28 if today.month == 2 else today.day))
    if len(special_reason.strip()) < SHORTEST_REASON:
        raise DataError(
            f"A special reason has at least {SHORTEST_REASON} characters. Write why older entries are needed."
        )
    return date.min


def utc_since(day: date) -> str:
    """The UTC text from which entries of a day and later are taken; a day early, so that none is lost to the zone."""
    if day == date.min:
        return ""
    return utc_text(datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(days=1))


def own_log(
    entries: Iterable[Entry], settings: ServingSettings, since: date, until: date, words: Words, name_of: NameOf
) -> OwnLog:
    """The audit entries about a client as rows, oldest first; `name_of` says who an actor is."""
    units = {user.unit: user.unit_name.fi for user in settings.development_users.values()}
    rows = (_row(one, settings, words, name_of, units) for one in entries)
    told = tuple(row for row in rows if date.fromisoformat(row.time[:10]) >= since)
    return OwnLog(settings.county, since, until, since == date.min, told)


def load_words() -> Words:
    """The words of the log."""
    return load_config(WORDS, Words)


def _row(one: Entry, settings: ServingSettings, words: Words, name_of: NameOf, units: Mapping[str, str]) -> Row:
    purpose = settings.purposes.get(str(one.get("purpose") or ""))
    return Row(
        time=local_text(one["time"]),
        who=name_of(one["actor_id"]),
        role=_word(words.roles, one["role"]),
        unit=units.get(one["unit"], one["unit"]),
        what=_word(words.events, one["event"]),
        data=", ".join(one.get("detail", {}).get("data_categories", ())),
        why=purpose.text() if purpose else dict.fromkeys(("fi", "sv", "en"), ""),
        ground=_word(words.grounds, one["ground"]),
        outcome=_word(words.outcomes, one["outcome"]),
    )


def _word(known: Mapping[str, Names], name: str) -> Text:
    return known.get(name, known.get("other", Names(fi=name, sv=name, en=name))).text()


def cells(row: Row, language: str) -> Sequence[str]:
    """A row's cells in the order of the columns."""
    values = (getattr(row, name) for name in Row.__dataclass_fields__)
    return [value if isinstance(value, str) else value[language] for value in values]
