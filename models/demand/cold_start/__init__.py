"""Series with too short a history: what they lack, and what similar areas lend them."""

from models.demand.cold_start.borrow import Known, Loan, borrow
from models.demand.cold_start.config import ColdStart
from models.demand.cold_start.lend import Lent, area_traits, lend
from models.demand.cold_start.status import SeriesStatus, borrowed_status, own_status, sum_status
from models.demand.cold_start.widths import borrowed_widths, with_borrowed_intervals

__all__ = [
    "ColdStart",
    "Known",
    "Lent",
    "Loan",
    "SeriesStatus",
    "area_traits",
    "borrow",
    "borrowed_status",
    "borrowed_widths",
    "lend",
    "own_status",
    "sum_status",
    "with_borrowed_intervals",
]
