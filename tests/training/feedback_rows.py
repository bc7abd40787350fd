"""A small store, answers and decisions, for what came of them."""

from typing import Any

import pandas as pd

from features.side_files import ANSWERS, DECISIONS
from models.needs.need import load_task
from models.needs.need_task import Cohort
from serving.side_files import frame_of

TASK = load_task("move_to_24h_care_12m").model_copy(update={"horizon_days": 100, "cohort": Cohort()})
MODEL = ("need_move", "1")
MOVED, LATE, STAYED, DEAD = (f"{n:032x}" for n in range(1, 5))
"""The horizon ends on 2024-09-09; the morning after, that day is known."""


def answers(*rows: dict[str, Any]) -> pd.DataFrame:
    usual = {
        **{"shown_at": "2024-06-01T09:00:00", "as_of": "2024-06-01", "kind": "need", "task": TASK.id, "unit": "u"},
        **{"model": MODEL[0], "version": MODEL[1], "status": "answered", "probability": 0.25},
    }
    return frame_of(ANSWERS, [{**usual, "answer_id": f"a{n}", **row} for n, row in enumerate(rows)])


def decisions(*rows: dict[str, Any]) -> pd.DataFrame:
    usual = {"time": "2024-06-01T09:05:00", "decision": "accept", "suggestion_shown": True, "unit": "u"}
    return frame_of(DECISIONS, [{**usual, "decision_id": f"d{n}", **row} for n, row in enumerate(rows)])
