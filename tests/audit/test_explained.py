"""The sample and the checks of explanations on numbers worked out by hand, and faults that they must find."""

from dataclasses import dataclass, replace
from typing import Any

import lightgbm
import numpy as np
import pandas as pd
import pytest

from configs.errors import DataError
from evaluation.audit.drawn.clients import answered_rows, drawn_clients, groups_of
from evaluation.audit.drawn.weighted import Strata, draw, tenths
from evaluation.audit.explained import checks, examples, proxies
from evaluation.audit.explained.changes import changes
from evaluation.audit.explained.importance import by_group, importance, most_apart
from evaluation.audit.explained.outputs import explained_output
from evaluation.audit.explained.sentences import numbers_in, state_of
from evaluation.audit.explained.stability import compared, summary, weights_compared
from evaluation.county_reasons.asked import Asked, every_output, read_model
from models.answers import Reason
from models.learners.binary import BinaryModel
from models.learners.boosting import BoostedTrees
from models.learners.calibration import Calibration
from models.segments.eligibility import EligibilityRules, answered, assess
from tests.audit.conftest import NEED, SEGMENTATION, World
from tests.models.segments.test_eligibility import RULES
from tests.training.small_training import SNAPSHOT


@dataclass(frozen=True)
class Column:
    name: str
    family: str


SPECS = (Column("a__30d", "a"), Column("a__90d", "a"), Column("b", "b"))


def test_a_stratified_mean_weighs_each_stratum_by_its_share_of_the_whole() -> None:
    strata = Strata(np.array([0, 0, 1, 1, 1]), np.array([0.9, 0.1]))
    mean, error = strata.mean(np.array([1.0, 3.0, 10.0, 20.0, 30.0]))
    assert mean == pytest.approx(0.9 * 2 + 0.1 * 20)
    assert error == pytest.approx(np.sqrt(0.9**2 * 2 / 2 + 0.1**2 * 100 / 3))
    assert strata.weights.tolist() == pytest.approx([0.45, 0.45, 0.1 / 3, 0.1 / 3, 0.1 / 3])
    assert strata.part(np.array([True, True, False, False, False])).share.tolist() == [1.0, 0.0]


def test_the_standard_error_is_that_of_many_samples() -> None:
    rng = np.random.default_rng(1)
    values = np.sort(rng.exponential(size=4000))
    stratum, share = tenths(values), np.full(10, 0.1)
    found = []
    for seed in range(200):
        chosen = draw(stratum, 300, seed)
        found.append(Strata(stratum[chosen], share).mean(values[chosen]))
    means, errors = (np.array([float(one[k]) for one in found]) for k in (0, 1))
    assert means.mean() == pytest.approx(values.mean(), rel=0.01)
    assert means.std() == pytest.approx(errors.mean(), rel=0.2)


def test_a_sample_takes_the_same_share_of_every_tenth_and_the_same_rows_each_time() -> None:
    stratum = tenths(np.random.default_rng(2).normal(size=1000))
    chosen = draw(stratum, 200, seed=5)
    assert np.bincount(stratum[chosen]).tolist() == [20] * 10
    assert np.array_equal(chosen, draw(stratum, 200, seed=5))
    assert not np.array_equal(chosen, draw(stratum, 200, seed=6))
    assert draw(stratum, 5000, seed=5).tolist() == list(range(1000))


@pytest.mark.parametrize("over_age", [None, {"newest": ["age_of_record"], "at_most": 10.0}])
def test_the_gate_on_whole_columns_is_the_gate_of_one_client(over_age: dict[str, Any] | None) -> None:
    unless = [{"feature": "home_care", "at_least": 1}]
    more = {} if over_age is None else {"over_age": {**over_age, "unless": unless}}
    rules = EligibilityRules.model_validate({**RULES.model_dump(), **more}, strict=False)
    rng = np.random.default_rng(3)
    names = ("observed_history", "social", "health", "months", "home_care", "age_of_record")
    scale = dict(zip(names, (200, 3, 3, 8, 2, 20), strict=True))
    frame = {name: rng.integers(0, scale[name], 500).astype(float) for name in names}
    for column in frame.values():
        column[rng.random(500) < 0.2] = np.nan
    rows = [{name: frame[name][place] for name in names} for place in range(500)]
    assert answered(rules, frame, 500).tolist() == [assess(rules, row).status == "answered" for row in rows]


def test_clients_are_drawn_with_their_own_groups(world: World) -> None:
    asked = _asked(world, NEED)
    few = drawn_clients(asked, world.history, SNAPSHOT, 40, seed=1)
    assert (few.asked, few.answered, len(few.used)) == (160, 160, 40)
    assert np.bincount(few.strata.stratum).tolist() == [4] * 10
    whole = drawn_clients(asked, world.history, SNAPSHOT, 10_000, seed=1)
    assert whole.groups["municipality"].value_counts().to_dict()["907"] == 2
    assert "source" not in whole.groups  # everybody is of one register: there is nobody to be compared with
    assert answered_rows(asked, whole.whole).all()
    assert asked.answered(whole.whole).all()


def test_a_history_in_which_nobody_is_answered_about_is_one_clear_sentence(world: World) -> None:
    asked = _asked(world, NEED)
    older = asked.model.task.ages.model_copy(update={"low": 200})  # type: ignore[union-attr]
    task = asked.model.task.model_copy(update={"ages": older})  # type: ignore[union-attr]
    nobody = replace(asked, model=replace(asked.model, task=task))  # type: ignore[arg-type]
    with pytest.raises(DataError, match="answers about nobody"):
        drawn_clients(nobody, world.history, SNAPSHOT, 40, seed=1)


def test_groups_are_what_was_recorded_before_the_day() -> None:
    day = pd.Timestamp("2024-01-01")
    rows = [("x", "901", "2020-01-01", None), ("x", "902", "2023-06-01", None), ("x", "903", "2024-01-01", None),
            ("y", "901", "2020-01-01", "2021-01-01")]  # fmt: skip
    stays = pd.DataFrame(rows, columns=["client_id", "municipality", "valid_from", "superseded_at"])
    stays = stays.assign(sex="male", language="fi", source="r", legacy_org="west", recorded_at=stays["valid_from"])
    for name in ("valid_from", "recorded_at", "superseded_at"):
        stays[name] = pd.to_datetime(stays[name])
    told = groups_of(pd.DataFrame({"client_id": ["x", "y"], "age": [80.0, np.nan]}), stays, day)
    assert told["municipality"].tolist() == ["902", "unknown"]
    assert told["age_band"].tolist() == ["75-84", "unknown"]


def test_importance_and_groups_by_hand() -> None:
    values = np.array([[1.0, 1.0, -4.0], [-3.0, 1.0, 0.0]] * 5)
    lines = importance(values, SPECS, Strata(np.zeros(10, np.int64), np.ones(1)))
    told = {line["family"]: (line["mean"], line["signed"]) for line in lines}
    assert told == {"a": ((2 + 2) / 2, (2 - 2) / 2), "b": ((4 + 0) / 2, (-4 + 0) / 2)}
    groups = pd.DataFrame({"sex": ["f", "m"] * 5, "municipality": ["1"] * 9 + ["2"]})
    shown = {(one["grouping"], one["group"]): one for one in by_group(values, SPECS, groups, ["b"])}
    assert shown["sex", "f"]["families"] == {"b": 4.0}
    assert most_apart(list(shown.values())) == {
        "grouping": "sex", "family": "b", "most": "f", "least": "m", "difference": 4.0
    }  # fmt: skip


def test_P6_weights_of_a_small_group_are_hidden_and_so_is_what_gives_them_away() -> None:
    groups = pd.DataFrame({"municipality": ["1"] * 9 + ["2"]})
    lines = by_group(np.ones((10, 3)), SPECS, groups, ["a"])
    assert [(line["n"], line["families"]) for line in lines] == [(None, None), (None, None)]


def _asked(world: World, name: str) -> Asked:
    read = read_model(world.bundles[name])
    return Asked(world.material(name).version, read.model, every_output(read.model), world.bundles[name])


def test_P6_segments_and_shares_of_few_clients_are_hidden(world: World) -> None:
    parts = _asked(world, SEGMENTATION).model.parts
    used = np.full((60, len(parts.used)), 3.0, np.float32)
    shares = np.zeros((60, len(parts.used)))
    shares[:, 0], shares[:3, 1] = 1.0, 9.0
    segment = np.array([0] * 30 + [1] * 26 + [2] * 4)
    told = {one["segment"]: one for one in examples.examples(segment, "xyz", used, shares, parts.explainer)}
    assert told["z"] == {"segment": "z", "n": None, "reasons": []}
    assert told["y"]["n"] is None  # else z could be found by subtraction
    assert told["x"]["n"] == 30
    among = {reason["concept"]: reason["among_three"] for reason in told["x"]["reasons"]}
    assert 1.0 in among.values()


def test_P5_a_median_needs_twenty_clients_who_have_the_value(world: World) -> None:
    parts = _asked(world, SEGMENTATION).model.parts
    used = np.full((60, len(parts.used)), np.nan, np.float32)
    shares = np.zeros((60, len(parts.used)))
    shares[:, 0] = 1.0
    for known, shown in ((19, None), (20, 3.0)):
        used[:known, 0] = 3.0
        (one,) = examples.examples(np.zeros(60, int), "x", used, shares, parts.explainer)
        assert one["reasons"][0]["median"] == shown


def test_a_proxy_is_found_and_an_innocent_feature_is_not() -> None:
    rng = np.random.default_rng(4)
    sex = rng.choice(["female", "male"], 400)
    used = np.column_stack([rng.normal(size=400), rng.normal(size=400), (sex == "male") + rng.normal(0, 0.3, 400)])
    same = ["x"] * 400
    groups = pd.DataFrame({"sex": sex, "language": same, "municipality": same, "source": same, "legacy_org": same})
    told = proxies.proxies(used, used[:, 0], SPECS, groups, {"a": 0.5, "b": 0.5})
    assert [line["group"] for line in told] == ["female", "male"]
    best = told[0]["families"][0]
    assert (best["family"], best["proxy"]) == ("b", True)
    assert best["auc"] > 0.95
    assert told[0]["score_auc"] < 0.6
    assert not any(
        f["proxy"] for line in proxies.proxies(used, used[:, 0], SPECS, groups, {}) for f in line["families"]
    )


def _model(seed: int = 1) -> tuple[BinaryModel, np.ndarray]:
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(600, 3)).astype(np.float32)
    label = (rng.random(600) < 1 / (1 + np.exp(-2 * rows[:, 0] - rows[:, 2]))).astype(int)
    settings = {"objective": "binary", "verbosity": -1, "seed": 1, "num_threads": 1, "num_leaves": 4}
    text = lightgbm.train(settings, lightgbm.Dataset(rows, label), 15).model_to_string()
    return BinaryModel(BoostedTrees(text), Calibration(0.9, 0.1)), rows


def test_permutation_tells_another_order_when_the_explanation_is_of_another_family() -> None:
    model, rows = _model()
    output = explained_output("x", {"fi": "x"}, model, rows)
    lines = importance(output.explanation.values, SPECS, Strata(np.zeros(600, np.int64), np.ones(1)))
    weights = [next(line["mean"] for line in lines if line["family"] == family) for family in ("a", "b")]
    assert checks.against_permutation(model, rows, SPECS, weights, seed=1)["rank"] == pytest.approx(1)
    assert checks.against_permutation(model, rows, SPECS, weights[::-1], seed=1)["rank"] == pytest.approx(-1)


def test_noise_moves_little_and_flags_not_at_all() -> None:
    model, rows = _model()
    told = checks.under_noise(model, rows, SPECS, seed=1)
    assert 0 < told["moved_mean"] < 0.05
    flags = (rows > 0).astype(np.float32)
    assert checks.under_noise(model, flags, SPECS, seed=1)["moved_most"] == 0


def test_contributions_that_depend_on_the_batch_are_found() -> None:
    model, rows = _model()
    assert checks.alone_as_together(model, rows) == {"rows": 100, "equal": 1.0, "largest": 0.0}

    class Drifting(BinaryModel):
        def explain(self, rows: np.ndarray):  # type: ignore[no-untyped-def]
            told = super().explain(rows)
            return replace(told, shares=told.shares + 1e-6 * len(rows))

    assert checks.alone_as_together(Drifting(model.learner, model.calibration), rows)["equal"] == 0


def reason(value: float | None, sentence: str) -> Reason:
    return Reason("f", {}, "health", "risk", 0.4, "f__90d", value, None, "r", {"fi": sentence})


@pytest.mark.parametrize(
    "value, sentence,                                                        state",
    [
        (3.0,   "3 päivystyskäyntiä 90 päivän aikana (yleensä 0)",            "matching"),
        (4.0,   "3 päivystyskäyntiä 90 päivän aikana (yleensä 0)",            "differs"),
        (0.0,   "Ei päivystyskäyntejä 12 kuukauden aikana",                   "matching"),
        (0.125, "12,5 % asioinneista digitaalisia",                           "matching"),
        (0.2,   "12,5 % asioinneista digitaalisia",                           "differs"),
        (1234.0, "1\u00a0234 minuuttia kotihoitoa",                           "matching"),
        (-2.5,  "muutos \u22122,5 pistettä",                                  "matching"),
        (1.0,   "Muistisairaus kirjattu",                                     "without_number"),
        (None,  "Ei tietoa",                                                  "unknown"),
        (730.0, "24 kuukautta edellisestä käynnistä",                         "matching"),
        (5.0,   "käynti 3.4.2026",                                            "without_number"),
    ],
)  # fmt: skip
def test_a_sentence_is_read_back(value: float | None, sentence: str, state: str) -> None:
    assert state_of(reason(value, sentence)) == state


def test_numbers_of_a_sentence() -> None:
    assert list(numbers_in("1\u00a0234,5 ja \u22122 (yleensä 0), 3.4.2026")) == [1234.5, -2.0, 0.0]


def test_another_training_is_compared_by_order_and_by_the_ten_heaviest() -> None:
    own = {f"f{n}": float(20 - n) for n in range(20)}
    assert weights_compared(own, own) == {"rank": 1.0, "overlap": 1.0}
    reversed_ = dict(zip(own, reversed(own.values()), strict=True))
    assert weights_compared(own, reversed_) == {"rank": pytest.approx(-1.0), "overlap": 0.0}
    assert summary([{"rank": 0.9, "overlap": 0.8}, {"rank": 0.7, "overlap": 1.0}]) == {"rank": 0.7, "overlap": 0.8}
    assert summary([]) is None


def test_the_same_model_compared_with_itself_has_not_moved(world: World) -> None:
    asked = _asked(world, NEED)
    drawn = drawn_clients(asked, world.history, SNAPSHOT, 10_000, seed=1)
    (one,) = asked.outputs
    explained = one.model.explain(drawn.used)
    specs = asked.model.parts.explainer.specs
    own = {line["family"]: line["mean"] for line in importance(explained.shares, specs, drawn.strata)}
    told = compared(own, explained.log_odds, one.model, asked.model.parts, drawn.whole)
    assert told == {"rank": pytest.approx(1.0), "overlap": 1.0, "moved": 0.0, "correlation": pytest.approx(1.0)}


def test_what_would_change_it_is_told_of_many_and_never_of_few(world: World) -> None:
    asked = _asked(world, NEED)
    drawn = drawn_clients(asked, world.history, SNAPSHOT, 10_000, seed=1)
    told = changes(asked.outputs[0].model, asked.model.parts, drawn.used, NEED)
    p = asked.outputs[0].model.probabilities(drawn.used)
    assert told is not None
    assert told["line"] == pytest.approx(np.quantile(p, 0.9))
    assert told["clients"] == (p >= told["line"]).sum()
    assert all(line["share"] is None or line["share"] * told["clients"] >= 5 for line in told["families"])
    silent = replace(asked.model.parts, changeable=None)
    assert changes(asked.outputs[0].model, silent, drawn.used, NEED) is None
