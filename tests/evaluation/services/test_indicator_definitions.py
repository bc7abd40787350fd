"""Every measured definition of configs/indicators.yaml on a few drawn rows: Σ num, Σ den, unjudged, known by hand.

As of 31.12.2024 with 28 days of lag the latest quarter is July-September and the latest month November.
"""

import pytest

from tests.evaluation.services.indicator_cases_access import ACCESS
from tests.evaluation.services.indicator_cases_people import PEOPLE
from tests.evaluation.services.indicator_cases_use import USE
from tests.evaluation.services.indicator_rows import parts_of, whole
from tests.evaluation.services.indicator_worlds import TODAY
from tests.plans import covers

CASES = {**ACCESS, **PEOPLE, **USE}


@covers("000-86")
def test_every_measured_definition_has_a_case() -> None:
    assert sorted(CASES) == sorted(whole().measured)


@covers("000-23", "000-59", "001-C3", "001-D2", "002-F1")
@pytest.mark.parametrize("id", list(CASES))
def test_a_definition_by_hand(id: str) -> None:
    tables, expected = CASES[id]
    assert parts_of(id, TODAY, **tables) == pytest.approx(expected)
