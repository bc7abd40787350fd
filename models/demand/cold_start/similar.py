"""Which areas are similar to a new one: by stated traits, standardised, the nearest first."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

SIZE, AGED, RATE = "size", "aged", "rate"


def nearest_areas(area: str, candidates: Sequence[str], traits: pd.DataFrame, by: Sequence[str], n: int) -> list[str]:
    """The `n` candidates nearest to `area`, nearest first.

    `traits`: one row per area.  `size` is compared on a log scale; a trait that the area itself lacks is left out.
    Each trait is divided by its standard deviation over the area and the candidates.
    """
    known = [name for name in by if name in traits and pd.notna(traits.at[area, name])]
    table = traits.loc[[area, *candidates], known].astype(float)
    if SIZE in table:
        table[SIZE] = np.log(np.maximum(table[SIZE], 1.0))
    spread = table.std(ddof=0).replace(0.0, 1.0)
    distance = (((table - table.loc[area]) / spread) ** 2).sum(axis=1).loc[list(candidates)]
    ordered = distance.sort_index().sort_values(kind="stable")
    return [str(name) for name in ordered.index[:n]]
