"""Why a forecast is what it is: group Shapley values in visits or hours, exact on the shown number."""

from models.demand.explained.answer import ForecastExplanation, GroupShare, explanation_of
from models.demand.explained.stored import Reasons
from models.demand.explained.table import COLUMNS, GROUPS, Explained, explanations

__all__ = [
    "COLUMNS",
    "GROUPS",
    "Explained",
    "ForecastExplanation",
    "GroupShare",
    "Reasons",
    "explanation_of",
    "explanations",
]
