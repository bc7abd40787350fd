"""What would change it: the changes really do it, no smaller set does, what may not move stays."""

import re
from itertools import combinations, product

import numpy as np
import pytest

from models.explaining.supposing.changeable import Changeable
from models.explaining.supposing.counterfactual import Search, counterfactual
from models.explaining.supposing.levers import Levers
from models.learners.baseline import BaselineSettings, LogisticRegression
from models.learners.binary import BinaryModel
from models.learners.blend import Blend
from models.learners.boosting import BoostedTrees
from models.learners.calibration import Calibration
from models.parts import ClientParts
from tests.models.client_case import SMALL_TREES
from tests.models.explaining.changeable_case import CATALOGUE, HELD, NAMES, PARTS, ROWS, SPECS, changeable

NEVER = {"age", "sex", "language", "observed_history", "memory_disorder", "fall_injury", "home_care_episode"}


def outcome(rows: np.ndarray) -> np.ndarray:
    column = {name: np.nan_to_num(rows[:, place].astype(np.float64)) for place, name in enumerate(NAMES)}
    score = 0.8 * column["emergency_contacts__90d"] + 0.2 * column["rai_drs"] + 0.01 * column["home_care_visits__90d"]
    score += 0.5 * column["missed_contacts__365d"] - column["named_professional"] - column["valid_care_plan"] - 0.6
    return (np.random.default_rng(3).random(len(rows)) < 1 / (1 + np.exp(-score))).astype(np.int8)


@pytest.fixture(scope="module", params=["lightgbm", "logistic", "blend"])
def model(request) -> BinaryModel:
    labels = outcome(ROWS)
    trees = BoostedTrees.fit(ROWS, labels, NAMES, SMALL_TREES)
    line = LogisticRegression.fit(ROWS, labels, NAMES, BaselineSettings())
    learner = {"lightgbm": trees, "logistic": line, "blend": Blend(trees, line, 0.5)}[request.param]
    return BinaryModel(learner, Calibration(0.9, -0.2))


def asked(model: BinaryModel, row: np.ndarray, target: float = 0.5, held: Changeable | None = None):
    return counterfactual(model, PARTS, row, "x", held or HELD, target)


def applied(row: np.ndarray, changes) -> np.ndarray:
    """The row with the changes of an answer."""
    changed = row.copy()
    for one in changes:
        changed[NAMES.index(one.feature)] = one.then
    return changed


TESTED = range(0, 120, 2)


@pytest.mark.parametrize("target", [0.3, 0.5, 0.7])
def test_the_changes_of_the_answer_give_its_probability_on_the_other_side(model, target):
    reached = 0
    for row in ROWS[TESTED]:
        answer = asked(model, row, target)
        now = model.probabilities(row.reshape(1, -1))[0]
        assert answer.probability_now == now
        then = model.probabilities(applied(row, answer.changes).reshape(1, -1))[0]
        assert abs(then - answer.probability_then) <= 1e-12
        if answer.reached:
            reached += 1
            assert (now >= target) != (answer.probability_then >= target)
            assert answer.changes
        else:
            assert (answer.changes, answer.probability_then) == ((), now)
    assert reached >= 5


def by_brute_force(model: BinaryModel, row: np.ndarray, target: float, size: int) -> bool:
    """Whether any set of `size` levers gets there, one set after another."""
    candidates = Levers(HELD, CATALOGUE, SPECS).candidates(row)
    now = model.probabilities(row.reshape(1, -1))[0] >= target
    for levers in combinations(sorted({one.lever for one in candidates}), size):
        for chosen in product(*([one for one in candidates if one.lever == lever] for lever in levers)):
            changed = row.copy()
            for one in chosen:
                changed[one.places] = one.values
            if (model.probabilities(changed.reshape(1, -1))[0] >= target) != now:
                return True
    return False


def test_no_smaller_set_reaches_the_target(model):
    sizes = []
    for row in ROWS[[*range(8), *np.argsort(model.probabilities(ROWS))[-4:]]]:
        answer = asked(model, row)
        levers = {name for name in HELD.rules.levers if name in {one.family for one in answer.changes}}
        sizes.append(len(levers))
        smaller = range(1, len(levers) if answer.reached else 3)
        assert not any(by_brute_force(model, row, 0.5, size) for size in smaller)
    assert max(sizes) >= 2  # otherwise nothing smaller was ruled out


def test_only_changeable_families_move(model):
    levers = HELD.rules.levers
    allowed = {*levers, *(name.split("__")[0] for one in levers.values() for name in one.followers)}
    assert not allowed & NEVER
    for row in ROWS[TESTED]:
        assert {one.family for one in asked(model, row).changes} <= allowed


def test_greedy_where_the_sets_are_too_many(model):
    """With room for few predictions the search still keeps to its budget, and what it says is true."""
    row = ROWS[np.argmax(model.probabilities(ROWS))]
    small = changeable(most_rows=60)
    counted = []

    class Counting:
        def probabilities(self, rows):
            counted.append(len(rows))
            return model.probabilities(rows)

    candidates = Levers(small, CATALOGUE, SPECS).candidates(row)
    now = float(model.probabilities(row.reshape(1, -1))[0])
    found = Search(Counting(), row, candidates, now, 0.2, 60).smallest(3)
    assert sum(counted) <= 60
    assert found is None or found.probability < 0.2


def test_the_sentences_say_what_would_be_and_that_it_is_no_advice(model):
    row = next(row for row in ROWS if (one := asked(model, row)).reached and len(one.changes) > 1)
    answer = asked(model, row)
    assert re.fullmatch(r"Jos .+ olisi .+, malli arvioisi todennäköisyydeksi .+% \(nyt .+%\)\.", answer.sentence["fi"])
    assert re.fullmatch(r"Om .+ vore .+, skulle modellen uppskatta .+% \(nu .+%\)\.", answer.sentence["sv"])
    assert re.fullmatch(r"If .+ were .+, the model would estimate .+% \(now .+%\)\.", answer.sentence["en"])
    assert "eikä ole neuvo" in answer.notice["fi"]
    assert all(set(one.sentence) == {"fi", "sv", "en"} and one.sentence["fi"][0].isupper() for one in answer.changes)


def test_nothing_gets_there_and_the_sentence_says_so(model):
    answer = asked(model, ROWS[0], 1e-9)
    assert not answer.reached
    assert (
        answer.sentence["en"] == "No combination of up to 3 ordinary changes would move the model's estimate across 0%."
    )


def test_a_bundle_of_before_answers_that_it_cannot(model):
    files = PARTS.to_files()
    del files["changeable.json"]
    old = ClientParts.from_files(files)
    assert old.changeable is None
    answer = counterfactual(model, old, ROWS[0], "x", old.changeable, 0.5)
    assert not answer.reached
    assert "Train a new version" in answer.sentence["en"]


def test_rules_and_ranges_travel_in_the_bundle(model):
    again = ClientParts.from_files(PARTS.to_files())
    assert again.changeable == HELD
    assert counterfactual(model, again, ROWS[3], "x", again.changeable, 0.5) == asked(model, ROWS[3])
