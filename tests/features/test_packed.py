"""The packed file: every client as in the store, the same features to the bit, and no damaged byte goes unnoticed."""

import logging
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import serving.engine.registers
from configs.errors import DataError
from features.catalogue import Catalogue, load_catalogue
from features.catalogue.vocabulary import Vocabulary, fit_vocabulary
from features.columnar import Coded, Columns
from features.histories import build, build_client
from features.packed import PackedClients, open_packed
from features.packed import clients as packed_clients
from features.packed.pack import pack
from features.packed.sections import new_sections, read_sections
from features.store import Snapshot, read_client, read_table
from features.tables import TABLES
from serving.engine import warming
from serving.engine.engine import RegisterEngine
from serving.engine.registers import open_registers, packed_or_none
from serving.engine.warming import warm
from serving.settings import load_settings
from tests.features.deliveries.extracts import ANNA, BERTTA, Extracts, county
from tests.features.histories_data import catalogue_of, dates, family, store_of
from tests.features.kernel.test_kernel_columnar import CATALOGUE, CLIENTS, VOCABULARY, some_tables

STRANGER = "12345678" + "f" * 24


@pytest.fixture
def snapshot(var: Path) -> Snapshot:
    tables = {name: frame for name, frame in some_tables(1).items() if len(frame)}
    return store_of(var / "store", tables, n_buckets=3)


@pytest.fixture
def packed(snapshot: Snapshot, var: Path) -> PackedClients:
    return open_packed(var / "packed", snapshot)


def the_file(var: Path) -> Path:
    return next((var / "packed").glob("*.packed"))


def plain(columns: Columns, table: str) -> pd.DataFrame:
    """Columns as objects, to be compared with the store's rows."""
    found = {}
    for column in TABLES[table].columns:
        held = columns[column.name]
        if isinstance(held, Coded):
            values = [None if code < 0 else held.categories[code] for code in held.codes]
        elif column.kind == "time":
            values = list(held.astype("datetime64[s]"))
        else:
            values = list(held)
        found[column.name] = pd.Series(values, dtype=object)
    return pd.DataFrame(found)


def same_rows(columns: Columns, frame: pd.DataFrame, table: str) -> None:
    expected = frame.astype(object).where(frame.notna(), None).reset_index(drop=True)
    found = plain(columns, table)
    pd.testing.assert_frame_equal(found.where(found.notna(), None), expected, check_dtype=False)


def test_every_client_reads_as_in_the_store(snapshot: Snapshot, packed: PackedClients) -> None:
    everyone = {str(client) for name in snapshot.tables for client in read_table(snapshot, name)["client_id"]}
    assert sorted(packed.ids) == sorted(everyone)
    for client in [*sorted(everyone), STRANGER]:
        mine, theirs = packed.client(client), read_client(snapshot, client)
        assert mine.keys() == theirs.keys()
        for name, frame in theirs.items():
            same_rows(mine[name], frame, name)


def test_an_ingested_store_with_a_later_delivery_reads_the_same(var: Path) -> None:
    made: Extracts = county(var)
    made.contacts(f"{ANNA};2024-03-02;;T2;;", f"{ANNA};2024-03-01;;T1;A01;1", f"{BERTTA};2023-03-01;;T1;A02;2")
    made.ingest()
    snapshot = made.snapshot()
    packed = open_packed(var / "packed", snapshot)
    assert packed.ids
    for client in packed.ids:
        for name, frame in read_client(snapshot, client).items():
            same_rows(packed.client(client)[name], frame, name)


def test_one_clients_row_equals_the_bulk_history_to_the_bit(snapshot: Snapshot, packed: PackedClients) -> None:
    as_of = date(2024, 3, 1)
    rows = pd.DataFrame({"client_id": [*CLIENTS, STRANGER], "as_of": pd.Timestamp(as_of)})
    history = build(snapshot, rows, CATALOGUE, VOCABULARY).frame.to_numpy()
    for place, client in enumerate(rows["client_id"]):
        row = build_client(packed, client, as_of, CATALOGUE, VOCABULARY)
        assert row.tobytes() == history[place].tobytes()
        assert row.tobytes() == build_client(snapshot, client, as_of, CATALOGUE, VOCABULARY).tobytes()


def test_the_demos_catalogue_says_the_same_through_the_file(snapshot: Snapshot, packed: PackedClients) -> None:
    catalogue = load_catalogue("configs/features.yaml")
    vocabulary = fit_vocabulary(snapshot, catalogue, date(2024, 3, 1))
    for client in CLIENTS[:10]:
        row = build_client(packed, client, date(2024, 3, 1), catalogue, vocabulary)
        assert row.tobytes() == build_client(snapshot, client, date(2024, 3, 1), catalogue, vocabulary).tobytes()


def test_a_word_of_another_clients_is_no_word_of_this_one(snapshot: Snapshot, packed: PackedClients) -> None:
    """Codes are the whole snapshot's: a client without the word has no row of it, and `distinct` counts its own."""
    catalogue = catalogue_of(family("people", "contacts", "distinct", value="professional_id", windows=[30]))
    for client in CLIENTS:
        row = build_client(packed, client, date(2024, 3, 1), catalogue, Vocabulary({}, date(2024, 1, 1)))
        mine = read_client(snapshot, client)["contacts"]
        day = pd.Timestamp("2024-03-01")
        inside = (mine["time"] >= day - pd.Timedelta(days=30)) & (mine["time"] < day) & (mine["recorded_at"] < day)
        stands = mine["superseded_at"].isna() | (mine["superseded_at"] >= day)
        assert row.tolist() == [mine.loc[inside & stands, "professional_id"].nunique()]


# ------------------------------------------------------------------ the file itself


def test_the_same_snapshot_gives_the_same_bytes_and_is_packed_once(
    snapshot: Snapshot, packed: PackedClients, var: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pack(snapshot, var / "again")
    assert (var / "again").read_bytes() == the_file(var).read_bytes()
    assert the_file(var).stat().st_mode & 0o777 == 0o600
    monkeypatch.setattr(packed_clients, "pack", lambda *_: pytest.fail("packed twice"))
    assert open_packed(var / "packed", snapshot).ids == packed.ids


def test_a_new_snapshot_takes_the_place_of_the_old_file(snapshot: Snapshot, packed: PackedClients, var: Path) -> None:
    before = the_file(var)
    tables = {name: frame for name, frame in some_tables(2).items() if len(frame)}
    newer = store_of(var / "store", tables, n_buckets=3)
    opened = open_packed(var / "packed", newer)
    assert opened.snapshot_sha256 == newer.sha256 != packed.snapshot_sha256
    assert the_file(var) != before
    assert not before.exists()
    assert len(packed.client(CLIENTS[0])["contacts"].text("service").codes)  # who still maps the old one reads on


def cut_in_half(content: bytes) -> bytes:
    return content[: len(content) // 2]


def without_the_last_byte(content: bytes) -> bytes:
    return content[:-1]


def with_one_other_byte(content: bytes) -> bytes:
    place = len(content) // 3
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


def with_another_trailer(content: bytes) -> bytes:
    return content[:-40] + b"\xff" * 8 + content[-32:]


DAMAGES = [cut_in_half, without_the_last_byte, with_one_other_byte, with_another_trailer, lambda _: b"", lambda _: b"x"]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_refused_in_one_sentence_and_made_again(
    snapshot: Snapshot, packed: PackedClients, var: Path, damage: Callable[[bytes], bytes]
) -> None:
    file = the_file(var)
    whole = file.read_bytes()
    file.unlink()  # the mapped pages of `packed` stay as they are
    file.write_bytes(damage(whole))
    with pytest.raises(DataError, match=r"is damaged or was cut off\. Delete it") as refused:
        read_sections(file)
    assert not any(client in str(refused.value) for client in CLIENTS)
    assert open_packed(var / "packed", snapshot).ids == packed.ids
    assert the_file(var).read_bytes() == whole


def test_a_file_of_another_snapshot_under_this_name_is_made_again(
    snapshot: Snapshot, packed: PackedClients, var: Path
) -> None:
    file = the_file(var)
    with new_sections(file) as writer:
        writer.finish({"format": 2, "snapshot": "0" * 64, "n_buckets": 3})
    assert open_packed(var / "packed", snapshot).ids == packed.ids


def fails_half_way(file: Path) -> None:
    with new_sections(file) as writer:
        writer.add("numbers", np.arange(3))
        writer.reserve("words", "<i4", 2)
        writer.put("words", 1, np.arange(2))


def test_a_writer_without_room_is_refused_and_leaves_nothing(var: Path) -> None:
    with pytest.raises(DataError, match="has no room for 3 values of words"):
        fails_half_way(var / "packed" / "one")
    assert list((var / "packed").iterdir()) == []


def test_processes_that_start_together_pack_once_and_read_the_same(snapshot: Snapshot, var: Path) -> None:
    with get_context("spawn").Pool(2) as pool:
        found = pool.starmap(_ids, [(var / "packed", snapshot)] * 2)
    assert found[0] == found[1] != []
    assert [file.name for file in (var / "packed").iterdir() if file.name != ".lock"] == [the_file(var).name]


def _ids(folder: Path, snapshot: Snapshot) -> list[str]:
    return open_packed(folder, snapshot).ids


def test_a_folder_that_cannot_be_written_costs_time_and_no_answer(
    snapshot: Snapshot, var: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (var / "packed").write_text("a file in the place of the folder")
    with caplog.at_level(logging.WARNING):
        assert packed_or_none(var / "packed", snapshot) is None
    assert "Clients are read from the store, which takes longer." in caplog.text
    assert os.fspath(var) not in caplog.text


@dataclass(frozen=True)
class Chosen:
    sha256: str = "b" * 64


@dataclass(frozen=True)
class Model:
    """The half of a live model that a row is built from."""

    catalogue: Catalogue = CATALOGUE
    vocabulary: Vocabulary = VOCABULARY


@dataclass(frozen=True)
class Live:
    chosen: Chosen = Chosen()
    model: Model = Model()


def test_the_service_packs_its_snapshot_and_answers_from_the_file(
    snapshot: Snapshot, var: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = RegisterEngine(load_settings())
    engine._refresh_registers()
    assert the_file(var).name == f"{snapshot.sha256[:16]}.packed"
    monkeypatch.setattr(serving.engine.registers, "read_client", lambda *_: pytest.fail("read from the store"))
    row = engine.open(CLIENTS[0])._row(Live())
    as_of = engine.data().as_of
    assert row.tobytes() == build_client(snapshot, CLIENTS[0], as_of, CATALOGUE, VOCABULARY).tobytes()


def test_a_model_is_warmed_once(snapshot: Snapshot, packed: PackedClients, monkeypatch: pytest.MonkeyPatch) -> None:
    registers = replace(open_registers(snapshot.root), packed=packed)
    warmed = warm(registers, [Live()], frozenset())
    assert warmed == {(snapshot.sha256, Chosen().sha256)}
    monkeypatch.setattr(warming, "build_features", lambda *_: pytest.fail("warmed twice"))
    assert warm(registers, [Live()], warmed) == warmed
    assert warm(None, [Live()], frozenset()) == frozenset()


def test_an_empty_store_table_by_table_packs(var: Path) -> None:
    tables = {"residents": some_tables(1)["residents"]}
    packed = open_packed(var / "packed", store_of(var / "store", tables, n_buckets=5))
    mine = packed.client(CLIENTS[0])
    assert (len(mine["residents"]), len(mine["contacts"])) == (1, 0)
    assert len(packed.client(STRANGER)["residents"]) == 0
    row = build_client(packed, CLIENTS[0], dates("2024-03-01")[0].item(), CATALOGUE, VOCABULARY)
    assert row[0] == 0
