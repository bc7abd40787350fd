"""An OMOP CDM 5.4 data set through mappings only: every count compared with plain Python over the delivered CSV."""

import csv
import io
import zipfile
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from configs.errors import DataError
from configs.loader import load_config
from configs.workspace import Workspace
from features.histories import HistoriesConfig, build_grid, load_history
from features.identity import pseudonymise_plain
from features.ingest.run import ingest
from features.ingest.settings import IngestConfig
from features.keys import load_key
from features.schema.frames import schema_of
from features.store import open_snapshot, read_table
from tests.features.deliveries.extracts import real_file

pytestmark = pytest.mark.xdist_group("omop")  # one worker makes the store

ARCHIVE = "omop54_synthea27.zip"
INPATIENT = {"9201", "262"}

Rows = list[dict[str, str]]


@pytest.fixture(scope="module")
def cdm() -> dict[str, Rows]:
    """The tables as plain dictionaries."""
    with zipfile.ZipFile(real_file(ARCHIVE)) as archive:
        return {
            name.removesuffix(".csv").lower(): list(csv.DictReader(io.StringIO(archive.read(name).decode())))
            for name in archive.namelist()
        }


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The data set ingested and its histories built, once."""
    real_file(ARCHIVE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LUOTAIN_VAR", str(tmp_path_factory.mktemp("omop")))
        ingest(load_config("configs/omop/ingest.yaml", IngestConfig))
        workspace = Workspace.of("var/omop")
        build_grid(workspace, load_config("configs/omop/histories.yaml", HistoriesConfig))
        return workspace


def pseudonym(workspace: Workspace, person: str) -> str:
    return pseudonymise_plain(load_key(workspace.keys), person)


@pytest.mark.real
def test_every_row_of_the_cdm_lands_in_its_table(cdm: dict[str, Rows], workspace: Workspace) -> None:
    visits = [row["visit_concept_id"] for row in cdm["visit_occurrence"]]
    values = [row for name in ("measurement", "observation") for row in cdm[name] if row["value_as_number"]]
    expected = {
        "residents": len(cdm["observation_period"]),
        "contacts": sum(visit not in INPATIENT for visit in visits),
        "episodes": sum(visit in INPATIENT for visit in visits),
        "diagnoses": len(cdm["condition_occurrence"]),
        "assessments": len(values),
    }
    snapshot = open_snapshot(workspace.store)
    found = {name: read_table(snapshot, name) for name in expected}
    assert {name: len(rows) for name, rows in found.items()} == expected
    for name, rows in found.items():
        schema_of(name).validate(rows)
    last = max(row["observation_period_end_date"] for row in cdm["observation_period"])
    assert snapshot.data_until.isoformat() == last
    assert found["residents"].died_on.notna().sum() == len(cdm["death"])
    assert found["assessments"].value.sum() == pytest.approx(sum(float(row["value_as_number"]) for row in values))
    emergencies = sum(visit == "9203" for visit in visits)
    assert (found["contacts"].urgency == "emergency").sum() == emergencies > 0


@pytest.mark.real
def test_one_persons_history_is_what_the_csv_says(cdm: dict[str, Rows], workspace: Workspace) -> None:
    person, as_of = "20", date(2022, 1, 1)
    history = load_history(workspace, "configs/omop/histories.yaml")
    chosen = (history.rows.client_id == pseudonym(workspace, person)) & (history.rows.as_of == pd.Timestamp(as_of))
    (row,) = history.frame[chosen].to_dict("records")

    own = {name: [one for one in rows if one.get("person_id") == person] for name, rows in cdm.items()}
    days = sorted(
        (as_of - date.fromisoformat(one["visit_start_date"])).days
        for one in own["visit_occurrence"]
        if one["visit_concept_id"] not in INPATIENT
    )
    before = [days_ago for days_ago in days if days_ago > 0]
    pressure = {
        one["measurement_datetime"]: float(one["value_as_number"])
        for one in own["measurement"]
        if one["measurement_source_value"] == "8480-6" and one["measurement_date"] < as_of.isoformat()
    }
    codes = {
        one["condition_source_value"]
        for one in own["condition_occurrence"]
        if 0 < (as_of - date.fromisoformat(one["condition_start_date"])).days <= 730
    }
    assert row["contacts__365d"] == sum(days_ago <= 365 for days_ago in before) > 0
    assert row["contacts__730d"] == sum(days_ago <= 730 for days_ago in before)
    assert row["days_since_contact"] == before[0]
    assert row["age"] == 2021 - int(own["person"][0]["year_of_birth"])
    assert row["diagnoses__730d"] == len(codes)
    assert row["systolic"] == np.float32(pressure[max(pressure)])


@pytest.mark.real
def test_nobody_has_a_history_outside_an_observation_period(cdm: dict[str, Rows], workspace: Workspace) -> None:
    history = load_history(workspace, "configs/omop/histories.yaml")
    names = {pseudonym(workspace, one["person_id"]): one for one in cdm["observation_period"]}
    for client, as_of in zip(history.rows.client_id, history.rows.as_of, strict=True):
        days_after_end = (as_of - pd.Timestamp(names[client]["observation_period_end_date"])).days
        assert as_of > pd.Timestamp(names[client]["observation_period_start_date"])
        assert days_after_end <= 1
    dead = {pseudonym(workspace, one["person_id"]): pd.Timestamp(one["death_date"]) for one in cdm["death"]}
    died = history.rows.client_id.map(dead)
    assert not (history.rows.as_of > died).any()


@pytest.mark.real
def test_the_same_archive_twice_changes_nothing(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LUOTAIN_VAR", str(workspace.root.parent))
    before = open_snapshot(workspace.store).sha256
    outcome = ingest(load_config("configs/omop/ingest.yaml", IngestConfig))
    assert (outcome.files, outcome.sha256) == ((), before)


def test_a_missing_archive_says_where_it_comes_from(var: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LUOTAIN_DATA", str(tmp_path))
    with pytest.raises(DataError) as refused:
        ingest(load_config("configs/omop/ingest.yaml", IngestConfig))
    assert all(word in str(refused.value) for word in (ARCHIVE, "EunomiaDatasets", "LUOTAIN_DATA"))
    assert not (var / "omop" / "store").exists()
