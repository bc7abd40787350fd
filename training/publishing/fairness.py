"""Fairness inside a training: the traits of the hold-out's people, the table, and the numbers that the gates read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from configs.loader import load_config
from evaluation.fairness import FairnessTable, WorkingPoint, as_json, fairness_table
from evaluation.fairness.comparing.parts import TRAIT
from evaluation.fairness.gaps import fairness_metrics
from evaluation.fairness.stored import ENCODING_FILE, FAIRNESS_FILE
from evaluation.fairness.subjects.encoded import Asked, Scorer, encoding_metrics, encoding_report
from evaluation.fairness.traits import INSTANCE, LEGACY, TRAITS_FILE, TraitsConfig, traits_of
from features.store import Snapshot

SEED = 1
"""Of the halves of clients that adversaries learn from, and of what is shuffled."""


@dataclass(frozen=True, eq=False)
class Judged:
    """What a run keeps about fairness."""

    traits: pd.DataFrame
    """row, trait_*: the rows of traits.parquet."""
    table: FairnessTable
    encoding: Mapping[str, Any]
    """Whether the score tells the recording instance or the former organisation."""

    @property
    def frames(self) -> dict[str, pd.DataFrame]:
        """Tables of the run by file name."""
        return {TRAITS_FILE: self.traits.sort_values("row").reset_index(drop=True)}

    @property
    def documents(self) -> dict[str, object]:
        """JSON of the run by file name."""
        return {FAIRNESS_FILE: as_json(self.table), ENCODING_FILE: self.encoding}

    @property
    def metrics(self) -> dict[str, float]:
        """For the run; configs/gates.yaml has their limits."""
        return {**fairness_metrics(self.table), **encoding_metrics(self.encoding)}


@dataclass(frozen=True, eq=False)
class HoldOut:
    """Hold-out rows in one order: whose and when, every feature known of them, and their random numbers."""

    rows: pd.DataFrame
    """client_id, as_of."""
    frame: np.ndarray
    names: Sequence[str]
    numbers: pd.DataFrame
    """`row` and `client` of each, as the stored predictions call them."""
    used: np.ndarray
    """The learners' columns, and what they are called."""
    used_names: Sequence[str]
    scorers: Mapping[str, Scorer]
    """Output -> probabilities of the learners' columns."""


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
    told = config.compared(predictions)
    table = fairness_table(told, points, found, subject=subject, asked=config.asked, with_shapes=False)
    return Judged(found, table, _encoding(held, found, predictions, points))


def _encoding(
    held: HoldOut, traits: pd.DataFrame, predictions: pd.DataFrame, points: Mapping[str, WorkingPoint]
) -> Mapping[str, Any]:
    """The outputs that are judged, each on the rows whose label is known."""
    place = pd.Series(np.arange(len(held.numbers)), held.numbers["row"].to_numpy())
    told = {name: traits[TRAIT + name].to_numpy() for name in (INSTANCE, LEGACY) if TRAIT + name in traits}
    asked = Asked(held.used, held.used_names, held.numbers["client"].to_numpy(), told)
    scorers = {}
    for output in points:
        own = predictions[predictions["output"] == output]
        scorers[output] = (place[own["row"]].to_numpy(), own["label"].to_numpy(), held.scorers[output])
    return encoding_report(asked, scorers, SEED)
