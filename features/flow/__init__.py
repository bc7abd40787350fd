"""Service chains: registers → stays in stages → weekly arrivals, departures and stock."""

from features.flow.chain import EXIT, OUTSIDE, UNKNOWN, Chain, Group, Stage
from features.flow.known_rows import ChainRows, read_chain
from features.flow.phases import reached_phases
from features.flow.spells import Spells, enough, spells_at
from features.flow.staffing import hours_of, staffed_hours
from features.flow.weekly import MEASURES, conserved, weekly_flows, weeks_between

__all__ = [
    "EXIT",
    "MEASURES",
    "OUTSIDE",
    "UNKNOWN",
    "Chain",
    "ChainRows",
    "Group",
    "Spells",
    "Stage",
    "conserved",
    "enough",
    "hours_of",
    "reached_phases",
    "read_chain",
    "spells_at",
    "staffed_hours",
    "weekly_flows",
    "weeks_between",
]
