"""The data-quality report: planted changes of shares and volumes are found in their month."""

import numpy as np
import pytest

from evaluation.quality.page import render
from evaluation.quality.shifts import HALF, share_changes, volume_changes
from tests.evaluation.services.quality_rows import monthly_visits, source, summary_of, visits
from tests.plans import covers


def month_series(values: list[float]) -> np.ndarray:
    return np.array(values, dtype=float)


# Changes of practice


@covers("001-G4")
@pytest.mark.parametrize(
    "values,                                   places",
    [
        ([0.9] * 12 + [0.6] * 12,              [12]),
        ([0.9] * 12 + [0.6] * 9 + [0.9] * 12,  [12, 21]),
        ([0.9] * 24,                           []),
        ([0.9, 0.85] * 12,                     []),            # noise
        (list(np.linspace(0.9, 0.5, 48)),      []),            # a steady slope is no step
        ([0.9] * 12 + [0.1] + [0.9] * 12,      []),            # one odd month
        ([0.9] * 12 + [0.82] * 12,             []),            # sure, but too small to matter
        ([0.9] * 4 + [0.5] * 20,               []),            # fewer months before it than are needed
        ([0.9] * 6 + [np.nan] + [0.5] * 5,     []),            # an unknown month hides it
    ],
)  # fmt: skip
def test_a_step_in_a_share_is_found_in_its_month(values: list[float], places: list[int]) -> None:
    assert [change.place for change in share_changes(month_series(values))] == places


def test_the_test_figure_is_the_one_in_the_text() -> None:
    before, after = [0.80, 0.82, 0.78, 0.81, 0.79, 0.80], [0.50, 0.52, 0.48, 0.51, 0.49, 0.50]
    (change,) = share_changes(month_series(before + after))
    pooled = np.sqrt((np.var(before, ddof=1) + np.var(after, ddof=1)) / 2)
    assert change.t == pytest.approx((0.80 - 0.50) / (pooled * np.sqrt(1 / HALF + 1 / HALF)))
    assert (change.before, change.after) == (pytest.approx(0.80), pytest.approx(0.50))


def test_a_volume_is_judged_by_ratio() -> None:
    assert [one.place for one in volume_changes(month_series([100, 104, 98] * 4 + [150, 148, 152] * 4))] == [12]
    assert volume_changes(month_series([100, 104, 98] * 4 + [112, 110, 114] * 4)) == ()


@covers("002-D1")
@pytest.mark.parametrize("broken, declared", [("2023-01-01", True), ("2023-02-20", True), ("2023-09-01", False)])
def test_a_change_is_marked_as_declared_when_a_source_break_is_near(broken: str, declared: bool) -> None:
    what = {"fi": "Uusi järjestelmä.", "sv": "Nytt system.", "en": "New system."}
    breaks = [{"date": broken, "kind": "system_change", "comparable": True, "what": what}]
    summary = summary_of(visits(*monthly_visits("2022-01", 30, 12, reason=None)), {"s/a": source(source_breaks=breaks)})
    (change,) = [one for one in summary["changes"] if one["field"] == "reason"]
    assert (change["month"], change["what"], change["before"], change["after"]) == ("2023-01", "completeness", 1, 0)
    assert (change["declared"] is not None) is declared
    html = render(summary)
    assert ("ei ilmoitettu" in html) is not declared
    assert 'class="ring"' in html


def test_a_code_that_takes_over_is_a_change_of_practice() -> None:
    rows = monthly_visits("2022-01", 30, 12, channel="phone")
    found = {one["what"] for one in summary_of(visits(*rows))["changes"] if one["field"] == "channel"}
    assert found == {"phone", "in_person"}
