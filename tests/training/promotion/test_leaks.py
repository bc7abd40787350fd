"""A column copied from the outcome never goes live: the training stops, and a waiver in its config is not enough."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from configs.errors import GateError
from configs.workspace import Workspace
from features.histories import History
from models.needs.need_task import load_task
from tests.models.client_case import names
from tests.training import small_training as small
from tests.training.promotion.world import NEED, TASK, desk, gates, train_need
from training import need
from training.needs.labelled import cohort
from training.promote import promote

PLANTED = "rai_cps"
WAIVER = {"feature": PLANTED, "reason": "Somebody thought that it was honest.", "by": "a data scientist"}


def outcome() -> np.ndarray:
    """The outcome of every row, as the training itself labels it."""
    labelled = cohort(load_task(TASK), small.SNAPSHOT, small.history())
    known = np.zeros(len(small.FRAME), dtype=bool)
    known[labelled.place[labelled.label == 1]] = True
    return known


def planted(how: str) -> History:
    """The small history with one column that knows the outcome."""
    frame, rng, true = small.FRAME.copy(), np.random.default_rng(5), outcome()
    known = {
        "copied": true.astype(np.float32),
        "noisy": true + rng.normal(0, 0.3, len(frame)),
        "filled in because of it": np.where(true, 1.0, np.nan),
        "without direction": np.where(true, rng.choice([0.0, 6.0], len(frame)), 3.0),
    }[how]
    frame[:, names().index(PLANTED)] = known
    whole = small.history()
    return replace(whole, frame=pd.DataFrame(frame, columns=list(names())))


HOW = ("copied", "noisy", "filled in because of it", "without direction")


@pytest.mark.parametrize("how", HOW)
def test_a_planted_leak_stops_the_training_and_nothing_is_registered(
    place: Workspace, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    history = planted(how)
    monkeypatch.setattr(need, "load_history", lambda *_: history)
    with pytest.raises(GateError, match=f"`{PLANTED}`") as stopped:
        train_need()
    assert stopped.value.exit_code == 5
    newest = desk().registry.latest(NEED)
    assert newest is not None
    assert newest.version == "1"


@pytest.mark.parametrize("how", ["without direction"])  # the hardest one: its area under the curve says nothing
def test_a_leak_that_the_training_config_waives_is_still_refused_at_promotion(
    place: Workspace, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    history = planted(how)
    monkeypatch.setattr(need, "load_history", lambda *_: history)
    train_need(leak_alarm={"waivers": [WAIVER]})
    with pytest.raises(
        GateError, match=r"waived_feature_max_\w+: \d\S*, allowed at most 0\.\d+\. A leak that"
    ) as refused:
        promote(desk(), NEED, gates())
    assert refused.value.exit_code == 5
    assert desk().ledger.live(NEED) is None
