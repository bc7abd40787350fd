"""LightGBM's transition chances: person-weeks by hand, kinds of clients, rows of the futures, and the choice."""

import numpy as np
import pandas as pd
import pytest

from evaluation.flow.chances import choose_chances, loss_metrics
from models.bundles.bundle import Bundle
from models.flow.forecast import FlowFit, Recipe, fit_flow
from models.flow.moves.arrivals import ArrivalForecast
from models.flow.moves.boosted import curves, fit_boosted
from models.flow.moves.hazards import LONGEST, Hazards, fit_hazards
from models.flow.moves.profiles import ANY, places_in, profiles_of
from models.flow.moves.simulate import Present, draw_futures
from models.flow.moves.weekly_chances import LAST_WEEK, log_loss, person_weeks, weekly_chances
from models.flow.stored import fit_files, read_fit
from tests.models.flow.flow_data import chain, spells, steady_spells

SINCE, UNTIL = pd.Timestamp("2024-01-01"), pd.Timestamp("2024-02-01")


@pytest.mark.parametrize(
    "entered, left, weeks",
    [
        ("2024-01-01", "2024-01-04", [(0, 2)]),  # gone on day 3, out of the chain
        ("2024-01-01", "2024-01-08", [(0, 0), (1, 2)]),  # on day 7: the second week
        ("2023-12-30", "2024-01-08", [(1, 2)]),  # the first week began before the time: not asked
        ("2024-01-10", None, [(0, 0), (1, 0), (2, 0)]),  # 10.–16., 17.–23., 24.–30. January: whole weeks only
        ("2024-01-26", "2024-01-28", []),  # the week is not over on the 1st: who stayed in it is not known
        ("2024-01-10", "2024-03-01", [(0, 0), (1, 0), (2, 0)]),  # what happens later is not known either
    ],
)
def test_person_weeks_worked_by_hand(entered: str, left: str | None, weeks: list[tuple[int, int]]) -> None:
    found = person_weeks(spells(("a", "x", entered, left)), ("x",), SINCE, UNTIL)
    assert list(zip(found["week"], found["outcome"], strict=True)) == weeks


def test_a_constant_chance_a_day_as_a_chance_a_week() -> None:
    goes = np.broadcast_to([0.0, 0.75, 0.25], (2, LONGEST, 3))
    found = weekly_chances(Hazards(("x", "y"), np.full((2, LONGEST), 0.1), goes))
    stays = 0.9**7
    assert found.shape == (2, LAST_WEEK + 1, 4)
    np.testing.assert_allclose(found[0, 5], [stays, 0, 0.75 * (1 - stays), 0.25 * (1 - stays)])
    weeks = pd.DataFrame({"week": [5, 5], "outcome": [0, 3]})
    np.testing.assert_allclose(
        log_loss(found, np.array([0, 0]), weeks), [-7 * np.log(0.9), -np.log(0.25 - 0.25 * stays)]
    )


def slow_and_fast(clients: int = 900, seed: int = 5) -> pd.DataFrame:
    """A stage that clients of one area leave at 4 % a day and those of another at 20 %, for y or out of the chain."""
    rng = np.random.default_rng(seed)
    lines, areas = [], {}
    for number in range(clients):
        slow = bool(rng.random() < 0.5)
        day = pd.Timestamp("2023-01-02") + pd.Timedelta(days=int(rng.integers(0, 365)))
        left = day + pd.Timedelta(days=int(rng.geometric(0.04 if slow else 0.2)))
        lines.append((number, "x", day, left))
        if rng.random() < (0.9 if slow else 0.3):
            lines.append((number, "y", left, left + pd.Timedelta(days=int(rng.geometric(0.1)))))
        areas[number] = "slow" if slow else "fast"
    found = spells(*lines)
    return found.assign(area=found["client_id"].map(areas), segment="unknown", group_old=False)


LEARN = (pd.Timestamp("2023-01-02"), pd.Timestamp("2023-10-02"))
ASK = (pd.Timestamp("2023-10-02"), pd.Timestamp("2023-12-25"))


@pytest.fixture(scope="module")
def learned() -> tuple[pd.DataFrame, Hazards, Hazards, np.ndarray]:
    """What is known at the origin, the counted chances, the trees', and the row of every stay."""
    truth = slow_and_fast()
    known = truth[truth["entered"] < LEARN[1]]
    known = known.assign(left=known["left"].where(known["left"] < LEARN[1]))
    known = known.assign(went_to=known["went_to"].where(known["left"].notna()))
    counted = fit_hazards(known, ("x", "y"), *LEARN)
    boosted = fit_boosted(known, counted, *LEARN)
    return truth, counted, curves(counted, boosted), boosted.rows_of(truth)


def test_trees_tell_unlike_clients_better_than_counts(learned: tuple) -> None:
    truth, counted, trees, rows = learned
    asked = person_weeks(truth, ("x", "y"), *ASK)
    places = asked["spell"].to_numpy(int)
    by_count = log_loss(weekly_chances(counted), asked["stage"].to_numpy(int), asked).mean()
    by_trees = log_loss(weekly_chances(trees), rows[places], asked).mean()
    assert by_trees < 0.97 * by_count
    told = weekly_chances(trees)[:, 0, 0]
    in_x = truth["stage"] == "x"
    slow, fast = (told[np.unique(rows[in_x & (truth["area"] == area)])].mean() for area in ("slow", "fast"))
    assert slow > 0.6 > 0.45 > fast  # the truth: .96^7 = .75 and .8^7 = .21


def test_rows_share_the_stages_people(learned: tuple) -> None:
    trees = learned[2]
    np.testing.assert_allclose(trees.goes.sum(axis=2), 1.0)
    assert all(trees.entry_of(stage).sum() == pytest.approx(1.0) for stage in ("x", "y"))
    assert len(trees.rows_of("x")) == 2
    arriving = ArrivalForecast(np.full(6, 14.0), 1.0, 0.0, 0.1, False)
    nobody = ArrivalForecast(np.zeros(6), 1.0, 0.0, 0.1, False)
    present = Present(np.array([0, 0, 1]), np.array([3, 9, 1]))
    found = draw_futures(present, {"x": arriving, "y": nobody}, np.full(7, 1 / 7), trees, {}, 6, 60, 1)
    assert found.start.tolist() == [3, 0]
    assert found.arrivals[:, 0].sum(axis=1).mean() == pytest.approx(6 * 14, rel=0.1)
    assert (found.stock_end >= 0).all()
    went, came = found.departures[:, 0].sum(), found.arrivals[:, 1].sum()
    assert 0.3 < came / went < 0.9  # the rest left the chain


def test_a_rare_kind_counts_to_a_wider_one() -> None:
    many = [(number, "x", "2024-01-01", "2024-01-05") for number in range(30)]
    found = spells(*many).assign(area=["a"] * 25 + ["b"] * 5)
    profiles = profiles_of(found, ("x",))
    kinds = {(came, area): stays for came, area, stays in profiles[["came_from", "area", "stays"]].to_numpy().tolist()}
    assert kinds == {("outside", "a"): 25, (ANY, ANY): 5}  # five of area b are too few, and so are five from outside
    assert profiles["area"].isin([ANY, "a"]).all()
    assert (places_in(profiles, found) >= 0).all()


def fitted(chances: str) -> FlowFit:
    stays = steady_spells(40).assign(area="901", segment="unknown")
    weeks = pd.date_range(pd.Timestamp("2022-01-03"), periods=40, freq="W-MON")
    flows = pd.DataFrame({"ds": weeks}).merge(pd.DataFrame({"stage": chain().ids}), how="cross")
    flows = flows.assign(outside=6)
    return fit_flow(chain(), stays, flows, {}, Recipe(26, False, chances), 3, None)  # type: ignore[arg-type]


def test_trees_come_back_from_the_bundle_as_the_same_chances() -> None:
    fit = fitted("lightgbm")
    files = fit_files(fit)
    assert files["chances.lgb.txt"].startswith(b"tree")
    again = read_fit(Bundle("flow", "0" * 64, files), chain().ids)
    np.testing.assert_array_equal(again.hazards.leave, fit.hazards.leave)
    np.testing.assert_array_equal(again.hazards.goes, fit.hazards.goes)
    np.testing.assert_array_equal(again.futures(2, 50, 3).stock_end, fit.futures(2, 50, 3).stock_end)
    assert "chances.lgb.txt" not in fit_files(fitted("counted"))
    assert Recipe(26, True, "lightgbm").name == "26 weeks, lightgbm, queues"


def losses(counted: float, trees: float) -> pd.DataFrame:
    rows = [
        {"origin": 1, "weeks": weeks, "chances": chances, "stage": "x", "person_weeks": 10, "loss": 10 * loss}
        for weeks in (26, 52)
        for chances, loss in (("counted", counted + weeks / 1000), ("lightgbm", trees + weeks / 1000))
    ]
    return pd.DataFrame(rows)


@pytest.mark.parametrize(
    "counted, trees, chosen",
    [(0.5, 0.4, "lightgbm"), (0.4, 0.5, "counted"), (0.4, 0.4, "counted"), (0.4, 0.4 - 1e-9, "counted")],
)
def test_the_chances_with_the_lower_log_loss_are_served(counted: float, trees: float, chosen: str) -> None:
    table = losses(counted, trees)
    assert choose_chances(table) == chosen
    assert loss_metrics(table)["log_loss_lightgbm"] == pytest.approx(trees + 0.026)
