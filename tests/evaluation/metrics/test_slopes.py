"""Calibration slope by municipality: who has a line, what is pooled, what is hidden, and whether 1 is near."""

import json

import numpy as np
import pandas as pd
import pytest

from configs.errors import DataError
from evaluation import metrics
from evaluation.needs.slopes import municipality_slopes, slope_figure
from evaluation.needs.told import told_slopes

SIZES = {"901": 700, "902": 700, "903": 60, "904": 40}


def stored(sizes: dict[str, int] | None = None, steep: float = 1.0, seed: int = 2) -> pd.DataFrame:
    """About a third have the outcome; the probabilities of 902 are `steep` times too extreme."""
    rng = np.random.default_rng(seed)
    place = np.repeat(list(sizes or SIZES), list((sizes or SIZES).values()))
    risk = rng.normal(-0.7, 1.2, place.size)
    shown = np.where(place == "902", steep * risk, risk)
    return pd.DataFrame(
        {
            "row": np.arange(place.size),
            "client": np.arange(place.size) // 2,
            "as_of": pd.Timestamp("2024-01-01"),
            "output": "need",
            "label": (rng.random(place.size) < 1 / (1 + np.exp(-risk))).astype(np.int8),
            "p": 1 / (1 + np.exp(-shown)),
            "baseline_p": 0.3,
            "group_municipality": place,
        }
    )


def test_small_municipalities_are_one_line():
    (lines,) = municipality_slopes(stored(), repeats=40).values()
    assert [(line["municipality"], line["municipalities"]) for line in lines] == [
        ("901", 1),
        ("902", 1),
        ("smaller", 2),
    ]
    frame = stored()
    assert sum(line["events"] for line in lines) == frame["label"].sum()
    own = frame[frame["group_municipality"] == "901"]
    slope = metrics.calibration_slope(own["label"].to_numpy(), own["p"].to_numpy())
    assert lines[0]["slope"]["value"] == pytest.approx(slope)
    assert lines[0]["slope"]["low"] < slope < lines[0]["slope"]["high"]


@pytest.mark.parametrize("steep, expected", [(1.0, True), (2.5, False), (0.4, False)])
def test_whether_one_is_near(steep, expected):
    (lines,) = municipality_slopes(stored(steep=steep), repeats=40).values()
    assert [line["meets"] for line in lines[:2]] == [True, expected]


@pytest.mark.parametrize("spare, own", [(0, True), (1, False)])
def test_exactly_so_many_events_are_enough(spare, own):
    frame = stored()
    events = int(frame.loc[frame["group_municipality"] == "903", "label"].sum())
    (lines,) = municipality_slopes(frame, least_events=events + spare, repeats=20).values()
    assert ("903" in [line["municipality"] for line in lines]) == own


def test_a_pooled_line_of_few_is_hidden_and_cannot_be_found_by_subtraction():
    (lines,) = municipality_slopes(stored({"901": 700, "902": 800, "903": 4}), repeats=20).values()
    assert [line["events"] is None for line in lines] == [True, False, True]
    assert lines[-1] == {
        "municipality": "smaller", "municipalities": 1, "clients": None, "events": None,
        "slope": {"value": None, "low": None, "high": None}, "meets": None,
    }  # fmt: skip


def test_the_interval_is_that_of_the_slow_bootstrap():
    frame = stored({"901": 200})
    label, p, client = (frame[column].to_numpy() for column in ("label", "p", "client"))
    slow = metrics.bootstrap(client, lambda rows: metrics.calibration_slope(label[rows], p[rows]), repeats=25)
    found = slope_figure(label, p, client, repeats=25)
    assert (found["low"], found["high"]) == (pytest.approx(slow.low, abs=1e-8), pytest.approx(slow.high, abs=1e-8))


def test_a_segmentation_has_a_table_per_axis():
    both = pd.concat([stored(), stored(seed=9).assign(output="resources")])
    found = municipality_slopes(both, repeats=20)
    json.dumps(found, allow_nan=False)
    assert list(found) == ["need", "resources"]
    text = told_slopes(found)
    assert "smaller (2)" in text
    assert "meets .9-1.1" in text


def test_the_column_is_asked_for():
    with pytest.raises(DataError, match="group_municipality"):
        municipality_slopes(stored().drop(columns="group_municipality"))
