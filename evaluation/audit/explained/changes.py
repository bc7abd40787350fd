"""What would change it, in sum: how many clients of the top tenth a plausible change takes below it, and which changes.

One client's changes are never told here (an answer to her own question is); a change that 1-4 clients share is hidden.
"""

from collections import Counter
from typing import Any

import numpy as np

from evaluation.held_out.groups import SMALLEST_CELL
from models.explaining.supposing.counterfactual import counterfactual
from models.learners.binary import BinaryModel
from models.parts import ClientParts

MOST_CLIENTS, MOST_TOLD = 100, 5
TOP = 0.9


def changes(model: BinaryModel, parts: ClientParts, used: np.ndarray, id: str) -> dict[str, Any] | None:
    """{clients, line (the probability where the top tenth begins), reached (share), families: [{family, share}]}.

    None for a model without a declaration of what may change.  A share that is about 1-4 clients is None.
    """
    if parts.changeable is None:
        return None
    probabilities = model.probabilities(used)
    line = float(np.quantile(probabilities, TOP))
    top = np.flatnonzero(probabilities >= line)[:MOST_CLIENTS]
    found = [counterfactual(model, parts, used[place], id, parts.changeable, line) for place in top]
    reached = [one for one in found if one.reached]
    counts = Counter(family for one in reached for family in {change.family for change in one.changes})
    return {
        "clients": len(top),
        "line": line,
        "reached": _share(len(reached), len(top)),
        "families": [
            {"family": family, "share": _share(count, len(top))}
            for family, count in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:MOST_TOLD]
            if count >= SMALLEST_CELL
        ],
    }


def _share(count: int, of: int) -> float | None:
    return count / of if of and all(n == 0 or n >= SMALLEST_CELL for n in (count, of - count)) else None
