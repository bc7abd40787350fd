"""The real input: a hospital's event log, mapped by YAML only."""

from pathlib import Path

import pytest

from configs.errors import DataError
from configs.loader import load_config
from features.ingest.run import ingest
from features.ingest.settings import IngestConfig
from features.schema.frames import schema_of
from features.store import open_snapshot, read_table
from tests.features.deliveries.extracts import real_file

CONFIG = "configs/real/hospital_ingest.yaml"
LOG = "hospital_log_2005_2008.parquet"


@pytest.mark.real
def test_the_hospital_log_becomes_contacts_stays_and_patients(var: Path) -> None:
    real_file(LOG)
    outcome = ingest(load_config(CONFIG, IngestConfig))
    assert {report.table: (report.rows, report.accepted, report.stored) for report in outcome.files} == {
        "contacts": (150_291, 150_291, 150_291),
        "episodes": (150_291, 13_046, 1_941),
        "residents": (150_291, 150_291, 1_143),
    }
    snapshot = open_snapshot(var / "real" / "store")
    assert snapshot.data_until.isoformat() == "2008-03-20"
    for table in ("contacts", "episodes", "residents"):
        schema_of(table).validate(read_table(snapshot, table))
    stays = read_table(snapshot, "episodes")
    assert (stays.end - stays.start).dt.days.min() == 1
    assert not stays.duplicated(["client_id", "start"]).any()


def test_a_missing_log_says_where_it_comes_from(var: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LUOTAIN_DATA", str(tmp_path))
    with pytest.raises(DataError) as refused:
        ingest(load_config(CONFIG, IngestConfig))
    sentence = str(refused.value)
    assert all(word in sentence for word in (LOG, "eventdataR", "336e75235755", "LUOTAIN_DATA"))
    assert not (var / "real" / "store").exists()


def test_another_file_under_the_same_name_is_refused(
    var: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / LOG).write_bytes(b"something else")
    monkeypatch.setenv("LUOTAIN_DATA", str(tmp_path))
    with pytest.raises(DataError, match="was promised"):
        ingest(load_config(CONFIG, IngestConfig))
