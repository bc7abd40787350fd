"""Identifiers: form, check character, one canonical form, and a pseudonym that needs the key."""

import os
import stat
from pathlib import Path

import pytest

from configs.errors import ConfigError
from features.identity import (
    pseudonymise,
    pseudonymise_plain,
)
from features.keys import key_id, load_key
from tests.plans import covers

KEY = bytes(range(32))


@covers("002-D2")
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
