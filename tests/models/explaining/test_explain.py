"""Reasons add up to the number shown, on the JSON answer; both directions are said; unknown is never a value."""

import dataclasses
import json
import math
from datetime import date

import numpy as np
import pytest

from models.answers import ModelStamp, Reason, json_values
from models.explaining.comparison import Comparison, band_name, band_of
from models.explaining.dimensions import by_dimension
from models.explaining.wording.spoken import heaviest, reads_backwards, spoken
from models.learners.baseline import BaselineSettings, LogisticRegression
from models.learners.binary import BinaryModel
from models.learners.boosting import BoostedTrees
from models.learners.calibration import Calibration
from tests.models.client_case import SMALL_TREES, draw, labels, names, parts
from tests.plans import covers

STAMP = ModelStamp("need_x", "1", "0" * 64, "2023-12-31", "2024-01-01")
TEXT = {"fi": "f", "sv": "s", "en": "e"}


@pytest.fixture(scope="module")
def rows() -> np.ndarray:
    return draw(400)


@pytest.fixture(scope="module", params=["lightgbm", "logistic"])
def model(request, rows) -> BinaryModel:
    y = labels(rows)
    trees = request.param == "lightgbm"
    learner = (
        BoostedTrees.fit(rows, y, names(), SMALL_TREES)
        if trees
        else LogisticRegression.fit(rows, y, names(), BaselineSettings())
    )
    return BinaryModel(learner, Calibration(0.7, -0.3))


def reason(family: str, contribution: float, value: float | None = 1.0, role: str = "risk", **more: str) -> Reason:
    dimension = more.get("dimension", "health")
    sensitivity = more.get("sensitivity", "normal")
    register = more.get("source", "register")
    return Reason(family, TEXT, dimension, role, contribution, family, value, None, register, TEXT, sensitivity)


def test_the_json_answer_adds_up_to_the_log_odds_of_the_probability_shown(rows, model):
    explainer = parts(rows).explainer
    for row in rows[:50]:
        answer = explainer.likelihood(model, row, "x", TEXT, TEXT)
        read = json.loads(json.dumps(dataclasses.asdict(answer)))
        total = read["base"] + sum(one["contribution"] for one in read["contributions"])
        shown = math.log(read["probability"] / (1 - read["probability"]))
        assert abs(total - shown) <= 1e-9
        assert abs(read["log_odds"] - shown) <= 1e-9


def test_every_family_is_there_once_largest_first(rows, model):
    answer = parts(rows).explainer.likelihood(model, rows[0], "x", TEXT, TEXT)
    families = [one.family for one in answer.contributions]
    assert sorted(families) == sorted({name.split("__")[0] for name in names()})
    sizes = [abs(one.contribution) for one in answer.contributions]
    assert sizes == sorted(sizes, reverse=True)


def test_a_reason_carries_the_clients_value_and_what_is_usual(rows, model):
    row = rows[0].copy()
    row[names().index("emergency_contacts__90d")] = 4
    row[names().index("emergency_contacts__365d")] = 4
    answer = parts(rows).explainer.likelihood(model, row, "x", TEXT, TEXT)
    found = next(one for one in answer.contributions if one.family == "emergency_contacts")
    assert found.value == 4.0
    assert found.comparison is not None
    assert found.sentence["fi"].startswith("4 päivystyskäyntiä")
    assert found.source == "register of contacts"


def test_only_the_reasons_said_aloud_are_put_into_words(rows, model):
    answer = parts(rows).explainer.likelihood(model, rows[0], "x", TEXT, TEXT)
    told = [one for one in answer.contributions if one.sentence]
    assert [one.family for one in told] == [one.family for one in answer.reasons]
    assert tuple(told) == answer.reasons
    assert all(set(one.sentence) == {"fi", "sv", "en"} for one in told)
    assert 3 <= len(told) < len(answer.contributions)


def test_json_values_are_those_of_asdict(rows, model):
    answer = parts(rows).explainer.likelihood(model, rows[0], "x", TEXT, TEXT)
    assert json.dumps(json_values(answer)) == json.dumps(dataclasses.asdict(answer))


@covers("002-A9")
def test_missing_and_sources_name_what_the_answer_rests_on(rows):
    row = np.full(len(names()), np.nan, dtype=np.float32)
    row[names().index("emergency_contacts__90d")] = 0
    explainer = parts(rows).explainer
    missing = {one.family for one in explainer.missing(row)}
    assert "rai_cps" in missing
    assert "emergency_contacts" not in missing  # one window is known
    assert explainer.sources(row) == ("register of contacts",)


@pytest.mark.parametrize(
    "contributions,                                      said",
    [
        ([("a", 2.0), ("b", 1.0), ("c", -0.5)],          ["a", "b", "c"]),
        ([("a", 6), ("b", 5), ("c", 4), ("d", 3), ("e", 2), ("f", 1)], ["a", "b", "c", "d", "e"]),
        ([("a", 6), ("b", 5), ("c", 4), ("d", 3), ("e", 2), ("f", -1)], ["a", "b", "c", "d", "f"]),
        ([("a", -6), ("b", -5), ("c", -4), ("d", -3), ("e", -2), ("f", 1)], ["a", "b", "c", "d", "f"]),
        ([("a", 1.0), ("b", 0.001)],                     ["a"]),
        ([],                                             []),
    ],
)  # fmt: skip
def test_three_to_five_reasons_in_both_directions(contributions, said):
    assert [one.family for one in spoken([reason(name, weight) for name, weight in contributions])] == said


def test_an_unknown_family_is_said_only_when_too_few_known_ones_weigh():
    few = [reason("unknown", 3.0, None), reason("a", 2.0), reason("b", -1.0)]
    enough = [*few, reason("c", 0.5)]
    assert [one.family for one in spoken(few)] == ["a", "b", "unknown"]
    assert [one.family for one in spoken(enough)] == ["a", "b", "c"]


R, C, P, S = "risk", "context", "protective", "resource"


@covers("001-A6", "001-F3")
@pytest.mark.parametrize(
    "contributions,                                                                            said",
    [
        # a resource is said however little it weighs, in place of the lightest risk
        ([("a", 6, 1, R), ("b", 5, 1, R), ("c", 4, 1, R), ("d", 3, 1, R), ("e", 2, 1, R), ("p", -.001, 1, P)], "abcdp"),
        ([("a", 2.0, 1, R), ("s", 0.002, 1, S)],                                               "as"),
        # one that the client has comes before a heavier one that is lacking
        ([("a", 6, 1, R), ("p", 0.9, 0, P), ("s", -0.005, 3, S)],                              "aps"),
        ([("a", 6, 1, R), ("b", 5, 1, R), ("c", 4, 1, R), ("d", 3, 1, R), ("p", 2, 0, P), ("s", -.005, 3, S)], "abcds"),
        # lacking ones are said when there is no other
        ([("a", 6, 1, R), ("p", 0.004, 0, P)],                                                 "ap"),
        # not known or without any weight: nothing to say
        ([("a", 6, 1, R), ("b", 5, 1, R), ("c", 4, 1, R), ("p", -1, None, P), ("s", 0, 1, S)],  "abc"),
        # both directions and a resource, though five risks and a context weigh more
        ([("a", 6, 1, R), ("b", 5, 1, R), ("c", 4, 1, R), ("d", 3, 1, R), ("n", -1, 1, C), ("p", .5, 1, P)], "abcnp"),
    ],
)  # fmt: skip
def test_risks_are_never_said_alone_when_a_resource_exists(contributions, said):
    assert "".join(one.family for one in spoken([reason(*one) for one in contributions])) == said


@pytest.mark.parametrize(
    "role,         aggregate,    contribution, value, usual, backwards",
    [
        ("risk",       "count",       0.5,         1,     3,     True),   # a raising risk with less than usual
        ("risk",       "count",       0.5,         4,     3,     False),
        ("risk",       "count",      -0.5,         1,     3,     False),
        ("risk",       "count",      -0.5,         4,     3,     True),   # a lowering risk with more than usual
        ("risk",       "count",       0.5,         3,     3,     False),  # as usual says nothing either way
        ("protective", "valid_on",    0.5,         1,     0,     True),   # a raising resource that the client has
        ("protective", "valid_on",   -0.5,         1,     0,     False),
        ("resource",   "last",        0.5,         2,     7,     False),
        ("risk",       "days_since",  0.5,         5,     90,    False),  # fewer days since: more of it
        ("risk",       "days_since",  0.5,         200,   90,    True),
        ("context",    "count",       0.5,         1,     3,     False),  # a context has no direction
        ("risk",       "count",       0.5,         None,  3,     False),
        ("risk",       "count",       0.5,         1,     None,  False),
    ],
)  # fmt: skip
def test_when_a_reason_reads_backwards(role, aggregate, contribution, value, usual, backwards):
    assert reads_backwards(role, contribution, value, usual, aggregate) is backwards


@pytest.mark.parametrize(
    "shares,         against,          index",
    [
        ([0.6, 0.5],     {},               0),
        ([0.6, 0.5],     {0: True},        1),  # the one whose comparison agrees speaks, though it weighs less
        ([0.6, 0.05],    {0: True},        0),  # but not one with next to no weight
        ([0.6, 0.5],     {0: True, 1: True}, 0),
        ([0.6, -0.5],    {0: True},        0),  # never one that pulls the other way
    ],
)  # fmt: skip
def test_a_feature_that_agrees_with_its_comparison_speaks_for_the_family(shares, against, index):
    assert heaviest([0, 1], np.array([1.0, 2.0]), np.array(shares), 0.6, against) == index


def test_a_reason_that_reads_backwards_is_said_without_its_comparison(rows):
    """Fewer emergency visits than usual cannot be the stated cause of a higher estimate."""
    explainer = parts(rows).explainer
    shares = np.zeros(len(names()))
    shares[names().index("emergency_contacts__365d")] = 0.8
    row = rows[0].copy()
    row[names().index("emergency_contacts__365d")] = 0
    row[names().index("age")] = 40  # usual: 1
    found = next(one for one in explainer.contributions(row, shares) if one.family == "emergency_contacts")
    sentence = explainer._said(found).sentence
    assert sentence["fi"].startswith("Ei päivystyskäyntejä 12 kuukauden aikana (vaikuttaa arvioon yhdessä")
    assert "tavallisesti" not in sentence["fi"]


@covers("001-F3")
def test_contributions_by_dimension_and_role_add_up_to_the_families(rows, model):
    explainer = parts(rows).explainer
    for row in rows[:50]:
        answer = explainer.likelihood(model, row, "x", TEXT, TEXT)
        families = math.fsum(one.contribution for one in answer.contributions)
        assert abs(math.fsum(one.contribution for one in answer.dimensions) - families) <= 1e-15
        pairs = {(one.dimension, one.role) for one in answer.contributions}
        assert {(one.dimension, one.role) for one in answer.dimensions} == pairs
        assert len(answer.dimensions) == len(pairs)


def test_a_dimension_is_the_sum_of_its_families():
    held = [
        reason("a", 0.5), reason("b", -0.2), reason("c", 0.1, role="protective"), reason("d", 2.0, dimension="age"),
    ]  # fmt: skip
    found = [(one.dimension, one.role, one.contribution) for one in by_dimension(held)]
    assert found == [("age", "risk", 2.0), ("health", "risk", 0.5 - 0.2), ("health", "protective", 0.1)]


@covers("002-B8")
def test_a_reason_carries_the_day_of_its_newest_record(rows, model):
    row = rows[0].copy()
    row[names().index("emergency_contacts__90d")] = 4
    row[names().index("emergency_contacts__365d")] = 4
    row[names().index("rai_cps")] = np.nan
    dates = {"emergency_contacts": date(2023, 12, 3), "rai_cps": date(2020, 1, 1)}
    answer = parts(rows).explainer.likelihood(model, row, "x", TEXT, TEXT, dates)
    held = {one.family: one for one in answer.contributions}
    assert held["emergency_contacts"].date == "2023-12-03"
    assert ", viimeksi 3.12.2023" in held["emergency_contacts"].sentence["fi"]
    assert held["rai_cps"].date is None  # no value, no date behind it
    assert held["social_contacts"].date is None


def test_freshness_is_told_only_when_somebody_looked(rows):
    explainer = parts(rows).explainer
    assert explainer.freshness(None, date(2024, 1, 1)) == ()
    ages = {
        one.source: (one.newest, one.days)
        for one in explainer.freshness({"rai_cps": date(2023, 12, 1)}, date(2024, 1, 1))
    }
    assert ages["register of assessments"] == ("2023-12-01", 31)
    assert ages["register of contacts"] == (None, None)
    assert "register of residents" not in ages


@pytest.mark.parametrize(
    "row,              shares,             index",
    [
        ([1.0, 2.0],       [0.1, 0.9],         1),  # the larger share
        ([1.0, np.nan],    [0.1, 0.9],         0),  # a known value speaks before an unknown one
        ([1.0, 2.0],       [0.6, -0.5],        0),  # the family's own direction
    ],
)  # fmt: skip
def test_which_feature_speaks_for_its_family(row, shares, index):
    assert heaviest([0, 1], np.array(row), np.array(shares), sum(shares)) == index


@pytest.mark.parametrize(
    "age,  clients_known, usual",
    [
        (70.0, 5, 3.0),  # five clients of the band: shown
        (70.0, 4, None),  # four: hidden
        (20.0, 5, None),  # nobody of that band
    ],
)
def test_a_usual_value_needs_five_clients(age, clients_known, usual):
    values = np.array([[3.0]] * clients_known + [[np.nan]] * 3)
    ages = np.full(len(values), 70.0)
    comparison = Comparison.fit(values, ["f"], ages, np.arange(len(values)))
    assert comparison.usual("f", age) == usual


def test_five_rows_of_one_client_are_not_a_group():
    comparison = Comparison.fit(np.ones((5, 1)), ["f"], np.full(5, 70.0), np.zeros(5))
    assert comparison.usual("f", 70.0) is None
    assert comparison.usual("f", np.nan) is None


def test_comparison_survives_its_json():
    values = np.array([[1.0], [np.nan], [3.0], [5.0], [5.0], [5.0]])
    comparison = Comparison.fit(values, ["f"], np.full(6, 70.0), np.arange(6))
    again = Comparison.from_bytes(comparison.to_bytes())
    assert again.usual("f", 70.0) == comparison.usual("f", 70.0) == 5.0


@pytest.mark.parametrize(
    "age, name", [(17.9, "0-17"), (18, "18-29"), (74.9, "65-74"), (85, "85+"), (np.nan, "unknown")]
)
def test_age_bands(age, name):
    assert band_name(int(band_of(np.array([age]))[0])) == name
