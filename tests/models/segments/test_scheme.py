"""Schemes: the full table, every fault named, the guard against digital exclusion, five schemes of different form."""

import copy
from itertools import product

import pytest

from configs.errors import ConfigError
from configs.loader import PROJECT_ROOT, read_yaml
from models.segments.scheme import load_scheme, scheme_from_json
from models.segments.scheme_faults import DIGITAL
from tests.plans import covers

PATH = "configs/schemes/suuntima_like.yaml"
ALL = sorted(f"configs/schemes/{file.name}" for file in (PROJECT_ROOT / "configs" / "schemes").glob("*.yaml"))


@pytest.fixture
def values() -> dict:
    return copy.deepcopy(read_yaml(PATH))


@covers("001-A2", "002-B1")
@pytest.mark.parametrize(
    "complexity, resources, segment",
    [
        ("low", "strong", "self_managed"),
        ("high", "strong", "cooperative"),
        ("low", "weak", "community"),
        ("high", "weak", "network"),
    ],
)
def test_the_public_table_of_four_strategies(complexity, resources, segment):
    assert load_scheme(PATH).segment_of({"complexity": complexity, "resources": resources}) == segment


@covers("002-B1")
@pytest.mark.parametrize(
    "scheme,             levels, segments, cell,                                             segment",
    [
        ("vantaa_kerava",    [2, 2], 4, {"risk": "few", "coping": "needs_help"},                 "tuki"),
        ("vantaa_kerava",    [2, 2], 4, {"risk": "many", "coping": "copes"},                     "yhteistyo"),
        ("vantaa_kerava",    [2, 2], 4, {"risk": "many", "coping": "needs_help"},                "huolenpito"),
        ("paijat_hame",      [2, 2], 4, {"support_need": "large", "benefit": "keeping"},         "carrying_support"),
        ("tuen_portaat",     [3, 2], 4, {"support_step": "enhanced", "close_people": "present"}, "guided"),
        ("tuen_portaat",     [3, 2], 4, {"support_step": "special", "close_people": "scarce"},   "coordinated"),
        ("keski_suomi_2020", [3, 2], 5, {"risk": "exceptional", "coping": "copes"},              "oppimisasiakkaat"),
        ("keski_suomi_2020", [3, 2], 5, {"risk": "large", "coping": "needs_help"},               "johdetut"),
    ],
)  # fmt: skip
def test_schemes_of_other_counties_and_forms(scheme, levels, segments, cell, segment):
    found = load_scheme(f"configs/schemes/{scheme}.yaml")
    assert [len(axis.levels) for axis in found.axes] == levels
    assert len(found.segments) == segments
    assert found.segment_of(cell) == segment


@covers("001-A1")
@pytest.mark.parametrize("path", ALL)
def test_every_scheme_says_that_it_is_not_suuntima_and_that_a_professional_confirms(path):
    scheme = load_scheme(path)
    assert path == f"configs/schemes/{scheme.id}.yaml"
    assert "ei Suuntiman tulos" in scheme.notice.fi
    assert "inte ett resultat" in scheme.notice.sv
    assert "not a Suuntima result" in scheme.notice.en
    assert "The professional confirms" in scheme.notice.en


@covers("001-A1")
def test_each_question_set_is_a_scheme_of_its_own() -> None:
    health, social = load_scheme(PATH), load_scheme("configs/schemes/suuntima_like_social.yaml")
    assert (health.question_set, social.question_set) == ("health", "social")
    assert health.id != social.id
    assert health.segment_ids == social.segment_ids
    assert [axis.id for axis in health.axes] == [axis.id for axis in social.axes]


@covers("000-1", "000-2", "000-3", "000-6", "001-A7")
@pytest.mark.parametrize("path", ALL)
def test_every_segment_is_arranged_and_nobody_is_followed_up_digitally_only(path):
    scheme = load_scheme(path)
    for segment in scheme.segments:
        told = segment.arrangement()
        texts = [told.path, told.channel, told.responsible_role, *told.follow_up, segment.description.as_text()]
        assert all(set(text) == {"fi", "sv", "en"} and all(text.values()) for text in texts)
        assert any(way.channel not in DIGITAL for way in segment.follow_up), segment.id
    proposed = [one.guidance_intensity for one in scheme.segments if one.case_manager_proposed]
    assert set(proposed) == {"intensive"}


@pytest.mark.parametrize("path", ALL)
@pytest.mark.parametrize("fault", ["is missing", "is given 2 times"])
def test_in_every_scheme_each_missing_and_doubled_cell_is_named(path, fault):
    whole = read_yaml(path)
    for place, cell in enumerate(whole["cells"]):
        values = copy.deepcopy(whole)
        if fault == "is missing":
            values["cells"].pop(place)
        else:
            values["cells"].append(cell)
        named = ", ".join(f"{axis}: {level}" for axis, level in cell["levels"].items())
        with pytest.raises(ConfigError) as caught:
            scheme_from_json(values)
        assert f"the cell ({named}) {fault}" in str(caught.value)


def test_the_segment_of_every_combination_of_levels_is_in_the_table():
    for path in ALL:
        scheme = load_scheme(path)
        wanted = set(product(*(axis.level_ids for axis in scheme.axes)))
        assert {levels for levels, _ in scheme.combinations()} == wanted


@pytest.mark.parametrize(
    "change, message",
    [
        (lambda v: v["cells"].pop(3), r"the cell \(complexity: high, resources: weak\) is missing"),
        (lambda v: v["cells"].append(v["cells"][0]), r"\(complexity: low, resources: strong\) is given 2 times"),
        (lambda v: v["cells"][0].update(segment="networks"), "unknown segment `networks`. Did you mean `network`"),
        (lambda v: v["cells"][0]["levels"].update(complexity="lowest"), "unknown level of axis `complexity` `lowest`"),
        (lambda v: v["cells"][0]["levels"].pop("resources"), "lacks the axis `resources`"),
        (lambda v: v["cells"][0]["levels"].update(extra="low"), "unknown axis `extra`"),
        (lambda v: v["axes"].append(v["axes"][0]), "the axis `complexity` is given 2 times"),
        (lambda v: v["axes"][0]["levels"].append(v["axes"][0]["levels"][0]), "level of axis `complexity` `low` is"),
        (lambda v: v["cells"][3].update(segment="community"), "the segment `network` has no cell"),
        (lambda v: v["segments"][0].pop("path"), "`segments.0.path` is missing"),
        (lambda v: v["axes"][1].update(column="axis1"), "the column `axis1` is given 2 times"),
        (lambda v: v["segments"][0]["follow_up"].pop(1),
         r"`self_managed` is followed up through digital channels only \(digital\); add in_person, home, phone or"),
        (lambda v: [way.update(channel="video") for way in v["segments"][1]["follow_up"]],
         r"`cooperative` is followed up through digital channels only \(video, video, video\)"),
        (lambda v: v["segments"][0].update(follow_up=[]), "segments.0.follow_up"),
        (lambda v: v["segments"][0]["follow_up"][0].update(channel="fax"), "segments.0.follow_up.0.channel"),
        (lambda v: v["questionnaire"].update(answer_life_days=0), "questionnaire.answer_life_days"),
        (lambda v: v["questionnaire"].update(stands_in={"client": ["client"]}), "stands_in.client` names the client"),
        (lambda v: v["questionnaire"].update(stands_in={"client": ["friend"]}), "questionnaire.stands_in.client.0"),
    ],
)  # fmt: skip
def test_a_broken_scheme_is_refused_by_name(values, change, message):
    change(values)
    with pytest.raises(ConfigError, match=message):
        scheme_from_json(values)


def test_three_levels_and_five_groups_fit_the_form(values):
    middle = {"id": "middle", "name": {"fi": "keski", "sv": "mellan", "en": "middle"}}
    values["axes"][0]["levels"].insert(1, middle)
    fifth = {**copy.deepcopy(values["segments"][0]), "id": "fifth"}
    values["segments"].append(fifth)
    values["cells"] += [
        {"levels": {"complexity": "middle", "resources": "strong"}, "segment": "fifth"},
        {"levels": {"complexity": "middle", "resources": "weak"}, "segment": "community"},
    ]
    scheme = scheme_from_json(values)
    assert scheme.axis("complexity").level_ids == ("low", "middle", "high")
    assert len(scheme.combinations()) == 3 * 2


@pytest.mark.parametrize(
    "ask, message",
    [
        (lambda s: s.axis("complexty"), r"unknown axis `complexty`. Did you mean `complexity`\? Allowed: comp"),
        (lambda s: s.axis("complexity").level("huge"), r"`complexity` `huge`\..* Allowed: low, high\."),
        (lambda s: s.segment("networks"), "unknown segment `networks`. Did you mean `network`"),
        (lambda s: s.segment_of({"complexity": "low"}), "the level of the axis `resources` is not given"),
        (lambda s: s.segment_of({"complexity": "low", "resources": "some"}), "level of axis `resources` `some`"),
        (lambda _: load_scheme("configs/schemes/suuntima.yaml"), "Did you mean `.*suuntima_like.yaml`"),
    ],
)  # fmt: skip
def test_what_a_scheme_does_not_know_is_named_with_what_is_allowed(ask, message):
    with pytest.raises(ConfigError, match=message):
        ask(load_scheme(PATH))


def test_scheme_survives_its_json():
    scheme = load_scheme(PATH)
    assert scheme_from_json(scheme.model_dump(mode="json")) == scheme


def test_a_bundle_written_before_the_ways_were_listed_is_read_with_its_sentence(values):
    sentence = {"fi": "Puhelinsoitto", "sv": "Telefonsamtal", "en": "Phone call"}
    for segment in values["segments"]:
        segment.pop("follow_up")
        segment["follow_up_channel"] = sentence
    assert scheme_from_json(values).segments[0].arrangement().follow_up == (sentence,)


@covers("001-A5")
def test_a_case_manager_is_proposed_for_network_clients_only():
    told = {one.id: one.arrangement() for one in load_scheme(PATH).segments}
    assert [name for name, one in told.items() if one.case_manager_proposed] == ["network"]
    assert [text["en"] for text in told["self_managed"].follow_up] == [
        "Digital pathway if the client chooses it",
        "Phone call if the client chooses it",
    ]


@covers("000-1")
@pytest.mark.parametrize(
    "age,          group",
    [(0, "children"), (17, "children"), (17.9, "children"), (18, "working_age"), (64, "working_age"), (65, "older"),
     (104, "older"), (float("nan"), None)],
)  # fmt: skip
def test_every_age_has_one_group_of_the_one_scheme(age, group):
    assert load_scheme(PATH).age_group(age) == group


@covers("000-1")
def test_a_childs_follow_up_is_with_a_guardian_and_never_digital_only():
    for segment in load_scheme(PATH).segments:
        child, adult = segment.arrangement("children"), segment.arrangement("working_age")
        assert (child.segment, child.plan_type, child.guidance_intensity) == (
            adult.segment, adult.plan_type, adult.guidance_intensity,
        )  # fmt: skip
        assert child.path != adult.path
        assert child.follow_up != adult.follow_up
        assert any("huoltaj" in way["fi"] or "perhe" in way["fi"] for way in child.follow_up)
        assert segment.arrangement("older") == adult == segment.arrangement(None)


@covers("000-1")
@pytest.mark.parametrize(
    "change, said",
    [
        (lambda it: it["age_groups"]["children"].update(high=18), "share the age 18"),
        (lambda it: it["age_groups"]["working_age"].update(high=17), "ends before it begins"),
        (lambda it: it["age_groups"].pop("children"), "unknown age group `children`"),
        (
            lambda it: it["segments"][0]["arranged_for"]["children"]["follow_up"].pop(0),
            "the segment `self_managed` of the age group `children` is followed up through digital channels only",
        ),
    ],
)
def test_age_groups_that_contradict_each_other_are_refused(values, change, said):
    change(values)
    with pytest.raises(ConfigError, match=said):
        scheme_from_json(values)
