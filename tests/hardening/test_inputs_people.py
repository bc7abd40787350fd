"""I22–I25: identifiers of people."""

import pytest

from configs.errors import DataError
from features.identity import IdentifierError, canonical_henkilotunnus, pseudonymise
from features.ingest.settings import Identity
from tests.features.deliveries.extracts import ANNA, RESIDENTS, Extracts, fictional, report_of
from tests.hardening.rows import GOOD, falls_alone

KEY = bytes(range(32))
OFFICIAL = ("010594Y9032", "010516B903X")
"""Official fictional test persons."""


@pytest.mark.parametrize(
    "wrong",
    [
        "010594Y9033",  # check character
        "310294Y9032",  # no such day
        "290201A9032",  # 2001 was no leap year
        "010594G9032",  # no such separator
        "010594 9032",
        "010594Y903",
        "01059４Y9032X",
        "010594Y90322",
        "010100A001" + "0123456789ABCDEFHJKLMNPRSTUVWXY"[10100001 % 31],  # individual numbers begin at 002
        "",
        "NULL",
    ],
)
def test_I22_wrong_identifiers_are_refused_without_being_named(wrong: str) -> None:
    with pytest.raises(IdentifierError) as refused:
        canonical_henkilotunnus(wrong, "link")
    assert refused.value.reason == "bad_identifier"
    assert not wrong or wrong not in str(refused.value)


@pytest.mark.parametrize("identifier", [f"{ANNA[:-1]}*", ANNA[:-1], f"{ANNA[:-1]}{'0' if ANNA[-1] != '0' else '1'}"])
def test_I22_a_wrong_check_character_is_quarantined(identifier: str, extracts: Extracts) -> None:
    falls_alone(extracts, f"{identifier};2024-03-02;;T1;A01;1", "bad_identifier")


def test_I22_no_message_holds_an_identifier(extracts: Extracts, caplog: pytest.LogCaptureFixture) -> None:
    secret = fictional(950)
    extracts.contacts(f"{secret};2024-03-01;;T9;A01;1", f"{secret[:-1]}*;2024-03-01;;T9;A01;1")
    with pytest.raises(DataError) as refused:
        extracts.ingest(quarantine_limit=0.0)
    assert secret[:6] not in str(refused.value) + caplog.text


@pytest.mark.parametrize("separator", "-UVWXY+ABCDEF")
def test_I23_every_separator_is_accepted(separator: str) -> None:
    birth = "010110"
    assert canonical_henkilotunnus(fictional(900, birth, separator), "link")[6] == separator


def test_I23_the_separator_tells_people_apart() -> None:
    people = [canonical_henkilotunnus(fictional(900, "010150", separator), "link") for separator in "-YXWVU"]
    assert len({pseudonymise(KEY, person) for person in people}) == 6


def test_I23_two_people_who_differ_in_the_separator_have_histories_of_their_own(extracts: Extracts) -> None:
    first, second = fictional(940, "010150", "-"), fictional(940, "010150", "Y")
    extracts.deliver("people.csv", f"hetu;born;died\n{first};1950;\n{second};1950;\n")
    extracts.contacts(f"{first};2024-03-02;;T1;A01;1", f"{second};2024-03-02;;T1;A01;1")
    assert report_of(extracts.ingest()).accepted == 2
    assert extracts.read().client_id.nunique() == 2


def test_I24_temporary_identifiers_are_linked_only_where_declared() -> None:
    for person in (fictional(900), *OFFICIAL):
        assert canonical_henkilotunnus(person, "link") == person
        with pytest.raises(IdentifierError) as refused:
            canonical_henkilotunnus(person)
        assert refused.value.reason == "test_range_identifier"


@pytest.mark.parametrize("test_range, reasons", [("refuse", {"test_range_identifier": 1}), ("link", {})])
def test_I24_fictional_people_enter_only_where_declared(
    test_range: str, reasons: dict[str, int], extracts: Extracts
) -> None:
    extracts.contacts(GOOD)
    outcome = extracts.ingest(identity=Identity(test_range=test_range, create_key=True))  # type: ignore[arg-type]
    assert report_of(outcome).quarantined == reasons
    assert extracts.snapshot().test_range == test_range


@pytest.mark.parametrize(
    "written, canonical",
    [
        *((person, person) for person in OFFICIAL),
        ("010516b903x", "010516B903X"),  # lower case
        ("  010594Y9032 ", "010594Y9032"),  # spaces around
        (fictional(901).replace("-", "–"), fictional(901)),  # en dash
        (fictional(901).replace("-", "−"), fictional(901)),  # minus sign
        (fictional(901, "010150", "+"), "010150+901" + fictional(901)[-1]),  # born 1850
    ],
)
def test_I25_one_way_of_writing(written: str, canonical: str) -> None:
    assert canonical_henkilotunnus(written, "link") == canonical


def test_I25_one_person_however_written(extracts: Extracts) -> None:
    written = fictional(945, "010150", "Y")
    extracts.mapping(RESIDENTS)
    extracts.deliver("people.csv", f"hetu;born;died\n{written};1950;\n")
    ways = (written, written.lower(), f" {written} ", f'"{written}"')
    extracts.contacts(*(f"{way};2024-03-{day:02d};;T1;A01;1" for day, way in enumerate(ways, 1)))
    assert report_of(extracts.ingest()).accepted == len(ways)
    assert extracts.read().client_id.nunique() == 1
