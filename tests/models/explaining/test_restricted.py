"""What a role may not see turns into one neutral line, the sum stays; a bundle holds nothing sensitive by default."""

import dataclasses
import json
import math

import numpy as np
import pytest

from configs.loader import resolve_path
from features.catalogue import Catalogue, load_catalogue
from features.catalogue.specs import feature_specs
from features.catalogue.vocabulary import Vocabulary
from models.answers import (
    Alternative,
    Evidence,
    Expected,
    Likelihood,
    Missing,
    ModelStamp,
    NeedAnswer,
    SegmentAnswer,
    SourceAge,
    json_values,
)
from models.explaining.comparison import Comparison
from models.explaining.dimensions import by_dimension
from models.explaining.restricted import RESTRICTED_NAME, hide_sensitive
from models.explaining.wording.sentences import load_sentences
from models.parts import ClientParts, column_names
from tests.models.explaining.test_explain import reason

STAMP = ModelStamp("need_x", "1", "0" * 64, "2023-12-31", "2024-01-01")
TEXT = {"fi": "f", "sv": "s", "en": "e"}
NO_CODES = Vocabulary.from_json('{"codes": {}, "until": "2024-01-01"}')
SECRETS = ("substance_care", "income_support", "substance register", "economic_situation")
HELD = (
    reason("emergency", 0.9),
    reason("substance_care", 0.7, sensitivity="substance", source="substance register"),
    reason("income_support", -0.4, sensitivity="economic", dimension="economic_situation"),
    reason("plan", -0.1, role="protective"),
)


def likelihood() -> Likelihood:
    total = math.fsum(one.contribution for one in HELD)
    return Likelihood(
        "x", TEXT, TEXT, 1 / (1 + math.exp(-total)), total, 0.0, HELD, HELD[:3], dimensions=by_dimension(HELD)
    )


def need_answer(**more: object) -> NeedAnswer:
    missing = (Missing("audit", TEXT, "m", "substance"), Missing("bmi", TEXT, "m"))
    ages = (SourceAge("register", "2023-12-01", 31), SourceAge("substance register", "2023-12-02", 30))
    sources = ("register", "substance register")
    held = {"likelihood": likelihood(), "freshness": ages, **more}
    return NeedAnswer(STAMP, "answered", TEXT, "x", 90, 0, missing=missing, sources=sources, notice=TEXT, **held)


def test_P12_nothing_of_a_hidden_family_is_left_in_the_json_answer():
    shown = json.dumps(json_values(hide_sensitive(need_answer(likelihoods=(likelihood(),)), set())))
    assert not [secret for secret in (*SECRETS, "audit") if secret in shown]
    assert "emergency" in shown
    assert "bmi" in shown


@pytest.mark.parametrize(
    "allowed,                    families",
    [
        (set(),                      ["emergency", "restricted", "plan"]),
        ({"substance"},              ["emergency", "substance_care", "restricted", "plan"]),
        ({"economic"},               ["emergency", "restricted", "income_support", "plan"]),
        ({"substance", "economic"},  ["emergency", "substance_care", "income_support", "plan"]),
    ],
)  # fmt: skip
def test_the_sum_stays_for_every_right(allowed, families):
    shown = hide_sensitive(need_answer(), allowed).likelihood
    assert [one.family for one in shown.contributions] == families
    assert abs(shown.base + math.fsum(one.contribution for one in shown.contributions) - shown.log_odds) <= 1e-12
    assert abs(math.fsum(one.contribution for one in shown.dimensions) - shown.log_odds) <= 1e-12


def test_hidden_families_become_one_named_line():
    shown = hide_sensitive(need_answer(), set()).likelihood
    line = next(one for one in shown.contributions if one.family == "restricted")
    assert line.contribution == pytest.approx(0.7 - 0.4)
    assert (
        line.name
        == RESTRICTED_NAME
        == {"fi": "rajattu tieto", "sv": "begränsad uppgift", "en": "restricted information"}
    )
    assert (line.value, line.comparison, line.date) == (None, None, None)
    assert [one.family for one in shown.reasons] == ["emergency", "restricted"]


def test_an_answer_without_anything_hidden_is_the_same():
    answer = need_answer()
    assert hide_sensitive(answer, {"substance", "economic"}) == answer


def test_registers_behind_hidden_families_only_are_left_out():
    shown = hide_sensitive(need_answer(), {"economic"})
    assert shown.sources == ("register",)
    assert [one.source for one in shown.freshness] == ["register"]


def test_P12_the_axes_and_the_expected_amount_are_hidden_too():
    expected = Expected("m", TEXT, TEXT, 1.1, 0.0, 2.0, 0.0, HELD)
    shown = hide_sensitive(need_answer(expected=expected), set())
    assert [one.family for one in shown.expected.contributions] == ["emergency", "restricted", "plan"]
    empty = ((), (likelihood(),), (), ())
    answer = SegmentAnswer(STAMP, "answered", TEXT, "s", "1", "health", "long_term", *empty, TEXT)
    assert not [secret for secret in SECRETS if secret in json.dumps(json_values(hide_sensitive(answer, set())))]


def test_P12_evidence_about_alternatives_is_hidden_and_so_are_its_registers():
    evidence = (
        Evidence("falls", TEXT, "for", 2.0, TEXT, "m"),
        Evidence("substance_care", TEXT, "for", 1.0, TEXT, "substance register", "substance"),
        Evidence("income_support", TEXT, "unknown", None, TEXT, "benefit register", "economic"),
    )
    answer = need_answer(alternatives=(Alternative("home", TEXT, evidence),), likelihood=None)
    answer = dataclasses.replace(answer, sources=("m", "substance register", "benefit register"))
    shown = hide_sensitive(answer, set())
    assert [one.family for one in shown.alternatives[0].evidence] == ["falls"]
    assert shown.sources == ("m",)
    told = hide_sensitive(answer, {"economic"})
    assert [one.family for one in told.alternatives[0].evidence] == ["falls", "income_support"]


def test_P12_registers_of_an_expected_amount_are_hidden_with_its_families():
    answer = need_answer(likelihood=None, expected=Expected("m", TEXT, TEXT, 1.1, 0.0, 2.0, 0.0, HELD))
    assert hide_sensitive(answer, set()).sources == ("register",)


def bundle_files(catalogue: Catalogue) -> dict[str, bytes]:
    """The files of a bundle that uses every feature the catalogue yields."""
    specs = feature_specs(catalogue, NO_CODES)
    used = column_names(specs, ())
    rows = np.ones((6, len(used)), dtype=np.float32)
    comparison = Comparison.fit(rows, used, np.full(6, 70.0), np.arange(6))
    return ClientParts(catalogue, NO_CODES, used, comparison, load_sentences("configs/sentences.yaml")).to_files()


SHIPPED = load_catalogue("configs/features.yaml")
SENSITIVE = sorted(key for key, one in SHIPPED.families.items() if one.sensitivity != "normal")


def features_in(files: dict[str, bytes]) -> set[str]:
    named = [*json.loads(files["features.json"])["used"], *json.loads(files["comparison.json"])["features"]]
    return {name.split("__")[0] for name in named}


def test_no_bundle_carries_a_sensitive_family_by_default():
    assert SENSITIVE == ["audit", "carer_strain", "income_support", "substance_care"]
    assert not features_in(bundle_files(SHIPPED)) & set(SENSITIVE)


@pytest.mark.parametrize("family", SENSITIVE)
def test_a_county_that_turns_a_sensitive_family_on_gets_it(family):
    enabled = SHIPPED.families[family].model_copy(update={"enabled": True})
    catalogue = SHIPPED.model_copy(update={"families": {**SHIPPED.families, family: enabled}})
    assert features_in(bundle_files(catalogue)) & set(SENSITIVE) == {family}


def test_no_other_catalogue_of_ours_turns_one_on():
    for path in ("configs/omop/features.yaml", "configs/real/features_hospital.yaml"):
        assert resolve_path(path).exists()
        families = load_catalogue(path).enabled
        assert {one.sensitivity for one in families} == {"normal"}
