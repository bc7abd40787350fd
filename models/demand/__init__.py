"""Demand forecasts: members, combination, coherent sums, intervals, and the bundle that the service reads."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from models.demand.model import DemandModel

__all__ = ["DemandModel"]


def __getattr__(name: str) -> Any:
    """The model's class when it is asked for: LightGBM and its friends take seconds to load."""
    if name == "DemandModel":
        from models.demand.model import DemandModel

        return DemandModel
    raise AttributeError(name)
