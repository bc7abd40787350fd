"""Segment sets of the model to be: limits from held-out training rows, measured on the hold-out beside a baseline."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from evaluation.held_out.sets import SetFigures, coverage_by_group
from models.segments.conformal import ConformalSets
from training.segments.config import SetSettings


@dataclass(frozen=True)
class Measured:
    """Sets on the hold-out: figures of the served ones, of the baseline's and of unconditional ones, and by group."""

    served: SetFigures
    baseline: SetFigures
    unconditional: SetFigures
    by_group: Mapping[str, Any]
    sets: ConformalSets

    @property
    def metrics(self) -> dict[str, float]:
        """conformal_* and baseline_conformal_*, the interval of the coverage, and how many groups surely get less."""
        overall = self.by_group["overall"]
        reach = {f"conformal_coverage_{end}": overall[end] for end in ("low", "high") if overall.get(end) is not None}
        short = float(sum(bool(line["flag"]) for line in self.by_group["groups"]))
        told = {**self.served.metrics(), **self.baseline.metrics("baseline_")}
        return {**told, **reach, "conformal_groups_short": short}

    def as_dict(self) -> dict[str, Any]:
        """conformal_report.json."""
        kinds = {"served": self.served, "logistic": self.baseline, "one_limit_for_all": self.unconditional}
        limits = zip(self.sets.segments, self.sets.limits, self.sets.rows, strict=True)
        return {
            "nominal": self.sets.coverage,
            "limits": [{"segment": name, "limit": limit, "rows": rows} for name, limit, rows in limits],
            "figures": {name: vars(figures) for name, figures in kinds.items()},
            **self.by_group,
        }


def fitted_sets(
    shares: np.ndarray, labels: np.ndarray, segments: Sequence[str], settings: SetSettings
) -> ConformalSets:
    """One limit per segment; a segment with too few held-out rows takes the limit of all of them together."""
    own = ConformalSets.fit(shares, labels, segments, settings.coverage)
    pooled = one_limit(shares, labels, segments, settings.coverage).limits[0]
    limits = [limit if rows >= settings.smallest else pooled for limit, rows in zip(own.limits, own.rows, strict=True)]
    return replace(own, limits=tuple(limits))


def one_limit(shares: np.ndarray, labels: np.ndarray, segments: Sequence[str], coverage: float) -> ConformalSets:
    """The same limit for every segment: covers everybody together, a rare segment less often than a common one."""
    place = {segment: number for number, segment in enumerate(segments)}
    own = shares[np.arange(len(labels)), [place[label] for label in labels]]
    # As one class: the limit that a single segment with all these rows would have.
    limit = ConformalSets.fit(own.reshape(-1, 1), ["all"] * len(own), ["all"], coverage).limits[0]
    counts = tuple(int((labels == segment).sum()) for segment in segments)
    return ConformalSets(tuple(segments), (limit,) * len(segments), counts, coverage)


@dataclass(frozen=True)
class HoldOutRows:
    """Hold-out rows whose segment was recorded: its number, whose row it is, and the groups it belongs to."""

    label: np.ndarray
    clients: np.ndarray
    groups: Mapping[str, np.ndarray]


def measured_sets(
    served: tuple[ConformalSets, np.ndarray],
    baseline: tuple[ConformalSets, np.ndarray],
    unconditional: ConformalSets,
    rows: HoldOutRows,
) -> Measured:
    """Each pair holds sets and the hold-out's segment probabilities by the same learner."""
    members = served[0].members(served[1])
    return Measured(
        SetFigures.of(members, rows.label),
        SetFigures.of(baseline[0].members(baseline[1]), rows.label),
        SetFigures.of(unconditional.members(served[1]), rows.label),
        coverage_by_group(members, rows.label, rows.clients, rows.groups),
        served[0],
    )
