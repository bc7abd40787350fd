"""What drives demand beside its own history, known at the date of the forecast."""

from models.demand.drivers.table import DriverTable

__all__ = ["DriverTable"]
