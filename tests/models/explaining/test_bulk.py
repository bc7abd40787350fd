"""Bulk explanations: LightGBM's own numbers for every kind of tree and row, and mistakes that would be noticed."""

from collections.abc import Iterable, Sequence

import lightgbm
import numpy as np
import pytest

from configs.errors import ModelError
from models.explaining.bulk import BulkExplainer, bulk_contributions, bulk_explained, explainer, layout
from models.explaining.bulk.layout import laid_out
from models.explaining.bulk.trees import Tree, read_trees
from models.learners.baseline import BaselineSettings, LogisticRegression
from models.learners.binary import BinaryModel
from models.learners.blend import Blend
from models.learners.boosting import BoostedTrees
from models.learners.calibration import Calibration
from tests.features.kernel.mutants import Mutant, alive
from tests.models.explaining.bulk_models import FEATURES, HAND_WRITTEN, drawn, edge_rows, grown, odd_rows

ROOM = "models.explaining.bulk"
KINDS = {
    "as the need tasks": {
        "num_leaves": 7,
        "max_depth": 4,
        "lambda_l2": 5.0,
        "bagging_fraction": 0.8,
        "bagging_freq": 1,
    },
    "as the axes": {"num_leaves": 3, "max_depth": 2, "feature_fraction": 0.4},
    "31 leaves of depth 5": {"num_leaves": 31, "max_depth": 5, "min_data_in_leaf": 2},
    "deep": {"num_leaves": 63, "min_data_in_leaf": 1, "min_sum_hessian_in_leaf": 0.0},
    "one feature, met again and again": {"num_leaves": 31, "features": 2, "min_data_in_leaf": 1},
    "0 is unknown": {"num_leaves": 15, "zero_as_missing": True},
    "unknown is 0": {"num_leaves": 15, "use_missing": False},
    "monotone": {"num_leaves": 15, "monotone_constraints": [1, 1, 0, -1, 0, 0]},
    "nothing to split": {"num_leaves": 15, "min_data_in_leaf": 500},
    "stumps": {"num_leaves": 2},
}


def furthest(trees: BoostedTrees, rows: np.ndarray) -> float:
    """The greatest difference of one number from LightGBM's own."""
    base, shares = bulk_contributions(trees, rows)
    wanted_base, wanted = trees.contributions(rows)
    return float(max(abs(base - wanted_base), np.abs(shares - wanted).max()))


@pytest.fixture(scope="module")
def blend() -> Blend:
    rows = drawn(400, seed=5)
    labels = (np.nan_to_num(rows[:, 1]) > 0).astype(np.int8)
    line = LogisticRegression.fit(rows, labels, [f"Column_{i}" for i in range(FEATURES)], BaselineSettings())
    return Blend(BoostedTrees(grown(5)), line, 0.25)


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("kind", KINDS)
def test_every_number_is_lightgbms_own(kind, seed):
    asked = dict(KINDS[kind])
    trees, features = BoostedTrees(grown(seed, **asked)), int(asked.get("features", FEATURES))
    drawn_rows = (drawn(300, seed + 10), odd_rows(300, seed), edge_rows(trees.text, 300, seed))
    rows = np.ascontiguousarray(np.vstack(drawn_rows)[:, :features])
    assert furthest(trees, rows) < 1e-9
    base, shares = bulk_contributions(trees, rows)
    np.testing.assert_allclose(base + shares.sum(axis=1), trees.raw(rows), atol=1e-9)
    assert bool(np.abs(shares).max() > 0.01) is (kind != "nothing to split")


@pytest.mark.parametrize(
    "of_a_piece, of_a_leaf, some_are_long",
    [
        (1, 1, True),  # every leaf computed for every row
        (4, 16, True),
        (16, 1024, False),
        (4096, 4096, False),  # whole trees
    ],
)
def test_the_size_of_the_pieces_changes_no_number(monkeypatch, of_a_piece, of_a_leaf, some_are_long):
    monkeypatch.setattr(explainer, "laid_out", lambda trees: laid_out(trees, of_a_piece, of_a_leaf))
    text = grown(4, num_leaves=31, max_depth=5, min_data_in_leaf=2)
    assert (len(laid_out(read_trees(text), of_a_piece, of_a_leaf).long.leaf_value) > 0) is some_are_long
    assert furthest(BoostedTrees(text), odd_rows(300, 9)) < 1e-9


def test_a_tree_by_hand():
    # Known alone, first says 0.375 * 8 + 0.625 * 2 = 4.25 when low; second says 0.8 * 8 - 0.2 * 4 = 5.6 when low.
    base, shares = bulk_contributions(BoostedTrees(HAND_WRITTEN), np.array([[1, 4], [9, 4]], np.float32))
    assert base == pytest.approx(0.3 * 8 + 0.2 * -4 + 0.5 * 2)
    first = ((4.25 - 2.6) + (8 - 5.6)) / 2
    second = ((5.6 - 2.6) + (8 - 4.25)) / 2
    np.testing.assert_allclose(shares[0], [first, second], atol=1e-12)
    first = ((-4 - 2.6) + (-4 - 5.6)) / 2
    second = ((5.6 - 2.6) + (-4 - -4)) / 2
    np.testing.assert_allclose(shares[1], [first, second], atol=1e-12)


@pytest.mark.parametrize("half", ["trees", "line", "blend"])
def test_every_learner_is_explained_as_it_explains_itself(blend, half):
    learner = {"trees": blend.trees, "line": blend.line, "blend": blend}[half]
    rows = drawn(700, seed=8)
    base, shares = bulk_contributions(learner, rows)
    wanted_base, wanted = learner.contributions(rows)
    assert base == pytest.approx(wanted_base, abs=1e-12)
    np.testing.assert_allclose(shares, wanted, atol=1e-9)


def test_explained_on_the_scale_shown(blend):
    model = BinaryModel(blend, Calibration(slope=1.3, intercept=-0.2))
    rows = drawn(300, seed=9)
    found, wanted = bulk_explained(model, rows), model.explain(rows)
    np.testing.assert_allclose(found.shares, wanted.shares, atol=1e-9)
    np.testing.assert_allclose(found.probabilities, wanted.probabilities, atol=1e-9)
    np.testing.assert_allclose(found.base + found.shares.sum(axis=1), found.log_odds, atol=1e-12)


def test_threads_and_pieces_give_the_same_bytes(blend):
    rows, ready = drawn(5_000, seed=3), BulkExplainer.of(blend)
    whole = ready.shares(rows, threads=1)
    pieces = np.vstack([ready.shares(rows[first : first + 777]) for first in range(0, len(rows), 777)])
    assert ready.shares(rows, threads=2).tobytes() == whole.tobytes() == pieces.tobytes()


def test_rows_may_be_read_only_or_a_selection_or_none(blend):
    rows, ready = drawn(50, seed=3), BulkExplainer.of(blend)
    wanted = ready.shares(rows)
    rows.setflags(write=False)
    np.testing.assert_array_equal(ready.shares(rows[::2]), wanted[::2])
    assert ready.shares(rows[:0]).shape == (0, FEATURES)


@pytest.mark.parametrize(
    "rows",
    [np.zeros((3, FEATURES)), np.zeros((3, FEATURES + 1), np.float32), np.zeros(FEATURES, np.float32)],
)
def test_other_rows_are_refused(blend, rows):
    with pytest.raises(ModelError, match=f"needed are float32 rows of {FEATURES} features"):
        BulkExplainer.of(blend).shares(rows)


@pytest.mark.parametrize(
    "parameters,                                           why",
    [
        ({"codes": [3], "min_data_per_group": 5, "cat_smooth": 0.0}, "sets of codes"),
        ({"linear_tree": True}, "leaves hold lines"),
        ({"boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.5}, "add up to one score"),
    ],
)
def test_trees_of_another_kind_are_refused(parameters, why):
    with pytest.raises(ModelError, match=why):
        BulkExplainer.of(BoostedTrees(other_kind(**parameters)))


def other_kind(codes: Sequence[int] = (), **parameters: object) -> str:
    values = np.nan_to_num(np.abs(drawn(400, 1)).astype(np.float64))
    labels = (values[:, 3] == 1).astype(np.float32)
    asked = {"objective": "binary", "num_threads": 1, "verbose": -1, "min_data_in_leaf": 5, **parameters}
    return str(
        lightgbm.train(
            asked, lightgbm.Dataset(values, labels, params=asked, categorical_feature=list(codes)), 3
        ).model_to_string()
    )


def test_trees_without_counts_of_rows_are_refused():
    with pytest.raises(ModelError, match="how many training rows"):
        BulkExplainer.of(BoostedTrees(HAND_WRITTEN.replace("leaf_count=30 20 50", "leaf_count=30 0 50")))


MISTAKES = [
    Mutant("trees", "threshold >= 0", "threshold < 0", room=ROOM),  # an unknown value that counts as 0
    Mutant("trees", "(kind & DEFAULT_LEFT) > 0", "(kind & DEFAULT_LEFT) == 0", room=ROOM),
    Mutant("trees", "MISSING_NONE, MISSING_ZERO = 0, 1", "MISSING_NONE, MISSING_ZERO = 0, 2", room=ROOM),
    Mutant("trees", "rows / self.split_rows[split]", "rows / self.split_rows[0]", room=ROOM),
    Mutant("trees", "/ self.split_rows[0]", "/ self.split_rows[-1]", room=ROOM),
    Mutant("pieces", "self.share * share", "share", room=ROOM),  # a feature met twice on the way
    Mutant("pieces", "min(high, edge)", "max(high, edge)", room=ROOM),
    Mutant("pieces", "max(low, edge)", "min(low, edge)", room=ROOM),
    Mutant(
        "pieces", "low, high = self.bounds.get(split.way, (math.nan, math.nan))", "low = high = math.nan", room=ROOM
    ),
    Mutant("layout", "step *= len(edges) + 1", "step *= len(edges)", room=ROOM),
    Mutant("layout", "bisect_right(edges, low)", "bisect_right(edges, low) - 1", room=ROOM),
    Mutant("layout", "else bisect_right(edges, high)", "else bisect_right(edges, high) + 1", room=ROOM),
    Mutant("loops", "(1.0 - share)", "share", room=ROOM),
    Mutant("loops", "- (1.0 - one[lane]) * stopped[lane]", "", room=ROOM),
    Mutant("loops", "weights[features, k - 1]", "weights[features, k]", room=ROOM),
    Mutant("loops", "column[lane] > edge", "column[lane] >= edge", room=ROOM),
    Mutant("loops", "column[lane] <= edge", "column[lane] < edge", room=ROOM),
    Mutant("loops", "value <= low", "value < low", room=ROOM),
    Mutant("loops", "value > high", "value >= high", room=ROOM),
    Mutant("loops", "(stopped and np.isnan(value))", "np.isnan(value)", room=ROOM),
    Mutant(
        "loops", "np.float32(np.nan) if lookup.column_zero[column] else np.float32(0.0)", "np.float32(0.0)", room=ROOM
    ),
    Mutant("loops", "abs(value) <= ZERO", "value == 0", room=ROOM),
    Mutant("loops", "sums[:] = 0.0", "pass", room=ROOM),  # one block's scores are added to the next one's
    Mutant("loops", "state // step % size", "state // step", room=ROOM),
    Mutant("explainer", "factorial(n - 1 - k)", "factorial(k)", room=ROOM),
    Mutant("explainer", "tables *= 1 - share", "tables *= 1 + share", room=ROOM),
    Mutant("explainer", "(1 - share) * layout.long.leaf_value", "layout.long.leaf_value", room=ROOM),
    Mutant("explainer", "share * line.coefficients", "line.coefficients", room=ROOM),
]


def in_small_pieces(trees: Iterable[Tree]) -> layout.Layout:
    """So small that tables of several leaves, tables of one leaf and long leaves all occur."""
    return layout.laid_out(trees, 12, 40)


def wrong(blend: Blend) -> bool:
    """True when some number of a varied set of learners and rows is not the learner's own."""
    halves = [
        grown(6, 3, **{**KINDS["deep"], "num_leaves": 12}),
        grown(7, 3, num_leaves=8, zero_as_missing=True),
        grown(8, 3, num_leaves=8, use_missing=False),
        grown(9, 3, 2, num_leaves=8, min_data_in_leaf=1),
    ]
    learners = [blend, *(Blend(BoostedTrees(text), blend.line, 0.25) for text in halves[:3]), BoostedTrees(halves[3])]
    texts = [blend.trees.text, *halves]
    return any(_differs(learner, _varied(text)) for learner, text in zip(learners, texts, strict=True))


def _varied(text: str) -> np.ndarray:
    return np.vstack([drawn(100, 3), odd_rows(100, 4), edge_rows(text, 80, 5)])


def _differs(learner: BoostedTrees | Blend, rows: np.ndarray) -> bool:
    rows = np.ascontiguousarray(rows[:, : len(learner.feature_names)])
    base, shares = bulk_contributions(learner, rows)
    wanted_base, wanted = learner.contributions(rows)
    return abs(base - wanted_base) > 1e-9 or not np.allclose(shares, wanted, rtol=0, atol=1e-9)


def test_the_right_kernel_is_not_wrong(blend, monkeypatch):
    monkeypatch.setattr(explainer, "laid_out", in_small_pieces)
    assert not wrong(blend)


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.id)
def test_a_wrong_kernel_is_noticed(blend, mistake, monkeypatch):
    with alive(mistake), monkeypatch.context() as patched:
        patched.setattr(explainer, "laid_out", in_small_pieces)
        assert wrong(blend)
