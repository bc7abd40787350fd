"""Schemes: the full table, every fault named, and the form for more levels and groups."""

import copy

import pytest

from configs.errors import ConfigError
from configs.loader import read_yaml
from models.scheme import load_scheme, scheme_from_json

PATH = "configs/schemes/suuntima_like.yaml"


@pytest.fixture
def values() -> dict:
    return copy.deepcopy(read_yaml(PATH))


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


def test_it_says_that_it_is_not_suuntima():
    notice = load_scheme(PATH).notice
    assert "ei Suuntiman tulos" in notice.fi
    assert "not a Suuntima result" in notice.en


def test_digital_is_never_the_only_follow_up():
    words = ("puhelin", "soitto", "tapaaminen", "vastaanotto")
    for segment in load_scheme(PATH).segments:
        assert any(word in segment.follow_up_channel.fi.lower() for word in words), segment.id


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
    ],
)
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


def test_an_unknown_axis_is_named_with_the_nearest():
    with pytest.raises(ConfigError, match="Did you mean `complexity`"):
        load_scheme(PATH).axis("complexty")


def test_scheme_survives_its_json():
    scheme = load_scheme(PATH)
    assert scheme_from_json(scheme.model_dump(mode="json")) == scheme
