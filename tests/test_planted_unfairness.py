"""A municipality that gets 30 % less at the same need is found, and nothing is found where nobody gets less."""

import pytest

from tests.counts import count
from tests.fair_county import PLANTED, flagged
from tests.plans import covers

SHARE_FOUND, SHARE_FALSE = 0.95, 0.05


@covers("000-61", county=True)
@pytest.mark.proof("planted_unfairness")
def test_an_underserved_municipality_is_flagged():
    seeds = count("planted_unfairness", small=3, full=100)
    found = sum(("municipality", PLANTED) in flagged(seed, {PLANTED: 0.7}) for seed in range(seeds))
    assert found >= SHARE_FOUND * seeds, f"{found} of {seeds}"


@pytest.mark.proof("planted_unfairness")
def test_a_county_that_serves_all_alike_is_not_flagged():
    seeds = count("planted_unfairness", small=3, full=100)
    false = sum(bool(flagged(seed, {})) for seed in range(seeds))
    assert false <= SHARE_FALSE * seeds, f"{false} of {seeds}"
