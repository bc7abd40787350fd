"""The kernel: tables of some clients and their prediction dates in, one float32 row per (client, as_of) out."""

from features.kernel.build import build_features
from features.kernel.plan import plan_of

__all__ = ["build_features", "plan_of"]
