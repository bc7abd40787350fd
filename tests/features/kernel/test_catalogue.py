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
from tests.features.histories_data import WORDS, catalogue_of, family, table_of
from tests.plans import covers

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
        home_care_many_visits home_care_few_visits home_care_visit_length home_care_night_share first_contact_emergency
        repeat_contacts digital_share continuity_index usual_provider named_pair_share annual_check_overdue
        medication_review_age lapsed_care_plan lapsed_client_plan rai_change rai_trend whodas_change carer_tie_age
        cares_for_someone bmi smoking blood_pressure ldl hba1c bdi audit health_measures_age blood_pressure_trend
        carer_strain
        """,
    )
)
UNTIL = date(2025, 1, 1)


def written(folder: Path, **body: Any) -> Path:
    """A catalogue file with one family `one`."""
    words = {"name": WORDS, "dimension": "health", "role": "risk", "source": "test", "unit": "count"}
    families = {"one": {"table": "contacts", "aggregate": "count", "windows": [90], **words, **body}}
    file = folder / "features.yaml"
    values = {"sources": "configs/catalogue.yaml", "dimensions": {"health": WORDS}, "families": families}
    file.write_text(yaml.safe_dump(values), encoding="utf-8")
    return file


@pytest.mark.parametrize("path", CATALOGUES)
def test_a_shipped_catalogue_survives_the_trip_through_json(path: str) -> None:
    catalogue = load_catalogue(path)
    again = Catalogue.from_json(catalogue.to_json())
    assert again == catalogue
    assert again.sha256 == catalogue.sha256
    assert [one.id for one in again.enabled] == [one.id for one in catalogue.enabled]


@covers("000-89")
def test_the_demo_catalogue_holds_every_family_and_the_sensitive_ones_are_off() -> None:
    catalogue = load_catalogue("configs/features.yaml")
    assert set(catalogue.families) >= FIXED
    assert {key for key, one in catalogue.families.items() if not one.is_enabled} == {
        "income_support",
        "substance_care",
        "audit",
        "carer_strain",
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
        ({"aggregate": "share"}, r"needs what is counted above the line: add `part`"),
        ({"part": {"channel": "digital"}}, "`count` takes no `part`"),
        ({"aggregate": "share", "part": {"chanel": "x"}}, r"in `part` `chanel`. Did you mean `channel`\?"),
        (
            {"aggregate": "share", "part": {"channel": "fone"}},
            r"unknown code of `channel` `fone`. Did you mean `phone`\?",
        ),
        ({"aggregate": "repeat_contact_share", "value": "reason"}, "needs `within_days`, e.g. `within_days: 14`"),
        ({"within_days": 3}, "`count` takes no `within_days`"),
        ({"aggregate": "overdue", "within_days": 9}, "`overdue` takes no windows"),
        ({"aggregate": "trend", "value": "service"}, "`trend` needs a number, `service` holds a text"),
        ({"aggregate": "mean"}, "`mean` needs a column: add `value:"),
        ({"aggregate": "coci", "value": "minutes"}, "`coci` needs a text column, `minutes` holds a number"),
        ({"aggregate": "coci", "value": "professional_id", "at_least": 1}, "needs `at_least` from 2 up"),
        ({"aggregate": "trend", "value": "minutes", "at_least": 3}, "`trend` takes no `at_least`"),
        ({"aggregate": "last", "value": "minutes", "at_most": 3}, "`last` takes no `at_most`"),
        ({"aggregate": "count_within"}, "needs `at_least`, `at_most` or both"),
        ({"aggregate": "count_within", "at_least": 9, "at_most": 1}, "`at_least` is greater than `at_most`"),
        ({"aggregate": "mean", "value": "professional_id"}, "`professional_id` may never be used in `value`"),
        ({"aggregate": "lapsed", "windows": []}, "needs a table with intervals"),
        ({"aggregate": "named_share", "table": "plans"}, "is made of contacts. Write `table: contacts`"),
        ({"aggregate": "days_since", "coverage": "digiklinikka"}, "no window that `coverage` could make unknown"),
        ({"coverage": "digiklinika"}, r"`digiklinika`. Did you mean `digiklinikka`\?"),
        ({"filter": {"minutes": "60"}}, "write it without quotes, e.g. `minutes: 60`"),
        ({"filter": {"service": {"at_least": 1}}}, "need a number column, `service` holds a text"),
        ({"filter": {"minutes": {"at_least": 9, "at_most": 1}}}, "has `at_least` greater than `at_most`"),
        ({"aggregate": "repeat_share"}, r"unknown aggregate `repeat_share`. Did you mean `repeat_contact_share`\?"),
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


@covers("000-80", "001-F2", "001-G5")
def test_a_family_whose_field_is_seldom_recorded_is_switched_off_and_named() -> None:
    contacts = [
        *[{"client_id": "a", "time": "2024-05-01", "reason": "K"}] * 2,
        *[{"client_id": "a", "time": "2024-05-01", "reason": None}] * 3,
        {"client_id": "a", "time": "2025-05-01", "reason": "K"},  # not yet known
        {"client_id": "a", "time": "2024-05-01", "reason": "K", "status": "no_show"},  # not in the filter
    ]
    by_reason = {"by": "reason", "windows": [30]}
    never = {"filter": {"service": "nobody"}, "windows": [30]}
    catalogue = catalogue_of(
        family("visits", "contacts", "count", windows=[30]),
        family("enough", "contacts", "count", **by_reason, minimum_completeness=0.4),  # 2 of 5
        family("scarce", "contacts", "count", **by_reason, minimum_completeness=0.41),
        family("unasked", "contacts", "count", **by_reason),
        family("no_row", "contacts", "count", **never, minimum_completeness=0.1),
        family("no_row_asked", "contacts", "count", **never),
        family("parts", "contacts", "share", part={"reason": "K"}, windows=[30], minimum_completeness=0.5),
        vocabulary={"minimum_rows": 1, "most_codes": 3},
    )
    learned = vocabulary_of([{"contacts": table_of("contacts", contacts)}], catalogue, UNTIL)
    assert learned.off == {"scarce": 2 / 5, "no_row": 0.0, "parts": 2 / 5}
    assert [one.id for one in learned.used(catalogue)] == ["visits", "enough", "unasked", "no_row_asked"]
    assert feature_names(catalogue, learned) == (
        *("visits__30d", "enough__K__30d", "enough__other__30d", "unasked__K__30d", "unasked__other__30d"),
        "no_row_asked__30d",
    )
    assert Vocabulary.from_json(learned.to_json()) == learned


def test_a_vocabulary_written_before_families_could_be_off_is_read() -> None:
    old = '{"codes":{"visits":["a"]},"until":"2024-01-01"}'
    assert Vocabulary.from_json(old) == Vocabulary({"visits": ("a",)}, date(2024, 1, 1), {})
    assert Vocabulary.from_json(old).to_json() == old


def test_nobody_else_s_records_can_enter_a_row() -> None:
    """The other end of a tie may be told apart from others, never looked up."""
    for aggregate, more in [("last", {"value": "other_id"}), ("count", {"by": "other_id", "windows": [30]})]:
        with pytest.raises(ConfigError, match="`other_id` may never be used"):
            catalogue_of(family("one", "relations", aggregate, **more))
    about_carers = [one for one in load_catalogue(CATALOGUES[0]).families.values() if "carer" in one.id]
    assert {one.id for one in about_carers if one.is_enabled} == {"carer_relation", "carer_tie_age"}
