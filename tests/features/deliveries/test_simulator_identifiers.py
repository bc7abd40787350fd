"""Fictional henkilötunnus: unique, right check character, right parity, individual numbers 900–999 only."""

import numpy as np
import pytest

from features.identity import IdentifierError, canonical_henkilotunnus
from features.simulator.load import load_county
from features.simulator.residents.identifiers import OFFICIAL_PERSONS, break_check_character, make_identifiers
from features.simulator.residents.months import build_months
from features.simulator.residents.people import ADULT, CHILD, Residents, make_residents


@pytest.fixture(scope="module")
def people() -> Residents:
    county = load_county("configs/county/demo.yaml")
    return make_residents(county, build_months(county))


def test_every_resident_has_a_valid_identifier_of_the_test_range(people: Residents) -> None:
    assert len(set(people.identifier)) == people.count == 20_000
    for text, birth, female in zip(people.identifier[::50], people.birth[::50], people.female[::50], strict=True):
        assert canonical_henkilotunnus(str(text), "link") == text
        year, month, day = str(birth).split("-")
        assert text[:6] == day + month + year[2:]
        assert 900 <= int(text[7:10]) <= 999
        assert (int(text[7:10]) % 2 == 0) == bool(female)


def test_the_official_fictional_persons_live_there_the_whole_time(people: Residents) -> None:
    assert tuple(people.identifier[[ADULT, CHILD]]) == OFFICIAL_PERSONS
    assert people.birth[[ADULT, CHILD]].astype(str).tolist() == ["1994-05-01", "2016-05-01"]
    assert (people.from_day[[ADULT, CHILD]] == 0).all()


@pytest.mark.parametrize(
    "birth,        female, new,   separators",
    [
        ("1950-03-01", True, False, "-"),
        ("1950-03-01", True, True, "YXWVU"),
        ("2003-03-01", False, False, "A"),
        ("2003-03-01", False, True, "BCDEF"),
    ],
)
def test_the_separator_tells_the_century(birth: str, female: bool, new: bool, separators: str) -> None:
    made = make_identifiers(
        np.array([birth], "datetime64[D]"), np.array([female]), np.array([new]), np.random.default_rng(0)
    )
    assert made[0][6] in separators


def test_a_hundred_persons_of_one_date_fill_the_range_and_one_more_is_refused() -> None:
    female = np.arange(100) % 2 == 0
    birth = np.full(100, np.datetime64("1950-03-01"))
    made = make_identifiers(birth, female, np.zeros(100, bool), np.random.default_rng(0))
    assert len(set(made)) == 100
    with pytest.raises(ValueError, match="900-999 is used up"):
        make_identifiers(
            np.append(birth, birth[0]), np.append(female, True), np.zeros(101, bool), np.random.default_rng(0)
        )


def test_a_broken_check_character_is_refused_at_the_door() -> None:
    with pytest.raises(IdentifierError):
        canonical_henkilotunnus(break_check_character(OFFICIAL_PERSONS[0]), "link")
