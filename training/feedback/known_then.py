"""Tables as they read at a midnight: what was recorded later is gone, what was corrected later stands uncorrected."""

from collections.abc import Mapping
from datetime import date

import numpy as np
import pandas as pd

from features.known import KNOWN_LATER, first_known, row_knowledge
from features.tables import TABLES, Table
from features.windows import day_number, day_numbers


def known_then(tables: Mapping[str, pd.DataFrame], midnight: date) -> dict[str, pd.DataFrame]:
    """Every table as a store that ended before `midnight` would hold it, earlier versions included."""
    return {name: _rewound(TABLES[name], frame, day_number(midnight)) for name, frame in tables.items()}


def _rewound(table: Table, frame: pd.DataFrame, day: int) -> pd.DataFrame:
    known = frame[row_knowledge(table, frame).first <= day].reset_index(drop=True)
    known["superseded_at"] = known["superseded_at"].where(_days(known, "superseded_at") < day)
    for column in table.dates:
        later = first_known(_days(known, column.name), _days(known, str(column.clock))) > day
        known.loc[later, column.name] = pd.NaT
        for (of, name), date_column in KNOWN_LATER.items():
            if (of, date_column) == (table.name, column.name):
                known.loc[later, name] = None
    return known


def _days(frame: pd.DataFrame, name: str) -> np.ndarray:
    return day_numbers(frame[name].to_numpy())
