"""Sums of forecasts: parts add up exactly over areas, nothing falls below zero, a faulty hierarchy is named."""

import numpy as np
import pandas as pd
import pytest

from configs.errors import ModelError
from models.demand.coherence.reconcile import Coherence, coherent_windows, fit_coherence
from models.demand.coherence.summing import checked_totals, grained, shared_parts, summing_of
from models.demand.coherence.windows import Windows, has_seasonal_scale, residual_windows, scales, windows_of_table
from models.demand.forecasters.matrix import PanelMatrix
from models.demand.hierarchy import Published

AREAS = ("a", "b", "c")
DATES = pd.date_range("2024-01-01", periods=400, freq="D")


def published(*parts: tuple[str, str, tuple[str, ...]]) -> tuple[Published, ...]:
    return tuple(Published(name, name, "total", "visits", of, place=place) for name, place, of in parts)


COUNTY = published(
    *((area, "area", (area,)) for area in AREAS),
    ("ab", "area_group", ("a", "b")),
    ("only_c", "area_group", ("c",)),
    ("county", "county", AREAS),
)


def drawn(seed: int, size: float = 50.0, days: int = 400) -> PanelMatrix:
    rng = np.random.default_rng(seed)
    return PanelMatrix(np.array(AREAS), DATES[:days], rng.poisson(size, (3, days)).astype(float))


def windows(history: PanelMatrix, seed: int, bias: float = 0.0, spread: float = 1.0) -> Windows:
    """Twenty windows of 14 days whose forecasts err by `bias` and chance."""
    rng = np.random.default_rng(seed)
    level = history.values.mean(axis=1)[:, None, None]
    origins = np.arange(100, 100 + 20 * 14, 14)
    return residual_windows(
        history,
        origins,
        14,
        7,
        lambda h, o, steps: level + bias + spread * rng.normal(size=(len(h.ids), len(o), steps)),
    )


def sums_of(history: PanelMatrix) -> PanelMatrix:
    summing, _ = summing_of(COUNTY, AREAS)
    return PanelMatrix(summing.published[summing.sums], history.dates, summing.of(history.values)[summing.sums])


# --- the matrix -----------------------------------------------------------------------------------------------------


def test_the_matrix_sums_and_names_each_distinct_sum_once():
    summing, faults = summing_of(COUNTY, AREAS)
    assert not faults
    assert summing.of(np.array([[1.0], [2.0], [4.0]])).ravel().tolist() == [1, 2, 4, 1 + 2, 4, 1 + 2 + 4]
    assert list(summing.published[summing.sums]) == ["ab", "county"]  # `only_c` is the series c itself
    assert summing.level_of["ab"] == "area_group"


def test_an_unknown_part_makes_the_sum_unknown():
    summing, _ = summing_of(COUNTY, AREAS)
    found = dict(zip(summing.published, summing.of(np.array([1.0, np.nan, 4.0])), strict=True))
    assert np.isnan(found["ab"])
    assert np.isnan(found["county"])
    assert found["a"] == 1
    assert found["only_c"] == 4


@pytest.mark.parametrize(
    "parts,             reason",
    [
        (("a", "missing"), "Its part missing has no series"),
        (("a", "b", "a"),  "Its part a is named twice"),
        ((),               "It has no parts"),
    ],
)  # fmt: skip
def test_a_faulty_sum_is_named_and_the_others_stay(parts, reason):
    summing, faults = summing_of((*COUNTY, *published(("wrong", "area_group", parts))), AREAS)
    assert [one.series_id for one in faults] == ["wrong"]
    assert reason in faults[0].reason
    assert list(summing.published) == [one.series_id for one in COUNTY]


def test_a_part_in_two_parents_is_named_with_both():
    (fault,) = shared_parts({"north": ("a", "b"), "south": ("b", "c")})
    assert fault.series_id == "south"
    assert "part b lies in north already" in fault.reason
    assert not shared_parts({"north": ("a",), "south": ("b", "c")})


def test_a_delivered_total_that_differs_is_named_with_its_first_date():
    summed = pd.DataFrame({"series_id": "county", "ds": DATES[:4], "y": [10.0, 11, 12, 13]})
    delivered = summed.assign(y=[10.0, 11 + 1e-9, 14, 15])
    (fault,) = checked_totals(pd.concat([delivered, delivered.assign(series_id="unknown")]), summed)
    assert fault.series_id == "county"
    assert "On 2024-01-03" in fault.reason
    assert "on 2 dates in all" in fault.reason


# --- points ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["bottom_up", "mint", "samples"])
def test_every_method_adds_up_exactly(method):
    summing, _ = summing_of(COUNTY, AREAS)
    history = drawn(1)
    bottom, sums = windows(history, 2), windows(sums_of(history), 3)
    coherence = fit_coherence(summing, bottom, sums, (method,))
    said = coherent_windows(coherence, bottom, sums, scales(summing.of(history.values), bottom.origins, 7))
    by_id = dict(zip(said.ids, said.forecast, strict=True))
    assert np.array_equal(by_id["ab"], by_id["a"] + by_id["b"])  # equal, not nearly
    assert np.array_equal(by_id["county"], by_id["c"] + by_id["b"] + by_id["a"])
    days = by_id["county"].reshape(20, 2, 7)
    assert np.array_equal(days.sum(axis=2), sum(by_id[area].reshape(20, 2, 7).sum(axis=2) for area in AREAS))


def test_grains_are_fine_and_never_negative():
    values = np.array([-3.0, 0.1, 12345.678901])
    assert grained(values) == pytest.approx([0, 0.1, 12345.678901], abs=1e-6)


def test_mint_moves_towards_the_forecast_that_errs_less():
    """The county is forecast almost without error, its parts are not: their sum must follow the county."""
    summing, _ = summing_of(COUNTY, AREAS)
    history = drawn(4)
    bottom = windows(history, 5, spread=8.0)
    total = sums_of(history)
    sums = windows(total, 6).saying(
        total.values[:, bottom.origins[:, None] + np.arange(1, 15)]
        + np.random.default_rng(7).normal(0, 0.1, (2, 20, 14))
    )
    coherence = fit_coherence(summing, bottom, sums)
    assert coherence.method == "mint"
    assert coherence.errors["mint"] < 0.8 * coherence.errors["bottom_up"]
    found = summing.of(coherence.bottom(np.full((3, 1), 40.0), np.ones(3), np.array([[100.0], [160.0]])))
    assert dict(zip(summing.published, found[:, 0], strict=True))["county"] == pytest.approx(160, abs=1)


def test_mint_below_zero_is_solved_again_and_still_adds_up():
    """The county says far less than its parts: the plain solution takes the small part below zero."""
    summing, _ = summing_of(COUNTY, AREAS)
    history = drawn(8, size=20)
    bottom, total = windows(history, 9, spread=6.0), sums_of(history)
    coherence = fit_coherence(summing, bottom, windows(total, 10, spread=0.5), ("mint",))
    base, above = np.array([[0.5], [60.0], [60.0]]), np.array([[20.0], [30.0]])
    plain = coherence.projection @ np.concatenate([above, base])
    assert plain.min() < 0
    found = coherence.bottom(base, np.ones(3), above)
    assert found.min() >= 0
    sums = dict(zip(summing.published, summing.of(found)[:, 0], strict=True))
    assert sums["county"] == sums["ab"] + sums["c"]
    clipped = np.maximum(plain, 0).sum()
    assert abs(sums["county"] - 30) < abs(clipped - 30)  # clipping would have lifted the sum


def test_samples_take_out_a_lasting_bias():
    summing, _ = summing_of(COUNTY, AREAS)
    coherence = fit_coherence(summing, windows(drawn(11), 12, bias=5.0))
    assert coherence.method == "samples"
    assert coherence.bottom(np.full((3, 1), 55.0), np.full(3, 8.0)).mean() == pytest.approx(50, abs=2)


def test_bottom_up_stands_unless_another_method_is_clearly_better():
    summing, _ = summing_of(COUNTY, AREAS)
    history = drawn(13)
    found = fit_coherence(summing, windows(history, 14), windows(sums_of(history), 15))
    assert found.method == "bottom_up"
    assert set(found.errors) == {"bottom_up", "mint", "samples"}
    one = windows(history, 14).some(np.array([0]))
    assert fit_coherence(summing, one).method == "bottom_up"


def test_mint_without_forecasts_of_the_sums_is_refused():
    summing, _ = summing_of(COUNTY, AREAS)
    with pytest.raises(ModelError, match="Give `sums`"):
        Coherence("mint", summing, {}).bottom(np.ones((3, 1)), np.ones(3))


# --- windows --------------------------------------------------------------------------------------------------------


def test_the_scale_is_that_of_the_last_year_known():
    values = np.concatenate([np.tile([0.0, 8.0], 100), np.full(400, 3.0)])[None, :]
    assert scales(values, [199], 1)[0, 0] == 8.0
    assert scales(values, [599], 1)[0, 0] == 1.0  # nothing has moved for 52 seasons
    assert scales(np.tile(np.arange(7.0), 20)[None, :], [139], 7)[0, 0] > 1  # a rhythm that repeats: plain difference


def test_a_series_whose_rhythm_repeats_exactly_has_no_seasonal_scale():
    values = np.stack([np.tile(np.arange(7.0), 20), np.random.default_rng(1).poisson(5, 140), np.zeros(140)])
    assert has_seasonal_scale(values, 7).tolist() == [False, True, False]


def test_a_back_test_table_becomes_windows():
    history = PanelMatrix(np.array(["a", "b"]), DATES[:20], np.arange(40.0).reshape(2, 20))
    rows = [
        ("b", DATES[9], 1, 30.0, 31.0),
        ("b", DATES[9], 2, 31.0, 33.0),
        ("a", DATES[12], 1, 13.0, 10.0),
    ]
    table = pd.DataFrame(rows, columns=["unique_id", "origin", "step", "y", "ets"])
    found = windows_of_table(table, "ets", history, 7)
    assert found.origins.tolist() == [9, 12]
    assert found.errors[1, 0].tolist() == [(30 - 31) / 7, (31 - 33) / 7]  # both rise by 7 a season
    assert np.isnan(found.forecast[0, 0]).all()
