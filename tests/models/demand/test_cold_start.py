"""A new area: what it lacks, who lends to it and why, and from when its own history suffices."""

import numpy as np
import pandas as pd
import pytest

from configs.errors import ModelError
from models.demand.cold_start import (
    ColdStart,
    Known,
    Loan,
    SeriesStatus,
    area_traits,
    borrow,
    borrowed_status,
    borrowed_widths,
    lend,
    own_status,
    sum_status,
    with_borrowed_intervals,
)
from models.demand.cold_start.similar import nearest_areas
from tests.models.demand.cold_start_rows import NAMES, cells, traits
from tests.models.demand.demand_data import series, together

# --- who is similar -----------------------------------------------------------------------------------------------


def test_the_nearest_areas_by_stated_traits():
    table = traits(new=(100, 0.20), a=(110, 0.10), b=(1000, 0.20), c=(120, 0.195), d=(90, 0.21))
    assert nearest_areas("new", ["a", "b", "c", "d"], table, ["size"], 2) == ["a", "d"]
    assert nearest_areas("new", ["a", "b", "c", "d"], table, ["aged"], 2) == ["b", "c"]
    assert nearest_areas("new", ["a", "b", "c", "d"], table, ["size", "aged"], 3)[2] == "a"


def test_a_trait_that_the_new_area_lacks_is_left_out():
    table = traits(new=(100, 0.20), a=(110, 0.10), b=(1000, 0.20)).assign(rate=[np.nan, 1.0, 2.0])
    assert nearest_areas("new", ["a", "b"], table, ["rate", "size"], 1) == ["a"]


# --- borrowing by hand --------------------------------------------------------------------------------------------


def known(own: list[float] | None = None) -> Known:
    """Two areas of 200 and 300 people with 10 and 30 visits a week; the new one has 100 people."""
    ids = ("a|visits", "b|visits", "new|visits")
    observed = [
        series("a|visits", "2024-01-01", [10.0] * 8, "W-MON"),
        series("b|visits", "2024-01-01", [30.0] * 8, "W-MON"),
    ]
    if own:
        first = pd.Timestamp("2024-02-26") - pd.Timedelta(weeks=len(own))
        observed.append(series("new|visits", str(first.date()), own, "W-MON"))
    ahead = [
        series(one, "2024-02-26", values, "W-MON") for one, values in (("a|visits", [12, 14]), ("b|visits", [28, 36]))
    ]
    forecasts = together(*ahead).rename(columns={"y": "value"})
    return Known(together(*observed), forecasts, cells(*ids), traits(a=(200, 0.1), b=(300, 0.1), new=(100, 0.1)))


def test_without_own_periods_the_population_says_the_level():
    table, loan = borrow("new", known(), ColdStart(lenders=2))
    assert table["value"].tolist() == pytest.approx([100 / 500 * (12 + 28), 100 / 500 * (14 + 36)])
    assert table["ds"].dt.strftime("%Y-%m-%d").tolist() == ["2024-02-26", "2024-03-04"]
    assert loan == Loan("new", ("a", "b"), ("size", "aged"), 0)


def test_own_periods_move_the_level_towards_the_areas_own():
    # by size 100 / 500 x 40 = 8 visits a week are expected; three own weeks had 20, and the size counts as one week
    table, loan = borrow("new", known([20.0, 20.0, 20.0]), ColdStart(lenders=2, prior_periods=1.0))
    factor = (3 * 20 + 8) / (3 * 8 + 8)
    assert table["value"].tolist() == pytest.approx([8 * factor, 10 * factor])
    assert (loan.own_periods, loan.similar_by) == (3, ("size", "aged", "rate"))


def test_own_weeks_without_a_single_visit_do_not_end_the_forecast():
    table, _ = borrow("new", known([0.0, 0.0]), ColdStart(lenders=2, prior_periods=1.0))
    assert table["value"].tolist() == pytest.approx([8 / 3, 10 / 3])


def test_the_rate_of_the_own_first_weeks_chooses_who_lends():
    # a: 10 / 200 = .05 visits per person and week, b: 30 / 300 = .10
    assert borrow("new", known([9.0]), ColdStart(lenders=1, similar_by=("rate",)))[1].lenders == ("b",)
    assert borrow("new", known([4.0]), ColdStart(lenders=1, similar_by=("rate",)))[1].lenders == ("a",)


def test_nobody_lends_without_a_size_or_a_forecast():
    assert borrow("new", Known(**{**vars(known()), "traits": traits(a=(1, 1), b=(1, 1))}), ColdStart()) is None
    nothing = known().forecasts.iloc[:0]
    assert borrow("new", Known(**{**vars(known()), "forecasts": nothing}), ColdStart()) is None


def test_short_areas_borrow_and_every_series_has_a_status():
    one = known([20.0, 20.0])
    found = lend(one, 8, "week", {"a": NAMES["North"]}, ColdStart(lenders=1, similar_by=("size",)))
    assert set(found.forecasts["unique_id"]) == {"new|visits"}
    assert {name: status.status for name, status in found.statuses.items()} == {
        "a|visits": "forecast",
        "b|visits": "forecast",
        "new|visits": "borrowed",
    }
    assert found.loans["new"].lenders == ("a",)
    lent = found.statuses["new|visits"]
    assert (lent.has, lent.needs, lent.enough_from) == (2, 8, "2024-04-08")
    assert "borrowed from North en (similar by size" in lent.sentence["en"]


def test_without_a_rule_or_a_lender_there_is_not_enough_data():
    alone = Known(**{**vars(known()), "forecasts": known().forecasts.iloc[:0]})
    for some, rule in ((known(), None), (alone, ColdStart())):
        found = lend(some, 8, "week", {}, rule)
        assert found.forecasts.empty
        assert found.statuses["new|visits"].status == "not_enough_data"
        assert found.statuses["new|visits"].has == 0


def test_an_area_borrows_whole_when_one_of_its_series_is_short():
    one = known([20.0])
    long = series("new|hours", "2024-01-01", [5.0] * 8, "W-MON")
    others = [series(f"{area}|hours", "2024-01-01", [4.0] * 8, "W-MON") for area in ("a", "b")]
    ahead = together(*(series(f"{x}|hours", "2024-02-26", [4.0] * 2, "W-MON") for x in ("a", "b", "new")))
    more = Known(
        together(one.observations, long, *others),
        pd.concat([one.forecasts, ahead.rename(columns={"y": "value"})]),
        pd.concat([one.cells, cells("a|hours", "b|hours", "new|hours")]),
        one.traits,
    )
    found = lend(more, 8, "week", {}, ColdStart())
    assert set(found.forecasts["unique_id"]) == {"new|visits", "new|hours"}
    assert found.statuses["new|hours"].status == "borrowed"
    assert found.statuses["new|hours"].has == 1, "as its shortest series"


def test_traits_are_those_of_the_last_known_year():
    rows = [
        ("901", 0, 74, "2021-12-31", 900.0, "2022-04-01"), ("901", 75, 200, "2021-12-31", 100.0, "2022-04-01"),
        ("901", 0, 74, "2022-12-31", 800.0, "2023-04-01"), ("901", 75, 200, "2022-12-31", 200.0, "2023-04-01"),
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=["area", "low", "high", "day", "persons", "recorded_at"])
    table = table.assign(day=pd.to_datetime(table["day"]), recorded_at=pd.to_datetime(table["recorded_at"]))
    assert area_traits(table, (75, 200), pd.Timestamp("2023-04-01")).loc["901"].tolist() == [100, 100 / 1000]
    assert area_traits(table, (75, 200), pd.Timestamp("2023-04-02")).loc["901"].tolist() == [200, 200 / 1000]


def test_widths_by_hand_and_never_narrower_than_the_lenders():
    errors = pd.DataFrame({"group": "visits", "value": [10.0] * 9, "y": [10 + k for k in range(1, 10)]})
    widths = borrowed_widths(errors)
    assert widths == {"visits": {0.8: 0.8, 0.95: 0.9}}  # ranks ceil(10 x .80) = 8 and ceil(10 x .95) = 10 -> 9
    rows = with_borrowed_intervals(pd.DataFrame({"group": ["visits", "visits"], "value": [100.0, 0.2]}), widths)
    named = ["low95", "low80", "value", "high80", "high95"]
    assert rows[named].to_numpy() == pytest.approx(np.array([[10, 20, 100, 180, 190], [0, 0, 0.2, 1.0, 1.1]]))
    lent = pd.DataFrame(
        {"group": ["visits"], "value": [100.0], "low80": [5.0], "high80": [150.0], "low95": [1.0], "high95": [300.0]}
    )
    assert with_borrowed_intervals(lent, widths)[named].to_numpy().tolist() == [[1, 5, 100, 180, 300]]
    with pytest.raises(ModelError, match="at least two areas"):
        borrowed_widths(errors.iloc[:0])
    with pytest.raises(ModelError, match="measure borrowed forecasts of hours"):
        with_borrowed_intervals(pd.DataFrame({"group": ["hours"], "value": [1.0]}), widths)


# --- status -------------------------------------------------------------------------------------------------------


def short(has: int = 12, last: str = "2026-11-16") -> SeriesStatus:
    return own_status(has, 40, pd.Timestamp(last), "week")


def test_what_is_missing_and_from_when_it_suffices():
    found = short()
    # the twelfth week ends on 2026-11-22; 28 more end on 2027-06-06
    assert (found.status, found.has, found.needs, found.enough_from) == ("not_enough_data", 12, 40, "2027-06-07")
    assert found.sentence == {
        "fi": "Ei tarpeeksi tietoa: tarvitaan 40 viikkoa, on 12; riittää 7.6.2027 alkaen.",
        "sv": "För lite data: 40 veckor behövs, 12 finns; räcker från 7.6.2027.",
        "en": "Not enough data: needs 40 weeks, has 12; enough from 7 June 2027.",
    }


@pytest.mark.parametrize(
    "has, needs, last,         period,  lag, day",
    [
        (39, 40, "2026-11-16", "week",  0,  "2026-11-30"),
        (0,  2,  "2026-11-16", "week",  28, "2027-01-04"),  # two weeks to come, and four until they are recorded
        (10, 16, "2026-01-01", "month", 0,  "2026-08-01"),
        (20, 28, "2026-03-01", "day",   0,  "2026-03-10"),
    ],
)  # fmt: skip
def test_the_day_from_which_the_history_suffices(has, needs, last, period, lag, day):
    assert own_status(has, needs, pd.Timestamp(last), period, lag).enough_from == day


def test_enough_is_a_forecast_without_a_sentence():
    assert short(40) == SeriesStatus("forecast", 40, 40)


def test_a_borrowed_forecast_says_from_whom_and_why():
    found = borrowed_status(short(), Loan("new", ("North", "South"), ("size", "rate"), 12), NAMES, "week")
    assert (found.status, found.lenders, found.enough_from) == ("borrowed", ("North", "South"), "2027-06-07")
    assert found.sentence == {
        "fi": "Ennuste on lainattu alueilta North fi ja South fi (samankaltaiset: palveltavan ikäryhmän koko ja oman "
        "alun kysyntä asukasta kohti), koska omaa historiaa on 12 viikkoa ja tarvitaan 40. Väli on leveämpi kuin omaan "
        "historiaan perustuvan. Oma ennuste aikaisintaan 7.6.2027.",
        "sv": "Prognosen är lånad från områdena North sv och South sv (liknande: målgruppens storlek och egen "
        "efterfrågan per invånare i början), eftersom den egna historiken är 12 veckor och 40 behövs. Intervallet är "
        "bredare än för egen historik. Egen prognos tidigast 7.6.2027.",
        "en": "The forecast is borrowed from North en and South en (similar by size of the served ages and own first "
        "demand per resident), because the own history is 12 weeks and 40 are needed. The interval is wider than from "
        "own history. Own forecast at the earliest 7 June 2027.",
    }


def test_a_sum_stands_as_its_weakest_part():
    own, lent, none = short(40), SeriesStatus("borrowed", 12, 40, "2027-06-07", ("North",)), short(3)
    assert sum_status([own, own]).status == "forecast"
    assert sum_status([own, lent]).status == "borrowed"
    assert sum_status([own, lent, none]) is none
    told = sum_status([own, lent], [NAMES["South"]])
    assert told.sentence == {
        "fi": "Osa summasta on lainattu: South fi.",
        "sv": "En del av summan är lånad: South sv.",
        "en": "A part of the sum is borrowed: South en.",
    }
