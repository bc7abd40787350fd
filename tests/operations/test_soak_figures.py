"""The pure parts of the soak: what counts as growth, and when models are swapped."""

import pytest

from tests.bench.soak import Memory, Swap, _figures, _swap_times


def memory(*resident: int) -> Memory:
    """One sample a minute."""
    return Memory([60.0 * minute for minute in range(len(resident))], list(resident), [100] * len(resident))


@pytest.mark.parametrize(
    "resident,                                          growth",
    [
        ([50, 80, 90, 95, 98, *[100] * 25],              0.0),   # what the warm-up takes is no growth
        ([100] * 17 + [106] * 13,                        0.06),
        ([100] * 5 + [200] + [100] * 24,                 0.0),   # one peak is no growth
        ([100] * 5 + [110] * 4 + [99] * 21,              -0.1),
    ],
)  # fmt: skip
def test_growth_is_counted_after_the_first_five_minutes(resident: list[int], growth: float) -> None:
    assert memory(*resident).growth("resident", 300.0) == pytest.approx(growth)
    assert memory(*resident).growth("anonymous", 300.0) == 0.0


def test_models_are_swapped_after_the_warm_up_and_not_at_the_very_end() -> None:
    assert _swap_times(1800) == [300, 600, 900, 1200, 1500]
    assert _swap_times(180) == [45, 90]


@pytest.mark.parametrize(
    "name, change", [("soak_errors", 1), ("soak_growth_resident", 2), ("soak_restart_to_ready", 3)]
)
def test_each_target_can_be_missed(name: str, change: int) -> None:
    seen = {"statuses": [200] * 9 + [503 if change == 1 else 200], "milliseconds": [5.0] * 10}
    grown = memory(*[100] * 20, *[110 if change == 2 else 100] * 10)
    swaps = [Swap("promote", "2", 6.0), Swap("rollback", "1", 7.0)]
    figures = _figures(seen, grown, swaps, 11.0 if change == 3 else 9.0, 1800.0)
    assert [one for one, figure in figures.items() if not figure.as_json()["holds"]] == [name]
