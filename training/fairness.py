"""Fairness inside a training: the traits of the hold-out's people, the table, and the numbers that the gates read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from configs.loader import load_config
from evaluation.fairness import FairnessTable, WorkingPoint, as_json, fairness_table
from evaluation.fairness.gaps import fairness_metrics
from evaluation.fairness.traits import TRAITS_FILE, TraitsConfig, traits_of
from features.store import Snapshot

FAIRNESS_FILE = "fairness.json"


@dataclass(frozen=True, eq=False)
class Judged:
    """What a run keeps about fairness."""

    traits: pd.DataFrame
    """row, trait_*: the rows of traits.parquet."""
    table: FairnessTable

    @property
    def frames(self) -> dict[str, pd.DataFrame]:
        """Tables of the run by file name."""
        return {TRAITS_FILE: self.traits.sort_values("row").reset_index(drop=True)}

    @property
    def documents(self) -> dict[str, object]:
        """JSON of the run by file name."""
        return {FAIRNESS_FILE: as_json(self.table)}

    @property
    def metrics(self) -> dict[str, float]:
        """For the run; configs/gates.yaml has their limits."""
        return fairness_metrics(self.table)


@dataclass(frozen=True, eq=False)
class HoldOut:
    """Hold-out rows in one order: whose and when, every feature known of them, and their random numbers."""

    rows: pd.DataFrame
    """client_id, as_of."""
    frame: np.ndarray
    names: Sequence[str]
    numbers: pd.DataFrame
    """`row` of each, as the stored predictions call it."""


def judged(
    snapshot: Snapshot,
    traits: str,
    held: HoldOut,
    predictions: pd.DataFrame,
    points: Mapping[str, WorkingPoint],
    subject: str,
) -> Judged:
    """The fairness of a candidate on its hold-out.  Raises ConfigError for a traits file that is refused."""
    config = load_config(traits, TraitsConfig)
    features = {name: held.frame[:, place] for place, name in enumerate(held.names)}
    found = traits_of(snapshot, config, held.rows, features)
    found.insert(0, "row", held.numbers["row"].to_numpy())
    table = fairness_table(predictions, points, found, subject=subject, asked=config.asked, with_shapes=False)
    return Judged(found, table)
