"""The segmentation model: products over axes, the gate, answers that add up, and a bundle that says the same again."""

import dataclasses
import json
import math

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from configs.errors import ModelError
from models.answers import ModelStamp
from models.bundles.bundle import read_bundle, write_bundle
from models.eligibility import Condition, EligibilityRules
from models.learners.binary import BinaryModel
from models.learners.boosting import BoostedTrees
from models.learners.calibration import Calibration
from models.scheme import load_scheme
from models.segmentation import AxisModel, SegmentationModel, combine, level_shares
from tests.client_case import SMALL_TREES, draw, labels, names, parts

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
    described = parts(rows, without=("sex",))
    used = described.used_columns(rows)
    axes = []
    for place, axis in enumerate(SCHEME.axes):
        trees = BoostedTrees.fit(used, labels(rows, seed=place), described.used, SMALL_TREES)
        axes.append(AxisModel(axis, (BinaryModel(trees, Calibration(0.8, 0.1)),)))
    return SegmentationModel(described, SCHEME, RULES, tuple(axes))


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


def test_reasons_are_per_axis_and_an_excluded_family_has_none(rows, model):
    answer = model.answer(rows[0], STAMP)
    assert [axis.id for axis in answer.axes] == ["complexity", "resources"]
    assert all("sex" not in {one.family for one in axis.contributions} for axis in answer.axes)
    assert answer.notice["fi"].startswith("Ehdotus")


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
