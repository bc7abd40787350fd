"""How labels change when decisions are labels too: where they come from, what they replace, how sources agree."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from evaluation.metrics import kappa
from evaluation.small_cells.release import release
from evaluation.small_cells.shown import shown_counts, shown_share
from models.segments.scheme import Scheme
from models.small_cells import SMALLEST_CELL
from training.rows.decision_labels import DecisionLabels, Source, decision_labels
from training.rows.records import Records
from training.segments.labels import segment_labels

ORIGINS = ("recorded", "own_view", "accepted", "changed")
PAIRS = (
    ("segment", "proposed"),
    ("own_view", "proposed"),
    ("segment", "own_view"),
    ("recorded", "own_view"),
    ("recorded", "segment"),
)
"""What is compared: the decided segment, the suggested one, the view before it, and a recorded segmentation."""
DAY = np.timedelta64(1, "D")


def changes(
    records: Records, decisions: pd.DataFrame, scheme: Scheme, sources: Sequence[Source], until: date
) -> list[dict[str, Any]]:
    """Per source: labels and clients by origin, why decisions are no labels, and old segment -> new segment."""
    found = []
    for source in sources:
        labels = decision_labels(decisions, scheme, source, until)
        added = new_labels(records, labels)
        found.append(
            {
                "source": source,
                "origins": _origins(records, added, source),
                "left_out": _few_hidden(labels.left_out),
                "transitions": _transitions(records, added, scheme),
            }
        )
    return found


def new_labels(records: Records, labels: DecisionLabels) -> pd.DataFrame:
    """The labels that a record of the same client and day does not stand before."""
    stands = set(zip(records.clients, records.as_of, strict=True))
    days = labels.rows["as_of"].to_numpy().astype("datetime64[D]")
    new = [pair not in stands for pair in zip(labels.rows["client_id"], days, strict=True)]
    return labels.rows.assign(day=days)[np.array(new, bool)].reset_index(drop=True)


def _origins(records: Records, added: pd.DataFrame, source: Source) -> list[dict[str, Any]]:
    own = {"recorded": pd.Series(records.clients)}
    if source == "own_view_first":
        own["own_view"] = added["client_id"]
    else:
        own["accepted"] = added.loc[added["decision"] == "accept", "client_id"]
        own["changed"] = added.loc[added["decision"] != "accept", "client_id"]
    rows = shown_counts([len(own.get(origin, ())) for origin in ORIGINS])
    clients = shown_counts([own[origin].nunique() if origin in own else 0 for origin in ORIGINS])
    pairs = zip(ORIGINS, rows, clients, strict=True)
    return [{"origin": origin, "labels": n, "clients": c} for origin, n, c in pairs]


def _few_hidden(counts: Mapping[str, int]) -> dict[str, int | None]:
    return dict(zip(counts, shown_counts(list(counts.values())), strict=True))


def _transitions(records: Records, added: pd.DataFrame, scheme: Scheme) -> dict[str, Any]:
    """Clients from the segment recorded last before to the newest label; nobody stands in two cells."""
    names = [segment.id for segment in scheme.segments]
    old = pd.DataFrame({"client_id": records.clients, "old": segment_labels(scheme, records.levels)})
    old = old.assign(old_day=records.as_of)[old["old"] != ""]
    both = added.merge(old, on="client_id")
    both = both[both["old_day"] < both["day"]].sort_values(["client_id", "day", "old_day"], kind="stable")
    both = both.drop_duplicates("client_id", keep="last")
    grid = [[int(((both["old"] == a) & (both["segment"] == b)).sum()) for b in names] for a in names]
    cells = [list(row) for row in release(grid).cells]
    whole = all(cell is not None for row in cells for cell in row)
    return {"segments": names, "cells": cells, "clients": len(both) if whole else None}


def agreements(records: Records, decisions: pd.DataFrame, scheme: Scheme, within_days: int) -> list[dict[str, Any]]:
    """Cohen's kappa between every two sources of a label, over the decisions that have both."""
    rows = decisions.assign(recorded=_recorded_near(records, decisions, scheme, within_days))
    return [_agreement(rows, one, other) for one, other in PAIRS]


def _agreement(rows: pd.DataFrame, one: str, other: str) -> dict[str, Any]:
    both = rows[rows[one].notna() & rows[other].notna()]
    told: dict[str, Any] = {"one": one, "other": other, "clients": None, "decisions": None}
    told |= {"agreement": None, "kappa": None}
    clients = int(both["client_id"].nunique())
    if clients < SMALLEST_CELL:
        return told
    a, b = both[one].astype(str).to_numpy(), both[other].astype(str).to_numpy()
    chance, same = kappa(a, b), int((a == b).sum())
    told |= {"clients": clients, "decisions": len(both), "agreement": shown_share(same, len(both))}
    if told["agreement"] is not None and np.isfinite(chance):
        told["kappa"] = float(chance)
    return told


def _recorded_near(records: Records, decisions: pd.DataFrame, scheme: Scheme, within_days: int) -> np.ndarray:
    """Per decision the segment recorded nearest in time, at most so many days away; None without one."""
    old = pd.DataFrame({"client_id": records.clients, "recorded": segment_labels(scheme, records.levels)})
    old = old.assign(day=records.as_of)[old["recorded"] != ""]
    asked = pd.DataFrame({"row": np.arange(len(decisions)), "client_id": decisions["client_id"].to_numpy(object)})
    asked["decided"] = decisions["time"].to_numpy().astype("datetime64[D]")
    both = asked.merge(old, on="client_id")
    both["apart"] = (both["day"] - both["decided"]).abs()
    near = both[both["apart"] <= within_days * DAY].sort_values(["row", "apart", "day"], kind="stable")
    found = np.full(len(decisions), None, object)
    first = near.drop_duplicates("row")
    found[first["row"].to_numpy(np.int64)] = first["recorded"].to_numpy(object)
    return found
