"""What the hold-out takes from the labelled rows, in the same table as every filter before it."""

import numpy as np
import pandas as pd

from training.rows.splits import Holdout

Step = dict[str, object]


def split_steps(split: Holdout, clients: np.ndarray) -> tuple[Step, ...]:
    """Rows left out by the split, then which part is learned from; what remains of the kept is the hold-out."""
    everything, used = np.ones(len(clients), dtype=bool), split.train | split.test
    return (
        _step("in training or in the hold-out (the others would let the answer leak)", clients, everything, used),
        _step(f"training rows (the hold-out begins {split.first_test})", clients, used, split.train),
    )


def _step(name: str, clients: np.ndarray, before: np.ndarray, after: np.ndarray) -> Step:
    counts = {"rows_before": before.sum(), "rows_after": after.sum()}
    people = {"clients_before": clients[before], "clients_after": clients[after]}
    return {"filter": name, **{key: int(rows) for key, rows in counts.items()}} | {
        key: len(pd.unique(of)) for key, of in people.items()
    }
