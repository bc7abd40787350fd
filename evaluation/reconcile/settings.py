"""configs/reconcile.yaml."""

from datetime import date

from pydantic import Field

from configs.loader import StrictConfig
from models.texts import Texts


class Side(StrictConfig):
    """One of the two stores, or an earlier content of one."""

    name: Texts
    var: str
    snapshot: str | None = None
    """SHA-256 of an earlier content; the present one when left out."""
    indicators: str | None = None
    """Its own definitions (another county's); those of the comparison when left out."""


class ReconcileConfig(StrictConfig):
    """What `python -m evaluation.reconcile` reads."""

    indicators: str
    """The definitions."""
    old: Side
    new: Side
    as_of: date | None = None
    """The same date for both; the earlier of the two stores' ends when left out."""
    tolerance: float = Field(default=0.0, ge=0)
    """Relative difference up to which two values are called the same."""
    completeness: float = Field(default=0.02, gt=0)
    """A difference of completeness larger than this is the reason."""
    volume: float = Field(default=0.05, gt=0)
    """A relative difference of n larger than this is the reason."""
