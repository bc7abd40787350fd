"""Who lived where on which day, and who was a client then: one bucket of residents at a time, as known on the day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from evaluation.areas.settings import OTHER
from features.catalogue import Catalogue
from features.cohort import Rule, grid, keep, tables_of_rules
from features.kernel.build import numbered_rows
from features.kernel.columns import needed_columns
from features.kernel.events import Tables
from features.outcomes import is_open
from features.panel.dimensions import band_of
from features.store import Snapshot, read_columns, read_table

LIVES = (Rule(rule="alive"), Rule(rule="lives_in_county"))
STAYS = ("client_id", "recorded_at", "superseded_at", "valid_from", "history_start", "municipality", "birth_year")
OPEN = ("client_id", "recorded_at", "superseded_at", "start", "end", "end_recorded_at", "kind")


@dataclass(frozen=True)
class Look:
    """What is asked of the store: on which days, and what makes somebody a client."""

    days: tuple[np.datetime64, ...]
    rules: tuple[Rule, ...]
    """Rules of the histories: who fulfils them is a client where the task asks for no open episode."""
    open_kinds: tuple[str, ...]
    area_of: Mapping[str, str]


def residents_of(snapshot: Snapshot, bucket: int, look: Look, catalogue: Catalogue) -> pd.DataFrame:
    """client_id, as_of, area, band, age, observed_from, is_client of everybody who lived in the county on each day."""
    names = sorted(tables_of_rules(look.rules, "residents") | {"residents"})
    columns = {name: needed_columns(name, catalogue.enabled) for name in names}
    tables = {name: read_columns(snapshot, name, bucket, columns[name]) for name in names}
    people = sorted(tables["residents"].text("client_id").present())
    clients, days = grid(people, [day.astype(object) for day in look.days])
    rows, order = numbered_rows(clients, days)
    held = Tables(tables, order)
    lives, _ = keep(held, rows, "residents", LIVES, catalogue)
    fulfils, _ = keep(held, rows, "residents", look.rules, catalogue)
    frame = pd.DataFrame({"client_id": clients, "as_of": days.astype("datetime64[s]"), "is_client": fulfils})[lives]
    frame = described(frame.reset_index(drop=True), read_table(snapshot, "residents", bucket, STAYS), look.area_of)
    if look.open_kinds:
        episodes = read_table(snapshot, "episodes", bucket, OPEN)
        frame["is_client"] = is_open(frame, episodes, look.open_kinds)
    return frame


def described(rows: pd.DataFrame, stays: pd.DataFrame, area_of: Mapping[str, str]) -> pd.DataFrame:
    """The rows with the area, age band, age and first observed day of the newest stay that was known on each day."""
    held = stays.assign(client_id=stays["client_id"].astype(object), municipality=stays["municipality"].astype(object))
    joined = rows.assign(row=np.arange(len(rows))).merge(held, on="client_id")
    known = (joined["recorded_at"] < joined["as_of"]) & ~(joined["superseded_at"] < joined["as_of"])
    begun = joined[known & (joined["valid_from"] < joined["as_of"])].sort_values(["row", "valid_from"], kind="stable")
    newest = begun.drop_duplicates("row", keep="last").set_index("row").reindex(range(len(rows)))
    year, born = rows["as_of"].dt.year, newest["birth_year"].reset_index(drop=True)
    return rows.assign(
        area=newest["municipality"].map(area_of).fillna(OTHER).to_numpy(),
        band=band_of(year, born),
        age=(year - born).to_numpy(np.float64),
        observed_from=newest["history_start"].to_numpy(),
    )


def origins(
    until: np.datetime64, first: np.datetime64, reach_days: int, settle_days: int, step_days: int
) -> list[np.datetime64]:
    """Past days whose whole window has ended and been recorded before `until`, newest first, back to `first`."""
    newest = until - np.timedelta64(reach_days + settle_days, "D")
    steps = int((newest - first).astype(int)) // step_days if newest >= first else -1
    return [newest - np.timedelta64(step_days * number, "D") for number in range(steps + 1)]


def cells_of(people: pd.DataFrame, counted: np.ndarray) -> pd.DataFrame:
    """origin, area, band, exposed, events, observed_from of people who were not clients on the day."""
    frame = people.assign(origin=people["as_of"], events=counted.astype(np.float64), exposed=1.0)
    return _summed(frame)


def joined(parts: Sequence[pd.DataFrame], observed_days: int) -> pd.DataFrame:
    """The buckets' cells together, of areas whose records reach `observed_days` back at the origin."""
    cells = _summed(pd.concat(parts, ignore_index=True))
    long = cells["observed_from"] + pd.Timedelta(days=observed_days) <= cells["origin"]
    return cells[long].drop(columns="observed_from").reset_index(drop=True)


def _summed(frame: pd.DataFrame) -> pd.DataFrame:
    grouped = frame.groupby(["origin", "area", "band"], as_index=False)
    return grouped.agg(exposed=("exposed", "sum"), events=("events", "sum"), observed_from=("observed_from", "min"))
