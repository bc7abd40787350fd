"""Labels of a scheme: which are enough, which features are known, how far they reach, and what they should weigh."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from configs.errors import ConfigError, DataError
from configs.loader import validate_config
from features.catalogue.specs import feature_specs
from models.learners.baseline import BaselineSettings
from models.segments.eligibility import Condition, EligibilityRules, assess
from models.segments.scheme import load_scheme
from tests.evaluation.services.indicator_rows import drawn_table
from tests.models.client_case import catalogue, draw, names, vocabulary
from tests.plans import covers
from training.rows.records import standing
from training.rows.splits import Holdout
from training.segments.config import SegmentationConfig, SegmentationFit
from training.segments.labels import pass_the_gate, require_levels, segment_labels, split_known, unseen_families
from training.segments.reach import most_used_organisation, reach_of, reach_said
from training.segments.weights import inverse_probability, unrecorded_rows

SCHEME = load_scheme("configs/schemes/suuntima_like.yaml")
RULES = EligibilityRules(
    version="1",
    minimum_history=Condition(feature="observed_history", at_least=300),
    social=(Condition(feature="social_contacts__365d", at_least=1),),
    health=(Condition(feature="emergency_contacts__365d", at_least=1),),
    long_term=(Condition(feature="contact_months__365d", at_least=7),),
)


@covers("001-A1")
def test_a_model_learns_from_the_answers_of_its_own_question_set_only():
    rows = [
        {"client_id": f"c{n}", "time": "2024-01-01", "scheme": scheme, "scheme_version": "1",
         "axis1_level": "high", "axis2_level": "weak", "segment": "network"}
        for n, scheme in enumerate(["suuntima_like"] * 3 + ["suuntima_like_social"] * 2)
    ]  # fmt: skip
    social = load_scheme("configs/schemes/suuntima_like_social.yaml")
    table = drawn_table("segment_records", rows)
    assert [sorted(standing(table, scheme).clients) for scheme in (SCHEME, social)] == [
        ["c0", "c1", "c2"],
        ["c3", "c4"],
    ]


def split_of(rows: int) -> Holdout:
    train = np.arange(rows) < rows // 2
    return Holdout(train, ~train, np.datetime64("2024-01-01"))


@pytest.mark.parametrize(
    "complexity,          resources,           message",
    [
        ([0, 1, 0, 1] * 10, [0, 1, 1, 0] * 10, ""),
        ([0, 0, 0, 0] * 10, [0, 1, 1, 0] * 10, "Axis complexity, training: the level high .* never occurs in 20 rows"),
        ([1, 1, 1, 1] * 10, [0, 1, 1, 0] * 10, "Axis complexity, training: the level low .* never occurs"),
        ([0, 1, 0, 1] * 10, [-1, -1, -1, -1] * 10, "Axis resources, training: the level strong and weak .* 0 rows"),
        ([0, 1] + [0] * 38, [0, 1, 1, 0] * 10, "Axis complexity, training, level high or above: 1 rows with"),
        ([0, 1, 0, 1] * 5 + [0] * 20, [0, 1, 1, 0] * 10, "Axis complexity, hold-out, level high or above: 0 rows with"),
    ],
)
def test_every_level_must_occur_often_enough_on_both_sides(complexity, resources, message):
    levels = np.column_stack([complexity, resources])
    if not message:
        require_levels(SCHEME, levels, split_of(40), 5)
        return
    with pytest.raises(DataError, match=message):
        require_levels(SCHEME, levels, split_of(40), 5)


def test_a_segment_needs_every_axis():
    assert segment_labels(SCHEME, np.array([[0, 0], [1, 1], [1, -1]])).tolist() == ["self_managed", "network", ""]


def test_a_column_without_a_known_value_is_left_out_and_its_family_named():
    rows = draw(50)
    rows[:, names().index("rai_cps")] = np.nan
    rows[:, names().index("emergency_contacts__90d")] = np.nan
    known, unknown = split_known(rows, names())
    assert unknown == ("emergency_contacts__90d", "rai_cps")
    assert len(known) == len(names()) - 2
    # The other window of emergency contacts is known, so only one family is gone.
    assert unseen_families(feature_specs(catalogue(), vocabulary()), unknown) == ("rai_cps",)


def test_the_gate_of_many_rows_is_the_gate_of_each():
    rows = draw(300, seed=7)
    passed = pass_the_gate(RULES, rows, names())
    each = [assess(RULES, dict(zip(names(), row.astype(float), strict=True))).status == "answered" for row in rows]
    assert passed.tolist() == each
    assert 0 < passed.sum() < 300


def test_records_of_clients_who_seldom_get_one_weigh_more():
    rng = np.random.default_rng(1)
    x = rng.normal(0, 1, (4000, 1)).astype(np.float32)
    recorded = rng.random(4000) < 1 / (1 + np.exp(-(1.5 * x[:, 0] - 2)))
    found = inverse_probability(x[recorded], x[~recorded], ["x"], BaselineSettings(c=1.0), (1e-6, 1e6))
    assert found.weights.mean() == pytest.approx(1.0)
    assert np.corrcoef(found.weights, x[recorded, 0])[0, 1] < -0.5
    everybody = x[~recorded, 0].mean()
    assert abs(np.average(x[recorded, 0], weights=found.weights) - everybody) < 0.2
    assert abs(x[recorded, 0].mean() - everybody) > 0.8
    assert found.effective_rows < recorded.sum()


def test_limits_keep_a_rare_client_from_ruling_and_are_told():
    rng = np.random.default_rng(1)
    x = rng.normal(0, 1, (4000, 1)).astype(np.float32)
    recorded = rng.random(4000) < 1 / (1 + np.exp(-(1.5 * x[:, 0] - 2)))
    free = inverse_probability(x[recorded], x[~recorded], ["x"], BaselineSettings(c=1.0), (1e-6, 1e6))
    held = inverse_probability(x[recorded], x[~recorded], ["x"], BaselineSettings(c=1.0), (0.5, 2.0))
    assert held.weights.max() / held.weights.min() == pytest.approx(4.0)
    assert held.effective_rows > free.effective_rows
    assert held.metrics["weights_limited_share"] > 0.0 == free.metrics["weights_limited_share"]


def test_without_clients_to_compare_with_weights_are_refused():
    with pytest.raises(DataError, match=r"10 rows .* at least 50 are .*weights: none"):
        inverse_probability(draw(60), draw(10), names(), BaselineSettings(), (0.2, 5.0))


def test_those_compared_with_never_had_a_record_and_are_of_the_time_before_the_hold_out():
    clients = np.array(["a", "b", "c", "b", "c", "d"], dtype=object)
    as_of = np.array(["2023-01-01"] * 3 + ["2024-01-01"] * 3, "datetime64[s]")
    found = unrecorded_rows(clients, as_of, np.array(["a"], dtype=object), np.datetime64("2024-01-01"), 10, seed=1)
    assert found.tolist() == [1, 2]
    assert len(unrecorded_rows(clients, as_of, np.array([], dtype=object), np.datetime64("2025-01-01"), 4, 1)) == 4


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"fit": {"weight_limits": [2.0, 5.0]}}, "weight_limits must hold 1"),
        ({"fit": {"weights": "inverse"}}, "fit.weights"),
        ({"served": {"complexity": "forest"}}, "served.complexity"),
        ({"sets": {"coverage": 0.3}}, "sets.coverage"),
        ({"served": {"complexit": "auto"}}, "has no axis `complexit`. Did you mean `complexity`?"),
    ],
)
def test_a_wrong_setting_is_named(changes, message):
    given = {"var": "v", "histories": "h", "scheme": "s", "eligibility": "e", "sentences": "t", **changes}
    with pytest.raises(ConfigError, match=message):
        validate_config(given, SegmentationConfig, "segmentation.yaml").check_axes(SCHEME)


def test_an_axis_may_be_served_by_another_learner_than_the_rest():
    config = SegmentationConfig(
        var="v",
        histories="h",
        scheme="s",
        eligibility="e",
        sentences="t",
        served={"resources": "logistic"},
        fit=SegmentationFit(served="auto"),
    )
    assert (config.fit_of("complexity").served, config.fit_of("resources").served) == ("auto", "logistic")


def county() -> tuple[SimpleNamespace, pd.DataFrame, pd.Series]:
    """400 clients on two dates; all but every fourth pass the gate; west is recorded twice as often."""
    rows = draw(400, seed=3)
    rows[:, names().index("observed_history")] = 400
    rows[:, names().index("contact_months__365d")] = np.where(np.arange(400) % 4 == 3, 1, 12)
    clients = [f"c{number:03d}" for number in range(400)]
    frame = pd.DataFrame(np.concatenate([rows, rows]), columns=list(names()))
    pairs = pd.DataFrame(
        {"client_id": clients * 2, "as_of": pd.to_datetime(["2024-01-01"] * 400 + ["2024-04-01"] * 400)}
    )
    residents = pd.DataFrame(
        {
            "client_id": clients,
            "valid_from": pd.Timestamp("2020-01-01"),
            "superseded_at": pd.NaT,
            "municipality": np.where(np.arange(400) < 200, "901", "902"),
        }
    )
    contacts = pd.DataFrame({"client_id": clients, "legacy_org": np.where(np.arange(400) < 200, "west", "east")})
    return SimpleNamespace(rows=pairs, frame=frame), residents, most_used_organisation(contacts)


def test_label_coverage_counts_eligible_clients_once_by_group():
    history, residents, legacy = county()
    recorded = np.array([f"c{number:03d}" for number in (*range(0, 40), *range(200, 220))], dtype=object)
    reach = reach_of(history, RULES, recorded, residents, legacy, seed=1)
    told = reach.as_dict()
    assert told["overall"]["n"] == 300  # a client in one row of the last date, every fourth is not eligible
    assert told["overall"]["share"] == pytest.approx((30 + 15) / 300)
    lines = {(one["grouping"], one["group"]): one for one in told["groups"]}
    assert lines["municipality", "901"]["share"] == pytest.approx(30 / 150)
    assert lines["legacy_org", "east"]["share"] == pytest.approx(15 / 150)
    assert {grouping for grouping, _ in lines} == {"municipality", "legacy_org", "age_band"}
    assert "legacy_org     east 10.0% .. west 20.0%" in reach_said(told)


def test_nobody_eligible_is_said_and_not_divided_by():
    history, residents, legacy = county()
    nobody = RULES.model_copy(update={"minimum_history": Condition(feature="observed_history", at_least=9999)})
    told = reach_of(history, nobody, np.array([], dtype=object), residents, legacy, seed=1).as_dict()
    assert told == {"overall": {"n": 0, "share": None, "low": 0.0, "high": 1.0}, "groups": []}
    assert "no client" in reach_said(told)


def test_the_organisation_of_a_client_is_where_most_contacts_are():
    contacts = pd.DataFrame(
        {"client_id": ["a", "a", "a", "b", "b"], "legacy_org": ["west", "east", "east", "west", "east"]}
    ).astype("category")
    assert most_used_organisation(contacts).to_dict() == {"a": "east", "b": "east"}
    assert most_used_organisation(contacts.iloc[:0]).empty
