"""Models trained on the small county in a data folder of their own, and every client's row after the last day."""

import contextlib
import io
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from configs.loader import load_config, read_yaml, validate_config
from configs.workspace import Workspace
from evaluation.areas.counted.known import load_need
from evaluation.clusters.__main__ import proposing_model
from features.histories import HistoriesConfig, build, build_grid
from features.store import Snapshot
from models.needs.need import NeedModel
from models.registry import Registry, connect
from models.segments.segmentation import SegmentationModel
from tests.plans.county import ends, known, until
from training import need, segmentation

FIT = {"folds": 2, "boosting": {"trees": 15, "minimum_rows": 10, "threads": 1}}
SMALL = {"fit": FIT, "minimum_positives": 5}
TASK = "home_care_change_6m"
YEAR = pd.Timedelta(days=365)


@dataclass(frozen=True)
class Trained:
    """What the county's models are, and every client's whole row on the day after the data."""

    workspace: Workspace
    registry: Registry
    need: NeedModel
    segmentation: SegmentationModel
    clients: np.ndarray
    rows: np.ndarray


@pytest.fixture(scope="package")
def trained(county: Snapshot, empty_registry: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trained]:
    root = tmp_path_factory.mktemp("models") / "var"
    shutil.copytree(empty_registry, root)
    shutil.copytree(county.root.parent, root, dirs_exist_ok=True)
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stderr(io.StringIO()):
        patch.setenv("LUOTAIN_VAR", str(root))
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        patch.setattr("training.publishing.publish.write_report", lambda *_: {})  # half of the time, and not looked at
        patch.setattr(need, "report", lambda *_: "")
        workspace = Workspace.of("var")
        build_grid(
            workspace, load_config("configs/histories.yaml", HistoriesConfig).model_copy(update={"processes": 1})
        )
        tasks = {"tasks": [TASK], "tasks_where_enough": []}
        need.train(validate_config({**read_yaml("configs/need.yaml"), **SMALL, **tasks}, need.NeedConfig, "need.yaml"))
        few = {**SMALL, "comparisons": {"boosting_machine": False, "repeats": 20}}
        asked = {**read_yaml("configs/segmentation.yaml"), **few}
        segmentation.train(validate_config(asked, segmentation.SegmentationConfig, "segmentation.yaml"))
        registry = connect(workspace)
        version = registry.latest(f"need_{TASK}")
        assert version is not None
        model = load_need(workspace, registry, version)
        _, proposing = proposing_model(workspace, registry, "suuntima_like", None)
        clients = np.array(sorted(living_today(county)), object)
        asked_rows = pd.DataFrame({"client_id": clients, "as_of": until(county)})
        frame = build(county, asked_rows, model.catalogue, model.vocabulary).frame.to_numpy(np.float32)
        yield Trained(workspace, registry, model, proposing, clients, frame)


def living_today(county: Snapshot) -> set[str]:
    """Who lives in the county after the last day of data."""
    stays = known(county, "residents")
    died = ends(county, stays, "died_on", "died_recorded_at")
    left = ends(county, stays, "valid_to", "valid_to_recorded_at")
    return set(stays.loc[~(died < until(county)) & ~(left < until(county)), "client_id"])


def seen_lately(county: Snapshot) -> set[str]:
    """Adults with a contact within the year: the clients that models know."""
    contacts = known(county, "contacts")
    recent = contacts[(contacts["time"] >= until(county) - YEAR) & (contacts["time"] < until(county))]
    return set(recent["client_id"])
