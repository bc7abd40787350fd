"""The facts a verdict rests on, and the verdict.  None everywhere = nobody knows: it is never taken for good."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from models.oversight.impact import Impact

Outcome = Literal["may_be_used", "with_conditions", "cannot_tell", "not_to_be_used"]
Kind = Literal["client", "planning"]
"""A model about a client (segment, need), or one of sums (demand, service chain)."""
STOP, UNKNOWN, CARE, NOTE = 4, 3, 2, 1


@dataclass(frozen=True)
class Point:
    """One weak point.  `weight`: STOP, UNKNOWN (a needed fact is missing), CARE or NOTE."""

    weight: int
    code: str
    values: Mapping[str, Any] = field(default_factory=dict)
    """What the sentence of `code` is filled with: numbers, days, names."""
    about: Mapping[str, str] | None = None
    """The name of the estimate it concerns, where a model gives several."""
    size: float = 0.0
    """How far over the line, to order points of one weight."""


@dataclass(frozen=True)
class Promotion:
    """How the live version came to be live, as the promotion ledger says."""

    act: str
    at: str
    who: str
    why: str
    version: str
    bundle_sha256: str
    checks: tuple[Mapping[str, Any], ...]
    metrics: Mapping[str, float]
    gates_passed_earlier: bool = False
    """A roll-back has no checks of its own: the version had passed when it was promoted first."""
    waivers: tuple[Mapping[str, str], ...] = ()
    """The signed waivers that the version was let through with: rule, who, why, until."""


@dataclass(frozen=True)
class Stopped:
    """Somebody stopped the model by hand."""

    at: str
    who: str
    reason: str


@dataclass(frozen=True)
class DataQuality:
    """What the published report of the registers says."""

    undeclared_changes: int
    """Breaks in a register that nobody explained."""
    families_off: int
    """Groups of features that are not used because their records are too incomplete."""


@dataclass(frozen=True)
class ModelFacts:
    """Everything that is known of one served model."""

    kind: Kind
    version: str
    bundle_sha256: str
    promotion: Promotion | None
    ledger_intact: bool | None
    log_intact: bool | None
    """The audit log's chain; None = not verified yet."""
    outputs: Sequence[Mapping[str, Any]] | None
    """`outputs` of the published audit report; None = no such report."""
    days_old: int | None
    """From the end of the training data to today."""
    quality: DataQuality | None
    stopped: Stopped | None = None
    today: date | None = None
    """The day on which the verdict is asked, by the system's clock; a waiver ends by it."""
    impact: Impact | None = None
    """The people-impact assessment; None = nobody looked for one, which counts as none."""


@dataclass(frozen=True)
class Verdict:
    """The outcome, its three weakest points (heaviest first) and who answers for the model being live."""

    outcome: Outcome
    weakest: tuple[Point, ...]
    points: int
    """How many points there are in all."""
    signed_by: str | None
    signed_at: str | None
    reason: str | None
