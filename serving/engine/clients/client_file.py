"""One client's own records for her page: the rules that fire with their evidence, the history, and later outcomes."""

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from features.catalogue import Catalogue
from features.catalogue.families import Family
from features.catalogue.specs import FeatureSpec
from features.columnar import NO_TIME, Coded, Columns, Raw
from features.kernel import build_features
from features.known import known_at
from features.rules.evidence import MOST_EVENTS, conditions_of, events_of
from features.rules.fire import FIRES, verdicts
from features.rules.run import RuleWork
from features.rules.spec import Condition
from features.selection import matches
from features.tables import TABLES
from models.needs.need import NeedModel
from serving.engine.clients.overview import outcomes_of
from serving.engine.registers import Registers
from serving.pages.coordinator.services import Alert, ContactMonth, Happening, Outcome, Proof

HISTORY_DAYS = 730
"""How far back the page's history reaches."""
OPEN = "normal"
DATED: Mapping[str, tuple[str, str | None, tuple[str, ...]]] = {
    "episodes": ("start", "end", ("kind", "intensity")),
    "plans": ("valid_from", "valid_to", ("kind",)),
    "requests": ("requested_at", "ended_at", ("service",)),
    "assessments": ("time", None, ("instrument",)),
    "segment_records": ("time", None, ("scheme",)),
}
"""Tables of the history: begin, end, and what is told of a row.  Diagnoses and units are never told."""
CONTACTS, HOME_CARE = "contacts", "home_care"
TOLD = (*DATED, CONTACTS)
Frames = Mapping[str, pd.DataFrame]


@dataclass(frozen=True)
class FileRules:
    """What the client file reads: the rules and the whole catalogue, whose sensitive families say what is hidden."""

    work: RuleWork
    catalogue: Catalogue

    @cached_property
    def specs(self) -> Mapping[str, FeatureSpec]:
        """The features that the rules read."""
        return self.work.specs

    def hidden_families(self, seen: Sequence[str]) -> tuple[Family, ...]:
        """Families whose records a role that sees `seen` (besides normal) is not told."""
        told = {OPEN, *seen}
        return tuple(family for family in self.catalogue.families.values() if family.sensitivity not in told)

    def is_told(self, name: str, seen: Sequence[str]) -> bool:
        """True for an alert, target group or suggestion whose own sensitivity and whose features' a role may see."""
        rule = self.work.book.rules[name]
        kinds = {rule.sensitivity, *(self.family(one.feature).sensitivity for one in self.conditions(name))}
        return rule.kind in ("alert", "target_group", "suggestion") and kinds <= {OPEN, *seen}

    def conditions(self, name: str) -> tuple[Condition, ...]:
        """What speaks for a rule when it fires."""
        return conditions_of(self.work.book, self.work.book.rules[name])

    def family(self, feature: str) -> Family:
        """The family that a feature belongs to."""
        return self.work.catalogue.family(self.specs[feature].family)


def known_frames(registers: Registers, client_id: str, wanted: Collection[str]) -> dict[str, pd.DataFrame]:
    """The client's rows of the wanted tables that were known at `as_of`, whichever way the registers hold them."""
    found, as_of = registers.tables_of(client_id), registers.stamp.as_of
    frames = {name: _frame(name, found[name]) for name in sorted(wanted) if name in found}
    return {name: known_at(TABLES[name], frame, as_of) for name, frame in frames.items()}


def told_frames(known: Frames, hidden: Sequence[Family]) -> Frames:
    """The history's rows without those that a hidden family is made of."""
    told = {name: known[name] for name in TOLD if name in known}
    for family in hidden:
        if family.table in told and family.filter:
            frame = told[family.table]
            told[family.table] = frame[~matches(frame, _whole(family))]
    return told


def _whole(family: Family) -> Mapping[str, Any]:
    """The family's filter without the scale: another scale of a sensitive instrument is as sensitive."""
    return {name: condition for name, condition in family.filter.items() if name != "scale"}


def history_of(told: Frames, as_of: date) -> tuple[Happening, ...]:
    """What happened to the client besides contacts, newest first."""
    since = pd.Timestamp(as_of - timedelta(days=HISTORY_DAYS))
    found = [one for name in DATED if name in told for one in _happenings(name, told[name], since)]
    return tuple(sorted(dict.fromkeys(found), key=lambda one: (one.start, one.kind, one.what), reverse=True))


def contact_months(told: Frames, as_of: date) -> tuple[ContactMonth, ...]:
    """Contacts that took place, by calendar month of the history, oldest first; months without one too."""
    first = pd.Timestamp(as_of - timedelta(days=HISTORY_DAYS)).to_period("M")
    months = pd.period_range(first, pd.Timestamp(as_of - timedelta(days=1)).to_period("M"), freq="M")
    counts = {name: pd.Series(0, months) for name in ("other", "emergency", "home")}
    frame = told.get(CONTACTS)
    if frame is not None:
        done = frame[frame["status"] == "done"]
        home, urgent = done["service"] == HOME_CARE, done["urgency"] == "emergency"
        for name, chosen in (("other", ~home & ~urgent), ("emergency", urgent & ~home), ("home", home)):
            per_month = done["time"][chosen].dt.to_period("M").value_counts()
            counts[name] = per_month.reindex(months, fill_value=0)
    return tuple(
        ContactMonth(str(month.start_time.date()), *(int(counts[name].iloc[place]) for name in counts))
        for place, month in enumerate(months)
    )


def alerts_of(registers: Registers, rules: FileRules, client_id: str, seen: Sequence[str]) -> tuple[Alert, ...]:
    """The alerts and target groups that fire, alerts with the records behind them; restricted rules are left out."""
    work, as_of = rules.work, registers.stamp.as_of
    values = build_features(
        registers.tables_of(client_id),
        np.array([client_id], object),
        np.array([as_of], "datetime64[D]"),
        work.catalogue,
        work.vocabulary,
        threads=1,
    )
    frame = dict(zip(rules.specs, values.T, strict=True))
    fired = [name for name, said in verdicts(work.book, frame, 1).items() if said[0] == FIRES]
    told = [name for name in fired if rules.is_told(name, seen)]
    tables = {rules.family(one.feature).table for name in told for one in rules.conditions(name)}
    known = known_frames(registers, client_id, tables)
    return tuple(_alert(rules, name, frame, known) for name in told)


def outcome_of(registers: Registers, model: NeedModel, client_id: str, asked_at: date) -> Outcome:
    """What became of a forecast made for `asked_at`: happened, not, not to be told, or the horizon is not over."""
    reach = model.task.horizon_days + model.task.gap_days
    until = asked_at + timedelta(days=reach)
    if until > registers.stamp.data_until:
        return Outcome("open", until.isoformat())
    rows = pd.DataFrame({"client_id": [client_id], "as_of": pd.to_datetime([asked_at]).astype("datetime64[ns]")})
    said = float(outcomes_of(registers, model, rows)[0])
    return Outcome("unknown" if said != said else "happened" if said else "not_happened", until.isoformat())


def _frame(name: str, columns: Columns | pd.DataFrame) -> pd.DataFrame:
    if isinstance(columns, pd.DataFrame):
        return columns
    table = TABLES[name]
    return pd.DataFrame({one.name: _values(columns[one.name], one.kind == "time") for one in table.columns})


def _values(column: Raw, is_time: bool) -> np.ndarray:
    if isinstance(column, Coded):
        texts = np.array([*column.categories, None], object)
        return np.asarray(texts[column.codes])
    if not is_time:
        return column
    return np.where(column == NO_TIME, np.datetime64("NaT", "s"), column.astype("datetime64[s]")).astype(
        "datetime64[us]"
    )


def _happenings(name: str, frame: pd.DataFrame, since: pd.Timestamp) -> list[Happening]:
    begin, end, told = DATED[name]
    chosen = frame[frame[begin] >= since] if end is None else frame[frame[end].isna() | (frame[end] >= since)]
    return [_happening(name, row, begin, end, told) for row in chosen.to_dict("records")]


def _happening(name: str, row: Mapping[Hashable, Any], begin: str, end: str | None, told: Sequence[str]) -> Happening:
    what = tuple(str(row[column]) for column in told if row[column] is not None and row[column] == row[column])
    return Happening(name, what, _day(row[begin]) or "", _day(row[end]) if end else None, lasts=end is not None)


def _day(value: Any) -> str | None:
    return None if value is None or value is pd.NaT else pd.Timestamp(value).date().isoformat()


def _alert(rules: FileRules, name: str, frame: Mapping[str, np.ndarray], known: Frames) -> Alert:
    rule = rules.work.book.rules[name]
    held = [one for one in rules.conditions(name) if one.holds(frame[one.feature])[0]] if rule.kind == "alert" else []
    proofs = tuple(_proof(rules, one.feature, float(frame[one.feature][0]), known) for one in held)
    return Alert(name, rule.kind, rule.name.as_text(), rule.source, proofs)


def _proof(rules: FileRules, feature: str, value: float, known: Frames) -> Proof:
    """The value of one condition and the days of the records behind it, the latest first."""
    family, spec = rules.family(feature), rules.specs[feature]
    rows = events_of(known, family, spec, rules.work.as_of)
    days = tuple(day.date().isoformat() for day in rows["date"].head(MOST_EVENTS))
    shown = days if family.table != "residents" else ()
    return Proof(family.name.as_text(), value, family.unit, spec.window_days or None, len(rows), shown, family.source)
