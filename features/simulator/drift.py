"""Changes planted from one day on (`drift` of a county file): what monitoring must find.  None changes no byte."""

import numpy as np
import pandas as pd

from features.simulator.residents.months import Months
from features.simulator.settings import County, Drift

STREAM, RECORDING_STREAM = 60, 61


def joined(county: County) -> County:
    """new_municipality: the registers of one municipality begin on the day."""
    drift = county.drift
    if drift is None or drift.kind != "new_municipality":
        return county
    towns = [
        town.model_copy(update={"history_start": drift.since}) if town.code == drift.municipality else town
        for town in county.municipalities
    ]
    return county.model_copy(update={"municipalities": towns})


def contacts_of(county: County, months: Months, contacts: pd.DataFrame) -> pd.DataFrame:
    """digital_share: a share of what happened in person happens in the digital clinic instead."""
    drift = county.drift
    if drift is None or drift.kind != "digital_share":
        return contacts
    later = contacts["day"].to_numpy() >= (np.datetime64(drift.since) - months.origin).astype(int)
    moved = later & (contacts["channel"] == "in_person").to_numpy() & _drawn(county, drift, len(contacts), STREAM)
    return contacts.assign(channel=contacts["channel"].mask(moved, "digital"))


def recorded(county: County, rows: pd.DataFrame) -> pd.DataFrame:
    """recording: a share of the contacts is no longer recorded.  definition: non-urgent ones are called emergencies."""
    drift = county.drift
    if drift is None or drift.kind not in ("recording", "definition"):
        return rows
    later = (rows["time"] >= pd.Timestamp(drift.since)).to_numpy()
    chosen = later & _drawn(county, drift, len(rows), RECORDING_STREAM)
    if drift.kind == "recording":
        return rows[~chosen].reset_index(drop=True)
    urgency = rows["urgency"].astype(object).mask(chosen & (rows["sector"] != "social").to_numpy(), "emergency")
    return rows.assign(urgency=urgency.astype("category"))


def _drawn(county: County, drift: Drift, n: int, stream: int) -> np.ndarray:
    return np.random.default_rng([county.seed, stream]).random(n) < drift.share
