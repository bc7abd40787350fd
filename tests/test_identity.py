"""Identifiers: form, check character, one canonical form, and a pseudonym that needs the key."""

import hashlib
import os
import stat
from pathlib import Path

import pytest

from configs.errors import ConfigError
from features.identity import (
    IdentifierError,
    canonical_henkilotunnus,
    key_id,
    load_key,
    pseudonymise,
    pseudonymise_plain,
)
from tests.extracts import fictional

KEY = bytes(range(32))


@pytest.mark.parametrize(
    "written,            canonical",
    [
        ("010594Y9032", "010594Y9032"),  # official fictional persons
        ("010516B903X", "010516B903X"),
        ("010516b903x", "010516B903X"),  # lower case
        ("  010594Y9032 ", "010594Y9032"),  # spaces around
        (fictional(901).replace("-", "–"), fictional(901)),  # en dash
        (fictional(901).replace("-", "−"), fictional(901)),  # minus sign
        (fictional(901, "010150", "+"), "010150+901" + fictional(901)[-1]),  # born 1850
    ],
)
def test_I25_one_way_of_writing(written: str, canonical: str) -> None:
    assert canonical_henkilotunnus(written, "link") == canonical


@pytest.mark.parametrize(
    "wrong",
    [
        "010594Y9033",  # I22: check character
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


@pytest.mark.parametrize("separator", "-UVWXY+ABCDEF")
def test_I23_every_separator_is_accepted(separator: str) -> None:
    birth = "010110"
    assert canonical_henkilotunnus(fictional(900, birth, separator), "link")[6] == separator


def test_I23_the_separator_tells_people_apart() -> None:
    people = [canonical_henkilotunnus(fictional(900, "010150", separator), "link") for separator in "-YXWVU"]
    assert len({pseudonymise(KEY, person) for person in people}) == 6


def test_I24_temporary_identifiers_are_linked_only_where_declared() -> None:
    assert canonical_henkilotunnus(fictional(900), "link")
    with pytest.raises(IdentifierError) as refused:
        canonical_henkilotunnus(fictional(900))
    assert refused.value.reason == "test_range_identifier"


def test_P8_a_pseudonym_needs_the_key() -> None:
    made = pseudonymise(KEY, "010594Y9032")
    assert made == pseudonymise(KEY, "010594Y9032")
    assert len(made) == 32
    assert int(made, 16) >= 0
    assert made != pseudonymise(bytes(32), "010594Y9032")
    assert made != hashlib.sha256(b"v1|010594Y9032").hexdigest()[:32]


def test_plain_identifiers_live_in_another_domain() -> None:
    assert pseudonymise_plain(KEY, "010594Y9032") != pseudonymise(KEY, "010594Y9032")
    assert pseudonymise_plain(KEY, " A-1 ") == pseudonymise_plain(KEY, "A-1")


def test_a_key_is_made_once_and_only_for_its_owner(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    key = load_key(keys, create=True)
    assert len(key) == 32
    assert load_key(keys) == key
    assert stat.S_IMODE((keys / "pseudonym.key").stat().st_mode) == 0o600
    assert key.hex() not in key_id(key)


def test_a_missing_key_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="LUOTAIN_PSEUDONYM_KEY"):
        load_key(tmp_path)


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    load_key(tmp_path, create=True)
    os.chmod(tmp_path / "pseudonym.key", 0o644)
    with pytest.raises(ConfigError, match="chmod 600"):
        load_key(tmp_path)


def test_the_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_file = load_key(tmp_path, create=True)
    monkeypatch.setenv("LUOTAIN_PSEUDONYM_KEY", KEY.hex())
    assert load_key(tmp_path) == KEY != in_file


@pytest.mark.parametrize("wrong", ["abc", "zz" * 32, "00" * 31])
def test_a_malformed_key_is_refused_and_not_shown(wrong: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LUOTAIN_PSEUDONYM_KEY", wrong)
    with pytest.raises(ConfigError, match="64 hexadecimal") as refused:
        load_key(tmp_path)
    assert wrong not in str(refused.value)


def test_a_seeded_key_is_the_same_on_every_machine(tmp_path):
    first, second = (load_key(tmp_path / name, create=True, seed="county") for name in "ab")
    other, unseeded = load_key(tmp_path / "c", create=True, seed="other"), load_key(tmp_path / "d", create=True)
    assert first == second
    assert len({first, other, unseeded}) == 3
