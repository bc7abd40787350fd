"""Guidance by its intensity, as the scheme arranges it for a client group: light, regular, intensive, case management.

An intensity is the sum of client groups that are told beside it, so it is hidden as soon as one of them is: what is
shown adds up what is shown anyway, and tells nothing of what is hidden.
"""

from collections.abc import Mapping

import pandas as pd

from evaluation.guidance.followed.providers import GROUP, Line, counts_of, line_of
from evaluation.small_cells.hiding import hidden_together
from models.segments.scheme import Scheme

INTENSITY = "intensity"
ORDER = ("light", "regular", "intensive", "case_management")
UNKNOWN = "unknown"
"""Guidance of a client group that the scheme does not have."""


def intensities(scheme: Scheme) -> dict[str, str]:
    """The intensity of each client group of a scheme; a proposed case manager goes before the rest."""
    return {
        one.id: "case_management" if one.case_manager_proposed else one.guidance_intensity for one in scheme.segments
    }


def intensity_lines(cases: pd.DataFrame, intensity: Mapping[str, str]) -> list[Line]:
    """One line an intensity, lightest first: cases, what began and when, heavier use after it (seed 000, line 508)."""
    parts = {str(name): part for name, part in cases.groupby(GROUP, sort=True)}
    marks = hidden_together(*map(list, zip(*map(counts_of, parts.values()), strict=True))) if parts else []
    hidden = dict(zip(parts, marks, strict=True))
    found = []
    for name in (*ORDER, UNKNOWN):
        own = [group for group in parts if intensity.get(group, UNKNOWN) == name]
        if own:
            joined = pd.concat([parts[group] for group in own])
            found.append(line_of({INTENSITY: name}, joined, any(hidden[group] for group in own)))
    return found
