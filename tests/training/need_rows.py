"""Drawn stored predictions of a need task: several rows per client, ties, two age bands and some municipalities."""

import numpy as np
import pandas as pd


def drawn(clients: int = 120, dates: int = 3, seed: int = 7) -> pd.DataFrame:
    """Predictions of one output whose probabilities mean something; rounded, so that many are equal."""
    rng = np.random.default_rng(seed)
    rows = clients * dates
    client = np.repeat(np.arange(clients), dates)
    risk = np.repeat(rng.normal(-0.8, 1.0, clients), dates) + rng.normal(0, 0.4, rows)
    label = (rng.random(rows) < 1 / (1 + np.exp(-risk))).astype(np.int8)
    return pd.DataFrame(
        {
            "row": rng.permutation(rows),
            "client": client,
            "as_of": np.tile(pd.date_range("2024-01-01", periods=dates, freq="QS"), clients),
            "group_age_band": np.where(client % 3 == 0, "85+", "75-84"),
            "group_municipality": np.array(["901", "902", "903", "904"])[client % 4],
            "output": "need",
            "label": label,
            "p": np.round(1 / (1 + np.exp(-0.8 * risk)), 2).clip(0.01, 0.99),
            "baseline_p": np.round(1 / (1 + np.exp(-risk - rng.normal(0, 1.0, rows))), 2).clip(0.01, 0.99),
            "event_days": np.where(label == 1, rng.integers(0, 182, rows), np.nan),
        }
    )
