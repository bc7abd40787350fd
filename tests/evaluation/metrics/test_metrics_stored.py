"""Stored predictions and classes are measured per output and by group; small groups are hidden."""

import numpy as np
import pandas as pd
import pytest

from configs.errors import DataError
from evaluation import metrics
from evaluation.held_out.groups import group_tables, hidden_cells, largest_gap
from evaluation.held_out.stored import gain_interval, measure, measure_classes
from tests.evaluation.metrics.metric_cases import LABEL, PROPOSAL, RECORD, P, random_case


def stored(output: str, label: np.ndarray, p: np.ndarray, base: np.ndarray) -> pd.DataFrame:
    rows = np.arange(label.size)
    columns = {"row": rows, "client": rows, "as_of": pd.Timestamp("2024-01-01"), "output": output}
    return pd.DataFrame({**columns, "label": label, "p": p, "baseline_p": base})


def test_stored_predictions_are_measured_per_output_and_in_the_mean() -> None:
    label, p = random_case(2000)
    first, second = stored("complexity", label, p, np.full(2000, 0.2)), stored("resources", label, 1 - p, p)
    found = measure(pd.concat([first, second]))
    assert found["complexity_auroc"] == pytest.approx(metrics.auroc(label, p))
    assert found["baseline_complexity_auroc"] == 0.5
    assert found["auroc"] == pytest.approx((metrics.auroc(label, p) + metrics.auroc(label, 1 - p)) / 2)
    assert found["holdout_rows"] == 2000
    assert "baseline_complexity_calibration_slope" not in found  # one probability for all: no slope
    single = measure(first)
    assert single["auroc"] == pytest.approx(metrics.auroc(label, p))
    assert "complexity_auroc" not in single


def test_the_gain_over_the_baseline_has_its_own_interval() -> None:
    label, p = random_case(2000)
    rng = np.random.default_rng(1)
    gain = gain_interval(stored("x", label, p, np.clip(p + rng.normal(0, 0.3, 2000), 0, 1)), "auroc")
    same = gain_interval(stored("x", label, p, p), "auroc")
    assert gain is not None
    assert gain.low > 0
    assert same is not None
    assert (same.low, same.high) == (0, 0)


def test_stored_classes_are_measured() -> None:
    rows = np.arange(6)
    keys = {"row": rows, "client": rows, "as_of": pd.Timestamp("2024-01-01")}
    frame = pd.DataFrame({**keys, "label": RECORD, "proposed": PROPOSAL, "baseline_proposed": RECORD})
    assert measure_classes(frame)["accuracy"] == pytest.approx(4 / 6)
    assert measure_classes(frame)["baseline_kappa"] == 1


@pytest.mark.parametrize(
    "change,                               said",
    [
        ({"client_id": "x"}, "client_id"),
        ({"p": 1.2}, "`p` must lie between 0 and 1"),
        ({"baseline_p": np.nan}, "`baseline_p` must lie between 0 and 1"),
        ({"label": 2}, "`label` must be 0 or 1"),
        ({"p": None}, "lack p"),
    ],
)
def test_stored_predictions_that_cannot_be_measured_are_refused(change: dict[str, object], said: str) -> None:
    frame = stored("x", LABEL, P, P)
    for column, value in change.items():
        frame = frame.drop(columns=column) if value is None else frame.assign(**{column: value})
    with pytest.raises(DataError, match=said):
        measure(frame)


@pytest.mark.parametrize(
    "counts,               hidden",
    [
        ([10, 20, 30], [0, 0, 0]),
        ([3, 20, 30], [1, 1, 0]),  # alone it could be found by subtraction: the next smallest goes too
        ([2, 2, 30], [1, 1, 1]),  # 4 people behind two stars would still be known to be 4
        ([3, 4, 30], [1, 1, 0]),
        ([0, 20, 30], [0, 0, 0]),  # nobody is nobody's secret
        ([0, 3, 30], [0, 1, 1]),
        ([4], [1]),
    ],
)
def test_P1_P2_small_cells_are_hidden_and_not_found_by_subtraction(counts: list[int], hidden: list[int]) -> None:
    assert hidden_cells(counts) == [bool(hide) for hide in hidden]


def grouped(groups: dict[str, tuple[int, float]]) -> pd.DataFrame:
    """{"group": (clients, how many times the probability the outcome really comes)}."""
    rng = np.random.default_rng(5)
    names = np.repeat(list(groups), [n for n, _ in groups.values()])
    p = rng.uniform(0.1, 0.5, names.size)
    factor = np.array([groups[name][1] for name in names])
    label = (rng.random(names.size) < p * factor).astype(int)
    return stored("x", label, p, p).assign(group_area=names)


def test_a_group_that_is_under_predicted_is_flagged_and_others_are_not() -> None:
    lines = {line.group: line for line in group_tables(grouped({"a": (3000, 1.0), "b": (1500, 1.5)}), repeats=20)}
    assert lines["a"].flag == ""
    assert lines["b"].flag == "under-predicted"
    assert lines["a"].n == 3000
    assert lines["a"].auroc_interval is not None
    assert largest_gap(list(lines.values())) == max(abs(line.auroc_difference or 0) for line in lines.values())


def test_P6_a_small_groups_line_shows_nothing_that_tells_of_its_people() -> None:
    lines = {
        line.group: line for line in group_tables(grouped({"a": (2000, 1), "b": (60, 1), "c": (3, 1)}), repeats=20)
    }
    for name in ("b", "c"):  # b only because c could be found from it
        assert (lines[name].n, lines[name].events, lines[name].observed, lines[name].auroc) == (None,) * 4
    assert lines["a"].n == 2000


def test_P4_a_group_where_all_or_none_have_the_outcome_shows_no_share() -> None:
    frame = grouped({"a": (500, 1), "b": (50, 0)})
    line = next(line for line in group_tables(frame, repeats=20) if line.group == "b")
    assert (line.n, line.events, line.observed) == (50, None, None)


def test_one_clients_many_rows_are_one_client() -> None:
    frame = grouped({"a": (500, 1), "b": (40, 1)})
    frame.loc[frame["group_area"] == "b", "client"] = 999_999
    assert next(line for line in group_tables(frame, repeats=20) if line.group == "b").n is None
