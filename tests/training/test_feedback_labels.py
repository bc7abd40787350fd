"""What decisions change as labels: counted by hand, and a planted county where everybody accepts everything."""

from datetime import date
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from models.segments.eligibility import EligibilityRules
from models.segments.scheme import load_scheme
from tests.plans import covers
from tests.training.small_training import (
    DATES,
    FRAME,
    ROWS,
    SNAPSHOT,
    build,
    history,
    labels,
    records,
    segmentation_config,
)
from training import segmentation
from training.feedback import effect
from training.feedback.label_changes import agreements, changes, new_labels
from training.rows.decision_labels import COLUMNS, decision_labels, levels_of_segments
from training.rows.records import Records, standing

SCHEME = load_scheme("configs/schemes/suuntima_like.yaml")
SEGMENTS = sorted(levels_of_segments(SCHEME))
UNTIL = date(2025, 1, 1)


def decided(rows: list[dict[str, Any]]) -> pd.DataFrame:
    usual = {"time": "2024-06-01 10:00", "decision": "accept", "own_view": None}
    frame = pd.DataFrame([{**usual, "decision_id": f"d{n}", **row} for n, row in enumerate(rows)])
    frame["time"] = pd.to_datetime(frame["time"])
    return frame.assign(recorded_at=frame["time"])[list(COLUMNS)]


def recorded(*rows: tuple[str, str, str]) -> Records:
    """(client, day, segment)."""
    levels = levels_of_segments(SCHEME)
    whose = pd.DataFrame({"client_id": [one[0] for one in rows], "as_of": pd.to_datetime([one[1] for one in rows])})
    return Records(whose, np.array([levels[one[2]] for one in rows]), ())


def people(start: int, count: int, **more: Any) -> list[dict[str, Any]]:
    return [{"client_id": f"c{n:03d}", **more} for n in range(start, start + count)]


A, B = SEGMENTS[:2]
OLD = recorded(*((f"c{n:03d}", "2024-01-01", A) for n in range(30)), ("c000", "2024-06-01", B))
DECIDED = decided(
    [
        *people(0, 12, proposed=B, segment=B, own_view=A),  # went over to the proposal; c000 was recorded that very day
        *people(12, 9, proposed=B, segment=A, decision="change"),
        *people(21, 6, proposed=A, segment=A),
        *people(27, 3, proposed=A, segment=B, decision="change"),
        *people(40, 8, proposed=B, segment=B),  # never recorded before
    ]
)


@covers("002-G2")
def test_labels_are_counted_by_origin_and_by_what_they_replace() -> None:
    own, every = changes(OLD, DECIDED, SCHEME, ("own_view_first", "all"), UNTIL)
    count = {one["origin"]: one["labels"] for one in own["origins"]}
    assert count == {"recorded": 31, "own_view": 11, "accepted": 0, "changed": 0}
    assert own["left_out"]["no view before the proposal"] == 26
    count = {one["origin"]: one["labels"] for one in every["origins"]}
    assert count == {"recorded": 31, "own_view": 0, "accepted": 11 + 6 + 8, "changed": 9 + 3}
    cells = np.array(every["transitions"]["cells"], dtype=object)
    a, b = (every["transitions"]["segments"].index(one) for one in (A, B))
    assert (cells[a, a], cells[a, b]) == (9 + 6, 11 + 3)  # c000's own record of that day stands
    own_cells = np.array(own["transitions"]["cells"], dtype=object)
    assert own_cells[a, a] == 11


def test_few_clients_in_a_transition_are_hidden_and_not_given_away_by_a_total() -> None:
    few = decided([*people(0, 20, proposed=A, segment=A), *people(20, 3, proposed=A, segment=B, decision="change")])
    (told,) = changes(OLD, few, SCHEME, ("all",), UNTIL)
    a, b = (told["transitions"]["segments"].index(one) for one in (A, B))
    cells = told["transitions"]["cells"]
    assert cells[a][b] is None
    assert told["transitions"]["clients"] is None
    assert [one["labels"] for one in told["origins"] if one["origin"] == "changed"] == [None]


def test_agreement_of_two_sources_is_that_of_their_pairs() -> None:
    told = {(one["one"], one["other"]): one for one in agreements(OLD, DECIDED, SCHEME, 365)}
    view = told["own_view", "proposed"]
    assert (view["clients"], view["agreement"]) == (12, 0.0)
    assert told["segment", "proposed"]["decisions"] == 38
    assert told["segment", "proposed"]["agreement"] == pytest.approx((12 + 6 + 8) / 38)
    assert told["recorded", "own_view"]["clients"] == 12
    nothing = agreements(OLD, DECIDED.assign(own_view=None), SCHEME, 365)
    assert {one["clients"] for one in nothing if "own_view" in (one["one"], one["other"])} == {None}


def test_a_record_of_the_same_day_stands_before_a_new_label() -> None:
    own = new_labels(OLD, decision_labels(DECIDED, SCHEME, "own_view_first", UNTIL))
    assert "c000" not in set(own["client_id"])
    assert len(own) == 11


# Everybody accepts everything

TRUTH = np.array(
    [
        SCHEME.segment_of(
            {
                SCHEME.axes[0].id: "high" if one else "low",
                SCHEME.axes[1].id: "weak" if other else "strong",
            }
        )
        for one, other in zip(labels(FRAME, seed=5), labels(FRAME, seed=6), strict=True)
    ],
    dtype=object,
)
CONSTANT = SEGMENTS[0]
"""What a useless model proposes for everybody."""


def obedient(share_asked: int) -> pd.DataFrame:
    """Every second client is decided on where nothing is recorded: the proposal is accepted, some are asked first."""
    known = set(zip(records()["client_id"], records()["time"], strict=True))
    rows = [
        {"client_id": client, "time": day + pd.Timedelta(hours=10), "proposed": CONSTANT, "segment": CONSTANT}
        | {"own_view": TRUTH[place] if place % share_asked == 0 else None}
        for place, (client, day) in enumerate(zip(ROWS["client_id"], ROWS["as_of"], strict=True))
        if (client, day) not in known and int(client, 16) % 2
    ]
    return decided(rows)


@pytest.fixture(scope="module")
def effects(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """The comparison of sources in that county."""
    table = records()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(segmentation, "build", build)
        patch.setattr(effect, "build", build)
        patch.setenv("LUOTAIN_VAR", str(tmp_path_factory.mktemp("var")))
        config = segmentation_config("configs/eligibility.yaml")
        rules = EligibilityRules.model_construct()
        workspace = SimpleNamespace(mlflow=tmp_path_factory.mktemp("mlflow"))
        given = segmentation.Given(config, workspace, SNAPSHOT, history(), SCHEME, rules, pd.DataFrame())  # type: ignore[arg-type]
        own = standing(table, SCHEME)
        sources = [(one, decision_labels(obedient(4), SCHEME, one, UNTIL)) for one in ("own_view_first", "all")]
        return {one["source"]: one for one in effect.effects(given, own, sources, repeats=40, seed=1)}  # type: ignore[arg-type]


@covers("002-G2")
def test_accepted_proposals_inflate_agreement_and_own_views_do_not(effects: dict[str, dict[str, Any]]) -> None:
    """Trained on what it proposed, a model agrees with itself; the records that nobody influenced tell otherwise."""
    every, own, none = effects["all"], effects["own_view_first"], effects["none"]
    assert every["apparent"]["accuracy"] > every["figures"]["accuracy"] + 0.2
    assert abs(own["apparent"]["accuracy"] - own["figures"]["accuracy"]) < 0.15
    assert every["figures"]["accuracy"] < none["figures"]["accuracy"] - 0.1
    assert own["figures"]["accuracy"] > none["figures"]["accuracy"] - 0.1
    assert every["differences"]["log_loss"]["low"] > 0  # worse beyond the interval
    assert own["held_out"] == every["held_out"] == none["held_out"]


def test_the_sources_agree_with_the_proposal_as_planted() -> None:
    told = {(one["one"], one["other"]): one for one in agreements(standing(records(), SCHEME), obedient(4), SCHEME, 1)}
    assert told["segment", "proposed"]["agreement"] == 1.0
    assert told["own_view", "proposed"]["agreement"] == pytest.approx(
        np.mean([view == CONSTANT for view in obedient(4)["own_view"].dropna()])
    )
    assert len(DATES) == 5
