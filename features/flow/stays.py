"""Rows to stays: who was in which stage from which day to which, still unchecked.  Days are whole day numbers."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from features.flow.chain import Chain, Events, Rows, Stage
from features.tables import TABLES
from features.windows import NEVER, day_numbers

COLUMNS = ("client_id", "matter", "stage", "entered", "left")
NO_MATTER = ""


def lasting_stays(stage: Stage, rows: pd.DataFrame, rule: Rows) -> pd.DataFrame:
    """One stay per row (or per run of rows): `client_id, matter, stage, entered, left` (NEVER = open)."""
    entered = day_numbers(rows[rule.enter].to_numpy())
    left = np.min([day_numbers(rows[name].to_numpy()) for name in rule.leave], axis=0)
    matter = rows[rule.matter].astype(object).to_numpy() if rule.matter else np.full(len(rows), NO_MATTER, object)
    stays = pd.DataFrame(
        {
            "client_id": rows["client_id"].to_numpy(),
            "matter": matter,
            "stage": stage.id,
            "entered": entered,
            "left": left,
        }
    )
    stays = stays[stays["entered"] < NEVER]
    return stays if rule.merge_gap_days is None else _merged(stays, rule.merge_gap_days)


def _merged(stays: pd.DataFrame, gap: int) -> pd.DataFrame:
    """Rows of one client that follow each other closely as one stay; impossible rows are left for the check."""
    right = stays["left"] >= stays["entered"]
    ordered = stays[right].sort_values(["client_id", "entered", "left"], kind="stable", ignore_index=True)
    so_far = ordered.groupby("client_id", sort=False)["left"].cummax()
    same = ordered["client_id"] == ordered["client_id"].shift()
    begins = ~same | (ordered["entered"] > so_far.shift(fill_value=0) + gap)
    runs = ordered.groupby(begins.cumsum().to_numpy(), sort=False)
    joined = runs.agg({"client_id": "first", "matter": "first", "stage": "first", "entered": "min", "left": "max"})
    return pd.concat([joined, stays[~right]], ignore_index=True)


def event_stays(chain: Chain, rows: Mapping[str, pd.DataFrame], lasting: pd.DataFrame) -> pd.DataFrame:
    """Stays of the stages that events begin: a client is in one of them at a time, and in none while a row lasts.

    Of several stages on one day the later one of the chain counts.  A stay ends where the next stage begins, or
    `silence_days` after its last event: that day is known when it comes, so a stay is never shortened afterwards.
    """
    stages = [stage for stage in chain.stages if stage.events is not None]
    if not stages:
        return pd.DataFrame(columns=list(COLUMNS))
    marks = pd.concat([*(_marks(chain, stage, rows[stage.id], lasting) for stage in stages), _holds(chain, lasting)])
    marks = marks[~_held(marks)]
    ordered = marks.sort_values(["client_id", "day", "hold", "place"], kind="stable", ignore_index=True)
    daily = ordered.drop_duplicates(["client_id", "day"], keep="last").reset_index(drop=True)
    return _runs(chain, daily) if len(daily) else pd.DataFrame(columns=list(COLUMNS))


def _marks(chain: Chain, stage: Stage, rows: pd.DataFrame, lasting: pd.DataFrame) -> pd.DataFrame:
    """The days on which something of the stage happened, and the ends of the stages that it follows."""
    rule = _events(stage)
    days = day_numbers(rows[TABLES[rule.table].time].to_numpy())
    found = pd.DataFrame({"client_id": rows["client_id"].to_numpy(), "day": days.astype(np.int64)})
    if rule.after:
        ends = lasting[lasting["stage"].isin(rule.after) & (lasting["left"] < NEVER)]
        ends = pd.DataFrame({"client_id": ends["client_id"], "day": ends["left"].astype(np.int64)})
        found = pd.concat([found[_follows(found, ends, rule.after_days)], ends])
    return found.drop_duplicates().assign(place=chain.ids.index(stage.id), hold=False, until=-1)


def _follows(events: pd.DataFrame, ends: pd.DataFrame, days: int) -> np.ndarray:
    """True for events at most `days` after an end of the same client."""
    numbered = events.assign(event=np.arange(len(events))).sort_values("day", kind="stable")
    ordered = ends.assign(end=ends["day"]).sort_values("day", kind="stable")
    joined = pd.merge_asof(numbered, ordered, on="day", by="client_id", direction="backward")
    near = (joined["day"] - joined["end"] <= days).to_numpy()
    found = np.zeros(len(events), bool)
    found[joined["event"].to_numpy()] = near
    return found


def _holds(chain: Chain, lasting: pd.DataFrame) -> pd.DataFrame:
    """The stays that rows make: while one lasts, events begin no other stage."""
    whole = lasting[lasting["left"] > lasting["entered"]]
    places = whole["stage"].map({name: place for place, name in enumerate(chain.ids)})
    return pd.DataFrame(
        {"client_id": whole["client_id"], "day": whole["entered"].astype(np.int64), "place": places, "hold": True,
         "until": whole["left"].astype(np.int64)}
    )  # fmt: skip


def _held(marks: pd.DataFrame) -> np.ndarray:
    """True for events on days that a lasting stay covers."""
    ordered = marks.assign(row=np.arange(len(marks))).sort_values(
        ["client_id", "day", "hold"], ascending=[True, True, False], kind="stable"
    )
    until = ordered["until"].where(ordered["hold"], -1).groupby(ordered["client_id"]).cummax()
    covered = (~ordered["hold"] & (ordered["day"] < until)).to_numpy()
    found = np.zeros(len(marks), bool)
    found[ordered["row"].to_numpy()] = covered
    return found


def _runs(chain: Chain, daily: pd.DataFrame) -> pd.DataFrame:
    """Days of one stage that follow each other without too long a silence, as stays."""
    silence = np.array([stage.events.silence_days if stage.events else 0 for stage in chain.stages])
    place, day = daily["place"].to_numpy(int), daily["day"].to_numpy(np.int64)
    client = daily["client_id"].to_numpy()
    limit = np.where(daily["hold"], daily["until"], day + silence[place])  # the latest day on which it ends by itself
    follows = np.append(client[1:] == client[:-1], False)
    next_day = np.append(day[1:], NEVER)
    ends = np.minimum(limit, np.where(follows, next_day, NEVER))
    same = np.append([False], (client[1:] == client[:-1]) & (place[1:] == place[:-1]) & (day[1:] <= limit[:-1]))
    run = np.cumsum(~same)
    table = daily.assign(run=run, ends=ends)[~daily["hold"]]
    found = table.groupby("run", sort=False).agg(client_id=("client_id", "first"), place=("place", "first"),
                                                 entered=("day", "min"), left=("ends", "max"))  # fmt: skip
    stage = np.array(chain.ids, dtype=object)[found["place"].to_numpy(int)]
    return found.assign(matter=NO_MATTER, stage=stage)[list(COLUMNS)].reset_index(drop=True)


def _events(stage: Stage) -> Events:
    assert stage.events is not None  # asked only for stages that events begin
    return stage.events


def joined_stays(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Stays of every stage in one table."""
    return pd.concat([part[list(COLUMNS)] for part in parts if len(part)] or [pd.DataFrame(columns=list(COLUMNS))],
                     ignore_index=True)  # fmt: skip
