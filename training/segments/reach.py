"""How far the labels reach: which eligible clients have a recorded segmentation and which have none."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from evaluation.held_out.shares import extremes, share_by_group, wilson
from features.histories import History
from models.explaining.comparison import band_name, band_of
from models.needs.need import AGE
from models.segments.eligibility import EligibilityRules
from training.rows.holdout import UNKNOWN, latest_stay
from training.segments.labels import pass_the_gate

MOST_ASKED = 20_000
"""Clients whose eligibility is judged (our choice: a share's standard error below .004)."""
SECTORS = "sectors_used__365d"


@dataclass(frozen=True)
class Reach:
    """Eligible clients at the history's last date, who of them has a record, and the groups they belong to."""

    clients: np.ndarray
    recorded: np.ndarray
    groups: Mapping[str, np.ndarray]

    def as_dict(self) -> dict[str, Any]:
        """label_coverage.json: overall and by group, few people hidden."""
        n = len(self.clients)
        bounds = wilson(float(self.recorded.sum()), n)
        share = float(self.recorded.mean()) if n else None
        return {
            "overall": {"n": n, "share": share, "low": bounds.low, "high": bounds.high},
            "groups": share_by_group(self.recorded, self.clients, self.groups) if n else [],
        }


def reach_of(
    history: History,
    rules: EligibilityRules,
    recorded: np.ndarray,
    residents: pd.DataFrame,
    legacy: pd.Series,
    seed: int,
) -> Reach:
    """Who of the eligible clients of the history's last date has a record.  `legacy`: client_id -> organisation."""
    last = np.flatnonzero((history.rows["as_of"] == history.rows["as_of"].max()).to_numpy())
    asked = np.sort(np.random.default_rng(seed).permutation(last)[:MOST_ASKED])
    frame = history.frame.iloc[asked]
    passed = pass_the_gate(rules, frame.to_numpy(np.float32), list(frame.columns))
    clients = history.rows["client_id"].astype(object).to_numpy()[asked][passed]
    groups = groups_of(clients, frame[passed], residents, legacy)
    return Reach(clients, np.isin(clients, recorded), groups)


def groups_of(
    clients: np.ndarray, frame: pd.DataFrame, residents: pd.DataFrame, legacy: pd.Series
) -> dict[str, np.ndarray]:
    """Municipality, the organisation most used, sectors used and age band of each client."""
    groups: dict[str, np.ndarray] = {}
    if len(residents):
        stay = latest_stay(residents)["municipality"].astype(object)
        groups["municipality"] = stay.reindex(clients).fillna(UNKNOWN).astype(str).to_numpy()
    if len(legacy):
        groups["legacy_org"] = legacy.reindex(clients).fillna(UNKNOWN).astype(str).to_numpy()
    if SECTORS in frame:
        sectors = frame[SECTORS].to_numpy()
        groups["sectors"] = np.where(np.isnan(sectors), UNKNOWN, np.nan_to_num(sectors).astype(int).astype(str))
    if AGE in frame:
        groups["age_band"] = np.array([band_name(int(band)) for band in band_of(frame[AGE].to_numpy())])
    return groups


def most_used_organisation(contacts: pd.DataFrame) -> pd.Series:
    """client_id -> the legacy organisation with most of the client's contacts; equal counts: the first by name."""
    if contacts.empty:
        return pd.Series(dtype=object)
    pairs = contacts.groupby(["client_id", "legacy_org"], observed=True).size().reset_index(name="n")
    pairs = pairs.astype({"client_id": object, "legacy_org": object})
    first = pairs.sort_values(["client_id", "n", "legacy_org"], ascending=[True, False, True])
    return first.drop_duplicates("client_id").set_index("client_id")["legacy_org"]


def reach_said(told: Mapping[str, Any]) -> str:
    """What the command prints: overall, then the least and the best covered group of each kind."""
    overall = told["overall"]
    if not overall["n"]:
        return "  no client of the history's last date passes the eligibility gate"
    lines = [f"  {overall['share']:.1%} of {overall['n']} eligible clients have a record; least and most by group:"]
    for grouping in dict.fromkeys(line["grouping"] for line in told["groups"]):
        ends = extremes(told["groups"], grouping)
        if ends is not None:
            shown = " .. ".join(f"{end['group']} {end['share']:.1%}" for end in ends)
            lines.append(f"    {grouping:<14} {shown}")
    return "\n".join(lines)


def label_metrics(clients: np.ndarray, passed: np.ndarray, residents: pd.DataFrame) -> dict[str, float]:
    """How many records of how many clients there are, and the share of them that passes the gate."""
    people = float(len(np.unique(clients)))
    found = {
        "label_records": float(len(clients)),
        "label_clients": people,
        "label_eligible_share": float(passed.mean()),
    }
    if len(residents):
        found["label_coverage"] = people / residents["client_id"].nunique()
    return found
