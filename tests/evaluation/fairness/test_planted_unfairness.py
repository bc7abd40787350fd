"""A municipality that gets 30 % less at the same need is found, and nothing is found where nobody gets less."""

import pytest

from tests.counts import CLEAN, seeds
from tests.evaluation.fairness.fair_county import PLANTED, flagged
from tests.plans import covers

SHARE_FOUND, SHARE_FALSE = 0.95, 0.05


@covers("000-61", county=True)
@pytest.mark.proof("planted_unfairness")
def test_an_underserved_municipality_is_flagged():
    tried = seeds("planted_unfairness", small=3, full=100)
    found = sum(("municipality", PLANTED) in flagged(seed, {PLANTED: 0.7}) for seed in tried)
    assert found >= SHARE_FOUND * len(tried), f"{found} of {len(tried)}"


@pytest.mark.proof("planted_unfairness")
def test_a_county_that_serves_all_alike_is_not_flagged():
    tried = seeds("planted_unfairness", small=3, full=100)
    false = sum(bool(flagged(seed, {})) for seed in tried)
    assert false <= SHARE_FALSE * len(tried), f"{false} of {len(tried)}"


@pytest.mark.parametrize("proving, given, first", [(False, None, 0), (True, None, CLEAN), (True, "7", 7)])
def test_make_prove_starts_at_seeds_that_nobody_looked_at(monkeypatch, proving, given, first):
    monkeypatch.setattr("tests.counts.PROVING", proving)
    monkeypatch.delenv("LUOTAIN_COUNT_SEEDS_TRIED", raising=False)
    if given:
        monkeypatch.setenv("LUOTAIN_FIRST_SEEDS_TRIED", given)
    assert seeds("seeds_tried", small=2, full=3) == range(first, first + (3 if proving else 2))
