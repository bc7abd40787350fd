"""P8, P9: a pseudonym says nothing without its key, and a change of key breaks no history."""

import hashlib
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import features.manifest
from configs.errors import ConfigError, DataError
from features.identity import pseudonymise
from features.ingest.settings import Identity
from features.keys import PURPOSES, key_id, load_key, load_new_key
from features.rotate_key import main, rotate
from features.store import bucket_of
from features.tables import TABLES
from tests.features.deliveries.extracts import ANNA, BERTTA, CECILIA, CONTACTS, Extracts, fictional, report_of
from tests.hardening.stores import config_of, is_whole

KEY, OTHER = bytes(range(32)), bytes(range(1, 33))
PEOPLE = (ANNA, BERTTA, CECILIA)


@pytest.fixture
def extracts(extracts: Extracts) -> Extracts:
    """Contacts with named professionals, and a tie to another client and to a professional."""
    with_worker = {**CONTACTS["columns"], "professional_id": {"from": "worker", "pseudonymise": "plain"}}
    extracts.mapping(CONTACTS, columns=with_worker)
    header = "hetu;time;recorded;service;reason;minutes;worker"
    rows = [f"{ANNA};2024-03-{day:02d} 10:00:00;;T1;A01;{day};W{day % 3}" for day in range(1, 20)]
    rows.append(f"{BERTTA};2023-03-01;;T2;A01;7;W1")
    extracts.deliver("contacts.csv", "\n".join([header, *rows]) + "\n")
    ties = {
        "client_id": {"from": "hetu", "pseudonymise": "henkilotunnus"},
        "other_kind": {"value": "client"},
        "other_id": {"from": "other", "pseudonymise": "henkilotunnus"},
        "role": {"value": "informal_carer"},
        "valid_from": {"value": "2020-01-01"},
    }
    extracts.mapping(
        {**CONTACTS, "source": "ties", "table": "relations", "files": "extracts/ties.csv", "columns": ties}
    )
    extracts.deliver("ties.csv", f"hetu;other\n{ANNA};{BERTTA}\n")
    return extracts


def _small_space() -> Iterator[str]:
    """Every fictional identifier of one birth date: the people are among them."""
    return (fictional(number, "010150", separator) for separator in "-Y" for number in range(900, 1000))


def test_P8_a_pseudonym_needs_the_key() -> None:
    made = pseudonymise(KEY, "010594Y9032")
    assert (len(made), int(made, 16) > 0) == (32, True)
    assert made != pseudonymise(OTHER, "010594Y9032")


def test_P8_trying_every_identifier_finds_nobody_without_the_key(
    extracts: Extracts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LUOTAIN_PSEUDONYM_KEY", KEY.hex())
    extracts.ingest()
    held = _pseudonyms(extracts)
    right = {pseudonymise(KEY, person) for person in _small_space()}
    assert len(held & right) == len(PEOPLE)  # the attack works for whoever has the key
    guesses = (OTHER, bytes(32), b"", hashlib.sha256(b"").digest(), key_id(KEY).encode())
    assert not held & {pseudonymise(key, person) for key in guesses for person in _small_space()}
    assert not held & {digest for person in _small_space() for digest in _plain_digests(person)}


def test_P8_no_plain_hash_or_identifier_or_key_lies_in_the_store(
    extracts: Extracts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LUOTAIN_PSEUDONYM_KEY", KEY.hex())
    extracts.ingest()
    secrets = [KEY.hex(), KEY, *PEOPLE, *itertools.chain.from_iterable(map(_plain_digests, PEOPLE))]
    raw = [secret if isinstance(secret, bytes) else secret.encode() for secret in secrets]
    for file in extracts.store.rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            assert not [secret for secret in raw if secret in content], file.name


def test_P8_each_purpose_has_a_key_of_its_own(tmp_path: Path) -> None:
    keys = {purpose: load_key(tmp_path, create=True, purpose=purpose) for purpose in PURPOSES}
    assert len(set(keys.values())) == len(PURPOSES) == 3
    seeded = {load_key(tmp_path / "seeded", create=True, seed="county", purpose=purpose) for purpose in PURPOSES}
    assert len(seeded) == 3


def test_P8_one_key_for_two_purposes_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LUOTAIN_PSEUDONYM_KEY_RESEARCH", KEY.hex())
    monkeypatch.setenv("LUOTAIN_PSEUDONYM_KEY_CARE", KEY.hex())
    with pytest.raises(ConfigError, match="research and care are the same") as refused:
        load_key(tmp_path, purpose="research")
    assert KEY.hex() not in str(refused.value)


def test_P8_a_store_is_for_one_purpose(extracts: Extracts) -> None:
    research = Identity(test_range="link", create_key=True, purpose="research")
    extracts.ingest(identity=research)
    assert extracts.snapshot().purpose == "research"
    assert (extracts.var / "keys" / "research.key").exists()
    with pytest.raises(ConfigError, match=r"The store is for research, the config says `purpose: care`"):
        extracts.ingest()


def test_P8_a_missing_key_is_refused_and_says_what_to_set(extracts: Extracts) -> None:
    with pytest.raises(ConfigError, match=r"no pseudonym key for research. Set LUOTAIN_PSEUDONYM_KEY_RESEARCH"):
        extracts.ingest(identity=Identity(purpose="research"))


def test_P8_production_refuses_a_key_inside_the_data_folder(
    extracts: Extracts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load_key(extracts.var / "keys", create=True)
    with pytest.raises(ConfigError, match=r"pseudonym\.key lies in the data folder.*LUOTAIN_KEYS"):
        extracts.ingest(identity=Identity())
    monkeypatch.setenv("LUOTAIN_KEYS", str(tmp_path / "keys"))
    load_key(tmp_path / "keys", create=True)
    extracts.ingest(identity=Identity())
    assert extracts.snapshot().key_id == key_id(load_key(tmp_path / "keys"))


def test_P8_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    load_key(tmp_path, create=True, purpose="research")
    (tmp_path / "research.key").chmod(0o640)
    with pytest.raises(ConfigError, match="chmod 600"):
        load_key(tmp_path, purpose="research")


def test_P9_another_key_is_refused_by_id(extracts: Extracts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LUOTAIN_PSEUDONYM_KEY", KEY.hex())
    extracts.ingest()
    monkeypatch.setenv("LUOTAIN_PSEUDONYM_KEY", OTHER.hex())
    with pytest.raises(ConfigError, match=rf"another key \(id {key_id(KEY)}, given {key_id(OTHER)}\)"):
        extracts.ingest()


def test_P9_a_new_key_keeps_every_history(extracts: Extracts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LUOTAIN_PSEUDONYM_KEY", KEY.hex())
    extracts.ingest()
    before, old_id = _histories(extracts, KEY), key_id(KEY)
    monkeypatch.setenv("LUOTAIN_PSEUDONYM_KEY_CARE_NEW", OTHER.hex())
    rotated = rotate(extracts.config())
    snapshot = extracts.snapshot()
    assert (snapshot.key_id, rotated.clients, rotated.adopted) == (key_id(OTHER), 3, False)
    assert features.manifest.read_manifest(extracts.store).earlier_keys == (old_id,)
    assert _histories(extracts, OTHER) == before
    assert not _pseudonyms(extracts) & {pseudonymise(KEY, person) for person in PEOPLE}
    assert _in_their_buckets(extracts)
    monkeypatch.setenv("LUOTAIN_PSEUDONYM_KEY", OTHER.hex())
    monkeypatch.delenv("LUOTAIN_PSEUDONYM_KEY_CARE_NEW")
    assert extracts.ingest().files == ()  # the deliveries are known as before


def test_P9_what_comes_after_the_new_key_joins_the_old_histories(
    extracts: Extracts, monkeypatch: pytest.MonkeyPatch
) -> None:
    extracts.ingest()
    rotated = rotate(extracts.config())
    assert rotated.adopted
    assert sorted(file.name for file in (extracts.var / "keys").glob("*.key")) == [
        f"care.{rotated.old_key}.old.key",
        "care.key",
    ]
    header = "hetu;time;recorded;service;reason;minutes;worker"
    extracts.deliver("contacts_may.csv", f"{header}\n{ANNA};2024-05-01;;T1;A01;1;W1\n")
    assert report_of(extracts.ingest(), "contacts_may.csv").accepted == 1
    rows = extracts.read()
    assert rows.groupby("client_id", observed=True).size().tolist() in ([20, 1], [1, 20])
    assert rows.professional_id.nunique() == 3


def test_P9_the_services_own_pseudonyms_stay_linked(extracts: Extracts, monkeypatch: pytest.MonkeyPatch) -> None:
    extracts.ingest()
    before = pseudonymise(load_key(extracts.var / "keys"), ANNA)
    for _ in range(2):  # a key may be changed more than once
        rotate(extracts.config())
    decisions = {
        "client_id": {"from": "client", "pseudonymise": "already"},
        "valid_from": {"value": "2021-01-01"},
        "kind": {"value": "care_plan"},
    }
    extracts.mapping({**CONTACTS, "source": "own", "table": "plans", "files": "extracts/own.csv", "columns": decisions})
    extracts.deliver("own.csv", f"client\n{before}\n")
    assert report_of(extracts.ingest(), "own.csv").accepted == 1
    assert extracts.read("plans").client_id.tolist() == [pseudonymise(load_key(extracts.var / "keys"), ANNA)]


def test_P9_in_production_the_list_of_pseudonyms_stays_out_of_the_data(
    extracts: Extracts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LUOTAIN_PSEUDONYM_KEY", KEY.hex())
    extracts.ingest(identity=Identity())
    monkeypatch.setenv("LUOTAIN_PSEUDONYM_KEY_CARE_NEW", OTHER.hex())
    with pytest.raises(ConfigError, match="LUOTAIN_KEYS to a folder outside the data"):
        rotate(extracts.config(identity=Identity()))
    monkeypatch.setenv("LUOTAIN_KEYS", str(tmp_path / "keys"))
    rotate(extracts.config(identity=Identity()))
    assert not list(extracts.var.rglob("*.renamed"))
    (kept,) = (tmp_path / "keys").glob("*.renamed")
    assert kept.stat().st_mode & 0o077 == 0


class Stopped(BaseException):
    """Stands for the death of the process."""


@pytest.mark.parametrize("step", ["write_table", "publish_manifest", "adopt_new_key"])
def test_P9_a_change_of_key_that_is_stopped_leaves_the_old_or_the_new(
    step: str, extracts: Extracts, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object) -> None:
        raise Stopped

    extracts.ingest()
    old = load_key(extracts.var / "keys")
    before = _histories(extracts, old)
    place = "features.sources.settling.rekey" if step == "write_table" else "features.rotate_key"
    with monkeypatch.context() as patch:
        patch.setattr(f"{place}.{step}", stop)
        with pytest.raises(Stopped):
            rotate(extracts.config())
    new = load_new_key(extracts.var / "keys", False, "care", None)
    assert new is not None
    under = new if step == "adopt_new_key" else old
    assert extracts.snapshot().key_id == key_id(under)
    assert is_whole(extracts.store)
    assert _histories(extracts, under) == before
    rotate(extracts.config())
    assert _histories(extracts, load_key(extracts.var / "keys")) == before
    assert load_key(extracts.var / "keys") == new


def test_P9_without_the_deliveries_the_key_stays(extracts: Extracts) -> None:
    extracts.ingest()
    extracts.deliver("ties.csv", f"hetu;other\n{ANNA};{CECILIA}\n")
    before = extracts.snapshot().sha256
    extracts.deliver("people.csv", f"hetu;born;died\n{CECILIA};1950;\n")
    with pytest.raises(DataError, match=r"pseudonyms in `\w+\.\w+` come from no file that is still delivered"):
        rotate(extracts.config())
    assert extracts.snapshot().sha256 == before


def test_P9_the_command_says_what_to_do_next(
    extracts: Extracts, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LUOTAIN_PSEUDONYM_KEY", KEY.hex())
    extracts.ingest()
    config = str(config_of(extracts))
    assert main(["--config", config]) == 2
    assert "Set LUOTAIN_PSEUDONYM_KEY_CARE_NEW" in capsys.readouterr().err
    monkeypatch.setenv("LUOTAIN_PSEUDONYM_KEY_CARE_NEW", OTHER.hex())
    assert main(["--config", config]) == 0
    printed = capsys.readouterr().out
    assert f"under the key {key_id(OTHER)} (before: {key_id(KEY)})" in printed
    assert KEY.hex() not in printed
    assert OTHER.hex() not in printed


def _plain_digests(person: str) -> list[str]:
    plain = [person, f"v1|{person}"]
    made = [hashlib.new(name, text.encode()).hexdigest() for name in ("sha256", "sha1", "md5") for text in plain]
    return [*made, *(digest[:32] for digest in made)]


def _pseudonyms(extracts: Extracts) -> set[str]:
    return {client for name in TABLES if TABLES[name].has_client for client in extracts.read(name).client_id}


def _histories(extracts: Extracts, key: bytes) -> dict[str, dict[str, list[list[Any]]]]:
    """Every row of every person by table, without pseudonyms; ties by the person at the other end."""
    names = {pseudonymise(key, person): person for person in PEOPLE}
    found: dict[str, dict[str, list[list[Any]]]] = {person: {} for person in PEOPLE}
    for table in (name for name in TABLES if TABLES[name].has_client):
        rows = extracts.read(table).astype(object)
        rows = rows.where(rows.notna(), None)
        if table == "relations":
            rows["other_id"] = rows["other_id"].map(names)
        if table == "contacts":
            rows = rows.sort_values("time")
            rows["professional_id"] = pd.factorize(rows["professional_id"])[0]  # who is who, not what they are called
        for client, of_client in rows.groupby("client_id"):
            kept = of_client.drop(columns="client_id").sort_values(TABLES[table].time)
            found[names[str(client)]][table] = kept.to_numpy().tolist()
    return found


def _in_their_buckets(extracts: Extracts) -> bool:
    snapshot = extracts.snapshot()
    return all(
        bucket_of(client, snapshot.n_buckets) == entry.bucket
        for name, entries in snapshot.tables.items()
        for entry in entries
        for client in pd.read_parquet(extracts.store / entry.path).client_id
    )
