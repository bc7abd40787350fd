"""Models against the simulator's true need: who is in need by hand, and a group that is under-predicted is flagged."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from configs.workspace import Workspace
from evaluation.fairness import WorkingPoint, as_json, from_json, true_need_in
from evaluation.fairness.comparing.figures import USUAL
from evaluation.fairness.needed.need import OLDER, TrueNeed, need_of_axis, need_of_task
from evaluation.fairness.needed.states import States, months_ahead
from evaluation.fairness.needed.table import Foretold, true_need_table
from evaluation.fairness.needed.told import NO_TRUTH, against_need, told, truth_of
from evaluation.fairness.released import for_publication
from evaluation.fairness.report import all_tables
from evaluation.truth import Care, Truth
from models.needs.need_task import load_task
from models.segments.scheme import load_scheme
from tests.plans import covers

CARE = Care(thresholds=(1.0, 2.0, 3.0, 4.0), heavier=0.5, steepness=2.0)
#            client  care_level  care_need of 2024-01-01 … 2024-08-01
LIVES = [
    ("stable",      2, [2.5] * 8),
    ("one_month",   2, [2.5, 2.5, 2.5, 2.5, 3.5, 2.5, 2.5, 2.5]),
    ("too_late",    2, [2.5] * 7 + [3.5]),
    ("already",     2, [3.5, 2.5, 2.5, 2.5, 2.5, 2.5, 2.5, 2.5]),
    ("to_24h",      1, [1.5, 4.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5]),
    ("not_in_care", 0, [3.5] * 8),
]  # fmt: skip


def truth(care: Care | None = CARE) -> Truth:
    rows = [
        (client, f"2024-{month + 1:02d}-01", level, need, 2 if client == "stable" else 0, client == "already")
        for client, level, needs in LIVES
        for month, need in enumerate(needs)
    ]
    names = ["client_id", "as_of", "care_level", "care_need", "emergencies", "complexity_high"]
    monthly = pd.DataFrame(rows, columns=names).assign(as_of=lambda frame: frame["as_of"].astype("datetime64[s]"))
    return Truth(monthly, pd.DataFrame(), {}, {}, care)


def asked(as_of: str = "2024-01-01", clients: tuple[str, ...] = tuple(one for one, _, _ in LIVES)) -> pd.DataFrame:
    return pd.DataFrame({"client_id": list(clients), "as_of": pd.Timestamp(as_of)})


@pytest.mark.parametrize(
    "horizon, gap, months",
    [(182, 0, range(1, 7)), (365, 0, range(1, 13)), (90, 30, range(2, 5)), (10, 0, range(1, 2))],
)
def test_a_horizon_is_so_many_month_ends(horizon, gap, months):
    assert months_ahead(horizon, gap) == months


@pytest.mark.parametrize(
    "task, output, in_need",
    [
        ("heavier_home_care_6m", "heavier_home_care_6m", {"one_month", "to_24h"}),
        ("home_care_change_6m", "home_care_change_6m", {"one_month", "to_24h"}),
        ("home_care_change_6m", "home_care_change_6m_residential", {"to_24h"}),
        ("home_care_minutes_6m", "home_care_minutes_6m", {"one_month", "to_24h"}),
    ],
)
def test_who_truly_needs_heavier_care(task, output, in_need):
    """After `as_of` and within six months; those who have no home care are not asked about."""
    found = need_of_task(load_task(task), output, States.of(truth()), asked())
    assert isinstance(found, TrueNeed)
    clients = asked()["client_id"].to_numpy()
    assert set(clients[found.known]) == {one for one, level, _ in LIVES if level}
    assert set(clients[found.known & found.needs]) == in_need


def test_the_chance_at_usual_supply_by_hand():
    """Six months half a step below the next threshold: 1 - (1 - .5 / (1 + e))^6."""
    found = need_of_task(load_task("heavier_home_care_6m"), "", States.of(truth()), asked(clients=("stable",)))
    assert isinstance(found, TrueNeed)
    assert found.chance == pytest.approx([1 - (1 - 0.5 / (1 + np.e)) ** 6], abs=1e-6)


def test_a_window_beyond_the_truth_is_not_judged():
    states, task = States.of(truth()), load_task("heavier_home_care_6m")
    found = need_of_task(task, task.id, states, asked("2024-03-01"))
    assert isinstance(found, TrueNeed)
    assert not found.known.any()  # the sixth month would be September


def test_true_emergencies_count_whether_or_not_anybody_recorded_them():
    task = load_task("frequent_emergency_12m").model_copy(update={"horizon_days": 91})
    found = need_of_task(task, task.id, States.of(truth()), asked())
    assert isinstance(found, TrueNeed)
    assert found.needs.tolist() == [one == "stable" for one, _, _ in LIVES]  # 2 a month, 4 asked for


def test_what_the_simulator_does_not_know_is_said():
    states, old = States.of(truth()), truth(None)
    heavy, none = load_task("heavier_home_care_6m"), load_task("multi_service_12m")
    assert need_of_task(heavy, heavy.id, States.of(old), asked()) == OLDER
    emergency, without = load_task("frequent_emergency_12m"), old.monthly.drop(columns="emergencies")
    assert need_of_task(emergency, emergency.id, States.of(replace(old, monthly=without)), asked()) == OLDER
    assert "no true need" in str(need_of_task(none, none.id, states, asked()))


def test_the_true_level_of_an_axis():
    scheme, states = load_scheme("configs/schemes/suuntima_like.yaml"), States.of(truth())
    complexity, resources = (next(one for one in scheme.axes if one.id == name) for name in ("complexity", "resources"))
    found = need_of_axis(complexity, complexity.levels[1], states, asked("2024-08-01", ("already", "stable", "nobody")))
    assert isinstance(found, TrueNeed)
    assert (found.needs.tolist(), found.known.tolist()) == ([True, False, False], [True, True, False])
    assert "no true level" in str(need_of_axis(resources, resources.levels[1], states, asked()))


def planted(factor: float, n: int = 3000) -> dict[str, object]:
    """Clients of four areas with the same need; in area d the model foretells `factor` of the odds."""
    rng = np.random.default_rng(5)
    area = np.array(list("abcd"))[np.arange(n) % 4]
    score = rng.normal(-1, 1.2, n)
    needs = rng.random(n) < 1 / (1 + np.exp(-score))
    p = 1 / (1 + np.exp(-score - np.where(area == "d", np.log(factor), 0)))
    need = TrueNeed(needs, np.ones(n, bool))
    one = Foretold("need", p, WorkingPoint(share=0.2), need)
    table = true_need_table("need_x", np.arange(n), pd.DataFrame({"group_area": area}), [one], USUAL, 5)
    return as_json(table)


@covers("000-61")
def test_a_group_whose_need_is_under_predicted_is_flagged_and_no_other():
    rows = {row["group"]: row for row in planted(0.4)["rows"]}
    assert rows["d"]["verdict"] == ["recall", "need_to_predicted"]
    assert rows["d"]["metrics"]["need_to_predicted"]["ratio"] > 1.3
    assert rows["d"]["metrics"]["need_to_predicted"]["gap_low"] > 1
    assert rows["d"]["metrics"]["recall"]["difference"] < -0.05
    assert [rows[one]["verdict"] for one in "abc"] == [[], [], []]


def test_nothing_is_flagged_where_all_are_foretold_alike():
    assert [row["verdict"] for row in planted(1.0)["rows"]] == [[]] * 4


def test_figures_by_hand_leave_out_whom_the_truth_does_not_know():
    """Half of the rows are unknown and take three quarters of the places; the known ones with p = .95 are in need."""
    n = 400
    place = np.arange(n)
    known = place % 2 == 0
    p = np.where(place % 8 == 0, 0.95, np.where(known, 0.2, 0.9))
    one = Foretold("need", p, WorkingPoint(share=0.5), TrueNeed(place % 4 == 0, known))
    traits = pd.DataFrame({"group_area": np.where(place < 200, "a", "b")})
    row = true_need_table("x", place, traits, [one], USUAL, 5).of("area", "a")
    assert (row.n, row.events) == (100, 50)
    assert row.metrics["recall"].value == pytest.approx(25 / 50)
    assert row.metrics["true_need"].value == pytest.approx(50 / 100)
    assert row.metrics["need_to_predicted"].value == pytest.approx(50 / (25 * 0.95 + 75 * 0.2))


def test_on_real_data_one_sentence_says_why_there_is_none(tmp_path):
    read = truth_of(None, Workspace(tmp_path), None, "", None, USUAL, 5, 1000)
    assert read == NO_TRUTH
    found = against_need(read, None, None, None)
    assert found == {"table": None, "not_available": NO_TRUTH, "without": {}}
    report = {"models": [{"name": "m", "version": "1", "tables": [], "true_need": found}], "others": []}
    assert true_need_in(report, "m", "1") == NO_TRUTH
    assert true_need_in(report, "m", "2") is None
    assert all_tables(report["models"][0]) == []


def test_P1_the_table_leaves_the_house_rounded_too():
    model = {"name": "m", "version": "1", "tables": [], "true_need": told(planted(1.0), None)}
    public = for_publication({"models": [model], "others": []})
    table = true_need_in(public, "m", "1")
    assert table is not None
    assert all(row.n % 5 == 0 for row in table.rows)
    assert from_json(all_tables(public["models"][0])[0]) == table
