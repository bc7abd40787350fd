"""The gate: client flow, need duration, history and ages, drawn as tables (None = unknown)."""

import math

import numpy as np
import pytest

from configs.errors import ConfigError
from models.eligibility import Ages, Condition, EligibilityRules, age_verdict, assess, check_features, holds_all

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
