"""Overrides by hand: spread in proportion, finer ones stand, sums add up, the original is kept, and did they help."""

from datetime import date, datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest

from configs.errors import DataError
from models.planning.judged import ENOUGH, judge_overrides
from models.planning.overrides import Overridden, Override, apply_overrides, override_of
from tests.models.planning.planning_data import DATES, small_base

FIRST = DATES[0].date()


def override(series_id: str, value: float, hour: int = 8, **more: Any) -> Override:
    given = {"ds": FIRST, "author_role": "planner", "reason": "new unit", "time": datetime(2025, 1, 2, hour)}
    return Override(**{**given, "series_id": series_id, "value": value, **more})


def value(found: Overridden, series_id: str, column: str = "value") -> float:
    rows = found.table[(found.table["series_id"] == series_id) & (found.table["ds"] == pd.Timestamp(FIRST))]
    return float(rows[column].iloc[0])


def test_a_county_override_is_spread_in_the_forecasts_proportion() -> None:
    found = apply_overrides(small_base(), [override("county|visits|total", 220)])
    assert value(found, "901|visits|75plus") == pytest.approx(70 * 220 / 200)
    assert value(found, "902|visits|total") == pytest.approx(110)
    assert value(found, "county|visits|75plus") == pytest.approx(130 * 1.1)


def test_an_override_of_a_part_moves_the_sums_above_and_nothing_beside() -> None:
    found = apply_overrides(small_base(), [override("901|visits|75plus", 100)])
    assert value(found, "901|visits|total") == pytest.approx(130)
    assert value(found, "county|visits|total") == pytest.approx(230)
    assert value(found, "902|visits|total") == pytest.approx(100)
    later = found.table[found.table["ds"] > pd.Timestamp(FIRST)]
    assert (later["value"] == later["original"]).all()


def test_a_finer_number_stands_and_the_rest_takes_the_difference() -> None:
    found = apply_overrides(small_base(), [override("county|visits|total", 230), override("901|visits|total", 110)])
    assert value(found, "901|visits|total") == pytest.approx(110)
    assert value(found, "902|visits|total") == pytest.approx(120)
    assert value(found, "902|visits|75plus") == pytest.approx(60 * 120 / 100)


def test_crossing_overrides_both_hold() -> None:
    found = apply_overrides(
        small_base(),
        [override("county|visits|75plus", 160), override("901|visits|75plus", 100), override("901|visits|total", 150)],
    )
    assert value(found, "901|visits|total") == pytest.approx(150)
    assert value(found, "county|visits|75plus") == pytest.approx(160)
    assert value(found, "902|visits|75plus") == pytest.approx(60)


def test_the_latest_counts_and_the_earlier_is_kept() -> None:
    first, second = override("901|visits|75plus", 90, hour=8), override("901|visits|75plus", 80, hour=9)
    found = apply_overrides(small_base(), [second, first])
    assert value(found, "901|visits|75plus") == 80
    assert found.superseded == (first,)


def test_the_original_and_its_interval_stay_beside() -> None:
    found = apply_overrides(small_base(), [override("901|visits|75plus", 140)])
    assert value(found, "901|visits|75plus", "original") == 70
    assert value(found, "901|visits|75plus", "low80") == pytest.approx(63 * 2)  # the same width in proportion
    marks = found.table[found.table["given"]]
    assert marks["series_id"].tolist() == ["901|visits|75plus"]
    assert bool(found.table.loc[found.table["series_id"] == "county|visits|total", "touched"].iloc[0])


def test_from_nothing_to_something_widens_the_interval_to_hold_it() -> None:
    found = apply_overrides(
        small_base({**dict.fromkeys(["901|visits|under65", "901|visits|65to74"], 5.0), "901|visits|75plus": 0.0}),
        [override("901|visits|75plus", 12)],
    )
    assert value(found, "901|visits|75plus", "low80") == 0
    assert value(found, "901|visits|75plus", "high80") == 12


@pytest.mark.parametrize(
    "wrong,                                                               named",
    [
        ([override("901|visits|totl", 5)], "unknown series `901|visits|totl`. Did you mean `901|visits|total`?"),
        ([override("901|visits|total", 5, ds=date(2025, 1, 7))], "2025-01-07 is no period of the forecast"),
        (
            [override("901|visits|75plus", 90), override("901|visits|65plus", 50)],
            "contradicts finer overrides, whose sum is 90",
        ),
    ],
)
def test_what_cannot_be_is_named(wrong: list[Override], named: str) -> None:
    with pytest.raises(DataError) as refused:
        apply_overrides(small_base(), wrong)
    assert named in str(refused.value)


@pytest.mark.parametrize("wrong", [{"value": -1.0}, {"value": float("nan")}, {"reason": " "}, {"author_role": ""}])
def test_an_override_without_a_value_author_or_reason_does_not_exist(wrong: dict[str, Any]) -> None:
    with pytest.raises(DataError):
        override("901|visits|total", **{"value": 1.0, **wrong})


def test_the_json_form_is_the_override() -> None:
    one = override("901|visits|total", 5)
    assert override_of(one.as_json()) == one
    with pytest.raises(DataError, match="no `reason`"):
        override_of({name: told for name, told in one.as_json().items() if name != "reason"})


def _realised(values: dict[str, float]) -> pd.DataFrame:
    return pd.DataFrame(
        [(name, pd.Timestamp(FIRST), y) for name, y in values.items()], columns=["series_id", "ds", "y"]
    )


def test_whether_overriding_helped_by_hand() -> None:
    told = [override("a", 12), override("b", 20, reason="strike"), override("c", 5)]
    before = {("a", pd.Timestamp(FIRST)): 10.0, ("b", pd.Timestamp(FIRST)): 16.0, ("c", pd.Timestamp(FIRST)): 5.0}
    found = judge_overrides(told, before, _realised({"a": 14, "b": 16}))
    line = found.table.set_index(["by", "group"]).loc[("all", "all")]
    assert found.waiting == 1  # c has not been seen
    assert (line["n"], line["helped"], bool(line["enough"])) == (2, 0.5, False)
    assert line["error_with"] == pytest.approx((2 + 4) / 30)
    assert line["error_without"] == pytest.approx((4 + 0) / 30)
    assert found.said["en"] == "Only 2 overridden numbers: too few to say whether overriding helped."
    strike = found.table.set_index(["by", "group"]).loc[("reason", "strike")]
    assert strike["difference"] == pytest.approx(4 / 16)


@pytest.mark.parametrize("with_, without, said", [(1.0, 5.0, "smaller"), (5.0, 1.0, "larger"), (2.0, 2.0, "by chance")])
def test_enough_overrides_get_a_verdict(with_: float, without: float, said: str) -> None:
    names = [f"s{number}" for number in range(ENOUGH)]
    told = [override(name, 100 + with_) for name in names]
    before = {(name, pd.Timestamp(FIRST)): 100 - without for name in names}
    assert said in judge_overrides(told, before, _realised(dict.fromkeys(names, 100.0))).said["en"]


def test_nothing_seen_is_said() -> None:
    found = judge_overrides([override("a", 1)], {}, _realised({}))
    assert found.table.empty
    assert "No overridden period" in found.said["en"]
    assert np.isfinite(found.waiting)
