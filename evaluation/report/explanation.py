"""What a model looks at, and whether it says so truly: SHAP figures of a sample, computed apart from the serving code.

The served contributions come from LightGBM itself.  Here the `shap` package walks the trees with its own code, so two
programs must agree on every number.
"""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import ModuleType
from typing import Any, Protocol

import numpy as np

from evaluation.held_out.groups import SMALLEST_CELL
from evaluation.metrics import log_odds

Text = Mapping[str, str]
MOST_EXPLAINED_ROWS = 2_000
THIRDS = ("lowest", "middle", "highest")


class Named(Protocol):
    """A column of the feature frame (features.catalogue.specs.FeatureSpec)."""

    @property
    def name(self) -> str: ...

    @property
    def family(self) -> str: ...


@dataclass(frozen=True, eq=False)
class LinearHalf:
    """The linear part of a score: coefficients on standardised values, and its share (1 = no trees)."""

    coefficients: np.ndarray
    intercept: float
    values: np.ndarray
    share: float


@dataclass(frozen=True, eq=False)
class ExplainedOutput:
    """One explained probability with a sample of hold-out rows and what the service would say of them."""

    id: str
    name: Text
    booster: Any | None
    """The raw LightGBM Booster, for shap.TreeExplainer; None = no trees: the line alone, or nothing to check with."""
    slope: float
    intercept: float
    """Served calibration: shown log-odds = intercept + slope * raw score."""
    rows: np.ndarray
    served_base: float | np.ndarray
    served_contributions: np.ndarray
    """Rows x features, log-odds as shown."""
    probabilities: np.ndarray
    line: LinearHalf | None = None
    """The linear part of the score; None = trees alone."""

    @cached_property
    def explanation(self) -> Any:
        """The shap.Explanation of the sample, on the scale that is shown."""
        shap = _shap()
        if not self.can_be_checked:
            served_base = np.broadcast_to(self.served_base, len(self.rows))
            return shap.Explanation(self.served_contributions, served_base, self.rows)
        base, shares = self._blended(*self._trees())
        shown_base = self.intercept + self.slope * base
        return shap.Explanation(self.slope * shares, np.full(len(self.rows), shown_base), self.rows)

    @property
    def can_be_checked(self) -> bool:
        """Whether another program can tell the contributions too."""
        return self.booster is not None or self.line is not None

    def _trees(self) -> tuple[float, np.ndarray]:
        """The trees' base and contributions by shap.TreeExplainer; nothing without trees."""
        if self.booster is None:
            return 0.0, np.zeros(self.served_contributions.shape)
        explainer, read = tree_explainer(self.booster, self.rows)
        values = explainer.shap_values(read, check_additivity=False)
        return float(np.ravel(explainer.expected_value)[-1]), np.asarray(values)

    def _blended(self, tree_base: float, tree_shares: np.ndarray) -> tuple[float, np.ndarray]:
        """The trees' figures with the linear half's, by shap.LinearExplainer against the training mean."""
        if self.line is None:
            return tree_base, tree_shares
        shap, half = _shap(), self.line
        mean = shap.maskers.Independent(np.zeros((1, len(half.coefficients))))
        explainer = shap.LinearExplainer((half.coefficients, half.intercept), mean)
        shares = np.asarray(explainer.shap_values(half.values))
        base = (1 - half.share) * tree_base + half.share * float(np.ravel(explainer.expected_value)[0])
        return base, (1 - half.share) * tree_shares + half.share * shares

    @property
    def additivity_max_error(self) -> float:
        """Greatest |base + sum of contributions - log-odds of the probability shown|.  0 = they add up exactly."""
        total = self.served_base + self.served_contributions.sum(axis=1)
        return float(np.max(np.abs(total - log_odds(self.probabilities)), initial=0.0))

    @property
    def agreement_max_difference(self) -> float | None:
        """Greatest difference of one served contribution (or base) from shap's.  0 = the same number everywhere."""
        if not self.can_be_checked:
            return None
        shares = np.max(np.abs(self.explanation.values - self.served_contributions), initial=0.0)
        bases = np.max(np.abs(self.explanation.base_values - self.served_base), initial=0.0)
        return float(max(shares, bases))


def tree_explainer(booster: Any, rows: np.ndarray) -> tuple[Any, np.ndarray]:
    """(shap.TreeExplainer that walks LightGBM's trees with its own code, `rows` as LightGBM reads them)."""
    explainer = _shap().TreeExplainer(booster)
    # TreeExplainer would ask LightGBM for LightGBM's own numbers; "internal" makes it walk the trees itself.
    explainer.model.model_type = "internal"
    return explainer, _as_read(booster, rows)


def importance(output: ExplainedOutput, specs: Sequence[Named]) -> list[dict[str, Any]]:
    """Mean |contribution| per family with its share of all, largest first.  Unit: log-odds."""
    names, summed = by_family(output.explanation.values, specs)
    mean = np.abs(summed).mean(axis=0)
    error = np.abs(summed).std(axis=0) / np.sqrt(max(len(summed), 1))
    whole = mean.sum() or 1.0
    order = np.argsort(-mean, kind="stable")
    return [
        {"family": names[i], "mean": float(mean[i]), "standard_error": float(error[i]), "share": float(mean[i] / whole)}
        for i in order
    ]


def direction(output: ExplainedOutput, specs: Sequence[Named], families: Sequence[str]) -> list[dict[str, Any]]:
    """For each family, its weightiest feature: mean contribution among low, middle and high values, and unknown ones.

    A share of the rows smaller than the smallest cell is left out (None).
    """
    return [_direction(output, specs, family) for family in families]


def profiles(output: ExplainedOutput, specs: Sequence[Named], most: int = 5) -> list[dict[str, Any]]:
    """What speaks for and against in the lowest, middle and highest third of the probabilities: means of many clients.

    Thirds with fewer rows than the smallest cell are left out.
    """
    names, summed = by_family(output.explanation.values, specs)
    found = []
    for third, rows in zip(THIRDS, np.array_split(np.argsort(output.probabilities, kind="stable"), 3), strict=True):
        if len(rows) < SMALLEST_CELL:
            continue
        mean = summed[rows].mean(axis=0)
        order = np.argsort(-np.abs(mean), kind="stable")[:most]
        reasons = [{"family": names[i], "mean": float(mean[i])} for i in order if mean[i] != 0]
        p = output.probabilities[rows]
        found.append({"third": third, "rows": len(rows), "probability": float(p.mean()), "reasons": reasons})
    return found


def by_family(values: np.ndarray, specs: Sequence[Named]) -> tuple[list[str], np.ndarray]:
    """(families, rows x families): the contributions of each family's features added up."""
    names = list(dict.fromkeys(spec.family for spec in specs))
    place = {name: number for number, name in enumerate(names)}
    summed = np.zeros((len(values), len(names)))
    for column, spec in enumerate(specs):
        summed[:, place[spec.family]] += values[:, column]
    return names, summed


def _direction(output: ExplainedOutput, specs: Sequence[Named], family: str) -> dict[str, Any]:
    values = output.explanation.values
    columns = [column for column, spec in enumerate(specs) if spec.family == family]
    column = max(columns, key=lambda number: float(np.abs(values[:, number]).mean()))
    x, shares = output.rows[:, column], values[:, column]
    known = ~np.isnan(x)
    low, high = np.quantile(x[known], [1 / 3, 2 / 3]) if known.any() else (np.nan, np.nan)
    # Many features are mostly 0: then "low" is 0 itself and "high" is what is above.
    parts = {"low": known & (x <= low), "middle": known & (x > low) & (x <= high), "high": known & (x > high)}
    means = {name: _mean(shares[rows]) for name, rows in {**parts, "unknown": ~known}.items()}
    return {"family": family, "feature": specs[column].name, "rises": _rises(x[known], shares[known]), **means}


def _rises(x: np.ndarray, shares: np.ndarray) -> float | None:
    """Rank correlation of value and contribution: 1 = the more the higher, -1 = the more the lower."""
    if x.size < SMALLEST_CELL or np.ptp(x) == 0 or np.ptp(shares) == 0:
        return None
    first, second = (np.unique(values, return_inverse=True)[1].astype(float) for values in (x, shares))
    return float(np.corrcoef(first, second)[0, 1])


def _mean(shares: np.ndarray) -> float | None:
    return float(shares.mean()) if shares.size >= SMALLEST_CELL else None


def _as_read(booster: Any, rows: np.ndarray) -> np.ndarray:
    """Rows as LightGBM reads them: an unknown value of a feature that had none in training counts as 0."""
    read = rows.astype(np.float64)
    for column in _never_missing(booster):
        read[np.isnan(read[:, column]), column] = 0.0
    return read


def _never_missing(booster: Any) -> set[int]:
    found: set[int] = set()
    waiting = [tree["tree_structure"] for tree in booster.dump_model()["tree_info"]]
    while waiting:
        node = waiting.pop()
        if "split_feature" in node:
            waiting += [node["left_child"], node["right_child"]]
            if node["missing_type"] == "None":
                found.add(int(node["split_feature"]))
    return found


def _shap() -> ModuleType:
    """The shap package; its plotting half warns on import about matplotlib, which is not used here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import shap

    return shap
