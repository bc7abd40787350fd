"""Use of services as spells: client, class, from, to."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from evaluation.guidance.settings import ContactRule, EpisodeRule, Use

ONE_DAY = pd.Timedelta(days=1)
COLUMNS = ["client_id", "level", "start", "end"]


def spells(contacts: pd.DataFrame, episodes: pd.DataFrame, classes: Sequence[Use], until: pd.Timestamp) -> pd.DataFrame:
    """client_id, level (number of the class, from 0), start, end of every use, as known at `until`.

    A contact is a use of one day, and only one that took place counts; an open episode lasts to `until`.
    """
    done = contacts[contacts["status"].astype(object) == "done"]
    parts = [
        part.assign(level=level)
        for level, use in enumerate(classes)
        for part in (_visits(done, use.contacts), _lasting(episodes, use.episodes, until))
    ]
    found = pd.concat(parts, ignore_index=True)[COLUMNS]
    return found.sort_values(["client_id", "start", "level"], kind="stable").reset_index(drop=True)


def chosen(rows: pd.DataFrame, rule: ContactRule | EpisodeRule) -> np.ndarray:
    """Which contacts or episodes a rule lets through."""
    wanted = rule.model_dump()
    columns = {"services": "service", "channels": "channel", "kinds": "kind", "intensities": "intensity"}
    mask = np.ones(len(rows), bool)
    for name, values in wanted.items():
        if values:
            mask &= rows[columns[name]].astype(object).isin(values).to_numpy()
    return mask


def begun(found: pd.DataFrame, quiet_days: int) -> pd.DataFrame:
    """The spells with which a service began anew: none of the same class in the `quiet_days` before."""
    ordered = found.sort_values(["client_id", "level", "start"], kind="stable")
    ends = ordered.groupby(["client_id", "level"], sort=False, observed=True)["end"].cummax()
    keys = ordered[["client_id", "level"]]
    same = (keys == keys.shift()).all(axis=1)
    before = ends.shift().where(same)
    return ordered[~(ordered["start"] - before <= pd.Timedelta(days=quiet_days))]


def _visits(done: pd.DataFrame, rule: ContactRule | None) -> pd.DataFrame:
    rows = done[chosen(done, rule)] if rule else done.iloc[:0]
    return pd.DataFrame(
        {"client_id": rows["client_id"].astype(object), "start": rows["time"], "end": rows["time"] + ONE_DAY}
    )


def _lasting(episodes: pd.DataFrame, rule: EpisodeRule | None, until: pd.Timestamp) -> pd.DataFrame:
    rows = episodes[chosen(episodes, rule)] if rule else episodes.iloc[:0]
    return pd.DataFrame(
        {"client_id": rows["client_id"].astype(object), "start": rows["start"], "end": rows["end"].fillna(until)}
    )
