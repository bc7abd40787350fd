"""Learning again without what tells the instance: planted habits go, need stays, the change has a paired interval."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from evaluation.fairness.ablated.figures import Held, Variant, compared, enough, figures_of
from evaluation.fairness.ablated.page import render, told, write_ablation
from evaluation.fairness.subjects.encoded import strengths
from evaluation.metrics.calibration import fitted_logistic
from tests.plans import covers
from training.ablation import AblationConfig, left_out, table_of
from training.learning_again import Learning
from training.rows.held_out import Sample

N = 1600
NAMES = ("need", "habit__90d", "habit__365d", "noise")
CONFIG = AblationConfig(top=1, telling_from=0.6, repeats=50)


class Line:
    """Logistic regression, as small as it gets."""

    def __init__(self, sample: Sample) -> None:
        self.weights = fitted_logistic(self.design(sample.rows), sample.labels.astype(float), 1.0)

    def design(self, rows: np.ndarray) -> np.ndarray:
        return np.column_stack([np.ones(len(rows)), np.nan_to_num(rows)])

    def probabilities(self, rows: np.ndarray) -> np.ndarray:
        return 1 / (1 + np.exp(-self.design(rows) @ self.weights))


@pytest.fixture(scope="module")
def learning() -> tuple[Learning, dict[str, str]]:
    """Two instances; of four columns the first is need, the second and third (one family) tell the instance.

    Among the training rows instance b recorded more at the same need: a model that sees the habit has learned that.
    """
    rng = np.random.default_rng(3)
    client = np.array([f"c{n}" for n in range(N)], object)
    instance = np.where(rng.random(N) < 0.5, "a", "b")
    need, noise = rng.normal(size=(2, N))
    habit = rng.normal(size=N) + 2.5 * (instance == "b")
    weak = rng.normal(size=N) + 0.6 * (instance == "b")
    train = np.arange(N) < N // 2
    score = 1.5 * need - 1 + 2.0 * (train & (instance == "b"))
    yes = (rng.random(N) < 1 / (1 + np.exp(-score))).astype(np.int8)
    rows = np.column_stack([need, habit, weak, noise]).astype(np.float32)
    own = [SimpleNamespace(name=name, family=name.split("__")[0]) for name in NAMES]
    sample = Sample(rows[train], yes[train], client[train], tuple(spec.name for spec in own))
    made = Learning("need", sample, rows[~train], yes[~train], client[~train], own, 0.2, Line)
    return made, dict(zip(client, instance, strict=True))


@pytest.fixture(scope="module")
def table(learning) -> dict:
    found = table_of(CONFIG, learning[0], "instance", learning[1])
    assert found is not None
    return found


def test_what_tells_is_measured_by_value_and_by_being_unknown():
    own = np.array(["a", "b"] * 50)
    value = np.where(own == "a", 1.0, 2.0)
    unknown = np.where(own == "a", np.nan, 1.0)
    assert strengths(own, np.column_stack([value, unknown, np.ones(100)]), ["a", "b"]).tolist() == [1.0, 1.0, 0.5]


def test_the_top_column_or_the_whole_telling_family_is_left_out(learning):
    left = left_out(CONFIG, *learning)
    assert left["without_top"].tolist() == [False, True, False, False]
    assert left["without_telling"].tolist() == [False, True, True, False]


@covers("002-D14")
def test_a_planted_habit_goes_and_the_need_stays(table):
    as_is, _, without = table["variants"]
    assert (as_is["from_features"] > 0.9, without["from_features"] < 0.6) == (True, True)
    gap = without["figures"]["gap"]
    assert as_is["figures"]["gap"]["value"] > 0.3
    assert gap["change"] < -0.2
    assert gap["high"] < 0  # surely smaller, on the same drawn clients
    assert without["figures"]["from_score"]["value"] < as_is["figures"]["from_score"]["value"]
    assert without["figures"]["auroc"]["value"] > 0.75
    assert as_is["figures"]["auroc"]["change"] == 0


def test_figures_by_hand():
    held = Held(np.arange(8), np.array([1, 1, 0, 0, 1, 1, 0, 0]), {"instance": np.array(list("aaaabbbb"))}, 0.25)
    p = np.array([0.9, 0.8, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5])
    every = np.arange(8)
    assert figures_of("recall_gap", held, "instance", every, p) == 1.0  # two places: both in a
    assert figures_of("gap", held, "instance", every, p) == pytest.approx((np.log(9) + np.log(4)) / 2)
    assert figures_of("observed_to_expected", held, "instance", every, p) == pytest.approx(4 / p.sum())


def test_a_class_of_few_clients_is_not_compared(learning):
    held = Held(
        np.arange(300), np.arange(300) % 2, {"instance": np.array(["a"] * 120 + ["b"] * 120 + ["c"] * 60)}, None
    )
    assert enough(held.classes["instance"], held.client) == ["a", "b"]
    p = np.linspace(0.1, 0.9, 300)
    (line,) = compared(held, "instance", [Variant("as_is", (), p, p[:, None])], 50, 1)
    assert line["figures"]["auroc"]["value"] == pytest.approx(figures_of("auroc", *without_c(held), p[:240]))
    everybody_alike = dict.fromkeys(learning[1], "a")
    assert table_of(CONFIG, learning[0], "instance", everybody_alike) is None


def without_c(held: Held) -> tuple[Held, str, np.ndarray]:
    part = Held(held.client[:240], held.label[:240], {"instance": held.classes["instance"][:240]}, None)
    return part, "instance", np.arange(240)


def test_the_page_and_the_file_say_the_same(table, tmp_path):
    report = {
        "format": 1,
        "model": "need_x",
        "snapshot_sha256": "a" * 64,
        "data_until": "2024-12-31",
        "tables": [table],
    }
    write_ablation(tmp_path, report)
    assert json.loads((tmp_path / "ablation_need_x.json").read_text()) == json.loads(json.dumps(report))
    page = render(report)
    assert page == (tmp_path / "ablation_need_x.html").read_text()
    assert "<script" not in page
    assert page.count("<svg") == 3
    value = table["variants"][0]["figures"]["auroc"]["value"]
    assert f"{value:.3f}".replace(".", ",") in page
    assert any("without_telling" in line for line in told(report))
