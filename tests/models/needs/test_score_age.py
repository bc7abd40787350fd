"""How old a score may be: refused with its age in days, never by silence."""

from datetime import date

import pytest

from models.needs.score_age import refused_for_age

AS_OF = date(2025, 1, 1)


@pytest.mark.parametrize(
    "today,              trained_until,     refused",
    [
        (date(2025, 1, 31), date(2024, 6, 1), None),  # 30 days: the last day of its life
        (date(2025, 2, 1), date(2024, 6, 1), "31 päivää vanhat"),
        (None, date(2024, 6, 1), None),  # nobody asks by the clock
        (date(2025, 1, 2), date(2022, 12, 31), "732 päivää"),  # 2024 is a leap year
        (date(2025, 1, 2), date(2023, 1, 2), None),  # 730 days: still allowed
        (date(2025, 1, 2), None, None),
        (date(2025, 2, 1), date(2022, 1, 1), "31 päivää vanhat"),  # the data are named first
    ],
)
def test_a_score_too_old_is_refused_with_its_age(today, trained_until, refused) -> None:
    verdict = refused_for_age(AS_OF, today, 30, trained_until, 730)
    if refused is None:
        assert verdict is None
    else:
        assert verdict is not None
        assert verdict.status == "not_assessable"
        assert refused in verdict.reason["fi"]
        assert set(verdict.reason) == {"fi", "sv", "en"}
