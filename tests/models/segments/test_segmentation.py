"""The segmentation model: products over axes, the gate, people's own answers, sets, and a bundle that says the same."""

import dataclasses
import json
import math

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from configs.errors import ConfigError, ModelError
from models.answers import AxisAnswer, ModelStamp
from models.bundles import golden
from models.bundles.bundle import read_bundle, write_bundle
from models.learners.binary import BinaryModel
from models.learners.boosting import BoostedTrees
from models.learners.calibration import Calibration
from models.segments.conformal import ConformalSets
from models.segments.eligibility import Condition, EligibilityRules
from models.segments.questionnaire import by_hand
from models.segments.scheme import Scheme, load_scheme
from models.segments.segmentation import AxisModel, SegmentationModel, combine, level_shares
from tests.models.client_case import SMALL_TREES, draw, labels, names, parts
from tests.plans import covers

STAMP = ModelStamp("segmentation_suuntima_like", "3", "0" * 64, "2023-12-31", "2024-01-01")
SCHEME = load_scheme("configs/schemes/suuntima_like.yaml")
RULES = EligibilityRules(
    version="1",
    minimum_history=Condition(feature="observed_history", at_least=90),
    social=(Condition(feature="social_contacts__365d", at_least=1),),
    health=(Condition(feature="emergency_contacts__365d", at_least=1),),
    long_term=(Condition(feature="contact_months__365d", at_least=4),),
)


@pytest.fixture(scope="module")
def rows() -> np.ndarray:
    return draw(400)


@pytest.fixture(scope="module")
def model(rows) -> SegmentationModel:
    return trained(rows, SCHEME)


def trained(rows: np.ndarray, scheme: Scheme) -> SegmentationModel:
    described = parts(rows, without=("sex",))
    used = described.used_columns(rows)
    axes, seed = [], 0
    for axis in scheme.axes:
        steps = []
        for _ in axis.levels[1:]:
            trees = BoostedTrees.fit(used, labels(rows, seed=seed), described.used, SMALL_TREES)
            steps.append(BinaryModel(trees, Calibration(0.8, 0.1)))
            seed += 1
        axes.append(AxisModel(axis, tuple(steps)))
    return SegmentationModel(described, scheme, RULES, tuple(axes))


def with_sets(model: SegmentationModel, *limits: float) -> SegmentationModel:
    segments = model.scheme.segment_ids
    sets = ConformalSets(segments, limits, (50,) * len(segments), 0.9)
    return dataclasses.replace(model, conformal=sets)


def recorded(axis: str, level: str, respondent: str = "professional") -> AxisAnswer:
    name = SCHEME.axis(axis).level(level).name.as_text()
    return AxisAnswer(axis, level, name, respondent, "recorded", "2023-11-01", decides=False)


def shares(answer) -> dict[str, float]:
    return {one.segment: one.probability for one in answer.segments}


@pytest.mark.parametrize(
    "complex, weak, expected",
    [
        (0.0,     0.0,  [1.00, 0.00, 0.00, 0.00]),
        (1.0,     1.0,  [0.00, 0.00, 0.00, 1.00]),
        (0.6,     0.5,  [0.4 * 0.5, 0.6 * 0.5, 0.4 * 0.5, 0.6 * 0.5]),
    ],
)  # fmt: skip
def test_a_segment_is_the_product_of_its_levels(complex, weak, expected):
    levels = [np.array([[1 - complex, complex]]), np.array([[1 - weak, weak]])]
    assert combine(SCHEME, levels)[0].tolist() == pytest.approx(expected)


@pytest.mark.parametrize(
    "above,        shares",
    [
        ([0.3], [0.7, 0.3]),
        ([0.8, 0.3], [0.2, 0.5, 0.3]),
        ([0.3, 0.5], [0.7, 0.0, 0.3]),  # an upper level is never more likely than a lower one
    ],
)
def test_ordered_levels_come_from_at_or_above(above, shares):
    assert level_shares(np.array([above]))[0].tolist() == pytest.approx(shares)


def test_the_answer_adds_up_on_its_json(rows, model):
    for row in rows[:20]:
        answer = json.loads(json.dumps(dataclasses.asdict(model.answer(row, STAMP))))
        assert sum(one["probability"] for one in answer["segments"]) == pytest.approx(1.0, abs=1e-12)
        assert [one["proposed"] for one in answer["segments"]].count(True) == 1
        for axis in answer["axes"]:
            total = axis["base"] + sum(one["contribution"] for one in axis["contributions"])
            assert abs(total - math.log(axis["probability"] / (1 - axis["probability"]))) <= 1e-9


def test_segments_are_the_product_of_the_axes_shown(rows, model):
    answer = model.answer(rows[0], STAMP)
    complex_, weak = (axis.probability for axis in answer.axes)
    shown = {share.segment: share.probability for share in answer.segments}
    assert shown["network"] == pytest.approx(complex_ * weak, abs=1e-12)
    assert shown["cooperative"] == pytest.approx(complex_ * (1 - weak), abs=1e-12)


@covers("001-A2")
def test_reasons_are_per_axis_and_an_excluded_family_has_none(rows, model):
    answer = model.answer(rows[0], STAMP)
    assert [axis.id for axis in answer.axes] == ["complexity", "resources"]
    assert all("sex" not in {one.family for one in axis.contributions} for axis in answer.axes)
    assert answer.notice["fi"].startswith("Ehdotus")


@covers("001-A11")
@pytest.mark.parametrize("feature, value, status", [("contact_months__365d", 1, "not_eligible"),
                                                    ("observed_history", 10, "not_assessable")])  # fmt: skip
def test_outside_the_gate_nothing_is_proposed(rows, model, feature, value, status):
    row = rows[0].copy()
    row[names().index(feature)] = value
    answer = model.answer(row, STAMP)
    assert (answer.status, answer.segments, answer.axes) == (status, (), ())
    assert answer.status_reason["sv"]


def test_the_bundle_says_the_same_and_has_the_same_bytes(rows, model, tmp_path):
    key = Ed25519PrivateKey.from_private_bytes(bytes(32))
    first = write_bundle(tmp_path / "one", "segmentation", model.to_files(), key)
    again = SegmentationModel.from_bundle(read_bundle(tmp_path / "one", [key.public_key()]))
    assert again.answer(rows[0], STAMP) == model.answer(rows[0], STAMP)
    assert again.feature_names == names()
    golden, repeated = model.golden_outputs(rows[:8]), again.golden_outputs(rows[:8])
    assert all(np.array_equal(golden[name], repeated[name]) for name in golden)
    assert write_bundle(tmp_path / "two", "segmentation", again.to_files(), key) == first


def test_a_bundle_without_a_part_is_refused(model):
    files = model.to_files()
    files.pop("complexity_high.lgb.txt")
    with pytest.raises(ModelError, match="lacks its file complexity_high"):
        SegmentationModel.from_files(files)


def test_a_row_of_another_width_is_refused(rows, model):
    with pytest.raises(ModelError, match="needs 9"):
        model.golden_outputs(rows[:, :5])


def test_without_answers_the_model_alone_speaks_and_the_arrangement_is_the_proposals(rows, model):
    answer = model.answer(rows[0], STAMP)
    proposed = next(one.segment for one in answer.segments if one.proposed)
    assert (answer.basis, answer.answers, answer.credible, answer.coverage) == ("model", (), (), None)
    assert answer.arrangement == SCHEME.segment(proposed).arrangement()


@covers("000-2")
def test_an_answered_axis_is_used_as_it_is_and_the_model_fills_in_the_other(rows, model):
    plain = model.answer(rows[0], STAMP)
    _, weak = (axis.probability for axis in plain.axes)
    answer = model.answer(rows[0], STAMP, answers=(recorded("complexity", "high"),))
    assert answer.basis == "both"
    assert [(one.axis, one.level, one.decides) for one in answer.answers] == [("complexity", "high", True)]
    assert shares(answer) == pytest.approx(
        {"self_managed": 0.0, "cooperative": 1 - weak, "community": 0.0, "network": weak}, abs=1e-12
    )
    assert answer.axes == plain.axes  # the model's own view of both axes stays to be seen
    assert "not a Suuntima result" in answer.notice["en"]


def test_with_every_axis_answered_the_segment_is_the_table_and_the_set_is_single(rows, model):
    told = (recorded("complexity", "low"), recorded("resources", "weak", "client"))
    for one in (model, with_sets(model, 1.0, 1.0, 1.0, 1.0)):
        answer = one.answer(rows[0], STAMP, answers=told)
        assert shares(answer) == {"self_managed": 0.0, "cooperative": 0.0, "community": 1.0, "network": 0.0}
        assert (answer.basis, answer.credible, answer.coverage) == ("answers", ("community",), None)
        assert answer.arrangement.segment == "community"


@covers("002-G9")
def test_by_hand_changes_the_segment_but_never_a_recorded_answer(rows, model):
    hand = (by_hand(SCHEME, "complexity", "low"), by_hand(SCHEME, "resources", "strong"))
    assert shares(model.answer(rows[0], STAMP, answers=hand))["self_managed"] == 1.0
    answer = model.answer(rows[0], STAMP, answers=(*hand, recorded("complexity", "high")))
    assert shares(answer)["cooperative"] == 1.0
    assert [(one.axis, one.level, one.given, one.decides) for one in answer.answers] == [
        ("complexity", "high", "recorded", True),
        ("complexity", "low", "by_hand", False),
        ("resources", "strong", "by_hand", True),
    ]


def test_an_answer_that_does_not_decide_is_shown_and_changes_nothing(rows, model):
    plain = model.answer(rows[0], STAMP)
    answer = model.answer(rows[0], STAMP, answers=(recorded("resources", "weak", "professional"),))
    assert (shares(answer), answer.basis) == (shares(plain), "model")
    assert [one.decides for one in answer.answers] == [False]


@pytest.mark.parametrize(
    "axis, level, message",
    [("complexty", "high", "unknown axis `complexty`"), ("complexity", "huge", "Allowed: low, high")],
)
def test_an_answer_on_an_unknown_axis_or_level_is_refused(rows, model, axis, level, message):
    strange = AxisAnswer(axis, level, {}, "professional", "by_hand", None, decides=True)
    with pytest.raises(ConfigError, match=message):
        model.answer(rows[0], STAMP, answers=(strange,))


@pytest.mark.parametrize(
    "feature,                value, answered, status,           told",
    [
        ("observed_history",      10,   ("complexity",),             "not_assessable", False),
        ("observed_history",      10,   ("complexity", "resources"), "answered",       True),
        ("contact_months__365d",  1,    ("complexity", "resources"), "not_eligible",   False),
    ],
)  # fmt: skip
def test_the_gate_never_forces_a_segment_but_does_not_stand_between_people_and_their_answers(
    rows, model, feature, value, answered, status, told
):
    row = rows[0].copy()
    row[names().index(feature)] = value
    respondents = {"complexity": ("high", "professional"), "resources": ("weak", "client")}
    answer = model.answer(row, STAMP, answers=[recorded(axis, *respondents[axis]) for axis in answered])
    assert (answer.status, bool(answer.segments), answer.axes) == (status, told, ())  # the model was not asked
    assert len(answer.answers) == len(answered)
    assert answer.arrangement is None or answer.arrangement.segment == "network"


@covers("000-1")
def test_the_set_is_of_the_segments_that_cannot_be_ruled_out(rows, model):
    certain, open_ = with_sets(model, 0.0, 0.0, 0.0, 0.0), with_sets(model, 1.0, 1.0, 1.0, 1.0)
    for row in rows[:10]:
        ranked = [one.segment for one in sorted(certain.answer(row, STAMP).segments, key=lambda one: -one.probability)]
        assert certain.answer(row, STAMP).credible == (ranked[0],)
        assert open_.answer(row, STAMP).credible == tuple(ranked)
        assert open_.answer(row, STAMP).coverage == 0.9


def test_an_answer_leaves_only_its_own_segments_in_the_set(rows, model):
    answer = with_sets(model, 1.0, 1.0, 1.0, 1.0).answer(rows[0], STAMP, answers=(recorded("complexity", "low"),))
    assert set(answer.credible) == {"self_managed", "community"}
    assert answer.coverage == 0.9


def test_sets_of_other_segments_are_refused(model):
    with pytest.raises(ModelError, match="sets are of the segments network, the scheme has self_managed"):
        dataclasses.replace(model, conformal=ConformalSets(("network",), (0.5,), (9,), 0.9))


def test_a_bundle_keeps_its_sets_and_one_without_them_is_read_too(rows, model):
    sets = with_sets(model, 0.7, 0.8, 0.9, 0.6)
    again = SegmentationModel.from_files(sets.to_files())
    assert again.conformal == sets.conformal
    assert again.answer(rows[0], STAMP) == sets.answer(rows[0], STAMP)
    assert "conformal.json" not in model.to_files()
    assert SegmentationModel.from_files(model.to_files()).conformal is None
    outputs = again.golden_outputs(rows[:8])
    assert set(np.unique(outputs["conformal"])) <= {0.0, 1.0}
    assert outputs["conformal"].shape == outputs["segments"].shape
    golden.check(golden.golden_file(names(), rows[:8], outputs, 1), sets.golden_outputs(rows[:8]))
    assert set(model.golden_outputs(rows[:8])) == set(outputs) - {"conformal"}


def test_three_levels_and_five_groups_are_served(rows):
    scheme = load_scheme("configs/schemes/keski_suomi_2020.yaml")
    model = with_sets(trained(rows, scheme), *(1.0,) * 5)
    model = SegmentationModel.from_files(model.to_files())
    answer = model.answer(rows[0], STAMP)
    assert [one.id for one in answer.axes] == ["risk_large", "risk_exceptional", "coping"]
    assert sum(shares(answer).values()) == pytest.approx(1.0, abs=1e-12)
    large, exceptional, helped = (one.probability for one in answer.axes)
    levels = level_shares(np.array([[large, exceptional]]))[0]
    assert shares(answer)["oppimisasiakkaat"] == pytest.approx(levels[2], abs=1e-12)
    assert shares(answer)["johdetut"] == pytest.approx(levels[1] * helped, abs=1e-12)
    told = model.answer(rows[0], STAMP, answers=(by_hand(scheme, "risk", "exceptional"),))
    assert shares(told)["oppimisasiakkaat"] == pytest.approx(1.0)
    assert (told.basis, told.credible, told.coverage) == ("both", ("oppimisasiakkaat",), None)
    told = model.answer(rows[0], STAMP, answers=(by_hand(scheme, "risk", "large"),))
    assert set(told.credible) == {"yhteistyoasiakkaat", "johdetut"}


@covers("000-1")
def test_a_child_gets_the_same_segments_from_people_and_never_from_the_adults_model(rows, model):
    model = dataclasses.replace(
        model, rules=RULES.model_copy(update={"estimated_ages": Condition(feature="age", at_least=18)})
    )
    child = rows[0].copy()
    child[names().index("age")] = 9.0
    alone = model.answer(child, STAMP)
    assert (alone.status, alone.segments, alone.axes, alone.arrangement) == ("not_assessable", (), (), None)
    assert "guardian" in alone.status_reason["en"]
    half = model.answer(child, STAMP, answers=[recorded("complexity", "high")])
    assert (half.status, half.segments) == ("not_assessable", ())  # the other axis is not filled in by the model
    both = [recorded("complexity", "high"), recorded("resources", "weak", "relative")]
    told = model.answer(child, STAMP, answers=both)
    assert (told.status, told.basis, told.axes) == ("answered", "answers", ())
    assert shares(told) == {"self_managed": 0.0, "cooperative": 0.0, "community": 0.0, "network": 1.0}
    assert told.arrangement == SCHEME.segment("network").arrangement("children")
    for age, group in ((40.0, "working_age"), (80.0, "older")):
        child[names().index("age")] = age
        grown = model.answer(child, STAMP, answers=both)
        assert grown.arrangement == SCHEME.segment("network").arrangement(group) != told.arrangement
        assert len(grown.axes) == 2
