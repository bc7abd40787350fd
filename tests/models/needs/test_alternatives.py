"""What speaks for and against each service alternative, from the client's own row; nobody chooses."""

import math
from dataclasses import fields

import pytest

from configs.errors import ConfigError, ModelError
from configs.loader import read_yaml, validate_config
from features.catalogue import load_catalogue
from features.catalogue.specs import FeatureSpec
from models.answers import Alternative
from models.explaining.wording.sentences import load_sentences
from models.needs.alternatives import Alternatives, evidence_of, load_alternatives
from tests.plans import covers

PATH = "configs/alternatives/home_and_housing.yaml"
CATALOGUE, SENTENCES = load_catalogue("configs/features.yaml"), load_sentences("configs/sentences.yaml")
CONFIG = load_alternatives(PATH, CATALOGUE)
SPECS = {
    spec.name: spec
    for spec in (
        *(FeatureSpec(name, name) for name in ("rai_adlh", "rai_cps", "rai_iadl", "rai_drs", "whodas", "depression")),
        *(FeatureSpec(name, name) for name in ("housing_support", "home_care_episode", "residential_episode")),
        *(FeatureSpec(name, name) for name in ("life_satisfaction", "valid_client_plan")),
        FeatureSpec("fall_injury__365d", "fall_injury", 365),
        FeatureSpec("ward_stays__90d", "ward_stays", 90),
        FeatureSpec("missed_contacts__365d", "missed_contacts", 365),
        FeatureSpec("social_contacts__365d", "social_contacts", 365),
        FeatureSpec("social_work_contacts__90d", "social_work_contacts", 90),
        FeatureSpec("concern_notifications__365d", "concern_notifications", 365),
        FeatureSpec("visits_by_service__mental_health__365d", "visits_by_service", 365, "mental_health"),
    )
}
QUIET = dict.fromkeys(SPECS, 0.0) | {"life_satisfaction": 8.0, "valid_client_plan": 1.0}


def told(**values: float) -> dict[str, list[tuple[str, str]]]:
    row = {**QUIET, **values}
    found = evidence_of(CONFIG, row, CATALOGUE, SPECS, SENTENCES)
    return {one.id: [(evidence.family, evidence.direction) for evidence in one.evidence] for one in found}


@covers("000-51")
def test_the_five_alternatives_of_the_plan_in_the_order_of_the_file():
    assert list(told()) == [
        *("supported_housing", "home_care", "social_rehabilitation_at_home", "goal_directed_social_work"),
        "mental_health_and_substance_care_at_home",
    ]


@pytest.mark.parametrize(
    "alternative,                      values,                      evidence",
    [
        ("home_care",                  {"rai_adlh": 1},             ("rai_adlh", "for")),
        ("home_care",                  {"rai_adlh": 0},             ("rai_adlh", "against")),
        ("home_care",                  {"rai_adlh": math.nan},      ("rai_adlh", "unknown")),
        ("supported_housing",          {"rai_adlh": 3},             ("rai_adlh", "against")),
        ("supported_housing",          {"housing_support": 1},      ("housing_support", "for")),
        ("supported_housing",          {},                          ("substance_care", "unknown")),  # off, so not known
        ("goal_directed_social_work",  {"valid_client_plan": 0},    ("valid_client_plan", "for")),
        ("goal_directed_social_work",  {},                          ("income_support", "unknown")),
        ("mental_health_and_substance_care_at_home",
                                       {"visits_by_service__mental_health__365d": 1}, ("visits_by_service", "for")),
        ("social_rehabilitation_at_home", {"life_satisfaction": 5}, ("life_satisfaction", "for")),
    ],
)  # fmt: skip
def test_what_a_value_says(alternative, values, evidence):
    assert evidence in told(**values)[alternative]


def test_a_condition_that_does_not_hold_says_nothing():
    assert told()["supported_housing"] == [("substance_care", "unknown")]
    assert ("rai_adlh", "for") not in told(rai_adlh=2)["supported_housing"]


def test_a_family_turned_on_speaks():
    specs = SPECS | {"substance_care__365d": FeatureSpec("substance_care__365d", "substance_care", 365)}
    row = QUIET | {"substance_care__365d": 2.0}
    (first, *_) = evidence_of(CONFIG, row, CATALOGUE, specs, SENTENCES)
    assert [(one.family, one.direction, one.value) for one in first.evidence] == [("substance_care", "for", 2.0)]


def test_evidence_is_told_in_three_languages_with_its_source():
    row = QUIET | {"fall_injury__365d": 2.0, "rai_cps": math.nan}
    care = evidence_of(CONFIG, row, CATALOGUE, SPECS, SENTENCES)[1]
    fall = next(one for one in care.evidence if one.family == "fall_injury")
    unknown = next(one for one in care.evidence if one.family == "rai_cps")
    assert fall.sentence["fi"].startswith("2 ")
    assert "12 kuukauden aikana" in fall.sentence["fi"]
    assert fall.source == "patient records"
    assert unknown.sentence["en"] == "Not known: Cognition (RAI CPS)"
    assert [one.direction for one in care.evidence] == ["for", "against", "unknown"]


@covers("000-51")
def test_there_is_no_score_and_no_choice():
    assert [field.name for field in fields(Alternative)] == ["id", "name", "evidence"]
    assert set(CONFIG.notice.as_text()) == {"fi", "sv", "en"}


def changed(**condition) -> Alternatives:
    values = read_yaml(PATH)
    values["alternatives"]["home_care"]["speaks_for"] = {"asked": {"source": "own assumption", **condition}}
    return validate_config(values, Alternatives, PATH)


def test_wrong_conditions_are_refused(tmp_path):
    with pytest.raises(ConfigError, match="`rai_adlh` has no bound"):
        changed(feature="rai_adlh")
    with pytest.raises(ModelError, match="has no family `rai_adl`"):
        evidence_of(changed(feature="rai_adl", at_least=1), QUIET, CATALOGUE, SPECS, SENTENCES)
    with pytest.raises(ModelError, match="has no feature `fall_injury__30d`"):
        evidence_of(changed(feature="fall_injury__30d", at_least=1), QUIET, CATALOGUE, SPECS, SENTENCES)


def test_a_family_that_the_catalogue_lacks_is_named_with_the_nearest_one():
    with pytest.raises(ConfigError, match="feature family"):
        load_alternatives(PATH, load_catalogue("configs/real/features_hospital.yaml"))
