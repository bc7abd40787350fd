"""What every test stands on: no telemetry, no pickles, no data folder but its own."""

import os
import tempfile
from pathlib import Path

import pytest

os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
os.environ["BENTOML_DO_NOT_TRACK"] = "True"
os.environ["MLFLOW_ALLOW_PICKLE_DESERIALIZATION"] = "false"
# BentoML reads these when it is imported: /metrics dies under the test client without the folder.
os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", tempfile.mkdtemp(prefix="luotain-metrics-"))
os.environ.setdefault("BENTOML_HOME", tempfile.mkdtemp(prefix="luotain-bento-"))
for name in ("LUOTAIN_VAR", "MLFLOW_TRACKING_URI", "LUOTAIN_KEYS", "LUOTAIN_SIGNING_KEY"):
    os.environ.pop(name, None)
for name in [name for name in os.environ if name.startswith("LUOTAIN_PSEUDONYM_KEY")]:
    del os.environ[name]


@pytest.fixture
def var(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty data folder that wins over every config."""
    folder = tmp_path / "var"
    folder.mkdir()
    monkeypatch.setenv("LUOTAIN_VAR", str(folder))
    return folder
