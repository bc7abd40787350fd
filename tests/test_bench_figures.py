"""The pure parts of the benchmarks of needs and of retraining: targets, verdicts of intervals, configs, told lines."""

import json
from pathlib import Path

import numpy as np
import pytest

from configs.loader import PROJECT_ROOT, load_config
from features.histories import HistoriesConfig
from features.windows import index_dates
from tests.bench.measure import Spent
from tests.bench.paired import Estimate, paired, slopes_missed
from tests.bench.report import Figure
from tests.bench.retrain_scale import (
    GIB,
    TRAININGS,
    Size,
    figures,
    histories_config,
    lines_told,
    registered,
    training_config,
)
from training.need import NeedConfig
from training.segments.config import SegmentationConfig

NAN = float("nan")


@pytest.mark.parametrize(
    "value, at_least, at_most, target,       holds",
    [
        (0.80,  0.78,     0.92,    [0.78, 0.92], True),
        (0.77,  0.78,     0.92,    [0.78, 0.92], False),
        (0.93,  0.78,     0.92,    [0.78, 0.92], False),
        (0.92,  0.78,     0.92,    [0.78, 0.92], True),   # the bounds belong to it
        (0.93,  0.78,     None,    0.78,         True),
        (0.93,  None,     0.92,    0.92,         False),
        (0.0,   None,     0.0,     0.0,          True),   # a bound of zero is a bound
        (0.93,  None,     None,    None,         True),   # only told
        (NAN, 0.78, 0.92, [0.78, 0.92], False),  # what could not be measured does not hold
    ],
)  # fmt: skip
def test_a_figure_holds_within_its_bounds(
    value: float, at_least: float | None, at_most: float | None, target: object, holds: bool
) -> None:
    said = Figure(value, "AUROC", at_least, at_most).as_json()
    assert (said["target"], said["holds"]) == (target, holds)


def test_the_last_line_is_json_even_where_nothing_was_measured() -> None:
    assert json.dumps(Figure(NAN, "AUROC", 0.78).as_json(), allow_nan=False).startswith('{"value": null')


@pytest.mark.parametrize(
    "estimate,                      not_below, above",
    [
        (Estimate(0.01, -0.01, 0.03), True,  False),
        (Estimate(0.02, 0.01, 0.03),  True,  True),
        (Estimate(0.0, 0.0, 0.0),     True,  False),   # the same model
        (Estimate(-0.01, -0.02, 0.01), False, False),  # the value itself is below
        (Estimate(-0.02, -0.03, -0.01), False, False),
        (Estimate(0.01, NAN, NAN),    False, False),   # no interval, no verdict
    ],
)  # fmt: skip
def test_verdicts_of_a_difference(estimate: Estimate, not_below: bool, above: bool) -> None:
    assert (estimate.not_below, estimate.above) == (not_below, above)


@pytest.mark.parametrize("value, inside", [(0.874, True), (0.905, True), (0.937, True), (0.873, False), (0.94, False)])
def test_an_interval_contains_its_ends(value: float, inside: bool) -> None:
    assert Estimate(0.9, 0.874, 0.937).contains(value) is inside


def test_a_report_without_an_interval_is_undefined() -> None:
    found = Estimate.of({"value": 0.0, "low": None, "high": None})
    assert found.value == 0.0
    assert np.isnan([found.low, found.high]).all()


def test_a_pair_is_drawn_together() -> None:
    """Of 2 yes and 2 no the second score puts one yes below one no: 3 of 4 pairs are right."""
    label = np.array([1, 1, 0, 0] * 30)
    ours, theirs = np.array([4, 3, 2, 1] * 30), np.array([4, 2, 3, 1] * 30)
    found = paired(label, ours, theirs, np.arange(120), draws=200)
    assert (found.ours.value, found.theirs.value, found.difference.value) == (1.0, 0.75, 0.25)
    assert found.ours.low == found.ours.high == 1.0
    assert found.difference.low == pytest.approx(1 - found.theirs.high)  # the same draws
    assert found.difference.above


def line(events: int | None, meets: bool | None) -> dict[str, object]:
    return {"events": events, "meets": meets}


@pytest.mark.parametrize(
    "lines,                                              found",
    [
        ([line(100, True), line(150, False)], (1, 2)),
        ([line(99, False), line(100, True)], (0, 1)),  # too few events to judge
        ([line(500, None), line(None, None)], (0, 0)),  # no interval, hidden
        ([], (0, 0)),
    ],
)
def test_municipalities_are_judged_from_enough_events(lines: list[dict[str, object]], found: tuple[int, int]) -> None:
    assert slopes_missed(lines, 100) == found


# ---- retraining


def test_twelve_dates_and_nothing_else_differ_from_the_shipped_histories(tmp_path: Path) -> None:
    written = load_config(histories_config(tmp_path), HistoriesConfig)
    shipped = load_config(PROJECT_ROOT / "configs" / "histories.yaml", HistoriesConfig)
    days = index_dates(written.dates.first, written.dates.last, written.dates.step)
    assert (len(days), days[-1]) == (12, shipped.dates.last)
    assert written.model_copy(update={"dates": shipped.dates}) == shipped


@pytest.mark.parametrize("name, model", [("need", NeedConfig), ("segmentation", SegmentationConfig)])
def test_the_trainings_keep_their_shipped_settings(name: str, model: type[NeedConfig], tmp_path: Path) -> None:
    histories = histories_config(tmp_path)
    written = load_config(training_config(tmp_path, name, histories), model)
    shipped = load_config(TRAININGS[name], model)
    assert written.histories == str(histories)
    assert written.model_copy(update={"histories": shipped.histories}) == shipped


def test_rows_of_every_task_are_told() -> None:
    output = (
        "Need task a: horizon 365 days, gap 0 days\n"
        "  training 900000 rows, 90 with the outcome; hold-out from 2024-01-01: 3 rows, 1 with the outcome\n"
        "  LightGBM learned from 400,000 of 900,000 training rows\n"
        "  metric        model  logistic\n"
        "Registered need_a version 1 (bundle 0123).\n"
    )
    said = lines_told(output)
    assert [one.split()[0] for one in said] == ["Need", "training", "LightGBM", "Registered"]
    assert registered(said) == ["Registered need_a version 1 (bundle 0123)."]


def test_minutes_are_of_both_trainings_and_memory_of_the_larger() -> None:
    spent = {"segmentation": Spent(300, 200, 2 * GIB), "need": Spent(600, 1000, 9 * GIB)}
    found = figures(Size(200_000, 2_000_000, 12), spent, 12)
    assert (found["minutes"].value, found["peak_gib"].value) == (15.0, 9.0)
    assert found["minutes"].as_json()["holds"] is True
    assert found["peak_gib"].as_json()["holds"] is False
