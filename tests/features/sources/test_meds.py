"""The store as a MEDS data set and back: valid for MEDS's own schemas, nothing identifying in it, nothing lost."""

import json
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest
import yaml
from meds import (
    CodeMetadataSchema,
    DataSchema,
    DatasetMetadataSchema,
    LabelSchema,
    SubjectSplitSchema,
    code_metadata_filepath,
    data_subdirectory,
    dataset_metadata_filepath,
    subject_splits_filepath,
)

from configs.errors import ConfigError, DataError
from configs.loader import PROJECT_ROOT, load_config, read_yaml, validate_config
from configs.workspace import Workspace
from features.export_meds import main
from features.exports.meds.settings import ExportConfig, Splits
from features.exports.meds.subjects import split_of, subject_id, subject_ids
from features.histories import main as build_histories
from features.identity import pseudonymise_plain
from features.ingest.run import Outcome, ingest
from features.ingest.settings import IngestConfig
from features.keys import load_key
from features.simulator.__main__ import main as simulate
from features.store import open_snapshot, read_table

pytestmark = pytest.mark.xdist_group("meds")  # one worker makes the county

CONFIG = "configs/export_meds.yaml"
READ_BACK = ("residents", "contacts", "episodes", "diagnoses", "assessments")


@dataclass(frozen=True)
class County:
    """A small simulated county, exported, and the export read back into a store of its own."""

    var: Path
    back: Outcome

    @property
    def folder(self) -> Path:
        return self.var / "exports" / "meds"

    def shards(self) -> dict[str, pd.DataFrame]:
        return {file.name: pd.read_parquet(file) for file in sorted((self.folder / data_subdirectory).iterdir())}

    def events(self) -> pd.DataFrame:
        return pd.concat(self.shards().values(), ignore_index=True)

    def table(self, name: str, folder: str = "") -> pd.DataFrame:
        return read_table(open_snapshot(Workspace(self.var / folder).store), name)


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> County:
    var = tmp_path_factory.mktemp("meds")
    tiny = {
        "based_on": str(PROJECT_ROOT / "configs/county/tiny.yaml"),
        "residents": 120,
        "seed": 2,
    }  # one of them under non-disclosure
    labels = {"histories": str(var / "histories.yaml"), "features": ["phone_contacts__90d", "rai_cps"]}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LUOTAIN_VAR", str(var))
        assert simulate(["--config", written(var / "county.yaml", tiny)]) == 0
        ingest(load_config("configs/ingest.yaml", IngestConfig).model_copy(update={"n_buckets": 3}))
        assert build_histories(["--config", written(var / "histories.yaml", histories())]) == 0
        assert main(["--config", written(var / "export.yaml", {**read_yaml(CONFIG), "labels": labels})]) == 0
        (var / "meds" / "extracts").mkdir(parents=True)
        (var / "meds" / "extracts" / "meds").symlink_to(var / "exports" / "meds")
        return County(var, ingest(load_config("configs/meds/ingest.yaml", IngestConfig)))


def written(file: Path, values: dict[str, Any]) -> str:
    file.write_text(yaml.safe_dump(values))
    return str(file)


def histories() -> dict[str, Any]:
    plain = read_yaml("configs/histories.yaml")
    return {**plain, "processes": 1, "dates": {"first": "2024-01-01", "last": "2024-07-01", "step": "quarter"}}


def test_the_export_is_what_meds_calls_a_data_set(county: County) -> None:
    seen: set[int] = set()
    for file in sorted((county.folder / data_subdirectory).iterdir()):
        table = pq.read_table(file)
        DataSchema.validate(table)
        shard = table.to_pandas()
        assert not seen & set(shard.subject_id)  # nobody is in two shards
        seen |= set(shard.subject_id)
        order = shard.assign(dated=shard.time.notna()).sort_values(["subject_id", "dated", "time"], kind="stable")
        assert order.index.tolist() == shard.index.tolist()
    codes = pq.read_table(county.folder / code_metadata_filepath)
    splits = pq.read_table(county.folder / subject_splits_filepath)
    CodeMetadataSchema.validate(codes)
    SubjectSplitSchema.validate(splits)
    assert set(codes["code"].to_pylist()) == set(county.events().code)
    assert None not in codes["description"].to_pylist()
    assert set(splits["subject_id"].to_pylist()) == seen
    described = json.loads((county.folder / dataset_metadata_filepath).read_text())
    DatasetMetadataSchema.validate(described)
    extra = {*described["code_modifier_columns"], *described["other_extension_columns"]}
    assert extra == set(county.events().columns) - {"subject_id", "time", "code", "numeric_value"}


def test_every_table_comes_back_with_as_many_rows(county: County) -> None:
    kept = county.table("residents")
    kept = set(kept.client_id[~kept.non_disclosure])
    expected = {}
    for name in READ_BACK:
        rows = county.table(name)
        expected[name] = int((rows.client_id.isin(kept) & rows.superseded_at.isna()).sum())
    assert {report.table: report.accepted for report in county.back.files} == expected
    assert min(expected.values()) > 0
    assert not any(report.quarantined for report in county.back.files)


def test_a_client_comes_back_with_the_same_events_on_the_same_clocks(county: County) -> None:
    contacts = county.table("contacts")
    client = str(contacts.client_id.value_counts().index[0])
    key = load_key(Workspace(county.var / "meds").keys)
    again = pseudonymise_plain(key, str(subject_id(client)))
    for name, columns in {
        "contacts": ["time", "recorded_at", "service", "channel", "minutes", "sector", "urgency", "status", "reason"],
        "diagnoses": ["time", "recorded_at", "system", "code"],
        "episodes": ["start", "recorded_at", "end", "end_recorded_at", "kind", "intensity"],
        "residents": ["birth_year", "sex", "language", "municipality", "valid_from", "valid_to", "died_on"],
    }.items():
        there, here = county.table(name), county.table(name, "meds")
        before = there[there.client_id == client][columns].astype(object)
        after = here[here.client_id == again][columns].astype(object)
        assert len(before) == len(after)
        pd.testing.assert_frame_equal(ordered(before), ordered(after), check_dtype=False, rtol=1e-6)


def ordered(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.sort_values(list(rows.columns), key=lambda column: column.astype(str)).reset_index(drop=True)


def test_what_identifies_somebody_does_not_leave(county: County) -> None:
    residents = county.table("residents")
    hidden = {subject_id(client) for client in residents.client_id[residents.non_disclosure].astype(str)}
    assert hidden
    assert not hidden & set(county.events().subject_id)
    secrets = {*residents.client_id.astype(str), *county.table("contacts").professional_id.dropna().astype(str)}
    for shard in county.shards().values():
        for column in shard.select_dtypes(object):
            assert not secrets & set(shard[column].dropna())


def test_a_label_has_the_moment_before_its_date_and_no_row_where_it_is_unknown(county: County) -> None:
    parts = sorted((county.folder / "labels" / "rai_cps").iterdir())
    for file in parts:
        LabelSchema.validate(pq.read_table(file))
    labels = pd.concat([pd.read_parquet(file) for file in parts])
    (folder,) = (county.var / "histories").iterdir()
    built = pd.concat([pd.read_parquet(file) for file in sorted(folder.glob("part-*"))])
    residents = county.table("residents")
    open_ones = built[~built.client_id.isin(residents.client_id[residents.non_disclosure])]
    assert len(labels) == open_ones.rai_cps.notna().sum() < len(open_ones)
    assert set(labels.prediction_time + timedelta(microseconds=1)) <= set(built.as_of)
    assert labels.float_value.sum() == pytest.approx(open_ones.rai_cps.sum())


def test_the_same_store_gives_the_same_bytes(county: County, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LUOTAIN_VAR", str(county.var))
    before = {file: file.read_bytes() for file in sorted(county.folder.rglob("*")) if file.is_file()}
    assert main(["--config", str(county.var / "export.yaml")]) == 0
    assert {file: file.read_bytes() for file in sorted(county.folder.rglob("*")) if file.is_file()} == before


@pytest.mark.parametrize(
    "event,                                                                     sentence",
    [
        ({"table": "contact", "at": "time", "code": "X"}, "did you mean `contacts`"),
        ({"table": "capacity", "at": "period_start", "code": "X"}, "no table of clients"),
        ({"table": "contacts", "at": "tme", "code": "X"}, "did you mean `time`"),
        ({"table": "contacts", "at": "time", "code": "X//{servce}"}, "did you mean `service`"),
        ({"table": "contacts", "at": "time", "code": "X//{client_id}"}, "`client_id` never leaves the store"),
        ({"table": "contacts", "at": "time", "code": "X", "modifiers": ["professional_id"]}, "never leaves the store"),
        ({"table": "relations", "at": "valid_from", "code": "X//{other_id}"}, "`other_id` never leaves the store"),
        ({"table": "residents", "at": None, "code": "X//{postal_area}"}, "`postal_area` never leaves the store"),
        ({"table": "contacts", "at": "service", "code": "X"}, "`at: service` is no date"),
        ({"table": "contacts", "at": "time", "code": "X", "number": "service"}, "`number: service` is no number"),
        ({"table": "contacts", "at": "time", "code": "X", "modifiers": ["minutes"]}, "`minutes` is no text"),
    ],
)
def test_a_wrong_event_is_told_what_to_write(event: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ConfigError) as refused:
        validate_config({"var": "var", "dataset_name": "x", "events": [event]}, ExportConfig, "export")
    assert sentence in str(refused.value)


def test_an_unknown_label_and_an_empty_store_say_what_to_do(
    county: County, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LUOTAIN_VAR", str(county.var))
    labels = {"histories": str(county.var / "histories.yaml"), "features": ["rai_cp"]}
    config = written(tmp_path / "wrong.yaml", {**read_yaml(CONFIG), "labels": labels, "folder": "exports/other"})
    assert main(["--config", config]) == ConfigError.exit_code
    assert "Did you mean `rai_cps`" in capsys.readouterr().err
    assert not (county.var / "exports" / "other").exists()
    monkeypatch.setenv("LUOTAIN_VAR", str(tmp_path))
    assert main(["--config", CONFIG]) == DataError.exit_code
    assert "python -m features.ingest" in capsys.readouterr().err


def test_subject_numbers_are_positive_and_never_shared() -> None:
    lowest, highest = "0" * 32, "f" * 32
    assert (subject_id(lowest), subject_id(highest)) == (0, 2**63 - 1)
    with pytest.raises(DataError, match="share one MEDS subject number"):
        subject_ids(["a" * 16 + "b" * 16, "a" * 16 + "c" * 16])


def test_splits_follow_from_the_number_alone() -> None:
    shares = Splits(train=0.7, tuning=0.2)
    drawn = [split_of(number, shares) for number in range(20_000)]
    found = {split: drawn.count(split) / len(drawn) for split in ("train", "tuning", "held_out")}
    assert found == pytest.approx({"train": 0.7, "tuning": 0.2, "held_out": 0.1}, abs=0.01)
    assert drawn == [split_of(number, shares) for number in range(20_000)]
    with pytest.raises(ConfigError, match="more than 1 together"):
        validate_config({"train": 0.9, "tuning": 0.2}, Splits, "splits")
