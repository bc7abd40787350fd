"""Compaction: fewer files, the same rows and the same histories; damage and a second writer change nothing."""

from pathlib import Path

import pandas as pd
import pytest

from configs.errors import DataError
from features.compact import compact, main
from features.ingest.locking import only_writer
from features.manifest import Manifest, publish_manifest, read_manifest
from features.store import Snapshot, open_snapshot, read_table
from tests.features.histories_data import store_of, table_of

ANNA, BO = "00000000" + "a" * 24, "00000001" + "b" * 24  # buckets 0 and 1


def visits(*days: str, client: str = ANNA) -> pd.DataFrame:
    return table_of("contacts", [{"client_id": client, "time": day, "minutes": 10.0} for day in days])


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A store as two ingests leave it: bucket 0 of contacts in two files, bucket 1 in one."""
    people = table_of("residents", [{"client_id": ANNA}, {"client_id": BO}])
    both = pd.concat([visits("2024-05-02", "2024-01-01"), visits("2024-02-01", client=BO)])
    first = store_of(tmp_path / "first", {"residents": people, "contacts": both})
    second = store_of(tmp_path / "second", {"contacts": visits("2024-03-01", "2024-01-01")})
    return joined(tmp_path / "store", first, second)


def joined(store: Path, first: Snapshot, second: Snapshot) -> Path:
    tables: dict[str, tuple[object, ...]] = {}
    for number, part in enumerate((first, second)):
        for name, entries in part.tables.items():
            for entry in entries:
                path = f"data/{name}/{number}-{entry.bucket:03d}.parquet"
                (store / path).parent.mkdir(parents=True, exist_ok=True)
                (store / path).write_bytes((part.root / entry.path).read_bytes())
                moved = type(entry)(**{**vars(entry), "path": path, "batch": str(number)})
                tables[name] = (*tables.get(name, ()), moved)
    publish_manifest(store, Manifest("test", 2, "2024-12-31", tables=tables))  # type: ignore[arg-type]
    return store


def rows_of(store: Path) -> pd.DataFrame:
    frame = read_table(open_snapshot(store), "contacts")
    return frame.astype(object).sort_values(["client_id", "time"], ignore_index=True)


def test_rows_stay_and_files_go(store: Path) -> None:
    before, manifest = rows_of(store), read_manifest(store)
    assert manifest is not None
    assert compact(store) == (5, 4)
    pd.testing.assert_frame_equal(rows_of(store), before)
    after = read_manifest(store)
    assert after is not None
    assert after.previous == manifest.sha256
    assert [entry.bucket for entry in after.tables["contacts"]] == [0, 1]
    assert after.tables["contacts"][1] == manifest.tables["contacts"][1], "a bucket with one file stays as it is"
    times = read_table(open_snapshot(store), "contacts", 0)["time"]
    assert times.is_monotonic_increasing, "sorted by client and time"


def test_the_earlier_snapshot_can_still_be_read(store: Path) -> None:
    earlier, rows = open_snapshot(store), rows_of(store)
    compact(store)
    again = read_table(earlier, "contacts").astype(object).sort_values(["client_id", "time"], ignore_index=True)
    pd.testing.assert_frame_equal(again, rows)


def test_a_second_compaction_finds_nothing(store: Path) -> None:
    compact(store)
    content = (store / "manifest.json").read_bytes()
    assert compact(store) == (4, 4)
    assert (store / "manifest.json").read_bytes() == content


def test_a_damaged_file_is_refused_and_the_store_stays(store: Path) -> None:
    content = (store / "manifest.json").read_bytes()
    file = store / "data/contacts/1-000.parquet"
    file.write_bytes(file.read_bytes()[:-9] + b"\x00" * 9)
    with pytest.raises(DataError, match="is damaged"):
        compact(store)
    assert (store / "manifest.json").read_bytes() == content


def test_it_waits_for_no_other_writer(store: Path) -> None:
    with only_writer(store), pytest.raises(DataError, match="Another ingest is writing"):
        compact(store)


def test_the_command(store: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("LUOTAIN_VAR", str(store.parent))
    assert main(["--config", "configs/compact.yaml"]) == 0
    assert capsys.readouterr().out == "5 files are now 4.\n"
    assert main(["--config", "configs/compact.yaml"]) == 0
    assert capsys.readouterr().out == "Nothing to merge: 4 files.\n"


@pytest.mark.parametrize("exists", [True, False])
def test_an_empty_store_is_said(tmp_path: Path, exists: bool) -> None:
    if exists:
        (tmp_path / "store").mkdir()
    with pytest.raises(DataError, match=r"Type `python -m features\.ingest` first"):
        compact(tmp_path / "store")
