"""A task that is told of groups only: no road leads from its model to an answer about one client."""

from collections.abc import Iterator

import pytest

from configs.errors import GateError, ModelError
from configs.loader import StrictConfig
from configs.workspace import Workspace
from models.bundles.golden import draw_rows, with_golden
from models.learners.binary import BinaryModel
from models.learners.boosting import BoostedTrees
from models.learners.calibration import Calibration
from models.names import NEED_PREFIX
from models.needs.need import NeedModel, load_task
from models.needs.need_task import is_report_only
from models.registry import CHAMPION
from serving.engine.shelf import Shelf
from tests.models.client_case import SMALL_TREES, draw, labels, parts
from training.promote import promote
from training.promotion.desk import Desk, PromoteConfig, open_desk
from training.promotion.gates import Gate, Gates
from training.tracking import tracked_run

GATES = Gates(kinds={"need": Gate(beats_baseline=())})
NAME = "need_long_term_social_work_12m"
SMUGGLED = "need_social_work"
"""A bundle of the task that somebody registered by hand, under a name that tells nothing."""


class Nothing(StrictConfig):
    """A training without settings."""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    rows = draw(300)
    described = parts(rows)
    trees = BoostedTrees.fit(rows, labels(rows), described.used, SMALL_TREES)
    model = NeedModel(described, load_task("long_term_social_work_12m"), BinaryModel(trees, Calibration(0.9, -0.2)))
    drawn = draw_rows(rows)
    files = with_golden(model.to_files(), model.feature_names, drawn, model.golden_outputs(drawn))
    patched = pytest.MonkeyPatch()
    patched.setenv("LUOTAIN_VAR", str(tmp_path_factory.mktemp("county") / "var"))
    patched.delenv("MLFLOW_TRACKING_URI", raising=False)
    with tracked_run(Workspace.of("var"), SMUGGLED, "need", Nothing(), "a" * 64) as run:
        run.register_bundle(files)
    yield open_desk(PromoteConfig(var="var", gates="configs/gates.yaml", reason="a test"))
    patched.undo()


@pytest.mark.parametrize(
    "task, expected",
    [("long_term_social_work_12m", True), ("heavier_home_care_6m", False), ("not_a_task", False)],
)
def test_which_tasks_are_told_of_groups_only(task: str, expected: bool) -> None:
    assert is_report_only(task) is expected


def test_promoting_it_is_refused_in_one_sentence(desk: Desk) -> None:
    with pytest.raises(GateError, match=f"{NAME} is of a task that is told of groups only.*cannot go live"):
        promote(desk, NAME, GATES)


def test_a_bundle_registered_by_hand_is_refused_too(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("training.promotion.judging.recomputed", lambda *_: {})
    with pytest.raises(ModelError, match="must not answer about one client"):
        promote(desk, SMUGGLED, GATES)
    assert desk.registry.champion(SMUGGLED) is None
    assert desk.ledger.entries() == ()


def test_serving_does_not_load_it_even_with_an_alias_set_by_hand(desk: Desk) -> None:
    desk.registry.set_alias(SMUGGLED, CHAMPION, "1")
    shelf = Shelf(desk.workspace, (), NEED_PREFIX)
    shelf.refresh()
    assert shelf.get(SMUGGLED) is None
    assert "must not answer about one client" in shelf.faults[SMUGGLED]
