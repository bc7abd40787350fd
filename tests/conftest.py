"""What every test stands on: no telemetry, no pickles, no data folder but its own."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
os.environ["BENTOML_DO_NOT_TRACK"] = "True"
os.environ["MLFLOW_ALLOW_PICKLE_DESERIALIZATION"] = "false"
# BentoML reads these when it is imported: /metrics dies under the test client without the folder.
os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", tempfile.mkdtemp(prefix="luotain-metrics-"))
os.environ.setdefault("BENTOML_HOME", tempfile.mkdtemp(prefix="luotain-bento-"))
for name in ("LUOTAIN_VAR", "MLFLOW_TRACKING_URI", "LUOTAIN_KEYS", "LUOTAIN_SIGNING_KEY", "LUOTAIN_CHECKPOINT_KEY"):
    os.environ.pop(name, None)
for name in ("LUOTAIN_RECORDS_URL", "LUOTAIN_RECORDS_PASSWORD", "LUOTAIN_RECORDS_PASSWORD_FILE"):
    os.environ.pop(name, None)
for name in [name for name in os.environ if name.startswith("LUOTAIN_PSEUDONYM_KEY")]:
    del os.environ[name]


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a private PostgreSQL server; where the machine has none the test is skipped, but never in CI."""
    from tests.features.sources.postgres import server

    with server() as url:
        yield url


@pytest.fixture(scope="session")
def empty_registry(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder whose registry is empty: to be copied, because MLflow takes seconds to make its tables."""
    from configs.workspace import Workspace
    from models.registry import connect

    root = tmp_path_factory.mktemp("registry") / "var"
    assert connect(Workspace(root)).names() == ()
    return root


@pytest.fixture
def var(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty data folder that wins over every config."""
    folder = tmp_path / "var"
    folder.mkdir()
    monkeypatch.setenv("LUOTAIN_VAR", str(folder))
    return folder


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--covers", metavar="ROW", help="only the tests that hold this row of the county plans")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    row = config.getoption("--covers")
    if row:
        kept = [item for item in items if any(row in mark.args for mark in item.iter_markers("covers"))]
        config.hook.pytest_deselected(items=[item for item in items if item not in kept])
        items[:] = kept
