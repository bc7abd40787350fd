"""Which channels suit one client: written rules, each sign by hand, and never a digital channel alone."""

from itertools import product

import pytest

from configs.errors import ConfigError
from configs.loader import load_config, validate_config
from features.catalogue import load_catalogue
from models.planning.channels.suitability import channel_suitability
from models.planning.channels.suitability_config import SuitabilityRules
from tests.plans import covers

RULES = load_config("configs/channel_suitability.yaml", SuitabilityRules)
NAN = float("nan")


def row(digital: float, phone: float = 0, memory: float = 0, care: float = 0) -> dict[str, float]:
    share = min(digital, 1) if digital == digital else NAN
    used = {"digital_contacts__365d": digital, "digital_share__365d": share, "phone_contacts__365d": phone}
    return {**used, "memory_disorder": memory, "home_care_episode": care}


@covers("000-3")
@pytest.mark.parametrize(
    "digital, phone, memory, care,  in_person,  by_phone,   digitally",
    [
        (4,       2,     0,      0,     "possible", "suits",    "suits"),
        (1,       0,     0,      0,     "possible", "possible", "possible"),
        (0,       2,     0,      1,     "suits",    "suits",    "not_offered"),  # never used: not read as able
        (9,       0,     1,      0,     "suits",    "possible", "not_offered"),  # the guard goes before the use
        (NAN,     0,     0,      0,     "possible", "possible", "unknown"),  # no digital clinic there: not known
        (4,       NAN,   NAN,    NAN,   "possible", "possible", "unknown"),
    ],
)  # fmt: skip
def test_each_channel_by_hand(digital, phone, memory, care, in_person, by_phone, digitally):
    told = channel_suitability(RULES, row(digital, phone, memory, care))
    assert [one.level for one in told.channels] == [in_person, by_phone, digitally]


@covers("000-3")
def test_a_digital_channel_is_never_the_only_one_whatever_is_known():
    values = (NAN, 0.0, 1.0, 9.0)
    for told in (channel_suitability(RULES, row(*one)) for one in product(values, repeat=4)):
        assert {"in_person", "phone"} <= set(told.offered)
        assert all(one.reasons for one in told.channels if one.level in ("suits", "not_offered", "unknown"))
    assert channel_suitability(RULES, {}).offered == ("in_person", "phone")  # nothing known at all


@covers("000-3", "000-77")
def test_remote_home_care_alone_is_no_reason_to_offer_a_digital_channel():
    alone = row(9) | {"digital_share__365d": 0.0}
    assert channel_suitability(RULES, alone).channels[2].level == "not_offered"
    assert channel_suitability(RULES, alone | {"digital_share__365d": NAN}).channels[2].level == "unknown"


def test_the_rules_read_features_of_the_catalogue_and_say_what_they_are():
    families = load_catalogue("configs/features.yaml").families
    signs = [sign for one in RULES.channels.values() for sign in (*one.speaks_for, *one.excludes)]
    assert {sign.feature.split("__")[0] for sign in signs} <= set(families)
    assert "not a forecast" in channel_suitability(RULES, {}).notice["en"]


@pytest.mark.parametrize("change, said", [
    ({"in_person": None, "phone": None}, "every channel is digital"),
    ({"digital": {"excludes": []}}, "needs `excludes`"),
    ({"phone": {"excludes": "digital"}}, "never taken away"),
])  # fmt: skip
def test_rules_that_could_exclude_somebody_are_refused(change, said):
    values = RULES.model_dump(mode="json")
    excludes = values["channels"]["digital"]["excludes"]
    for name, changed in change.items():
        if changed is None:
            values["channels"][name] = values["channels"]["digital"]
        else:
            values["channels"][name]["excludes"] = excludes if changed["excludes"] else []
    with pytest.raises(ConfigError, match=said):
        validate_config(values, SuitabilityRules, "channel_suitability.yaml")
