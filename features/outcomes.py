"""Who is in the cohort of a need task, and what happened to them afterwards.

A label reads only events after `as_of` (and after the gap), and only where the data reach the end of the horizon.
The state at `as_of` is what was known then; a change that had already happened but was not yet recorded is no outcome.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from pydantic import model_validator

from configs.loader import StrictConfig
from features.known import open_until, row_knowledge
from features.tables import EPISODES
from features.windows import day_numbers

NO_STEP = -1


class Step(StrictConfig):
    """One step of a declared order of services, e.g. {kind: home_care_regular, intensity: light}."""

    kind: str
    intensity: str | None = None
    """None = any intensity of the kind."""


class OutcomeRule(StrictConfig):
    """What counts as the outcome: a start of one of some kinds of episode, or a step up a declared order."""

    episode_start: tuple[str, ...] = ()
    heavier: tuple[Step, ...] = ()
    """Lightest first; the outcome is the start of an episode heavier than the state known at `as_of`."""

    @model_validator(mode="after")
    def _one_rule(self) -> "OutcomeRule":
        if bool(self.episode_start) == bool(self.heavier):
            raise ValueError("give either `episode_start: [kinds]` or `heavier: [steps]`, and not both")
        return self

    @property
    def kinds(self) -> tuple[str, ...]:
        """Every kind of episode that the rule reads."""
        return tuple(dict.fromkeys(self.episode_start or [step.kind for step in self.heavier]))


@dataclass(frozen=True)
class Window:
    """The days in which an outcome counts: [as_of + gap, as_of + gap + horizon)."""

    horizon_days: int
    gap_days: int = 0

    @property
    def reach_days(self) -> int:
        """Days from `as_of` to the end of the window."""
        return self.horizon_days + self.gap_days


@dataclass(frozen=True)
class Labels:
    """Which rows stay, their labels (int8, aligned with the kept rows), and what each filter removed."""

    kept: np.ndarray
    label: np.ndarray
    attrition: tuple[dict[str, object], ...]


class Attrition:
    """Rows and clients before and after each filter."""

    def __init__(self, clients: np.ndarray) -> None:
        self.clients = clients
        self.kept = np.ones(len(clients), dtype=bool)
        self.steps: list[dict[str, object]] = []

    def keep(self, condition: np.ndarray, reason: str) -> None:
        """Keep the rows that fulfil `condition`; remember how many went for `reason`."""
        before = self._counts()
        self.kept = self.kept & condition
        after = self._counts()
        self.steps.append(
            {
                "filter": reason,
                "rows_before": before[0],
                "rows_after": after[0],
                "clients_before": before[1],
                "clients_after": after[1],
            }
        )

    def _counts(self) -> tuple[int, int]:
        return int(self.kept.sum()), len(np.unique(self.clients[self.kept]))


def label_rows(
    rows: pd.DataFrame,
    episodes: pd.DataFrame,
    residents: pd.DataFrame,
    rule: OutcomeRule,
    window: Window,
    data_until: date,
    open_kinds: Sequence[str] = (),
) -> Labels:
    """Labels for `rows` (client_id, as_of).  Deaths count as "no outcome"; people who moved away are left out."""
    clients, as_of = _texts(rows["client_id"]), rows["as_of"].to_numpy().astype("datetime64[s]")
    filters = Attrition(clients)
    end = as_of + np.timedelta64(window.reach_days, "D")
    filters.keep(np.asarray(end <= np.datetime64(data_until, "s")), "the horizon ends inside the data")
    if open_kinds:
        filters.keep(is_open(rows, episodes, open_kinds), f"open episode known: {', '.join(open_kinds)}")
    label, unclear = _labels(rows, episodes, rule, window)
    filters.keep(~unclear, "the outcome had not already happened")
    died, left = _last_days(clients, residents)
    filters.keep(~(died < as_of), "alive at as_of")
    filters.keep(label | ~(left < end), "lived in the county through the horizon, or had the outcome")
    return Labels(filters.kept, label[filters.kept].astype(np.int8), tuple(filters.steps))


def is_open(rows: pd.DataFrame, episodes: pd.DataFrame, kinds: Sequence[str]) -> np.ndarray:
    """True for the rows whose client has, as known at `as_of`, an open episode of one of the kinds."""
    pairs = _pairs(rows, episodes, kinds)
    return _any_row(pairs.loc[_known_open(pairs), "row"], len(rows))


def _labels(rows: pd.DataFrame, episodes: pd.DataFrame, rule: OutcomeRule, window: Window) -> tuple[np.ndarray, ...]:
    """(outcome, outcome already there or inside the gap) for each row."""
    pairs = _pairs(rows, episodes, rule.kinds)
    first = pairs["as_of"] + pd.Timedelta(days=window.gap_days)
    last = pairs["as_of"] + pd.Timedelta(days=window.reach_days)
    latest = pairs["superseded_at"].isna()
    starts = latest & (pairs["start"] >= first) & (pairs["start"] < last)
    if rule.episode_start:
        return _any_row(pairs.loc[starts, "row"], len(rows)), np.zeros(len(rows), dtype=bool)
    rank = _ranks(pairs, rule.heavier)
    known = np.full(len(rows), NO_STEP)
    opened = _known_open(pairs)
    np.maximum.at(known, pairs["row"].to_numpy()[opened], rank[opened])
    heavier = rank > known[pairs["row"].to_numpy()]
    still_open = pairs["end"].isna() | (pairs["end"] >= pairs["as_of"])
    early = latest & still_open & (pairs["start"] < first)
    return _any_row(pairs.loc[starts & heavier, "row"], len(rows)), _any_row(
        pairs.loc[early & heavier, "row"], len(rows)
    )


def _pairs(rows: pd.DataFrame, episodes: pd.DataFrame, kinds: Sequence[str]) -> pd.DataFrame:
    """Every row beside every episode of its client of these kinds (all versions)."""
    columns = ["start", "recorded_at", "superseded_at", "end", "end_recorded_at", "kind", "intensity"]
    chosen = episodes.loc[episodes["kind"].isin(list(kinds)).to_numpy(), ["client_id", *columns]]
    right = chosen.assign(client_id=_texts(chosen["client_id"]))
    clients = pd.Series(_texts(rows["client_id"]))
    left = pd.DataFrame({"client_id": clients, "as_of": rows["as_of"].to_numpy(), "row": np.arange(len(rows))})
    return left[clients.isin(right["client_id"].unique())].merge(right, on="client_id")


def _known_open(pairs: pd.DataFrame) -> np.ndarray:
    """The episode is known at `as_of` in this version, and no end of it is known."""
    as_of = day_numbers(pairs["as_of"].to_numpy())
    knowledge = row_knowledge(EPISODES, pairs)
    return (knowledge.first <= as_of) & (as_of <= knowledge.last) & (open_until(EPISODES, pairs) >= as_of)


def _ranks(pairs: pd.DataFrame, order: Sequence[Step]) -> np.ndarray:
    """Place of each episode in the order; NO_STEP when it is in none."""
    kind, intensity = pairs["kind"].astype(object), pairs["intensity"].astype(object)
    ranks = np.full(len(pairs), NO_STEP)
    for place, step in enumerate(order):
        same = (kind == step.kind) & ((intensity == step.intensity) if step.intensity is not None else True)
        ranks[same.to_numpy(dtype=bool)] = place
    return ranks


def _last_days(clients: np.ndarray, residents: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """(day of death, day of moving away) per row; NaT when neither."""
    latest = residents[residents["superseded_at"].isna()]
    people = pd.DataFrame(
        {
            "client": _texts(latest["client_id"]),
            "died": latest["died_on"].to_numpy(),
            "left": latest["valid_to"].where(latest["died_on"].isna()).fillna(pd.Timestamp.max.floor("D")).to_numpy(),
        }
    )
    by_client = people.groupby("client", sort=False).max().reindex(clients)
    never = np.datetime64("NaT")
    left = by_client["left"].to_numpy()
    gone = np.where(left >= np.datetime64(pd.Timestamp.max.floor("D")), never, left)
    return by_client["died"].to_numpy().astype("datetime64[s]"), gone.astype("datetime64[s]")


def _any_row(found: pd.Series, rows: int) -> np.ndarray:
    marked = np.zeros(rows, dtype=bool)
    marked[found.to_numpy(dtype=np.intp)] = True
    return marked


def _texts(column: pd.Series) -> np.ndarray:
    return column.astype(object).to_numpy()
