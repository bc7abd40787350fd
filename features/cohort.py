"""Which (client, as_of) rows a history holds; every rule reports rows and clients before and after."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Literal

import numpy as np
from pydantic import Field, model_validator

from configs.loader import StrictConfig
from features.catalogue import Catalogue
from features.catalogue.checks import unknown
from features.kernel.build import observed_start
from features.kernel.events import Rows, Tables
from features.kernel.pairs import Selected, latest_known
from features.tables import TABLES
from features.windows import NEVER, year_numbers

Step = dict[str, object]
COUNTS = ("rows_before", "rows_after", "clients_before", "clients_after")


class Rule(StrictConfig):
    """One condition on a row, judged by what was known at its as_of."""

    rule: Literal["alive", "lives_in_county", "age", "observed_days", "event_within"]
    at_least: int | None = Field(default=None, ge=0)
    at_most: int | None = Field(default=None, ge=0)
    table: str | None = None
    days: int | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _complete(self) -> "Rule":
        if self.rule in {"age", "observed_days"} and self.at_least is None and self.at_most is None:
            raise ValueError(f"the rule `{self.rule}` needs `at_least` or `at_most`")
        if self.rule == "event_within":
            if self.table is None or self.days is None:
                raise ValueError("the rule `event_within` needs `table` and `days`")
            if self.table not in TABLES:
                raise ValueError(unknown("table", self.table, TABLES))
        return self

    @property
    def shown(self) -> str:
        """The rule in words, for the attrition table."""
        limits = [
            f">= {self.at_least}" if self.at_least is not None else "",
            f"<= {self.at_most}" if self.at_most else "",
        ]
        event = f"in {self.table}, {self.days} days" if self.rule == "event_within" else ""
        return " ".join(part for part in (self.rule, *limits, event) if part)


def tables_of_rules(rules: Iterable[Rule], clients: str) -> frozenset[str]:
    """The canonical tables that the rules read."""
    own = {str(rule.table) for rule in rules if rule.rule == "event_within"}
    people = {"residents"} if any(rule.rule != "event_within" for rule in rules) else set()
    return frozenset(own | people | {clients})


def grid(clients: Sequence[str], days: Sequence[date]) -> tuple[np.ndarray, np.ndarray]:
    """Every client on every date, client by client."""
    repeated = np.repeat(np.array(clients, dtype=object), len(days))
    return repeated, np.tile(np.array(days, "datetime64[D]"), len(clients))


def keep(
    tables: Tables, rows: Rows, clients: str, rules: Sequence[Rule], catalogue: Catalogue
) -> tuple[np.ndarray, list[Step]]:
    """Which rows fulfil every rule, and what each rule removed.  The first step: some row of the client is known."""
    kept = _latest(tables, rows, clients, None) >= 0
    steps = [_step("known", rows, np.ones(len(rows), bool), kept)]
    for rule in rules:
        after = kept & _fulfils(tables, rows, rule, catalogue)
        steps.append(_step(rule.shown, rows, kept, after))
        kept = after
    return kept, steps


def joined(parts: Iterable[Sequence[Step]]) -> tuple[Step, ...]:
    """The attrition of all buckets together: clients live in one bucket, so counts add up."""
    total: dict[object, Step] = {}
    for steps in parts:
        for step in steps:
            known = total.setdefault(step["filter"], {"filter": step["filter"], **dict.fromkeys(COUNTS, 0)})
            known.update({name: int(str(known[name])) + int(str(step[name])) for name in COUNTS})
    return tuple(total.values())


def _fulfils(tables: Tables, rows: Rows, rule: Rule, catalogue: Catalogue) -> np.ndarray:
    if rule.rule == "alive":
        return _latest(tables, rows, "residents", "died_on") < 0
    if rule.rule == "lives_in_county":
        residents = tables.events("residents", None)
        place = _latest(tables, rows, "residents", None)
        return np.asarray((place >= 0) & (np.append(residents.open_until, -NEVER)[place] >= rows.day))
    if rule.rule == "event_within":
        events = tables.events(str(rule.table), None)
        place = _latest(tables, rows, str(rule.table), None)
        return np.asarray((place >= 0) & (rows.day - np.append(events.day, 0)[place] <= int(str(rule.days))))
    return _between(_number(tables, rows, rule, catalogue), rule)


def _number(tables: Tables, rows: Rows, rule: Rule, catalogue: Catalogue) -> np.ndarray:
    if rule.rule == "observed_days":
        start = observed_start(tables, rows, catalogue)
        return np.where(start < NEVER, rows.day - start, np.nan)
    born = np.append(tables.events("residents", None).number("birth_year"), np.nan)
    return np.asarray(year_numbers(rows.day) - born[_latest(tables, rows, "residents", None)])


def _between(number: np.ndarray, rule: Rule) -> np.ndarray:
    """An unknown number fulfils no limit."""
    low = -np.inf if rule.at_least is None else rule.at_least
    high = np.inf if rule.at_most is None else rule.at_most
    return np.asarray((number >= low) & (number <= high))


def _latest(tables: Tables, rows: Rows, table: str, at: str | None) -> np.ndarray:
    events = tables.events(table, at)
    return latest_known(Selected.all(events), rows)


def _step(name: str, rows: Rows, before: np.ndarray, after: np.ndarray) -> Step:
    counts = [before.sum(), after.sum(), len(np.unique(rows.client[before])), len(np.unique(rows.client[after]))]
    return {"filter": name, **dict(zip(COUNTS, map(int, counts), strict=True))}
