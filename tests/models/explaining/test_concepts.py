"""Concepts: which families are one reason."""

import re
from pathlib import Path

import pytest

from configs.errors import ConfigError
from features.catalogue import load_catalogue
from features.catalogue.specs import FeatureSpec
from models.explaining.concepts import ALONE, concepts_from_json, load_concepts

CATALOGUE = load_catalogue("configs/features.yaml")
CONCEPTS = load_concepts("configs/concepts.yaml", CATALOGUE)


@pytest.mark.parametrize(
    "family,             code,            concept",
    [
        ("rai_adlh", None, "functioning"),
        ("home_care_minutes", None, "functioning"),
        ("visits_by_service", "mental_health", "mood"),
        ("visits_by_service", "oral_health", "visits_by_service"),  # a code that no concept takes stays with its family
        ("visits_by_reason", "P", "mood"),
        ("age", None, "age"),  # a family that no concept names stands alone
    ],
)
def test_a_feature_belongs_to_one_concept(family: str, code: str | None, concept: str) -> None:
    assert CONCEPTS.of(FeatureSpec("any", family, None, code)) == concept


def test_without_a_file_every_family_stands_alone() -> None:
    assert load_concepts(None, CATALOGUE) is ALONE
    assert ALONE.of(FeatureSpec("any", "rai_adlh")) == "rai_adlh"


def test_a_concept_has_its_own_name_and_a_lone_family_its_family_s() -> None:
    assert CONCEPTS.described("memory", CATALOGUE)[0].fi == "Muisti ja kognitio"
    assert CONCEPTS.described("age", CATALOGUE)[0] == CATALOGUE.families["age"].name


def test_concepts_travel_in_a_bundle() -> None:
    assert concepts_from_json(CONCEPTS.model_dump(mode="json")) == CONCEPTS


def _written(tmp_path: Path, *families: str) -> str:
    """A file with one concept per text of families."""
    one = "{{name: {{fi: Jokin, sv: Något, en: Something}}, dimension: health, families: [{}]}}"
    lines = [f"  concept{place}: {one.format(text)}\n" for place, text in enumerate(families)]
    file = tmp_path / "concepts.yaml"
    file.write_text("concepts:\n" + "".join(lines))
    return str(file)


@pytest.mark.parametrize(
    "families,               said",
    [
        (("rai_cps", "rai_cps"), "`rai_cps` is in 2 concepts; keep one."),
        (("rai_cps, rai_cps",), "`rai_cps` is in 2 concepts; keep one."),
    ],
)
def test_a_fault_is_named(tmp_path: Path, families: tuple[str, ...], said: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(said)):
        load_concepts(_written(tmp_path, *families), CATALOGUE)


def test_a_concept_may_not_take_a_family_s_id(tmp_path: Path) -> None:
    file = tmp_path / "concepts.yaml"
    file.write_text("concepts: {age: {name: {fi: a, sv: b, en: c}, dimension: age, families: [rai_cps]}}\n")
    with pytest.raises(ConfigError, match="`age` has the id of a feature family"):
        load_concepts(str(file), CATALOGUE)


def test_the_shipped_concepts_name_families_of_the_shipped_catalogue() -> None:
    named = {family for one in CONCEPTS.concepts.values() for family in (*one.families, *one.codes)}
    assert named - set(CATALOGUE.families) == set()


def test_a_family_that_a_county_has_not_is_passed_over(tmp_path: Path) -> None:
    concepts = load_concepts(_written(tmp_path, "rai_cps, of_another_county"), CATALOGUE)
    assert concepts.of(FeatureSpec("any", "rai_cps")) == "concept0"
