"""What drives demand beside its own history, known at the date of the forecast."""

from models.demand.drivers.book import DriverBook
from models.demand.drivers.config import Drivers
from models.demand.drivers.table import DriverTable

__all__ = ["DriverBook", "DriverTable", "Drivers"]
