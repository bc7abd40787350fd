"""One opponent in a process of its own: `python -m tests.bench.explaining PEER CASE FOLDER OUT TIMES` (by explain)."""

import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from models.explaining.bulk import BulkExplainer
from models.learners.binary import Learner
from models.learners.blend import Blend
from tests.bench.measure import best_of, peak_bytes
from tests.bench.worlds import explained_models

Explain = Callable[[Any, np.ndarray], tuple[float, np.ndarray]]


def main(peer: str, case: str, folder: Path, out: Path, times: int) -> None:
    """Explain every row some times, keep the numbers for the comparison, print the figures.

    Reading the rows and LightGBM's parsing of its own text are not timed; everything that is prepared of them is.
    """
    learner, rows = explained_models.read(folder, case)
    _ = learner.feature_names  # parses the text
    module = import_module(f"tests.bench.peers.shares.{peer}")
    explain = module.explain if hasattr(module, "explain") else with_line(module.explain_trees)
    (base, found), timed = best_of(times, lambda: explain(learner, rows))
    peak = peak_bytes()
    np.save(out, np.column_stack([found, np.full(len(found), base)]))
    print(json.dumps({"peak_bytes": peak, "rows": len(rows), **asdict(timed)}))


def with_line(explain_trees: Explain) -> Explain:
    """For a peer that knows trees only: the linear half of a blend comes from the project's own kernel."""

    def both(learner: Learner, rows: np.ndarray) -> tuple[float, np.ndarray]:
        if not isinstance(learner, Blend):
            return explain_trees(learner, rows)
        share = learner.line_share
        base, found = explain_trees(learner.trees, rows)
        line = BulkExplainer.of(learner.line)
        added = line.shares(rows)
        added *= share
        added += (1 - share) * found
        return (1 - share) * base + share * line.base, added

    return both


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4]), int(sys.argv[5]))
