"""The manager's figures of groups: what is hidden stays hidden, also by subtraction."""

import itertools
from types import SimpleNamespace
from typing import cast

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.client_groups.counting import Counts
from evaluation.client_groups.expected import of_rows, sums
from evaluation.client_groups.report import report_of
from evaluation.small_cells.hiding import hidden_in_grid, hidden_together
from evaluation.small_cells.shown import change, share
from models.needs.need import NeedModel, load_task
from models.segments.scheme import load_scheme
from tests.plans import covers

SCHEME = load_scheme("configs/schemes/suuntima_like.yaml")
AREAS = {"901": {"fi": "a", "sv": "a", "en": "a"}, "902": {"fi": "b", "sv": "b", "en": "b"}}


def lines(*rows: tuple[str, str, str, int]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["area", "band", "segment", "n"])


def report(segments: pd.DataFrame, residents=(("901", 100, 20), ("902", 90, 30)), earlier=None):  # type: ignore[no-untyped-def]
    people = pd.DataFrame(residents, columns=["area", "residents", "silent"])
    segments = segments if "asked" in segments else segments.assign(asked=0, expected=0.0, variance=0.0)
    return report_of(Counts(segments, people), SCHEME, AREAS, earlier)


SEGMENTS = lines(
    ("901", "75plus", "network", 40),
    ("901", "75plus", "self_managed", 3),
    ("901", "75plus", "community", 30),
    ("902", "75plus", "network", 50),
    ("902", "75plus", "self_managed", 60),
    ("902", "75plus", "community", 20),
)


def test_P2_a_small_group_is_hidden_in_its_row_and_its_column() -> None:
    cells = {(one["area"], one["segment"]): one["n"] for one in report(SEGMENTS)["cells"]}
    assert cells[("901", "self_managed")] is None
    assert cells[("901", "community")] is None  # the row's total less the others would give 3
    assert cells[("902", "self_managed")] is None  # the column's total less 60 would give 3
    assert cells[("902", "network")] == 50


@covers("001-A8", "002-B4")
def test_the_county_has_every_group_with_its_share() -> None:
    found = {one["segment"]: (one["n"], one["share"]) for one in report(SEGMENTS)["segments"]}
    assert found["network"] == (40 + 50, pytest.approx((40 + 50) / 203))
    assert found["cooperative"] == (0, None)


@covers("002-B4")
def test_the_expected_number_of_new_multi_service_clients_of_each_group() -> None:
    likely = np.array([0.5] * 20 + [0.1] * 30 + [np.nan] * 40)  # forty are multi-service clients already
    rows = pd.DataFrame({"area": "901", "band": "75plus", "segment": "network", "n": 1, **sums(likely)})
    few = SEGMENTS[SEGMENTS["segment"] != "network"].assign(asked=[3, 30, 60, 20], expected=1.0, variance=0.5)
    groups = pd.concat([rows.groupby(["area", "band", "segment"], as_index=False).sum(), few], ignore_index=True)
    found = report(groups)
    county = {one["segment"]: one["expected"] for one in found["segments"]}
    network = county["network"]
    assert (network["asked"], network["value"], network["share"]) == (50, pytest.approx(13.0), pytest.approx(0.26))
    half = 1.96 * (20 * 0.25 + 30 * 0.09) ** 0.5
    assert (network["low"], network["high"]) == (pytest.approx(13 - half, abs=1e-3), pytest.approx(13 + half, abs=1e-3))
    cells = {(one["area"], one["segment"]): one["expected"]["value"] for one in found["cells"]}
    assert cells["901", "network"] == pytest.approx(13.0)
    assert cells["901", "self_managed"] is None  # three clients
    assert cells["902", "self_managed"] is None  # the county's number would give them away


@covers("002-B4")
def test_without_a_live_model_no_number_is_expected() -> None:
    assert {one["expected"]["value"] for one in report(SEGMENTS)["segments"]} == {None}


@covers("002-B4")
def test_only_those_who_are_not_yet_multi_service_clients_are_expected_to_become_such() -> None:
    task = load_task("configs/needs/multi_service_12m.yaml")
    parts = SimpleNamespace(used_columns=lambda rows: rows)
    learner = SimpleNamespace(probabilities=lambda rows: rows[:, 1] / 10)
    model = SimpleNamespace(task=task, feature_names=("age", "distinct_services__365d"), parts=parts, model=learner)
    rows = np.array([[40, 4], [40, 5], [17, 2], [40, np.nan], [np.nan, 2]], np.float32)
    found = of_rows(cast(NeedModel, model), rows)
    assert found[0] == pytest.approx(0.4)
    assert np.isnan(found[1:]).all()


def test_P3_a_change_of_one_to_four_people_is_not_said() -> None:
    earlier = {**report(SEGMENTS), "data_until": "2026-09-30"}
    more = SEGMENTS.assign(n=SEGMENTS["n"] + [7, 0, 2, 0, 0, 0])
    found = {one["segment"]: one["change"] for one in report(more, earlier=earlier)["segments"]}
    assert (found["network"], found["community"], found["self_managed"]) == (7, None, 0)
    assert report(more, earlier=earlier)["earlier"] == "2026-09-30"


@pytest.mark.parametrize(
    "now, before, said", [(10, 10, 0), (10, 6, None), (10, 5, 5), (None, 5, None), (5, None, None)]
)
def test_change(now: int | None, before: int | None, said: int | None) -> None:
    assert change(now, before) == said


@pytest.mark.parametrize(
    "part, whole, said", [(5, 10, 0.5), (10, 10, None), (0, 10, None), (None, 10, None), (5, 0, None)]
)
def test_P4_a_share_of_nobody_or_everybody_is_not_told(part: int | None, whole: int, said: float | None) -> None:
    assert share(part, whole) == said


@covers("001-C13")
def test_residents_without_events_are_hidden_where_they_or_the_others_are_few() -> None:
    found = report(SEGMENTS, (("901", 100, 3), ("902", 90, 30), ("903", 80, 50)))["without_events"]
    shown = {one["area"]: one["silent"] for one in found}
    assert shown == {"901": None, "902": None, "903": 50, None: 83}


@settings(max_examples=80, deadline=None)
@given(st.lists(st.lists(st.integers(0, 30), min_size=4, max_size=4), min_size=3, max_size=3))
def test_P2_no_row_or_column_gives_one_small_cell_away(grid: list[list[int]]) -> None:
    hidden = hidden_in_grid(grid)
    columns = [[(i, j) for i in range(3)] for j in range(4)]
    for line in itertools.chain([[(i, j) for j in range(4)] for i in range(3)], columns):
        secret = [grid[i][j] for i, j in line if hidden[i][j]]
        small = [grid[i][j] for i, j in line if 0 < grid[i][j] < 5 and not hidden[i][j]]
        assert small == []
        everything = sum(grid[i][j] for i, j in line)
        assert not secret or sum(secret) >= 5 or sum(secret) in (0, everything)


def test_lines_hidden_together_leave_no_small_rest_in_any_count() -> None:
    marks = hidden_together([100, 90, 80, 9], [3, 30, 2, 6])
    assert sum(count for count, hide in zip([3, 30, 2, 6], marks, strict=True) if hide) >= 5
