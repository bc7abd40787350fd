"""The Spark engine: the same bytes by the same kernel in several tasks, and what it says when it cannot run."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
import yaml

from configs.errors import ConfigError
from configs.loader import load_config
from configs.workspace import Workspace
from features import engine_spark, histories
from features.build import main
from features.engine_spark import open_session, run
from features.histories import BucketWork, HistoriesConfig, build_grid
from tests.features.histories_data import WORDS, store_of, table_of

BUCKETS = 4
pytestmark = pytest.mark.xdist_group("spark")  # one Java machine at a time


@pytest.fixture
def config(var: Path) -> Path:
    """A store of four buckets, and a catalogue that counts, learns codes and applies a rule."""
    random = np.random.default_rng(3)
    people = [f"{number:08x}{'0' * 24}" for number in range(40)]
    days = np.datetime64("2023-01-01") + random.integers(0, 500, 2000)
    contacts = [
        {
            "client_id": people[int(random.integers(40))],
            "time": str(day),
            "recorded_at": str(day + int(random.integers(40))),
            "service": f"s{random.integers(4)}",
            "minutes": float(random.random()),
        }
        for day in days
    ]
    residents = [{"client_id": one, "birth_year": 1930 + place * 2} for place, one in enumerate(people)]
    tables = {"contacts": table_of("contacts", contacts), "residents": table_of("residents", residents)}
    store_of(var / "store", tables, n_buckets=BUCKETS)
    return _written(var)


def test_spark_writes_the_same_bytes_as_the_local_engine(
    config: Path, var: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--config", str(config)]) == 0
    table = capsys.readouterr().out
    folder = next((var / "histories").iterdir())
    local = {file.name: file.read_bytes() for file in folder.iterdir()}
    assert sorted(name for name in local if name.startswith("part-")) == [f"part-{n:05d}.parquet" for n in range(4)]
    for file in folder.iterdir():
        file.unlink()
    assert main(["--config", str(config), "--engine", "spark"]) == 0
    assert capsys.readouterr().out == table
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == local


def test_several_tasks_run_the_kernel_and_nothing_is_collected_before(
    config: Path, var: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def here(*_: object) -> None:
        raise AssertionError("the kernel ran in the driver")

    monkeypatch.setattr(histories, "build_features", here)
    seen = []

    def counted(work: BucketWork) -> list[list[dict[str, object]]]:
        session = open_session(2)
        try:
            ran = run(session, work)
            tracker = session.sparkContext.statusTracker()
            jobs = [tracker.getJobInfo(job) for job in tracker.getJobIdsForGroup(None)]
            stages = [tracker.getStageInfo(stage) for job in jobs for stage in job.stageIds]
        finally:
            session.stop()
        seen.append((ran, len(jobs), [stage.numTasks for stage in stages]))
        return [json.loads(one.steps) for one in ran]

    build_grid(Workspace(var), load_config(config, HistoriesConfig), counted)
    (ran, jobs, tasks), *_ = seen
    assert [one.bucket for one in ran] == list(range(BUCKETS))
    assert len({one.task for one in ran}) >= 2
    assert os.getpid() not in {one.process for one in ran}
    assert (jobs, tasks) == (1, [BUCKETS])  # one collect, and its only stage is the one that runs the kernel


def test_a_damaged_file_that_a_task_finds_is_told_in_one_sentence(
    config: Path, var: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = var / "store" / "residents" / "2.parquet"
    content = file.read_bytes()
    file.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    assert main(["--config", str(config), "--engine", "spark"]) == 3
    said = capsys.readouterr().err
    assert said == "luotain: The store's file 2.parquet is damaged. Restore it from a backup, or ingest again.\n"
    assert list((var / "histories").iterdir()) == []


def test_without_java_the_sentence_says_what_to_install(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setattr(engine_spark.shutil, "which", lambda _: None)
    with pytest.raises(ConfigError, match=r"needs Java 17.*openjdk-17.*--engine local"):
        open_session(2)


def test_without_pyspark_the_command_says_what_to_type(
    config: Path, var: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(engine_spark, "find_spec", lambda _: None)
    assert main(["--config", str(config), "--engine", "spark"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("luotain: The engine `spark` needs pyspark")
    assert "make setup-dev" in said
    assert list((var / "histories").iterdir()) == []


def test_an_unknown_engine_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--engine", "dask"])
    assert "invalid choice: 'dask'" in capsys.readouterr().err


def _written(var: Path) -> Path:
    words = {"name": WORDS, "dimension": "health", "role": "risk", "source": "test", "unit": "count"}
    families = {
        "visits": {"table": "contacts", "aggregate": "count", "by": "service", "windows": [30, 90], **words},
        "minutes": {"table": "contacts", "aggregate": "sum", "value": "minutes", "windows": [90], **words},
        "age": {"table": "residents", "aggregate": "age_years", "value": "birth_year", **words},
    }
    catalogue = {
        "sources": "configs/catalogue.yaml",
        "dimensions": {"health": WORDS},
        "vocabulary": {"minimum_rows": 1},
        "families": families,
    }
    (var / "features.yaml").write_text(yaml.safe_dump(catalogue, sort_keys=False), encoding="utf-8")
    settings = {
        "var": "var",
        "catalogue": str(var / "features.yaml"),
        "dates": {"first": "2023-06-01", "last": "2024-05-01", "step": "month"},
        "vocabulary_until": "2024-03-01",
        "rules": [{"rule": "alive"}, {"rule": "age", "at_least": 18}],
        "processes": 2,
    }
    file = var / "histories.yaml"
    file.write_text(yaml.safe_dump(settings), encoding="utf-8")
    return file
