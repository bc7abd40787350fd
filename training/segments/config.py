"""configs/segmentation.yaml as the training of a scheme reads it."""

from collections.abc import Mapping
from datetime import date
from typing import Literal

from pydantic import Field, model_validator

from configs.errors import ConfigError
from configs.loader import StrictConfig, nearest
from models.owners import Owners
from models.segments.conformal import DEFAULT_COVERAGE
from models.segments.scheme import Scheme
from training.fitting import FitSettings, Served
from training.publishing.leak_alarm import LeakAlarm
from training.rows.decision_labels import Source


class SegmentationFit(FitSettings):
    """How the axes are fitted; records may be weighted, because they exist for few and biased clients."""

    weights: Literal["none", "inverse_probability"] = "none"
    """`inverse_probability`: a record counts the more, the less likely its client was to get one."""
    weight_limits: tuple[float, float] = (0.2, 5.0)
    """Least and greatest weight, the mean being 1: one rare kind of client must not rule."""
    weight_sample: int = Field(default=4000, ge=100)
    """Rows of eligible clients without a record that the records are compared with."""

    @model_validator(mode="after")
    def _limits_hold_one(self) -> "SegmentationFit":
        low, high = self.weight_limits
        if not 0 < low <= 1 <= high:
            raise ValueError(f"weight_limits must hold 1, e.g. [0.2, 5.0]; found [{low:g}, {high:g}]")
        return self


class SetSettings(StrictConfig):
    """How segment sets are made."""

    coverage: float = Field(default=DEFAULT_COVERAGE, gt=0.5, lt=1)
    """Share of clients whose segment the set is made to hold."""
    smallest: int = Field(default=30, ge=1)
    """A segment with fewer held-out rows takes the limit of all segments together."""


class Comparisons(StrictConfig):
    """What is measured beside the served model, and how finely.  None of it is served."""

    boosting_machine: bool = True
    """Fit an explainable boosting machine too, where interpret-core is installed."""
    bags: int = Field(default=2, ge=1, le=32)
    """Its outer bags: more are steadier and slower."""
    on_folds: bool = False
    """Fit it on every fold as well (its out-of-fold loss; six times as slow)."""
    rows: int = Field(default=50_000, ge=100)
    """Comparison models learn from at most this many training rows."""
    repeats: int = Field(default=200, ge=20, le=5000)
    """Bootstrap draws of clients behind each interval."""


class SegmentationConfig(StrictConfig):
    """configs/segmentation.yaml."""

    var: str
    histories: str
    scheme: str
    eligibility: str
    sentences: str
    changeable: str | None = None
    """What a counterfactual may change; without it no answer says what would change it."""
    concepts: str | None = None
    """Which families are one reason; without it every family is."""
    traits: str = "configs/traits.yaml"
    """By what people are compared when the model is judged."""
    without_families: tuple[str, ...] = ()
    """Families that the axes may not see (protected traits, traces of the recording instance)."""
    train_from: date | None = None
    """Records before this date are not learned from: a known break in supply, demand or recording."""
    decisions: Source = "none"
    """Which decisions of professionals are labels too; `own_view_first` never learns an accepted proposal alone."""
    holdout_share: float = Field(default=0.25, gt=0, lt=1)
    minimum_positives: int = Field(default=40, ge=2)
    leak_alarm: LeakAlarm = LeakAlarm()
    served: Mapping[str, Served] = {}
    """Per axis, where it differs from `fit.served`."""
    sets: SetSettings = SetSettings()
    comparisons: Comparisons = Comparisons()
    fit: SegmentationFit = SegmentationFit()
    owners: Owners | None = None
    """Who answers for the model; without them no version goes live."""

    def fit_of(self, axis: str) -> SegmentationFit:
        """How one axis is fitted."""
        return self.fit.model_copy(update={"served": self.served.get(axis, self.fit.served)})

    def check_axes(self, scheme: Scheme) -> None:
        """Raises ConfigError when `served` names an axis that the scheme has not."""
        axes = [axis.id for axis in scheme.axes]
        for name in self.served:
            if name not in axes:
                guess = nearest(name, axes)
                hint = f"Did you mean `{guess}`?" if guess else f"Its axes: {', '.join(axes)}."
                raise ConfigError(f"served: scheme {scheme.id} has no axis `{name}`. {hint}")
