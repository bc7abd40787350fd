"""Kinds of clients in a stage: where they came from, area, segment and vulnerable groups, as known on entering it.

A kind with fewer than twenty stays is no kind of its own: its stays count to "came from there", or to the stage.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from models.small_cells import SMALLEST_CELL

FEWEST_STAYS = 20
ANY = "*"
FIXED = ("stage", "came_from", "area", "segment")


def trait_columns(spells: pd.DataFrame) -> list[str]:
    """The columns that make a kind."""
    groups = sorted(name for name in map(str, spells.columns) if name.startswith("group_"))
    return [name for name in (*FIXED, *groups) if name in spells]


def profiles_of(spells: pd.DataFrame, stages: Sequence[str]) -> pd.DataFrame:
    """One row per kind: its traits (`*` = any) and `stays`.  Every stage as a whole is always among them."""
    full = _texts(spells)
    merged = _kept(full, _wider(full, 2), FEWEST_STAYS)
    merged = _kept(merged, _wider(full, 1), FEWEST_STAYS)
    found = merged.value_counts(list(merged.columns), sort=False).rename("stays").reset_index()
    found["stays"] = found["stays"].where(found["stays"] >= SMALLEST_CELL, 0)  # a bundle counts nobody by ones
    columns = list(full.columns)
    whole = pd.DataFrame({"stage": list(stages), **dict.fromkeys(columns[1:], ANY), "stays": 0})
    table = pd.concat([found, whole], ignore_index=True).drop_duplicates(columns)
    return table.sort_values(columns, kind="stable", ignore_index=True)


def places_in(profiles: pd.DataFrame, spells: pd.DataFrame) -> np.ndarray:
    """The place of each stay's kind in `profiles`."""
    full = _texts(spells)
    columns = [name for name in profiles.columns if name in full]
    known = pd.Series(np.arange(len(profiles)), index=pd.MultiIndex.from_frame(profiles[columns]))
    found = np.full(len(full), -1)
    for asked in (full, _wider(full, 2), _wider(full, 1)):
        place = known.reindex(pd.MultiIndex.from_frame(asked[columns])).fillna(-1).to_numpy(int)
        found = np.where(found < 0, place, found)
    return found


def codes_of(profiles: pd.DataFrame, stages: Sequence[str]) -> np.ndarray:
    """Traits as numbers [profiles × traits]: the stage's place, other traits by order of their values, NaN = any."""
    traits = [name for name in profiles.columns if name not in ("stays", "row")]
    columns = [profiles["stage"].map({stage: place for place, stage in enumerate(stages)}).to_numpy(float)]
    for name in traits[1:]:
        values = sorted(set(profiles[name]) - {ANY})
        columns.append(profiles[name].map({value: place for place, value in enumerate(values)}).to_numpy(float))
    return np.stack(columns, axis=1)


def _texts(spells: pd.DataFrame) -> pd.DataFrame:
    return spells[trait_columns(spells)].astype(str).reset_index(drop=True)


def _wider(full: pd.DataFrame, kept: int) -> pd.DataFrame:
    """Only the first `kept` traits; the others are any."""
    return full.assign(**dict.fromkeys(full.columns[kept:], ANY))


def _kept(full: pd.DataFrame, wider: pd.DataFrame, fewest: int) -> pd.DataFrame:
    """Each stay's kind, or the wider one where the kind is rare."""
    stays = full.groupby(list(full.columns))[full.columns[0]].transform("size")
    frequent = (stays >= fewest).to_numpy(bool)
    return full.apply(lambda column: column.where(frequent, wider[column.name]))
