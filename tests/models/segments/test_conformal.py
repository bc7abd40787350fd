"""Conformal segment sets: what they promise, by hand and on drawn clients."""

import numpy as np
import pytest

from configs.errors import DataError
from models.segments.conformal import ConformalSets

SEGMENTS = ("a", "b", "c")


def test_the_limit_is_the_score_that_nine_of_ten_held_out_rows_stay_under() -> None:
    p = np.linspace(0.05, 0.95, 19)  # of the true segment: scores .95 ... .05
    rows = np.column_stack([p, 1 - p, np.zeros(19)])
    sets = ConformalSets.fit(rows, ["a"] * 19, SEGMENTS, coverage=0.9)
    assert sets.limits[0] == pytest.approx(0.90)  # the (19 + 1) * .9 = 18th smallest of .05, .10, ... .95
    assert sets.limits[1:] == (1.0, 1.0)  # nobody held out: nothing is ruled out
    assert sets.rows == (19, 0, 0)


def test_the_most_probable_segment_is_always_credible() -> None:
    sets = ConformalSets(SEGMENTS, (0.1, 0.1, 0.1), (50, 50, 50), 0.9)
    assert sets.credible(np.array([0.4, 0.35, 0.25])) == ("a",)


def test_credible_segments_come_most_probable_first() -> None:
    sets = ConformalSets(SEGMENTS, (0.8, 0.8, 0.8), (50, 50, 50), 0.9)
    assert sets.credible(np.array([0.25, 0.55, 0.20])) == ("b", "a", "c")


@pytest.mark.parametrize("seed", range(3))
def test_new_clients_are_covered_in_every_segment(seed: int) -> None:
    rng = np.random.default_rng(seed)
    truth = rng.choice(3, 6000, p=[0.7, 0.2, 0.1])
    scores = rng.normal(0, 1, (6000, 3)) + 1.5 * np.eye(3)[truth]
    p = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    labels = np.array(SEGMENTS, dtype=object)[truth]
    sets = ConformalSets.fit(p[:3000], labels[:3000], SEGMENTS, 0.9)
    inside = sets.members(p[3000:])[np.arange(3000), truth[3000:]]
    for segment in range(3):
        assert inside[truth[3000:] == segment].mean() > 0.9 - 0.05
    assert sets.members(p[3000:]).sum(axis=1).mean() < 2.5  # a full set is no answer


def test_a_round_trip_keeps_everything() -> None:
    sets = ConformalSets(SEGMENTS, (0.123456789, 1.0, 0.5), (10, 0, 7), 0.9)
    assert ConformalSets.from_bytes(sets.to_bytes()) == sets


def test_an_unknown_segment_is_named() -> None:
    with pytest.raises(DataError, match="unknown segments: d"):
        ConformalSets.fit(np.full((1, 3), 1 / 3), ["d"], SEGMENTS)
