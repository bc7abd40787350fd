"""From which day absence means zero: the client's own history, and that of a source where a family declares one."""

import numpy as np

from features.catalogue import Catalogue
from features.catalogue.families import STANDING, WINDOWED, Family
from features.kernel.events import Rows, Tables
from features.kernel.pairs import Selected, latest_known
from features.windows import NEVER, day_number


def covered_from(family: Family, catalogue: Catalogue, tables: Tables, rows: Rows, start: np.ndarray) -> np.ndarray:
    """For each row the first day from which absence of the family's events is known; NEVER when it is unknown."""
    if family.coverage is None:
        return start
    first = {place: day_number(day) for place, day in catalogue.coverage.get(family.coverage, {}).items()}
    residents = tables.events("residents")
    home = residents.text("municipality")
    place = latest_known(Selected.of(residents, np.ones(len(residents), bool)), rows)
    # One number per code of a municipality; the last one is for a row without one.
    covered = np.array([*(first.get(code, NEVER) for code in home.categories), NEVER], np.int64)
    return np.maximum(start, covered[np.append(home.codes, -1)[place]])


def empty_unknown(
    values: np.ndarray, family: Family, catalogue: Catalogue, tables: Tables, rows: Rows, start: np.ndarray
) -> None:
    """Write NaN where absence is unknown, not zero: before the observed history and outside the source's coverage."""
    if family.aggregate in STANDING:
        values[(start >= NEVER)[:, None] & (values == 0)] = np.nan
    elif family.aggregate in WINDOWED:
        covered = covered_from(family, catalogue, tables, rows, start)
        for place, days in enumerate(family.windows):
            values[rows.day - days < covered, place :: len(family.windows)] = np.nan
    elif family.aggregate == "overdue":
        covered = covered_from(family, catalogue, tables, rows, start)
        long_enough = rows.day - int(family.within_days or 0) >= covered
        values[np.isnan(values) & long_enough[:, None]] = 1.0
