"""Segment sets: fitted on held-out rows, measured by group, and an interval that is right for few people."""

import numpy as np
import pytest

from evaluation.held_out.sets import SetFigures, coverage_by_group, is_short
from evaluation.held_out.shares import extremes, share_by_group, wilson
from training.segments.config import SetSettings
from training.segments.sets import HoldOutRows, fitted_sets, measured_sets, one_limit

SEGMENTS = ("a", "b", "c")


def drawn(rows: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities and a segment drawn from them: a perfect model.  `c` is rare."""
    rng = np.random.default_rng(seed)
    shares = rng.dirichlet([2.0, 1.5, 0.4], rows)
    number = (rng.random(rows)[:, None] > shares.cumsum(axis=1)).sum(axis=1).clip(0, 2)
    return shares, number


def names_of(number: np.ndarray) -> np.ndarray:
    return np.array(SEGMENTS, dtype=object)[number]


@pytest.mark.parametrize("coverage", [0.8, 0.9])
def test_each_segment_is_covered_as_often_as_promised_and_one_limit_covers_only_everybody(coverage):
    shares, number = drawn(3000, seed=1)
    new, truth = drawn(6000, seed=2)
    settings = SetSettings(coverage=coverage)
    members = fitted_sets(shares, names_of(number), SEGMENTS, settings).members(new)
    hit = members[np.arange(len(truth)), truth]
    for segment in range(3):
        assert hit[truth == segment].mean() == pytest.approx(coverage, abs=0.045)
    pooled = one_limit(shares, names_of(number), SEGMENTS, coverage)
    hit = pooled.members(new)[np.arange(len(truth)), truth]
    assert hit.mean() == pytest.approx(coverage, abs=0.02)
    assert hit[truth == 2].mean() < coverage - 0.1  # the rare segment pays


def test_a_segment_with_few_rows_takes_the_limit_of_all():
    shares, number = drawn(400, seed=3)
    few = np.flatnonzero(number == 2)[5:]
    kept = np.setdiff1d(np.arange(400), few)
    shares, number = shares[kept], number[kept]
    settings = SetSettings(smallest=30)
    own = fitted_sets(shares, names_of(number), SEGMENTS, settings)
    pooled = one_limit(shares, names_of(number), SEGMENTS, 0.9)
    assert own.rows[2] == 5
    assert own.limits[2] == pooled.limits[2] < 1.0  # five rows alone would never rule it out
    assert own.limits[0] != pooled.limits[0]


def test_a_full_set_covers_everybody_and_is_seen_to_say_nothing():
    label = np.array([0, 1, 2, 1])
    full = SetFigures.of(np.ones((4, 3), dtype=bool), label)
    assert (full.coverage, full.size, full.singletons) == (1.0, 3.0, 0.0)
    members = np.array([[1, 0, 0], [1, 1, 0], [1, 0, 0], [0, 1, 0]], dtype=bool)
    some = SetFigures.of(members, label)
    assert (some.coverage, some.size, some.singletons) == (3 / 4, (1 + 2 + 1 + 1) / 4, 3 / 4)
    assert some.metrics("baseline_") == {
        "baseline_conformal_coverage": 0.75,
        "baseline_conformal_set_size": 1.25,
        "baseline_conformal_singletons": 0.75,
    }


@pytest.mark.parametrize(
    "hits, of, low,     high",
    [
        (0,   10, 0.0,    0.2775),  # Newcombe 1998, Statistics in Medicine 17:857
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (1,   29, 0.0061, 0.1718),
        (0,    0, 0.0,    1.0),
    ],
)  # fmt: skip
def test_the_interval_of_a_share_is_the_published_one(hits, of, low, high):
    bounds = wilson(hits, of)
    assert (bounds.low, bounds.high) == pytest.approx((low, high), abs=5e-5)


def line(n, high):
    return {"n": n, "high": high}


@pytest.mark.parametrize(
    "found,            short",
    [
        (line(200, 0.879), True),
        (line(200, 0.881), False),  # it may still be covered as promised
        (line(199, 0.500), False),  # too few to say
        (line(None, None), False),  # hidden
    ],
)
def test_a_group_is_flagged_when_it_surely_gets_less(found, short):
    assert is_short(found) is short


def test_coverage_by_group_flags_the_group_that_gets_less_and_hides_the_small_one():
    label = np.zeros(904, dtype=int)
    members = np.ones((904, 2), dtype=bool)
    members[:100, 0] = False  # of the 300 in x a third is not covered, of the 500 in y 10, of the 100 in v 5
    members[300:310, 0] = False
    members[800:805, 0] = False
    group = np.array(["x"] * 300 + ["y"] * 500 + ["v"] * 100 + ["z"] * 4)
    found = coverage_by_group(members, label, np.arange(904), {"municipality": group})
    lines = {one["group"]: one for one in found["groups"]}
    assert lines["x"]["share"] == pytest.approx(200 / 300)
    assert lines["x"]["flag"]
    assert lines["z"]["n"] is None
    assert lines["z"]["share"] is None
    assert not lines["z"]["flag"]
    assert found["overall"]["share"] == pytest.approx((904 - 115) / 904)


def test_one_clients_rows_are_one_client_in_the_interval():
    hit, group = np.tile([True, False], 50), np.full(100, "x")
    rows = share_by_group(hit, np.arange(100), {"g": group})[0]
    people = share_by_group(hit, np.repeat(np.arange(25), 4), {"g": group})[0]
    assert (rows["n"], people["n"]) == (100, 25)
    assert rows["share"] == people["share"] == 0.5
    assert people["high"] - people["low"] > rows["high"] - rows["low"]


def test_the_least_and_the_greatest_share_are_of_shown_groups_only():
    lines = [
        {"grouping": "g", "group": name, "share": share}
        for name, share in zip("abcd", (0.4, None, 0.1, 0.2), strict=True)
    ]
    least, most = extremes(lines, "g")
    assert (least["group"], most["group"]) == ("c", "a")
    assert extremes(lines[:2], "g") is None


def test_the_report_tells_the_sets_beside_those_of_the_baseline():
    shares, number = drawn(800, seed=4)
    new, truth = drawn(400, seed=5)
    blurred = 0.5 * new + 0.5 / 3
    served = fitted_sets(shares, names_of(number), SEGMENTS, SetSettings())
    weak = fitted_sets(0.5 * shares + 0.5 * shares[::-1], names_of(number), SEGMENTS, SetSettings())
    pooled = one_limit(shares, names_of(number), SEGMENTS, 0.9)
    rows = HoldOutRows(truth, np.arange(400), {"sex": np.where(np.arange(400) % 2, "female", "male")})
    told = measured_sets((served, new), (weak, blurred), pooled, rows).as_dict()
    assert told["figures"]["served"]["size"] < told["figures"]["logistic"]["size"]
    assert {one["segment"]: one["rows"] for one in told["limits"]} == {
        name: int((number == place).sum()) for place, name in enumerate(SEGMENTS)
    }
    assert [one["group"] for one in told["groups"]] == ["female", "male"]
