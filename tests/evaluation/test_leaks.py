"""The leak alarm: areas and information worked by hand, planted leaks found, honest strong features left alone."""

import numpy as np
import pytest
from pydantic import ValidationError

from configs.errors import ConfigError, DataError
from evaluation.leaks import find_leaks, measure_feature, thinned
from evaluation.metrics import auroc
from training.publishing.leak_alarm import LeakAlarm, Question, Waiver, judged, refusal, table

NAN = np.nan
WAIVER = Waiver(feature="x", reason="Known at referral.", by="quality lead")


def entropy(p: float) -> float:
    """Entropy of a yes/no answer in bits."""
    return float(-p * np.log2(p) - (1 - p) * np.log2(1 - p))


def measured(column: list[float], label: list[int]):
    return measure_feature("x", np.array(column, np.float32), np.array(label) == 1)


@pytest.mark.parametrize(
    "column,                  label,              auc",
    [
        ([1, 2, 3, 4],        [0, 0, 1, 1], 1.0),            # every positive above every negative
        ([4, 3, 2, 1],        [0, 0, 1, 1], 1.0),            # below: the direction does not matter
        ([1, 2, 3, 4],        [0, 1, 0, 1], 3 / 4),          # 2>1, 4>1, 4>3; not 2>3
        ([1, 1, 2, 2],        [0, 1, 0, 1], (1 / 2 + 0 + 1 + 1 / 2) / 4),  # won, lost, and two ties
        ([7, 7, 7, 7],        [0, 1, 0, 1], 1 / 2),          # a constant column
        ([NAN, NAN, NAN],     [0, 1, 0],    1 / 2),          # nothing known
        ([1, 2, NAN, NAN],    [0, 0, 1, 1], 1.0),            # unknown is the outcome
        ([NAN, NAN, 1, 2],    [0, 0, 1, 1], 1.0),
        ([1, 2, 2, NAN],      [0, 0, 1, 1], 3.5 / 4),        # unknown above: 2>1, 2=2, both pairs of the unknown
        ([2, 1, 1, NAN],      [0, 0, 1, 1], 3.5 / 4),        # unknown below: mirrored
    ],
)  # fmt: skip
def test_the_area_of_one_feature(column: list[float], label: list[int], auc: float) -> None:
    assert measured(column, label).auc == pytest.approx(auc)


@pytest.mark.parametrize(
    "column,                       label,                    bits",
    [
        ([0, 0, 1, 1],             [0, 0, 1, 1],             1.0),                     # the label itself: H = 1 bit
        ([5, 5, 5, 5],             [0, 0, 1, 1],             0.0),
        ([1, 2, 3, 4],             [1, 0, 0, 1],             1.0),                     # no direction, all information
        ([0, 1, NAN, NAN],         [0, 0, 1, 1],             1.0),                     # unknown is a bin of its own
        ([0, 0, 0, 0, 1, 1, 1, 1], [1, 0, 0, 0, 1, 1, 1, 0], 1 - entropy(1 / 4)),  # 3 of 4 right
    ],
)  # fmt: skip
def test_the_information_of_one_feature_in_bits(column: list[float], label: list[int], bits: float) -> None:
    assert measured(column, label).information == pytest.approx(bits, abs=1e-12)


def test_many_values_are_put_into_tenths_and_ties_stay_together() -> None:
    label = np.arange(1000) % 2 == 0
    honest = measure_feature("x", np.arange(1000, dtype=np.float32), label)
    assert honest.information < 0.001  # 1,000 bins of one row would have told everything: 1 bit
    tied = np.where(np.arange(1000) < 700, 0, np.arange(1000)).astype(np.float32)
    assert measure_feature("x", tied, np.arange(1000) < 700).information_share == pytest.approx(1.0)


@pytest.mark.parametrize("seed", range(5))
def test_the_area_is_the_evaluations_own_on_columns_with_ties_and_holes(seed: int) -> None:
    rng = np.random.default_rng(seed)
    column = rng.integers(0, 6, 400).astype(np.float32)
    column[rng.random(400) < 0.3] = NAN
    label = rng.random(400) < 0.3
    ends = [auroc(label.astype(int), np.where(np.isnan(column), end, column)) for end in (-1, 99)]
    assert measure_feature("x", column, label).auc == pytest.approx(max(max(end, 1 - end) for end in ends))
    missing = auroc(label.astype(int), np.isnan(column).astype(float))
    assert measure_feature("x", column, label).missing_auc == pytest.approx(max(missing, 1 - missing))


LABEL = (np.arange(200) % 5 == 0).astype(np.int8)
HALF_KNOWN = np.where(np.arange(200) % 2 == 0, LABEL, NAN)


@pytest.mark.parametrize(
    "column, copy",
    [
        (LABEL, "equal"),
        (1 - LABEL, "inverted"),
        (3 * LABEL + 7, "affine"),
        (-0.5 * LABEL, "inverted affine"),
        (HALF_KNOWN, "equal"),  # area alone would be below the bound: half of it is unknown
        (LABEL + np.arange(200) / 1000, ""),  # no copy; its area gives it away
        (np.zeros(200), ""),
        (np.where(np.arange(200) < 30, LABEL, NAN), ""),  # six known rows with the outcome: chance could do it
    ],
)
def test_a_duplicated_outcome_column_is_named(column: np.ndarray, copy: str) -> None:
    assert measure_feature("x", column.astype(np.float32), LABEL == 1).copy == copy


def alarm(column: np.ndarray, label: np.ndarray, **settings):
    rows = np.column_stack([column, np.arange(len(label)) % 7]).astype(np.float32)
    return judged(LeakAlarm(**settings), [Question("the outcome", rows, label)], ["x", "harmless"], seed=1)


@pytest.mark.parametrize(
    "leak",
    [
        LABEL,
        1 - LABEL,
        3 * LABEL + 7,
        HALF_KNOWN,
        np.where(LABEL == 1, NAN, np.arange(200) % 3),  # filled in only where nothing happened
        np.abs(np.where(LABEL == 1, 50, np.arange(200) % 100) - 50.0),  # distance from the middle
        np.where(LABEL == 1, 50, np.where(np.arange(200) % 2, 0, 100)),  # neither high nor low: information sees it
    ],
)
def test_a_planted_leak_is_stopped_and_named(leak: np.ndarray) -> None:
    found = alarm(leak, LABEL)
    assert [feature.feature for _, feature in found.stopped] == ["x"]
    said = refusal(found)
    assert "`x` against the outcome" in said
    assert "without_families" in said
    assert "waivers: [{feature: x" in said
    assert len(said.split("\n")) == 1


def test_a_feature_computed_after_as_of_is_stopped_and_the_same_before_it_is_not() -> None:
    """Visits of a client who falls ill rise after the date, not before it: only the closed window knows."""
    rng = np.random.default_rng(3)
    ill = rng.random(4000) < 0.2
    before, after = rng.poisson(2.0, 4000), rng.poisson(np.where(ill, 9.0, 1.0))
    assert not alarm(before.astype(float), ill).stopped
    assert alarm((before + after).astype(float), ill).stopped


def test_a_strong_but_honest_feature_passes() -> None:
    """Two normal groups 1.735 standard deviations apart have an area of .89."""
    rng = np.random.default_rng(8)
    label = np.repeat([0, 1], 20_000)
    found = alarm(rng.normal(size=40_000) + 1.735 * label, label)
    assert found.outcomes[0].features[0].auc == pytest.approx(0.89, abs=0.003)
    assert found.outcomes[0].features[0].feature == "x"
    assert not found.stopped
    assert found.strongest[0] == "x"


def test_a_waived_feature_passes_and_is_told_with_its_reason() -> None:
    found = alarm(LABEL, LABEL, waivers=(WAIVER,))
    assert not found.stopped
    assert found.as_dict()["waived"][0]["reason"] == WAIVER.reason
    assert "waived: x against the outcome: Known at referral. (quality lead)" in table(found)
    assert found.metrics["waived_feature_max_auc"] == 1.0
    assert found.metrics["one_feature_max_auroc"] < 0.9  # the promotion gate reads what nobody answered for


def test_a_waiver_that_nothing_needs_is_told() -> None:
    assert "waiver not needed: x" in table(alarm(np.arange(200) % 3, LABEL, waivers=(WAIVER,)))


@pytest.mark.parametrize("faulty", [{"reason": "too short"}, {"reason": " " * 20}, {"by": ""}])
def test_a_waiver_needs_a_reason_and_a_name(faulty: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Waiver(**{"feature": "x", "reason": "Known at referral.", "by": "lead", **faulty})


def test_a_waiver_of_an_unknown_feature_and_two_of_one_are_refused() -> None:
    with pytest.raises(ConfigError, match="Did you mean `harmless`"):
        alarm(LABEL, LABEL, waivers=(Waiver(feature="harmles", reason="Known at referral.", by="lead"),))
    with pytest.raises(ValidationError, match="waived twice"):
        LeakAlarm(waivers=(WAIVER, WAIVER))


def test_a_label_of_one_class_is_a_sentence() -> None:
    with pytest.raises(DataError, match="one class only"):
        find_leaks("y", np.zeros((5, 1)), np.ones(5), ["x"])


def test_many_rows_are_thinned_the_same_way_each_time() -> None:
    assert len(thinned(250_000, 100_000, seed=1)) == 100_000
    assert (thinned(250_000, 100_000, seed=1) == thinned(250_000, 100_000, seed=1)).all()
    assert (thinned(10, 100_000, seed=1) == np.arange(10)).all()
    label = np.arange(3000) % 3 == 0
    rows = np.random.default_rng(2).normal(size=(3000, 4)).astype(np.float32)
    first = find_leaks("y", rows, label, list("abcd"), most_rows=500, seed=9)
    assert first.rows == 500
    assert first == find_leaks("y", rows, label, list("abcd"), most_rows=500, seed=9)
    assert first != find_leaks("y", rows, label, list("abcd"), most_rows=500, seed=10)


def test_the_refusal_names_the_first_features_and_counts_the_rest() -> None:
    rows = np.repeat(LABEL[:, None], 12, axis=1).astype(np.float32)
    names = [f"f{number}" for number in range(12)]
    said = refusal(judged(LeakAlarm(), [Question("y", rows, LABEL)], names, seed=1))
    assert said.count("against y") == 8
    assert "and 4 more (leaks.json)" in said
