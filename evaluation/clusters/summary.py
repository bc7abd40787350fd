"""What the clusters say, as one plain dict: sizes, the segments proposed in each, and how its clients differ."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from evaluation.held_out.contingency import adjusted_rand, counted, hidden
from evaluation.held_out.groups import SMALLEST_CELL
from models.segments.segmentation import SegmentationModel

PROFILE = 6
"""Families told of each cluster."""
CLEAR, STRONG = 0.3, 0.8
"""Differences in standard deviations that are worth a word, and a strong one (after Cohen 1988: small, large)."""
KNOWN = 0.2
"""Difference in the share of clients of whom something is known that is worth a word."""
WORDS: Mapping[str, Mapping[str, str]] = {
    "much_higher": {
        "fi": "arvo on selvästi suurempi kuin muilla",
        "sv": "värdet är klart högre än hos andra",
        "en": "the value is clearly higher than others'",
    },
    "higher": {
        "fi": "arvo on suurempi kuin muilla",
        "sv": "värdet är högre än hos andra",
        "en": "the value is higher than others'",
    },
    "lower": {
        "fi": "arvo on pienempi kuin muilla",
        "sv": "värdet är lägre än hos andra",
        "en": "the value is lower than others'",
    },
    "much_lower": {
        "fi": "arvo on selvästi pienempi kuin muilla",
        "sv": "värdet är klart lägre än hos andra",
        "en": "the value is clearly lower than others'",
    },
    "more_known": {
        "fi": "tieto on useammin kuin muilla",
        "sv": "uppgiften finns oftare än hos andra",
        "en": "known more often than of others",
    },
    "less_known": {
        "fi": "tieto puuttuu useammin kuin muilta",
        "sv": "uppgiften saknas oftare än hos andra",
        "en": "known less often than of others",
    },
}


@dataclass(frozen=True)
class Asked:
    """Eligible clients: the features that the model sees, the cluster of each, and its segment probabilities."""

    used: np.ndarray
    clusters: np.ndarray
    shares: np.ndarray
    model: SegmentationModel
    described_from: float
    explained: float

    @property
    def proposed(self) -> np.ndarray:
        """Number of the proposed segment of each client."""
        return np.asarray(self.shares.argmax(axis=1))


def summarise(asked: Asked) -> dict[str, Any]:
    """JSON-ready.  Counts 1-4 are hidden, and what would give them away."""
    segments = asked.model.scheme.segments
    number = int(asked.clusters.max()) + 1
    counts = counted(asked.clusters, asked.proposed, (number, len(segments)))
    covered = hidden(counts)
    clusters = [_cluster(asked, place, counts[place], covered[place]) for place in range(number)]
    return {
        "clients": len(asked.used),
        "variance_kept": asked.explained,
        "described_from": asked.described_from,
        "adjusted_rand": adjusted_rand(asked.clusters, asked.proposed),
        "segments": [{"id": one.id, "name": one.name.as_text()} for one in segments],
        "clusters": [one for one in clusters if one["clients"] >= SMALLEST_CELL],
        "undescribed": [one["id"] for one in clusters if one["clients"] >= SMALLEST_CELL and not one["described"]],
    }


def _cluster(asked: Asked, place: int, counts: np.ndarray, covered: np.ndarray) -> dict[str, Any]:
    own = asked.clusters == place
    total, top = int(counts.sum()), int(counts.argmax())
    shown = [None if hide else int(count) for count, hide in zip(counts, covered, strict=True)]
    return {
        "id": chr(ord("A") + place),
        "clients": total,
        "share": total / len(asked.used),
        "counts": shown,
        "most_proposed": {
            "segment": asked.model.scheme.segments[top].id,
            "share": None if covered[top] else counts[top] / total,
        },
        "described": bool(counts[top] >= asked.described_from * total),
        "profile": list(profile(asked, own)) if SMALLEST_CELL <= total <= len(asked.used) - SMALLEST_CELL else [],
    }


def profile(asked: Asked, own: np.ndarray) -> Iterator[dict[str, Any]]:
    """The families that set a cluster apart, heaviest first: its weightiest feature, or how often it is known."""
    specs, catalogue = asked.model.parts.explainer.specs, asked.model.catalogue
    apart = differences(asked.used, own)
    known = (~np.isnan(asked.used[own])).mean(axis=0) - (~np.isnan(asked.used[~own])).mean(axis=0)
    best: dict[str, tuple[float, str, float]] = {}
    for place, spec in enumerate(specs):
        for size, word, value in _told(float(apart[place]), float(known[place])):
            if size > best.get(spec.family, (0.0, "", 0.0))[0]:
                best[spec.family] = (size, word, value)
    for family, (_, word, value) in sorted(best.items(), key=lambda pair: -pair[1][0])[:PROFILE]:
        name = catalogue.families[family].name.as_text()
        yield {"family": family, "name": name, "difference": value, "kind": word, "says": dict(WORDS[word])}


def differences(used: np.ndarray, own: np.ndarray) -> np.ndarray:
    """Per feature: mean of the cluster's known values minus the others', in standard deviations of all; 0 = alike."""
    counts = (~np.isnan(used)).sum(axis=0)
    known = np.minimum((~np.isnan(used[own])).sum(axis=0), (~np.isnan(used[~own])).sum(axis=0)) >= SMALLEST_CELL
    values = np.nan_to_num(used.astype(np.float64))
    spread = np.sqrt(np.maximum((values**2).sum(axis=0) / np.maximum(counts, 1) - _mean(used) ** 2, 0))
    apart = _mean(used[own]) - _mean(used[~own])
    return np.where(known & (spread > 0), apart / np.where(spread > 0, spread, 1.0), 0.0)


def _mean(rows: np.ndarray) -> np.ndarray:
    counts = np.maximum((~np.isnan(rows)).sum(axis=0), 1)
    return np.asarray(np.nan_to_num(rows.astype(np.float64)).sum(axis=0) / counts)


def _told(apart: float, known: float) -> Iterator[tuple[float, str, float]]:
    """(weight, word, value) of what is worth saying of one feature."""
    if abs(apart) >= CLEAR:
        strength = "much_" if abs(apart) >= STRONG else ""
        yield abs(apart), f"{strength}{'higher' if apart > 0 else 'lower'}", apart
    if abs(known) >= KNOWN:
        # A share of 0 to 1 beside standard deviations: doubled, so that half of the clients weighs like a large one.
        yield 2 * abs(known), "more_known" if known > 0 else "less_known", known
