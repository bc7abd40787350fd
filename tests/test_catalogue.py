"""The catalogue: strict about tables, columns and aggregates, and the same after a trip through JSON."""

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from configs.errors import ConfigError
from configs.loader import PROJECT_ROOT
from features.catalogue import Catalogue, load_catalogue
from features.catalogue.specs import feature_names, feature_specs
from features.catalogue.vocabulary import Vocabulary, vocabulary_of
from tests.histories_data import WORDS, catalogue_of, family, table_of

CATALOGUES = ["configs/features.yaml", "configs/real/features_hospital.yaml"]
FIXED = set(
    re.findall(
        r"\w+",
        """
        age sex language observed_history primary_contacts specialised_contacts social_contacts emergency_contacts
        home_care_visits home_care_minutes distinct_services distinct_professionals sectors_used contact_months
        digital_contacts phone_contacts missed_contacts days_since_contact days_since_emergency social_work_contacts
        concern_notifications informal_care housing_support carer_relation diagnoses_distinct memory_disorder
        depression diabetes heart_disease fall_injury symptom_reasons ward_stays rai_cps rai_adlh rai_iadl rai_drs
        rai_chess rai_maple rai_age whodas life_satisfaction valid_care_plan valid_client_plan named_professional
        requests home_care_episode granted_minutes residential_episode income_support substance_care
        """,
    )
)
UNTIL = date(2025, 1, 1)


def written(folder: Path, **body: Any) -> Path:
    """A catalogue file with one family `one`."""
    words = {"name": WORDS, "dimension": "health", "role": "risk", "source": "test", "unit": "count"}
    families = {"one": {"table": "contacts", "aggregate": "count", "windows": [90], **words, **body}}
    file = folder / "features.yaml"
    file.write_text(yaml.safe_dump({"dimensions": {"health": WORDS}, "families": families}), encoding="utf-8")
    return file


@pytest.mark.parametrize("path", CATALOGUES)
def test_a_shipped_catalogue_survives_the_trip_through_json(path: str) -> None:
    catalogue = load_catalogue(path)
    again = Catalogue.from_json(catalogue.to_json())
    assert again == catalogue
    assert again.sha256 == catalogue.sha256
    assert [one.id for one in again.enabled] == [one.id for one in catalogue.enabled]


def test_the_demo_catalogue_holds_every_family_and_the_sensitive_ones_are_off() -> None:
    catalogue = load_catalogue("configs/features.yaml")
    assert set(catalogue.families) >= FIXED
    assert {key for key, one in catalogue.families.items() if not one.is_enabled} == {
        "income_support",
        "substance_care",
    }


@pytest.mark.parametrize("path", CATALOGUES)
def test_names_differ_between_languages_and_families(path: str) -> None:
    families = load_catalogue(path).families.values()
    for language in ("fi", "sv", "en"):
        names = [one.name.as_text()[language] for one in families]
        assert len(names) == len(set(names)), language
        assert all(name == name.strip() and name for name in names)


@pytest.mark.parametrize(
    "body,                                                            said",
    [
        ({"table": "contact"}, r"unknown table `contact`. Did you mean `contacts`\?"),
        ({"aggregate": "cuont"}, r"unknown aggregate `cuont`. Did you mean `count`\?"),
        ({"filter": {"servise": "x"}}, r"unknown column of contacts in `filter` `servise`. Did you mean `service`\?"),
        ({"by": "resaon"}, r"in `by` `resaon`. Did you mean `reason`\?"),
        ({"filter": {"channel": "fone"}}, r"unknown code of `channel` `fone`. Did you mean `phone`\?"),
        ({"filter": {"service": 901}}, "holds text; write its codes in quotes"),
        ({"filter": {"minutes": {"prefix": "1"}}}, "`prefix` needs a text column"),
        ({"windows": [90, 30]}, "shortest first"),
        ({"windows": [0]}, "from 1 up"),
        ({"windows": []}, "`count` needs windows"),
        ({"aggregate": "days_since_first"}, "takes no windows"),
        ({"aggregate": "sum"}, "needs a column: add `value:"),
        ({"aggregate": "sum", "value": "service"}, "needs a number, `service` holds a text"),
        ({"value": "minutes"}, "`count` takes no `value`"),
        ({"aggregate": "valid_on", "windows": []}, "needs a table with intervals"),
        ({"aggregate": "is", "value": "service", "windows": []}, "`is` needs codes"),
        ({"codes": ["a"]}, "`codes` belong to `by`"),
        ({"by": "professional_id"}, "`professional_id` may never be used in `by`"),
        ({"table": "residents", "filter": {"non_disclosure": True}}, "`non_disclosure` may never be used"),
        ({"table": "requests", "filter": {"outcome": "granted"}}, "known only from `ended_at` on. Add `at: ended_at`"),
        ({"at": "tim"}, r"unknown date of contacts in `at` `tim`. Did you mean `time`\?"),
        ({"dimension": "age"}, "the dimension `age` has no name"),
        ({"windws": [90]}, r"unknown key `families.one.windws`. Did you mean `windows`\?"),
    ],
)
def test_a_fault_is_named_with_what_is_allowed(tmp_path: Path, body: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        load_catalogue(written(tmp_path, **body))


def test_all_faults_are_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load_catalogue(written(tmp_path, by="resaon", windows=[0]))
    assert "resaon" in str(caught.value)
    assert "from 1 up" in str(caught.value)


def test_an_observed_from_that_is_no_date_is_refused() -> None:
    with pytest.raises(ConfigError, match="write `residents` or a date"):
        catalogue_of(family("one", "contacts", "count", windows=[1]), observed_from="2022")


def test_an_unknown_family_is_named_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match=r"unknown feature family `vists`. Did you mean `visits`\?"):
        catalogue_of(family("visits", "contacts", "count", windows=[1])).family("vists")


def test_columns_follow_families_then_codes_then_windows() -> None:
    catalogue = catalogue_of(
        family("age", "residents", "age_years", value="birth_year"),
        family("visits", "contacts", "count", by="service", windows=[30, 90]),
        family("hidden", "contacts", "count", windows=[30], sensitivity="substance"),
        family("sex", "residents", "is", value="sex", codes=["female"]),
    )
    vocabulary = Vocabulary({"visits": ("Nursing ward", "Nursing-ward", "a/b", "a_b")}, UNTIL)
    assert feature_names(catalogue, vocabulary) == (
        "age",
        "visits__Nursing_ward__30d",
        "visits__Nursing_ward__90d",
        "visits__Nursing-ward__30d",
        "visits__Nursing-ward__90d",
        "visits__a_b__30d",
        "visits__a_b__90d",
        "visits__a_b_2__30d",
        "visits__a_b_2__90d",
        "visits__other__30d",
        "visits__other__90d",
        "sex__female",
    )
    second = feature_specs(catalogue, vocabulary)[1]
    assert (second.family, second.code, second.window_days) == ("visits", "Nursing ward", 30)


def test_the_vocabulary_learns_only_from_what_was_known_and_common() -> None:
    contacts = [
        *[{"client_id": "a", "time": "2024-05-01", "service": "common"}] * 3,
        *[{"client_id": "a", "time": "2024-05-01", "service": "as_common"}] * 3,
        {"client_id": "a", "time": "2024-05-01", "service": "rare"},
        *[{"client_id": "a", "time": "2024-05-01", "service": "missed", "status": "no_show"}] * 9,
        *[{"client_id": "a", "time": "2025-05-01", "service": "later"}] * 9,
        *[{"client_id": "a", "time": "2024-05-01", "recorded_at": "2025-01-01", "service": "late"}] * 9,
    ]
    catalogue = catalogue_of(
        family("visits", "contacts", "count", by="service", windows=[30]),
        vocabulary={"minimum_rows": 2, "most_codes": 3},
    )
    learned = vocabulary_of([{"contacts": table_of("contacts", contacts)}], catalogue, UNTIL)
    assert learned.codes == {"visits": ("as_common", "common")}
    assert Vocabulary.from_json(learned.to_json()) == learned


def test_the_hash_changes_with_the_meaning() -> None:
    one, other = (catalogue_of(family("visits", "contacts", "count", windows=[days])) for days in (30, 31))
    assert one.sha256 != other.sha256


def test_the_file_of_the_demo_names_every_code_it_declares() -> None:
    catalogue = load_catalogue(PROJECT_ROOT / "configs" / "features.yaml")
    unnamed = [
        (one.id, code)
        for one in catalogue.families.values()
        for code in one.codes
        if catalogue.code_name(one.by or one.value, code) is None
    ]
    assert unnamed == []
    assert json.loads(catalogue.to_json())["observed_from"] == "residents"
