"""Weighted beside unweighted against what is truly so: of everybody, of those with a record, of those without."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from configs.errors import DataError, ModelError
from evaluation import metrics, selection
from evaluation.selection import Everybody, compare, everybody_of, newest_with
from models.learners.baseline import BaselineSettings, LogisticRegression
from models.learners.binary import BinaryModel
from models.learners.calibration import Calibration
from models.segments.scheme import load_scheme
from models.segments.segmentation import AxisModel, SegmentationModel
from tests.models.client_case import draw, labels, names, parts
from tests.models.segments.test_segmentation import RULES

SCHEME = load_scheme("configs/schemes/suuntima_like.yaml")
ROWS = draw(500, seed=2)


def fitted(seed: int) -> SegmentationModel:
    """A model of both axes; `seed` 1 learned the truth, another one noise."""
    described = parts(ROWS, without=("sex",))
    used = described.used_columns(ROWS)
    label = labels(ROWS, seed=1) if seed == 1 else np.random.default_rng(seed).integers(0, 2, len(ROWS))
    line = LogisticRegression.fit(used, label, described.used, BaselineSettings(c=1.0))
    axes = tuple(AxisModel(axis, (BinaryModel(line, Calibration()),)) for axis in SCHEME.axes)
    return SegmentationModel(described, SCHEME, RULES, axes)


@pytest.fixture(scope="module")
def summary():
    models = {"weighted": fitted(1), "unweighted": fitted(7)}
    new = draw(400, seed=9)
    true = labels(new, seed=10)
    recorded = np.arange(400) < 100
    everybody = Everybody(new, np.column_stack([true, true]), recorded)
    return compare(models, everybody, repeats=40), models, new, true, recorded


def test_three_groups_are_told_and_everybody_is_both_others_together(summary):
    found = summary[0]
    sizes = {name: group["clients"] for name, group in found["groups"].items()}
    assert sizes == {"everybody": 400, "with a record": 100, "without a record": 300}
    assert found["recorded_share"] == 0.25


def test_the_figures_are_against_the_truth_and_the_difference_is_weighted_minus_unweighted(summary):
    found, models, new, true, recorded = summary
    figures = found["groups"]["without a record"]["figures"]["outputs"]["resources"]
    used = models["weighted"].parts.used_columns(new[~recorded])
    p = models["weighted"].axes[1].level_probabilities(used)[:, 1]
    own = metrics.auroc(true[~recorded], p)
    assert figures["weighted"]["auroc"]["value"] == pytest.approx(own)
    other = figures["unweighted"]
    assert other["difference"]["auroc"]["value"] == pytest.approx(own - other["auroc"]["value"])
    assert other["difference"]["auroc"]["low"] > 0.05  # the one that learned noise is worse


def test_the_segments_are_the_true_cells(summary):
    found, models, new, true, _ = summary
    shares = models["weighted"].segment_probabilities(models["weighted"].parts.used_columns(new))
    truly = np.where(true == 1, "network", "self_managed")
    proposed = np.array([one.id for one in SCHEME.segments])[shares.argmax(axis=1)]
    told = found["groups"]["everybody"]["figures"]["segment"]["weighted"]
    assert told["kappa"]["value"] == pytest.approx(metrics.kappa(truly, proposed))
    assert "everybody: 400 long-term clients" in selection._said(
        {**found, "versions": {"weighted": 2, "unweighted": 1}}
    )


def test_everybody_is_every_long_term_client_of_the_last_date(monkeypatch):
    clients = [f"c{number}" for number in range(6)]
    pairs = pd.DataFrame({"client_id": clients * 2, "as_of": pd.to_datetime(["2024-01-01"] * 6 + ["2024-04-01"] * 6)})
    frame = pd.DataFrame(draw(12, seed=4), columns=list(names()))
    monthly = pd.DataFrame(
        {
            "client_id": [*clients, "x"],
            "as_of": pd.Timestamp("2024-04-01"),
            "long_term": [True, True, False, True, True, True, True],
            "complexity_high": [True, False, True, True, False, True, True],
            "resources_weak": [False, False, True, True, True, False, True],
        }
    )
    records = pd.DataFrame({"client_id": ["c0", "c3", "c4"], "scheme": ["suuntima_like", "suuntima_like", "other"]})
    monkeypatch.setattr(selection, "read_truth", lambda _: SimpleNamespace(monthly=monthly))
    monkeypatch.setattr(selection, "open_snapshot", lambda _: None)
    monkeypatch.setattr(selection, "read_table", lambda *_, columns: records)
    found = everybody_of(SimpleNamespace(store=None), SimpleNamespace(rows=pairs, frame=frame), SCHEME)
    assert found.levels.tolist() == [[1, 0], [0, 0], [1, 1], [0, 1], [1, 0]]  # c2 is not long-term
    assert found.recorded.tolist() == [True, False, True, False, False]  # a record of another scheme is none
    assert np.array_equal(found.rows[0], frame.to_numpy(np.float32)[6], equal_nan=True)


def test_a_scheme_whose_truth_nobody_knows_is_refused():
    strange = SCHEME.model_copy(update={"axes": (SCHEME.axes[0].model_copy(update={"id": "coping"}), SCHEME.axes[1])})
    with pytest.raises(DataError, match="knows the true levels of complexity, resources, not of coping"):
        everybody_of(SimpleNamespace(), SimpleNamespace(), strange)


def test_the_newest_version_with_those_weights_is_taken():
    versions = [SimpleNamespace(version=str(number), run_id=str(number)) for number in (2, 10, 9)]
    weights = {"2": "inverse_probability", "9": "none", "10": "none"}
    registry = SimpleNamespace(versions=lambda _: versions, params=lambda run: {"fit.weights": weights[run]})
    assert newest_with(registry, "suuntima_like", "none") == "10"
    assert newest_with(registry, "suuntima_like", "inverse_probability") == "2"
    with pytest.raises(ModelError, match=r"No version of segmentation_suuntima_like was trained with `fit.weights: x`"):
        newest_with(registry, "suuntima_like", "x")
