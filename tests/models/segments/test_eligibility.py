"""The gate: client flow, need duration, history and ages, drawn as tables (None = unknown)."""

import math

import numpy as np
import pytest

from configs.errors import ConfigError
from configs.loader import load_config, validate_config
from features.rules.spec import OverAge
from models.segments.eligibility import (
    Ages,
    Condition,
    EligibilityRules,
    age_verdict,
    answered,
    assess,
    check_features,
    decided_by_people,
    holds_all,
    is_over_age,
)
from tests.plans import covers

RULES = EligibilityRules(
    version="1",
    minimum_history=Condition(feature="observed_history", at_least=90),
    social=(Condition(feature="social", at_least=1),),
    health=(Condition(feature="health", at_least=1),),
    long_term=(Condition(feature="months", at_least=4), Condition(feature="home_care", at_least=1)),
)


def row(history, social, health, months, home_care) -> dict[str, float]:
    given = {"observed_history": history, "social": social, "health": health, "months": months, "home_care": home_care}
    return {name: math.nan if value is None else float(value) for name, value in given.items()}


@covers("001-A3")
@pytest.mark.parametrize(
    "history, social, health, months, home_care,  flow,           duration,         status",
    [
        (400,       2,     3,      6,      0,      "multi_sector", "long_term",      "answered"),
        (400,       2,     0,      6,      0,      "social",       "long_term",      "answered"),
        (400,       0,     3,      1,      1,      "health",       "long_term",      "answered"),
        (400,       0,     3,      1,      0,      "health",       "single_service", "not_eligible"),
        (400,       0,     0,      0,      0,      "none",         "single_service", "not_eligible"),
        (400,       0,     0,      3.9,    0,      "none",         "single_service", "not_eligible"),
        (89,        2,     3,      6,      1,      "multi_sector", "long_term",      "not_assessable"),
        (90,        2,     3,      6,      1,      "multi_sector", "long_term",      "answered"),
        (None,      2,     3,      6,      1,      "multi_sector", "long_term",      "not_assessable"),
        (400,       None,  None,   None,   None,   "unknown",      "unknown",        "not_assessable"),
        (400,       None,  3,      None,   1,      "health",       "long_term",      "answered"),
        (400,       None,  0,      None,   0,      "unknown",      "single_service", "not_eligible"),
    ],
)  # fmt: skip
def test_gate(history, social, health, months, home_care, flow, duration, status):
    verdict = assess(RULES, row(history, social, health, months, home_care))
    assert (verdict.client_flow, verdict.need_duration, verdict.status) == (flow, duration, status)
    assert all(verdict.reason.values()) == (status != "answered")


@pytest.mark.parametrize(
    "age,   low, high, status",
    [
        (17.0,  18,  None, "not_eligible"),
        (18.0,  18,  None, None),
        (101.0, 18,  None, None),
        (64.0,  18,  64,   None),
        (65.0,  18,  64,   "not_eligible"),
        (math.nan, 18, None, "not_assessable"),
    ],
)  # fmt: skip
def test_ages_are_named_and_both_ends_belong(age, low, high, status):
    verdict = age_verdict(Ages(low=low, high=high), age)
    assert (verdict.status if verdict else None) == status


@pytest.mark.parametrize("age, belongs", [(math.nan, True), (17.0, False), (30.0, True)])
def test_a_task_may_say_that_an_unknown_age_belongs(age, belongs):
    ages = Ages(low=18, unknown_belongs=True)
    assert (age_verdict(ages, age) is None) == belongs
    assert bool(ages.hold(np.array([age]))[0]) == belongs


def test_the_reason_names_the_ages():
    verdict = age_verdict(Ages(low=18, high=64), 70.0)
    assert verdict is not None
    assert verdict.reason["fi"] == "Tämä arvio koskee 18–64-vuotiaita asiakkaita."


def test_unknown_values_are_never_in_a_cohort():
    frame = {"home_care": np.array([1.0, 0.0, np.nan]), "age": np.array([80.0, 80.0, 80.0])}
    conditions = (Condition(feature="home_care", at_least=1), Condition(feature="age", at_least=65, at_most=90))
    assert holds_all(conditions, frame, 3).tolist() == [True, False, False]


def test_a_rule_on_an_unknown_feature_names_the_nearest():
    with pytest.raises(ConfigError, match="Did you mean `home_care`"):
        check_features(["home_car"], ["home_care", "age"], "configs/eligibility.yaml")


OVER_AGE = OverAge(
    newest=("days_since_contact", "days_since_assessment"),
    at_most=365,
    unless=(Condition(feature="home_care", at_least=1),),
)


@pytest.mark.parametrize(
    "contact, assessment, home_care, over_age",
    [
        (365,     None,       0,         False),  # the last day that counts
        (366,     None,       0,         True),
        (366,     365,        0,         False),  # the newest of the kinds counts
        (366,     900,        0,         True),
        (900,     None,       1,         False),  # a service that is going on is present knowledge
        (900,     None,       None,      True),   # an unknown service excuses nothing
        (None,    None,       0,         False),  # nothing known is not old: another rule speaks of it
    ],
)  # fmt: skip
def test_data_age_by_their_newest_record(contact, assessment, home_care, over_age):
    given = {"days_since_contact": contact, "days_since_assessment": assessment, "home_care": home_care}
    values = {name: math.nan if value is None else float(value) for name, value in given.items()}
    assert is_over_age(OVER_AGE, values) == over_age


@covers("002-G9")
def test_over_age_data_are_told_with_their_limit_before_any_duration_is_judged():
    rules = RULES.model_copy(update={"over_age": OVER_AGE})
    old = {**row(400, 0, 3, 0, 0), "days_since_contact": 500.0, "days_since_assessment": math.nan}
    verdict = assess(rules, old)
    assert (verdict.status, verdict.client_flow) == ("not_assessable", "health")
    assert verdict.reason["fi"].startswith("Asiakkaan uusimmatkin tiedot ovat yli 365 päivää vanhoja")
    assert "mer än 365 dagar gamla" in verdict.reason["sv"]
    assert "more than 365 days old" in verdict.reason["en"]
    assert assess(rules, {**old, "days_since_contact": 10.0}).status == "not_eligible"  # known and single


@pytest.mark.parametrize(
    "months, history, status",
    [(6, 400, "answered"), (6, 10, "answered"), (None, 400, "answered"), (0, 400, "not_eligible")],
)
def test_when_people_answered_every_axis_only_a_single_service_need_stands_in_the_way(months, history, status):
    verdict = decided_by_people(assess(RULES, row(history, 2, 3, months, None)))
    assert verdict.status == status
    assert all(verdict.reason.values()) == (status != "answered")


def test_every_feature_of_the_gate_is_checked_against_the_catalogue():
    rules = RULES.model_copy(update={"over_age": OVER_AGE})
    assert {"days_since_contact", "days_since_assessment", "home_care", "observed_history"} <= set(rules.features())
    shipped = load_config("configs/eligibility.yaml", EligibilityRules)
    assert shipped.over_age is not None
    assert "days_since_contact" in shipped.features()


@pytest.mark.parametrize(
    "over_age, message",
    [({"newest": [], "at_most": 365}, "over_age.newest"), ({"newest": ["a"], "at_most": 0}, "over_age.at_most")],
)
def test_a_limit_without_features_or_days_is_refused(over_age, message):
    values = {**RULES.model_dump(mode="json"), "over_age": over_age}
    with pytest.raises(ConfigError, match=message):
        validate_config(values, EligibilityRules, "eligibility.yaml")


BY_AGE = RULES.model_copy(update={"estimated_ages": Condition(feature="age", at_least=18)})


@covers("000-1")
@pytest.mark.parametrize(
    "age, history, months, status,           said",
    [
        (18,   400,    6,      "answered",       ""),
        (66,   400,    6,      "answered",       ""),
        (17,   400,    6,      "not_assessable", "under 18"),
        (0,    400,    6,      "not_assessable", "under 18"),
        (None, 400,    6,      "not_assessable", "age is not known"),
        (7,    10,     6,      "not_assessable", "under 18"),  # the lasting reason before the passing one
        (7,    400,    1,      "not_eligible",   "single service"),  # what is so at any age
    ],
)  # fmt: skip
def test_no_model_is_asked_about_an_age_that_taught_it_nothing(age, history, months, status, said):
    one = row(history, 2, 3, months, 0) | {"age": math.nan if age is None else float(age)}
    verdict = assess(BY_AGE, one)
    assert verdict.status == status
    assert said in verdict.reason["en"]
    assert ("huoltaja" in verdict.reason["fi"]) == (said == "under 18")
    whole = {name: np.array([value]) for name, value in one.items()}
    assert answered(BY_AGE, whole, 1)[0] == (status == "answered")


@covers("000-1")
def test_an_upper_age_is_said_in_its_own_words():
    ages = RULES.model_copy(update={"estimated_ages": Condition(feature="age", at_most=17)})
    assert "over 17" in assess(ages, row(400, 2, 3, 6, 0) | {"age": 40.0}).reason["en"]
    assert "age" in ages.features()
    assert "age" not in RULES.features()


@covers("000-1")
def test_the_shipped_gate_asks_no_model_about_a_child():
    shipped = load_config("configs/eligibility.yaml", EligibilityRules)
    assert shipped.estimated_ages == Condition(feature="age", at_least=18)
