"""What a source of labels does to the model: the same held-out records, fitted with and without the source.

The hold-out is that of recorded segmentations alone, which no proposal of the model has touched.  `apparent` is what a
training with that source would tell of itself, its own decisions in the hold-out; where proposals were accepted, the
model agrees with itself there.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from configs.errors import DataError
from evaluation.metrics import accuracy, bootstrap, kappa
from features.histories import build
from models.segments.segmentation import combine
from training.feedback.label_changes import new_labels
from training.rows.decision_labels import DecisionLabels, Source, with_decisions
from training.rows.records import Records
from training.rows.splits import Holdout, among, temporal_client_holdout
from training.segmentation import Given, fitted_axes, learn_on
from training.segments.axes import FittedAxis, Learned

SMALLEST_P = 1e-6
LEAST = 20
"""Held-out rows below which nothing is told."""


@dataclass(frozen=True)
class Asked:
    """The held-out rows as one model sees them."""

    label: np.ndarray
    client: np.ndarray
    shares: np.ndarray
    """rows x segments."""
    names: np.ndarray

    @property
    def proposed(self) -> np.ndarray:
        return np.asarray(self.names[self.shares.argmax(axis=1)])

    def figures(self, rows: np.ndarray) -> dict[str, float]:
        """Accuracy, kappa and log loss of some of the rows."""
        label, proposed = self.label[rows], self.proposed[rows]
        place = np.searchsorted(self.names, label, sorter=np.argsort(self.names))
        own = self.shares[rows, np.argsort(self.names)[place]]
        loss = float(-np.log(np.maximum(own, SMALLEST_P)).mean())
        return {"accuracy": accuracy(label, proposed), "kappa": kappa(label, proposed), "log_loss": loss}


def effects(
    given: Given, records: Records, labels: Sequence[tuple[Source, DecisionLabels]], repeats: int, seed: int
) -> list[dict[str, Any]]:
    """Per source: rows added to training, figures on the held-out records, paired differences from no decisions.

    The first line is `none`.  A source whose training is refused says why.
    """
    config = given.config
    cut = temporal_client_holdout(records.as_of, records.clients, config.holdout_share, config.train_from)
    held = _keys(records)[cut.test]
    base = _asked_of(given, records, cut, None)
    found = [_line("none", base, 0, None, repeats, seed)]
    for source, own in labels:
        both = with_decisions(records, own, given.scheme)
        split = _same_cut(both, cut, held, records)
        added = int(split.train.sum() - cut.train.sum())
        try:
            model = _asked_of(given, both, split, new_labels(records, own))
        except DataError as error:
            found.append({"source": source, "refused": str(error)})
            continue
        found.append(_line(source, model, added, base[0], repeats, seed))
    return found


def _asked_of(given: Given, records: Records, split: Holdout, added: pd.DataFrame | None) -> tuple[Asked, Asked]:
    """(the held-out records, the same and the source's own later labels), asked of a model fitted on the split."""
    learned, _ = learn_on(given, records, split)
    axes = fitted_axes(given, learned)
    test = learned.split.test & learned.whole
    alone = _asked(given, axes, learned.used[test], learned.segments[test], learned.records.clients[test])
    later = None if added is None else _later(given, learned, axes, added, split)
    return alone, alone if later is None else _joined(alone, later)


def _later(
    given: Given, learned: Learned, axes: Sequence[FittedAxis], added: pd.DataFrame, split: Holdout
) -> Asked | None:
    """The source's labels from the first held-out day on, of clients that the training has not seen."""
    new = (added["day"].to_numpy() >= split.first_test) & ~among(
        added["client_id"].to_numpy(object), learned.records.clients[split.train]
    )
    rows = added[new].reset_index(drop=True)
    if rows.empty:
        return None
    built = build(given.snapshot, rows[["client_id", "as_of"]], learned.parts.catalogue, learned.parts.vocabulary)
    used = learned.parts.used_columns(built.frame.to_numpy(np.float32))
    return _asked(given, axes, used, rows["segment"].to_numpy(object), rows["client_id"].to_numpy(object))


def _asked(given: Given, axes: Sequence[FittedAxis], used: np.ndarray, label: np.ndarray, client: np.ndarray) -> Asked:
    shares = combine(given.scheme, [axis.served.level_probabilities(used) for axis in axes])
    names = np.array([segment.id for segment in given.scheme.segments])
    return Asked(label.astype(str), client, shares, names)


def _joined(one: Asked, other: Asked) -> Asked:
    label, client = np.concatenate([one.label, other.label]), np.concatenate([one.client, other.client])
    return Asked(label, client, np.vstack([one.shares, other.shares]), one.names)


def _line(
    source: Source, model: tuple[Asked, Asked], added: int, base: Asked | None, repeats: int, seed: int
) -> dict[str, Any]:
    alone, apparent = model
    rows = np.arange(len(alone.label))
    told: dict[str, Any] = {"source": source, "added_in_training": added if added == 0 or added >= 5 else None}
    told |= {"held_out": len(rows), "figures": None, "apparent": None, "differences": {}}
    if len(rows) < LEAST:
        return told
    told["figures"] = _finite(alone.figures(rows))
    told["apparent"] = {**_finite(apparent.figures(np.arange(len(apparent.label)))), "rows": len(apparent.label)}
    if base is not None:
        told["differences"] = {name: _paired(alone, base, name, repeats, seed) for name in told["figures"]}
    return told


def _paired(one: Asked, base: Asked, name: str, repeats: int, seed: int) -> dict[str, float | None]:
    """The figure with the source minus without it, clients drawn anew for both at once."""
    difference: Callable[[np.ndarray], float] = lambda rows: one.figures(rows)[name] - base.figures(rows)[name]  # noqa: E731
    clients, _ = pd.factorize(one.client)
    found = bootstrap(clients, difference, repeats, seed)
    value = difference(np.arange(len(one.label)))
    return {"value": value, "low": found.low if found else None, "high": found.high if found else None}


def _finite(figures: dict[str, float]) -> dict[str, float | None]:
    return {name: value if np.isfinite(value) else None for name, value in figures.items()}


def _keys(records: Records) -> np.ndarray:
    pairs = zip(records.clients, records.as_of.astype(str), strict=True)
    return np.array([f"{client}|{day}" for client, day in pairs], object)


def _same_cut(records: Records, cut: Holdout, held: np.ndarray, recorded: Records) -> Holdout:
    """The records' own hold-out, with the added rows of other clients before it in training."""
    keys = pd.Series(_keys(records))
    learned = keys.isin(_keys(recorded)[cut.train]).to_numpy()
    new = ~keys.isin(_keys(recorded)).to_numpy()
    others = ~among(records.clients, recorded.clients[cut.test])
    early = records.as_of < cut.first_test
    return Holdout(learned | (new & others & early), keys.isin(held).to_numpy(), cut.first_test)
