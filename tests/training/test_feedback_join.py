"""Answers joined with decisions and outcomes after the horizon, every count known by hand."""

from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from configs.errors import DataError
from features.store import Snapshot
from models.segments.scheme import load_scheme
from serving.side_files import reviews_frame
from tests.features.histories_data import store_of, table_of
from tests.plans import covers
from tests.training.feedback_rows import DEAD, LATE, MODEL, MOVED, STAYED, TASK, answers, decisions
from training.feedback.figures import calibration, choices, right, units
from training.feedback.joining import Asked, Joined, join
from training.feedback.known_then import known_then
from training.feedback.lines import Drawn
from training.feedback.samples import findings

SCHEME = load_scheme("configs/schemes/suuntima_like.yaml")
ASKED_AT, DUE = date(2024, 6, 1), date(2024, 6, 1) + timedelta(days=101)
DRAWN = Drawn(least_rows=5, repeats=50, seed=1)


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    died = {"died_on": "2024-05-01", "died_recorded_at": "2024-05-02"}
    people = [{"client_id": client} for client in (MOVED, LATE, STAYED)] + [{"client_id": DEAD, **died}]
    moves = [
        {"client_id": MOVED, "start": "2024-07-01", "recorded_at": "2024-07-02", "kind": "residential_24h"},
        {"client_id": LATE, "start": "2024-08-01", "recorded_at": "2024-10-01", "kind": "residential_24h"},
    ]
    segments = [
        {"client_id": MOVED, "time": "2024-08-15", "axis1_level": "high", "axis2_level": "weak"},
        {"client_id": LATE, "time": "2024-08-15", "recorded_at": "2024-11-01", "axis1_level": "low"},
        {"client_id": STAYED, "time": "2024-05-31", "axis1_level": "low", "axis2_level": "strong"},
    ]
    told = [{**one, "scheme": SCHEME.id, "scheme_version": SCHEME.version} for one in segments]
    tables = {
        "residents": table_of("residents", people),
        "episodes": table_of("episodes", moves),
        "segment_records": table_of("segment_records", told),
    }
    return store_of(tmp_path_factory.mktemp("store"), tables)


def joined(
    snapshot: Snapshot, shown: pd.DataFrame, decided: pd.DataFrame, midnight: date, limit: float = 1.0
) -> Joined:
    return join(shown, decided, Asked(snapshot, midnight, {MODEL: TASK}, SCHEME, 100, limit))


FOUR = answers(*({"client_id": client} for client in (MOVED, LATE, STAYED, DEAD)))


@covers("002-G2")
@pytest.mark.parametrize(
    ("midnight", "states", "outcomes", "days"),
    [
        (DUE - timedelta(days=1), ["not_due"] * 4, [None] * 4, [None] * 4),
        (DUE, ["scored"] * 3 + ["not_countable"], [1, 0, 0, None], [30, None, None, None]),  # LATE: not recorded yet
        (date(2024, 10, 1), ["scored"] * 3 + ["not_countable"], [1, 0, 0, None], [30, None, None, None]),
        (date(2024, 10, 2), ["scored"] * 3 + ["not_countable"], [1, 1, 0, None], [30, 61, None, None]),
    ],
)
def test_an_outcome_counts_when_the_horizon_has_passed_and_it_was_recorded(
    snapshot: Snapshot, midnight: date, states: list[str], outcomes: list[Any], days: list[Any]
) -> None:
    rows = joined(snapshot, FOUR, decisions(), midnight).rows.set_index("client_id").loc[[MOVED, LATE, STAYED, DEAD]]
    assert rows["state"].tolist() == states
    assert rows["outcome"].astype(object).where(rows["outcome"].notna(), None).tolist() == outcomes
    assert rows["days"].astype(object).where(rows["days"].notna(), None).tolist() == days


def test_a_later_correction_and_a_later_end_are_not_known_yet() -> None:
    """An episode that ended in July, told in September and corrected in October, read at two midnights."""
    told = {"start": "2024-06-01", "end": "2024-07-10", "end_recorded_at": "2024-09-05", "superseded_at": "2024-10-01"}
    tables = {"episodes": table_of("episodes", [{"client_id": MOVED, **told}])}
    (early,) = known_then(tables, date(2024, 9, 1))["episodes"].to_dict("records")
    (late,) = known_then(tables, date(2024, 10, 2))["episodes"].to_dict("records")
    assert [pd.isna(early[name]) for name in ("end", "superseded_at")] == [True, True]
    assert (late["end"], late["superseded_at"]) == (pd.Timestamp("2024-07-10"), pd.Timestamp("2024-10-01"))
    assert known_then(tables, date(2024, 6, 1))["episodes"].empty


def test_what_the_store_does_not_cover_is_not_due(snapshot: Snapshot) -> None:
    shown = answers({"client_id": MOVED, "as_of": "2024-11-01", "shown_at": "2024-11-01T08:00:00"})
    assert joined(snapshot, shown, decisions(), date(2026, 1, 1)).rows["state"].tolist() == ["not_due"]


def test_an_answer_shown_later_an_abstention_and_an_unknown_model_are_counted_apart(snapshot: Snapshot) -> None:
    shown = answers(
        {"client_id": MOVED, "shown_at": "2024-12-01T09:00:00"},
        {"client_id": STAYED, "probability": None, "status": "not_eligible"},
        {"client_id": LATE, "version": "9"},
        {"client_id": STAYED, "kind": "segment", "task": SCHEME.id, "basis": "answers", "proposed": "network"},
    )
    found = joined(snapshot, shown, decisions(), DUE).counts
    assert (found["shown_later"], found["answers"]) == (1, 3)
    assert [found[f"state_{name}"] for name in ("no_estimate", "unknown_model", "people_answered")] == [1, 1, 1]


def test_a_later_segment_is_the_outcome_of_a_proposal(snapshot: Snapshot) -> None:
    about = {"kind": "segment", "task": SCHEME.id, "basis": "model", "model": "segmentation", "probability": 0.6}
    high_weak = SCHEME.segment_of({SCHEME.axes[0].id: "high", SCHEME.axes[1].id: "weak"})
    shown = answers(*({"client_id": one, "proposed": high_weak, **about} for one in (MOVED, LATE, STAYED)))
    rows = joined(snapshot, shown, decisions(), date(2024, 12, 31)).rows.set_index("client_id")
    assert rows.loc[MOVED, ["state", "outcome", "days"]].tolist() == ["scored", 1.0, 75.0]
    assert rows.loc[MOVED, "outcome_segment"] == high_weak
    assert rows.loc[LATE, "state"] == "not_countable"  # one axis only
    assert rows.loc[STAYED, "state"] == "not_countable"  # recorded before the proposal


@pytest.mark.parametrize(
    ("second", "expected"),
    [("2024-06-01T10:00:00", "change"), ("2024-06-01T08:00:00", "accept"), ("2024-12-01T08:00:00", "accept")],
)
def test_the_last_decision_before_the_midnight_stands(snapshot: Snapshot, second: str, expected: str) -> None:
    about = {"client_id": MOVED, "answer_id": "a0"}
    decided = decisions(about, {**about, "decision": "change", "time": second})
    found = joined(snapshot, answers({"client_id": MOVED}), decided, DUE)
    assert found.rows["decision"].tolist() == [expected]
    assert found.counts["decided_again"] + found.counts["decided_later"] == 1


def test_a_decision_without_an_answer_is_refused_with_a_sentence(snapshot: Snapshot) -> None:
    shown = answers({"client_id": MOVED}, {"client_id": STAYED})
    lost = decisions(
        {"client_id": MOVED, "answer_id": "a0"},
        {"client_id": MOVED, "answer_id": "gone"},
        {"client_id": MOVED, "answer_id": "a1"},
    )
    found = joined(snapshot, shown, lost, DUE)
    assert found.counts["decisions"] == 1
    assert found.refused == (
        "1 of 3 decisions name an answer that the log does not hold; they are not counted.",
        "1 of 3 decisions name an answer about another client; they are not counted.",
    )
    with pytest.raises(DataError, match=r"1 of 3 .* Export the whole log: `python -m serving.export_log`"):
        joined(snapshot, shown, lost, DUE, limit=0.5)


def test_a_need_of_its_own_answer_is_read_by_what_was_decided_on_the_segment(snapshot: Snapshot) -> None:
    segment = {"kind": "segment", "task": SCHEME.id, "basis": "model", "model": "s", "proposed": "network"}
    shown = answers(
        {"client_id": MOVED, **segment},
        {"client_id": MOVED},
        {"client_id": MOVED, "shown_at": "2024-06-02T09:00:00"},  # shown after the decision
    )
    rows = joined(snapshot, shown, decisions({"client_id": MOVED, "answer_id": "a0"}), DUE).rows.set_index("answer_id")
    assert rows.loc[["a0", "a1", "a2"], "client_decision"].tolist() == ["accept", "accept", None]
    assert rows.loc[["a0", "a1", "a2"], "first"].tolist() == [True, True, False]


# The figures


def scored(clients: int, events: int, p: float, **more: Any) -> pd.DataFrame:
    """So many clients with one scored need answer each, the first of them with the outcome."""
    number = np.arange(clients)
    usual = {"kind": "need", "task": "t", "model": "m", "version": "1", "state": "scored", "first": True, "unit": "u"}
    rest = {"decision": None, "client_decision": None, "decided": None, "decided_at": pd.NaT, "decided_in": None}
    own = {"outcome": (number < events).astype(float), "probability": p, "as_of": pd.Timestamp("2024-01-01")}
    start = more.pop("start", 0)
    return pd.DataFrame(
        {"client_id": [f"c{n + start}" for n in number], **{**usual, **rest, "proposed": None, **own, **more}}
    )


def test_observed_over_expected_is_the_one_counted_by_hand() -> None:
    (every,) = calibration(scored(40, 12, 0.2), DRAWN)
    assert every["ratio"] == pytest.approx(12 / (40 * 0.2))
    assert every["versions"] == ["m 1"]
    assert every["low"] < every["ratio"] < every["high"]
    assert (every["clients"], every["events"], every["observed"]) == (40, 12, 0.3)


def test_small_cells_of_choices_and_versions_stay_hidden_and_cannot_be_subtracted() -> None:
    rows = pd.concat(
        [
            scored(40, 20, 0.4, client_decision="accept"),
            scored(30, 3, 0.4, client_decision="change", start=100),  # three with the outcome
            scored(50, 25, 0.4, client_decision="cannot_tell", start=200, version="2"),
        ],
        ignore_index=True,
    )
    lines = {one["part"]: one for one in choices(rows, DRAWN)}
    assert lines["change"]["hidden"]
    assert lines["change"]["observed"] is None
    assert sum(one["hidden"] for one in lines.values()) == 2  # and one more, so that the total does not tell
    assert lines["none"]["clients"] == 0


def test_who_was_right_counts_proposal_and_decision_against_the_segment_recorded_later() -> None:
    about = {"kind": "segment", "proposed": "a", "decision": "change"}
    rows = pd.concat(
        [
            scored(10, 10, 0.5, **about, decided="b", outcome_segment="a"),
            scored(30, 0, 0.5, **about, decided="b", outcome_segment="b", start=10),
        ],
        ignore_index=True,
    )
    change = next(one for one in right(rows, DRAWN) if one["choice"] == "change")
    assert (change["rows"], change["proposal_right"], change["decision_right"]) == (40, 0.25, 0.75)


def test_a_small_unit_is_hidden() -> None:
    about = {"kind": "segment", "proposed": "a", "decision": "accept", "decided": "a"}
    parts = [("west", 30), ("east", 20), ("tiny", 3)]
    rows = pd.concat(
        [scored(n, 0, 0.5, **about, decided_in=unit, start=100 * k) for k, (unit, n) in enumerate(parts)],
        ignore_index=True,
    )
    told = {one["unit"]: one["decisions"] for one in units(rows, DRAWN)}
    assert told["tiny"]["hidden"]
    assert told["east"]["hidden"]
    assert not told["west"]["hidden"]
    assert told["*"]["agreement"] == 1.0


def test_findings_stand_for_everybody_who_was_not_selected() -> None:
    """10 of 1,000 below the lists, 10 of 20 not eligible; needs were found in 6 of each ten reviewed."""
    draws = [
        {"unit": "u", "period": "2024-05", "client_id": f"{n:032x}", "reason": reason, "population": dict(SIZES)}
        for n, reason in enumerate(["below_lists"] * 10 + ["not_eligible"] * 10)
    ]
    found = [
        {**{name: one[name] for name in ("unit", "period", "client_id")}, "finding": finding}
        for one, finding in zip(draws, ["need_found"] * 5 + ["nothing_missed"] * 15, strict=True)
    ]
    told = {one["finding"]: one for one in findings(reviews_frame(draws, found))}
    assert told["need_found"]["share"] == pytest.approx(0.5 * 1000 / 1020)
    assert told["need_found"]["clients"] == 5


SIZES = {"below_lists": 1000, "not_eligible": 20}
