"""A new area: what it lacks, who lends to it and why, and that borrowing beats sharing out the county by size."""

import numpy as np
import pandas as pd
import pytest

from configs.errors import ModelError
from evaluation.hidden_areas import hidden_errors
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
from tests.demand_data import series, together

NAMES = {name: {"fi": f"{name} fi", "sv": f"{name} sv", "en": f"{name} en"} for name in ("North", "South")}


def traits(**rows: tuple[float, float]) -> pd.DataFrame:
    return pd.DataFrame.from_dict(rows, orient="index", columns=["size", "aged"])


def cells(*ids: str) -> pd.DataFrame:
    parts = [one.split("|", 1) for one in ids]
    return pd.DataFrame({"unique_id": ids, "area": [area for area, _ in parts], "cell": [cell for _, cell in parts]})


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


# --- hidden areas -------------------------------------------------------------------------------------------------

WEEKS, HORIZON = 130, 8
TOWNS, VILLAGES = ("t1", "t2", "t3"), ("v1", "v2", "v3")


def county() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Three towns and three villages: villages are smaller, older, need more per person, and peak in summer."""
    rng, t = np.random.default_rng(6), np.arange(WEEKS)
    parts, rows = [], {}
    for k, area in enumerate((*TOWNS, *VILLAGES)):
        village = area in VILLAGES
        size = (300 + 20 * k) if village else (1000 + 100 * k)
        wave = np.sin(t * np.pi / 26 + (np.pi if village else 0.0))
        mean = size * (0.30 if village else 0.15) * (1 + 0.25 * wave) * (1 + 0.002 * t)
        parts.append(series(f"{area}|visits", "2022-01-03", rng.poisson(mean), "W-MON"))
        rows[area] = (size, 0.25 if village else 0.15)
    return together(*parts), cells(*(f"{area}|visits" for area in rows)), traits(**rows)


def last_year_again(observed: pd.DataFrame) -> pd.DataFrame:
    """The same weeks of last year, at the growth since: a forecaster that needs a long history."""
    rows = []
    for name, one in observed.groupby("unique_id"):
        y = one["y"].to_numpy()
        grown = y[-26:].sum() / y[-78:-52].sum()
        ds = pd.date_range(one["ds"].iloc[-1], periods=HORIZON + 1, freq="W-MON")[1:]
        rows.append(pd.DataFrame({"unique_id": name, "ds": ds, "value": y[-52:][:HORIZON] * grown}))
    return pd.concat(rows, ignore_index=True)


@pytest.fixture(scope="module")
def world():
    panel, of, rows = county()
    dates = sorted(panel["ds"].unique())
    return panel, of, rows, [dates[WEEKS - 1 - HORIZON - 9 * k] for k in range(4)]


def wape(table: pd.DataFrame) -> float:
    return float((table["value"] - table["y"]).abs().sum() / table["y"].sum())


@pytest.fixture(scope="module")
def county_share(world) -> pd.DataFrame:
    """What a planner without a model does: the others' forecast, shared out by size."""
    panel, _, rows, origins = world
    parts = []
    for origin in origins:
        for area in rows.index:
            others = panel[(panel["ds"] <= origin) & (panel["unique_id"] != f"{area}|visits")]
            total = last_year_again(others).groupby("ds", as_index=False)["value"].sum()
            share = rows["size"][area] / rows["size"].drop(area).sum()
            parts.append(total.assign(unique_id=f"{area}|visits", value=total["value"] * share))
    return pd.concat(parts).merge(panel, on=["unique_id", "ds"])


def hidden(world, own: int, **rule) -> pd.DataFrame:
    panel, of, rows, origins = world
    return hidden_errors(panel, of, rows, origins, own, last_year_again, ColdStart(lenders=2, **rule), 80)


@pytest.mark.parametrize("own, at_most", [(0, 0.5), (4, 0.4), (12, 0.4)])
def test_borrowing_beats_sharing_out_the_county(world, county_share, own, at_most):
    assert wape(hidden(world, own)) < at_most * wape(county_share)


def test_borrowing_beats_the_own_first_weeks_carried_forward(world):
    panel, _, _, origins = world
    parts = []
    for origin in origins:
        mean = panel[panel["ds"] <= origin].groupby("unique_id").tail(4).groupby("unique_id")["y"].mean()
        ahead = panel[(panel["ds"] > origin) & (panel["ds"] <= origin + pd.Timedelta(weeks=HORIZON))]
        parts.append(ahead.assign(value=ahead["unique_id"].map(mean)))
    assert wape(hidden(world, 4)) < 0.8 * wape(pd.concat(parts))


def test_the_hidden_areas_history_is_hidden(world):
    """Spoiling what a hidden area did before its last own weeks changes nothing of what it borrows."""
    panel, of, rows, origins = world
    spoilt = panel.copy()
    early = (panel["unique_id"] == "v1|visits") & (panel["ds"] <= origins[0] - pd.Timedelta(weeks=4))
    spoilt.loc[early, "y"] = 1e6
    one, other = (
        hidden_errors(some, of, rows, origins[:1], 4, last_year_again, ColdStart(lenders=2), 80).query("area == 'v1'")
        for some in (panel, spoilt)
    )
    assert one["value"].tolist() == other["value"].tolist()
    assert len(one) == HORIZON


def test_intervals_of_borrowed_forecasts_cover_other_areas(world):
    errors = hidden(world, 4).assign(group="visits")
    inside = []
    for area in (*TOWNS, *VILLAGES):
        widths = borrowed_widths(errors[errors["area"] != area])
        rows = with_borrowed_intervals(errors[errors["area"] == area], widths)
        inside.append([rows["y"].between(rows[f"low{level}"], rows[f"high{level}"]).mean() for level in (80, 95)])
    eighty, ninety_five = np.mean(inside, axis=0)
    assert 0.7 <= eighty <= 0.9
    assert ninety_five >= 0.9


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
