"""Decisions as labels: only what was known, and never the model's own proposal."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from configs.errors import DataError
from models.segments.scheme import load_scheme
from serving.side_files import answers_frame, seen_frame
from training.rows.decision_labels import COLUMNS, Source, decision_labels, levels_of_segments, with_decisions
from training.rows.records import Records

SCHEME = load_scheme("configs/schemes/suuntima_like.yaml")
SEGMENTS = sorted(levels_of_segments(SCHEME))
UNTIL = date(2024, 6, 1)


def decided(*rows: tuple[str, str, str, str, str | None]) -> pd.DataFrame:
    """(client, when, recorded, decision, own view): every proposal is the first segment, and is what was confirmed."""
    values = [
        (f"d{n}", client, when, recorded, decision, SEGMENTS[0], SEGMENTS[0], view)
        for n, (client, when, recorded, decision, view) in enumerate(rows)
    ]
    frame = pd.DataFrame(values, columns=list(COLUMNS))
    return frame.assign(time=pd.to_datetime(frame["time"]), recorded_at=pd.to_datetime(frame["recorded_at"]))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("none", []),
        ("own_view_first", [("b", SEGMENTS[1])]),
        ("all", [("a", SEGMENTS[0]), ("b", SEGMENTS[0])]),
    ],
)
def test_an_accepted_proposal_alone_is_never_a_label_with_the_guard(source: Source, expected: list[object]) -> None:
    given = decided(
        ("a", "2024-05-01 10:00", "2024-05-01 10:00", "accept", None),
        ("b", "2024-05-02 10:00", "2024-05-02 10:00", "accept", SEGMENTS[1]),  # went over: her own view is the label
    )
    rows = decision_labels(given, SCHEME, source, UNTIL).rows
    assert list(zip(rows["client_id"], rows["segment"], strict=True)) == expected


@pytest.mark.parametrize(
    ("when", "recorded", "known"),
    [
        ("2024-05-31 23:59:59", "2024-05-31 23:59:59", True),
        ("2024-06-01 00:00:00", "2024-06-01 00:00:00", False),  # at the midnight: not known
        ("2024-05-31 10:00:00", "2024-06-01 00:00:00", False),  # decided before, recorded at it
    ],
)
def test_a_decision_is_a_label_only_when_it_was_known(when: str, recorded: str, known: bool) -> None:
    labels = decision_labels(decided(("a", when, recorded, "change", SEGMENTS[1])), SCHEME, "own_view_first", UNTIL)
    assert labels.count == known
    assert labels.left_out["decided or recorded too late"] == (not known)


def test_a_record_of_the_same_day_stands_and_levels_give_the_segment_back() -> None:
    given = decided(
        ("a", "2024-05-01 10:00", "2024-05-01 10:00", "change", SEGMENTS[1]),
        ("b", "2024-04-01 10:00", "2024-04-01 10:00", "change", SEGMENTS[2]),
    )
    rows = pd.DataFrame({"client_id": ["a"], "as_of": np.array(["2024-05-01"], "datetime64[s]")})
    both = with_decisions(
        Records(rows, np.array([[0, 0]]), ()), decision_labels(given, SCHEME, "own_view_first", UNTIL), SCHEME
    )
    assert both.clients.tolist() == ["b", "a"]
    assert both.levels.tolist() == [list(levels_of_segments(SCHEME)[SEGMENTS[2]]), [0, 0]]


def test_decisions_without_what_was_proposed_are_refused() -> None:
    with pytest.raises(DataError, match=r"lack proposed, own_view.*serving.export_log"):
        decision_labels(decided().drop(columns=["proposed", "own_view"]), SCHEME, "all", UNTIL)


@pytest.mark.parametrize(
    ("given", "view", "expected"),
    [
        ("2024-05-01T07:00:00.000Z", "network", "network"),
        ("2024-05-01T09:00:00.000Z", "network", None),  # after the decision
        ("2024-05-01T07:00:00.000Z", "cannot_tell", None),
    ],
)
def test_an_own_view_counts_only_when_given_before_the_decision(given: str, view: str, expected: str | None) -> None:
    who = {"actor_id": "w", "client_id": "a"}
    decision = {
        **who,
        **{"decision_id": "d", "unit": "u", "model": "m 1", "proposed": "network", "time": "2024-05-01T08:00:00.000Z"},
        **{"answer_id": "x", "segment": "network", "choice": "accept"},
    }
    views = [{**who, "day": "2024-05-01", "view": view, "time": given}]
    frame = seen_frame([decision], views, answers_frame([]))
    assert frame["own_view"].tolist() == [expected]
