"""Demand forecasts: members, combination, coherent sums, intervals, and the bundle that the service reads."""

from models.demand.model import DemandModel

__all__ = ["DemandModel"]
