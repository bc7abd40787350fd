"""Recorded levels as labels: enough of each, as segments, and which features are known at all."""

from collections.abc import Sequence

import numpy as np

from configs.errors import DataError
from features.catalogue.specs import FeatureSpec
from models.segments.eligibility import EligibilityRules, assess
from models.segments.scheme import Scheme
from training.rows.records import NO_LEVEL
from training.rows.splits import Holdout, require_positives


def require_levels(scheme: Scheme, levels: np.ndarray, split: Holdout, least: int) -> None:
    """Raises DataError when a level never occurs, or when a threshold has fewer than `least` rows on a side."""
    for place, axis in enumerate(scheme.axes):
        train = levels[split.train, place]
        absent = [one.id for step, one in enumerate(axis.levels) if not (train == step).any()]
        if absent:
            raise DataError(
                f"Axis {axis.id}, training: the level {' and '.join(absent)} of scheme {scheme.id} never occurs in "
                f"{int((train != NO_LEVEL).sum())} rows. Ingest more records, or train a scheme without it."
            )
        for part, mask in (("training", split.train), ("hold-out", split.test)):
            known = levels[mask, place][levels[mask, place] != NO_LEVEL]
            for step, level in enumerate(axis.levels[1:], start=1):
                what = f"Axis {axis.id}, {part}, level {level.id} or above"
                require_positives((known >= step).astype(np.int8), least, what)


def segment_labels(scheme: Scheme, levels: np.ndarray) -> np.ndarray:
    """Segment id of each row; "" where an axis was not recorded."""
    found = np.full(len(levels), "", dtype=object)
    for row in np.flatnonzero((levels != NO_LEVEL).all(axis=1)):
        pairs = zip(scheme.axes, levels[row], strict=True)
        found[row] = scheme.segment_of({axis.id: axis.level_ids[level] for axis, level in pairs})
    return found


def split_known(rows: np.ndarray, names: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(names of columns with a known value, names of those without any): nothing can be learned from the latter."""
    known = ~np.isnan(rows).all(axis=0)
    return (
        tuple(name for name, has in zip(names, known, strict=True) if has),
        tuple(name for name, has in zip(names, known, strict=True) if not has),
    )


def unseen_families(specs: Sequence[FeatureSpec], unknown: Sequence[str]) -> tuple[str, ...]:
    """Families that have no column left."""
    left = {spec.family for spec in specs if spec.name not in unknown}
    return tuple(sorted({spec.family for spec in specs} - left))


def unknown_said(unknown: Sequence[str]) -> str:
    """What the command prints of columns without a known value."""
    named = ", ".join(unknown[:8]) + (f" and {len(unknown) - 8} more" if len(unknown) > 8 else "")
    return f"Left out, because no training row knows them: {named}."


def pass_the_gate(rules: EligibilityRules, frame: np.ndarray, names: Sequence[str]) -> np.ndarray:
    """True for whole rows that the eligibility gate lets through, by the very rules that answers are held to."""
    wanted = [name for name in dict.fromkeys(rules.features()) if name in names]
    values = frame[:, [list(names).index(name) for name in wanted]].astype(np.float64)
    rows = (dict(zip(wanted, row, strict=True)) for row in values.tolist())
    return np.array([assess(rules, row).status == "answered" for row in rows], dtype=bool)
