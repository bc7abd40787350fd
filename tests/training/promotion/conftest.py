"""One trained store for all tests of promotions; each test gets its own copy."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from configs.workspace import Workspace
from tests.training.promotion import world
from tests.training.promotion.worker import Worker
from tests.training.promotion.world import check_here, patch_registers, publish_quality, train_need
from training.promote import promote
from training.promotion.desk import Desk


@pytest.fixture(scope="session")
def trained_need(tmp_path_factory: pytest.TempPathFactory, empty_registry: Path) -> Path:
    """A data folder with one version of one need model."""
    root = shutil.copytree(empty_registry, tmp_path_factory.mktemp("promotion") / "var")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LUOTAIN_VAR", str(root))
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        patch_registers(patch)
        check_here(patch)
        train_need()
        publish_quality(Workspace.of("var"))
    return root


@pytest.fixture(scope="session")
def other_rows(trained_need: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with version 1 live and a second version that was measured on other hold-out rows."""
    root = tmp_path_factory.mktemp("other") / "var"
    shutil.copytree(trained_need, root)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LUOTAIN_VAR", str(root))
        patch_registers(patch)
        check_here(patch)
        promote(world.desk(), world.NEED, world.gates())
        train_need(holdout_share=0.2)
    return root


@pytest.fixture(scope="session")
def worker() -> Iterator[Worker]:
    """A process with everything loaded, whose children train and promote."""
    made = Worker()
    yield made
    made.close()


@pytest.fixture
def place(trained_need: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A copy of the trained store that is this test's own."""
    shutil.copytree(trained_need, tmp_path / "var")
    monkeypatch.setenv("LUOTAIN_VAR", str(tmp_path / "var"))
    monkeypatch.setenv("LUOTAIN_ACTOR", "tester")
    patch_registers(monkeypatch)
    check_here(monkeypatch)
    return Workspace.of("var")


@pytest.fixture
def desk(place: Workspace) -> Desk:
    return world.desk()
