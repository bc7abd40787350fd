"""Rows of one client and what a declared feature says of them."""

from typing import Any

import numpy as np
import pandas as pd

from features.catalogue import Catalogue
from features.catalogue.families import Family
from features.catalogue.vocabulary import Vocabulary
from features.kernel import build_features
from features.reference import reference_features
from tests.features.histories_data import catalogue_of, dates, empty_tables, table_of

NO_CODES = Vocabulary({}, pd.Timestamp("2025-01-01").date())
HOME = {"client_id": "a"}


def rows(names: str, *table: tuple[Any, ...], **same: Any) -> list[dict[str, Any]]:
    """Rows of client a: one tuple per row, `same` in every row."""
    return [{**HOME, **same, **dict(zip(names.split(), row, strict=True))} for row in table]


def said(declared: Family, at: str = "2025-04-01", catalogue: Catalogue | None = None, **tables: Any) -> list[float]:
    """Client a's features by the kernel; the reference must say the same."""
    frames = {**empty_tables(), "residents": table_of("residents", [HOME])}
    frames |= {name: table_of(name, held) for name, held in tables.items()}
    asked = (frames, np.array(["a"], object), dates(at), catalogue or catalogue_of(declared), NO_CODES)
    fast, slow = build_features(*asked)[0], reference_features(*asked)[0]
    np.testing.assert_allclose(fast, slow, rtol=1e-6)
    return [round(float(value), 6) for value in fast]
