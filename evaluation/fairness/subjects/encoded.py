"""Does the model tell where somebody's records come from?  An adversary guesses the recording instance or the former
organisation from the score and from the features, and the features that tell it most are shuffled (ablation).

Past use reflects supply and recording habits.  A score that tells the instance *at the same outcome* treats the habit
of a system as if it were need.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from evaluation.metrics import auroc, log_odds
from evaluation.metrics.calibration import fitted_logistic

FORMAT = 1
FEWEST = 100
"""Clients of a class, and of the others, below which no adversary is asked."""
MOST_ROWS = 4000
TELLING = 10
"""How many features the ablation shuffles."""
RIDGE = 1.0
Scorer = Callable[[np.ndarray], np.ndarray]
"""rows of the learners' columns -> probabilities."""


@dataclass(frozen=True)
class Adversary:
    """How well one class is told from the others; 0.5 = not at all, 1 = wholly (direction does not matter)."""

    output: str
    trait: str
    group: str
    from_score: float
    """By the score alone."""
    from_score_at_same_outcome: float
    """By the score among rows with the outcome and among those without: what need does not explain."""
    from_features: float
    """By all features that the model sees, on clients that the adversary did not learn from."""


@dataclass(frozen=True)
class Ablation:
    """What is left when the features that tell a trait most are shuffled among clients."""

    output: str
    trait: str
    features: tuple[str, ...]
    auroc_change: float
    """AUROC after - before; near 0 = the model does not need what tells the instance."""
    gap_before: float
    gap_after: float
    """Largest difference of mean log-odds between classes at the same outcome."""


@dataclass(frozen=True, eq=False)
class Asked:
    """The hold-out as the model sees it."""

    used: np.ndarray
    names: Sequence[str]
    client: np.ndarray
    traits: Mapping[str, np.ndarray]
    """trait -> class of each row."""


def encoding_report(
    asked: Asked, scorers: Mapping[str, tuple[np.ndarray, np.ndarray, Scorer]], seed: int
) -> dict[str, Any]:
    """encoding.json.  `scorers`: output -> (which rows of `asked` it has, their label, scorer)."""
    adversaries, ablations = [], []
    for output, (rows, label, score) in scorers.items():
        rows, label = _some(rows, label, seed)
        p = score(asked.used[rows])
        for trait, values in asked.traits.items():
            own = values[rows]
            for group in _classes(own, asked.client[rows]):
                adversaries.append(_adversary(output, trait, group, own == group, asked, rows, label, p, seed))
            if len(_classes(own, asked.client[rows])) > 1:
                ablations.append(_ablation(output, trait, own, asked, rows, label, p, score, seed))
    return {
        "format": FORMAT,
        "adversaries": [asdict(one) for one in adversaries],
        "ablations": [{**asdict(one), "features": list(one.features)} for one in ablations],
    }


def encoding_metrics(report: Mapping[str, Any]) -> dict[str, float]:
    """The strongest adversaries of a run: by score at the same outcome, and by features."""
    found = report["adversaries"]
    return {
        "encoding_max_from_score": max((one["from_score_at_same_outcome"] for one in found), default=0.5),
        "encoding_max_from_features": max((one["from_features"] for one in found), default=0.5),
    }


def told_apart(mask: np.ndarray, score: np.ndarray) -> float:
    """AUROC of a class by a score, whichever way it points; 0.5 when a class is absent."""
    area = auroc(mask.astype(int), score)
    return max(area, 1 - area) if np.isfinite(area) else 0.5


def at_same_outcome(mask: np.ndarray, score: np.ndarray, label: np.ndarray) -> float:
    """The same within rows with the outcome and within rows without it; one direction for both."""
    areas = [
        (auroc(mask[label == kind].astype(int), score[label == kind]), int((label == kind).sum())) for kind in (0, 1)
    ]
    known = [(area, rows) for area, rows in areas if np.isfinite(area)]
    if not known:
        return 0.5
    mean = float(np.average([area for area, _ in known], weights=[rows for _, rows in known]))
    return max(mean, 1 - mean)


def cross_fitted(mask: np.ndarray, features: np.ndarray, client: np.ndarray, seed: int) -> np.ndarray:
    """Log-odds of a class by ridge logistic regression on the features, each half of the clients by the other half."""
    people, place = np.unique(client, return_inverse=True)
    half = (np.random.default_rng(seed).permutation(people.size) % 2)[place]
    design = standardised(features)
    score = np.zeros(len(mask))
    for fold in (0, 1):
        learn = half != fold
        score[~learn] = design[~learn] @ fitted_logistic(design[learn], mask[learn].astype(float), RIDGE)
    return score


def standardised(features: np.ndarray) -> np.ndarray:
    """Columns with mean 0 and spread 1, unknown = mean, beside each whether it is unknown, and a column of ones."""
    unknown = np.isnan(features)
    filled = np.where(unknown, np.nanmean(np.where(unknown.all(axis=0), 0.0, features), axis=0), features)
    both = np.concatenate([filled, unknown.astype(float)], axis=1)
    spread = both.std(axis=0)
    kept = both[:, spread > 0]
    return np.column_stack([np.ones(len(both)), (kept - kept.mean(axis=0)) / kept.std(axis=0)])


def telling(values: np.ndarray, asked: Asked, rows: np.ndarray) -> list[int]:
    """The columns that tell the classes apart best by their value or by being unknown, best first."""
    strength = strengths(values, asked.used[rows], list(np.unique(values)))
    return [int(place) for place in np.argsort(strength)[::-1][:TELLING]]


def strengths(values: np.ndarray, columns: np.ndarray, classes: Sequence[str]) -> np.ndarray:
    """Per column how well it tells one of the classes, by its value or by being unknown; 0.5 = not at all."""
    found = []
    for column in columns.T:
        known = ~np.isnan(column)
        by_value = [told_apart(values[known] == one, column[known]) for one in classes] if known.any() else [0.5]
        found.append(max([0.5, *by_value, *(told_apart(values == one, known.astype(float)) for one in classes)]))
    return np.array(found)


def largest_gap(values: np.ndarray, label: np.ndarray, p: np.ndarray) -> float:
    """Largest difference of mean log-odds between two classes, among rows of the same outcome."""
    score, gaps = log_odds(p), []
    for kind in (0, 1):
        rows = label == kind
        means = [score[rows & (values == one)].mean() for one in np.unique(values[rows])]
        gaps.append(float(np.ptp(means)) if means else 0.0)
    return max(gaps)


def _adversary(
    output: str, trait: str, group: str, mask: np.ndarray, asked: Asked, rows: np.ndarray, label: np.ndarray,
    p: np.ndarray, seed: int,
) -> Adversary:  # fmt: skip
    guess = cross_fitted(mask, asked.used[rows], asked.client[rows], seed)
    return Adversary(
        output, trait, group, told_apart(mask, p), at_same_outcome(mask, p, label), told_apart(mask, guess)
    )


def _ablation(
    output: str, trait: str, values: np.ndarray, asked: Asked, rows: np.ndarray, label: np.ndarray, p: np.ndarray,
    score: Scorer, seed: int,
) -> Ablation:  # fmt: skip
    columns = telling(values, asked, rows)
    mixed = asked.used[rows].copy()
    order = np.random.default_rng(seed).permutation(len(rows))
    mixed[:, columns] = mixed[order][:, columns]
    after = score(mixed)
    return Ablation(
        output=output,
        trait=trait,
        features=tuple(asked.names[place] for place in columns),
        auroc_change=float(np.nan_to_num(auroc(label, after) - auroc(label, p))),
        gap_before=largest_gap(values, label, p),
        gap_after=largest_gap(values, label, after),
    )


def _classes(values: np.ndarray, client: np.ndarray) -> list[str]:
    """Classes with enough clients, and enough others."""
    people = np.unique(client).size
    counts = {str(one): np.unique(client[values == one]).size for one in np.unique(values)}
    return [one for one, count in counts.items() if min(count, people - count) >= FEWEST]


def _some(rows: np.ndarray, label: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    if len(rows) <= MOST_ROWS:
        return rows, label
    kept = np.sort(np.random.default_rng(seed).choice(len(rows), MOST_ROWS, replace=False))
    return rows[kept], label[kept]
