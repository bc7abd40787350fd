"""Dated records of what drives demand: population, ended ward stays, openings and closings, expected needs."""

from features.panel.drivers.dated import known_before
from features.panel.drivers.discharges import ended_stays
from features.panel.drivers.expected import expected_needs
from features.panel.drivers.openings import openings_of
from features.panel.drivers.population import population_records

__all__ = ["ended_stays", "expected_needs", "known_before", "openings_of", "population_records"]
