"""A municipality that gets 30 % less at the same need is found, and nothing is found where nobody gets less."""

import pytest

from tests.counts import seeds
from tests.fair_county import PLANTED, flagged
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
