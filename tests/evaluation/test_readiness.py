"""The three classes of readiness on features, models and indicators: by hand, with a reason each."""

import pytest

from configs.errors import ConfigError
from configs.loader import load_config
from evaluation.indicators.settings import IndicatorsConfig
from evaluation.readiness import (
    ORDER,
    ReadinessConfig,
    Verdict,
    features_told,
    indicators_told,
    model_told,
    used_families,
)
from features.catalogue import load_catalogue
from tests.plans import covers

CONFIG = load_config("configs/readiness.yaml", ReadinessConfig)
CATALOGUE = load_catalogue(CONFIG.features)
OFF = {"ldl": 0.2, "hba1c": 0.0}
FEATURES = features_told(CATALOGUE, OFF, CONFIG.families)
NOW = Verdict(readiness="usable_now", reason="nothing speaks against it")


@covers("000-39")
@pytest.mark.parametrize(
    "family, readiness, said",
    [
        ("sectors_used", "usable_now", "enabled"),
        ("ldl", "usable_later", "20%"),  # the data switched it off
        ("carer_strain", "usable_later", "turns it on"),  # off in the catalogue
        ("audit", "needs_national_consensus", "nationally"),  # people said so
    ],
)
def test_every_family_has_a_class_and_a_reason(family: str, readiness: str, said: str) -> None:
    (one,) = [one for one in FEATURES if one.id == family]
    assert (one.readiness, said in one.reason) == (readiness, True)
    assert {told.id for told in FEATURES} == set(CATALOGUE.families)


@covers("000-39")
def test_a_model_is_no_readier_than_what_it_uses_nor_than_its_verdict() -> None:
    used = used_families(CATALOGUE, OFF, ["sex"])
    assert not used & {"ldl", "hba1c", "sex", "audit"}  # what is not usable is not used either
    assert model_told("m", NOW, FEATURES, used).readiness == "usable_now"
    told = model_told("m", NOW, FEATURES, {*used, "audit"})
    assert (told.readiness, told.reason.split(":")[0]) == ("needs_national_consensus", "uses audit")
    later = Verdict(readiness="usable_later", reason="not tried in a county")
    assert model_told("m", later, FEATURES, used).reason == "not tried in a county"
    assert all(one.readiness in ORDER for one in CONFIG.models.values())


@covers("000-39")
def test_every_indicator_has_a_class() -> None:
    indicators = load_config(CONFIG.indicators, IndicatorsConfig)
    states = dict.fromkeys(indicators.measured, ("computable", "contacts"))
    states["t3_physician"] = ("needs", "appointment_slots")
    told = {one.id: one for one in indicators_told(indicators, states)}
    assert told["t3_physician"].readiness == told["feedback_mean"].readiness == "usable_later"
    assert told["coci_primary"].readiness == told["situational_picture_users"].readiness == "usable_now"
    assert told["feedback_mean"].reason == "waits for a table of feedback answers"
    assert "set_age_75" not in told  # a setting is no measure


def test_a_verdict_on_no_family_is_refused() -> None:
    with pytest.raises(ConfigError, match="sectors_used"):
        features_told(CATALOGUE, {}, {"sector_used": NOW})
