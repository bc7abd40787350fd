"""A task that is told of groups only: trained and reported, and no road leads from it to an answer about one client."""

from datetime import date

import pytest

from configs.errors import GateError, ModelError
from configs.loader import StrictConfig
from configs.workspace import Workspace
from evaluation.county_reasons.asked import asked_models
from evaluation.county_reasons.groups import GroupSums
from evaluation.county_reasons.summary import Counted, summarise
from models.bundles.golden import GOLDEN_FILE, draw_rows, golden_file
from models.learners.binary import BinaryModel
from models.learners.boosting import BoostedTrees
from models.learners.calibration import Calibration
from models.names import NEED_PREFIX
from models.need import NeedModel, load_task
from models.registry import CHAMPION
from serving.engine.shelf import Shelf, live_names
from tests.client_case import SMALL_TREES, draw, labels, parts
from training.gates import Gate, Gates
from training.promote import Desk, PromoteConfig, open_desk, promote
from training.promote import main as promote_command
from training.tracking import tracked_run

TASK = load_task("long_term_social_work_12m")
REPORT, DISGUISED = "report_long_term_social_work_12m", "need_long_term_social_work_12m"
GATES = Gates(kinds={"need": Gate(beats_baseline=())})


class Nothing(StrictConfig):
    """A training without settings."""


@pytest.fixture(scope="module")
def model() -> NeedModel:
    rows = draw(300)
    described = parts(rows)
    trees = BoostedTrees.fit(rows, labels(rows), described.used, SMALL_TREES)
    return NeedModel(described, TASK, BinaryModel(trees, Calibration(0.9, -0.2)))


@pytest.fixture(scope="module")
def desk(tmp_path_factory, model) -> Desk:
    """The same bundle registered twice: under the name of its task, and as if it were a need that is served."""
    var = tmp_path_factory.mktemp("county") / "var"
    rows = draw_rows(draw(300))
    golden = golden_file(model.feature_names, rows, model.golden_outputs(rows), 1)
    patched = pytest.MonkeyPatch()
    patched.setenv("LUOTAIN_VAR", str(var))
    patched.delenv("MLFLOW_TRACKING_URI", raising=False)
    for name in (REPORT, DISGUISED):
        with tracked_run(Workspace(var), name, "need", Nothing(), "a" * 64) as run:
            run.register_bundle({**model.to_files(), GOLDEN_FILE: golden})
    yield open_desk(PromoteConfig(var="var", gates="configs/gates.yaml", reason="a test"))
    patched.undo()


def test_the_name_says_what_the_model_is_for():
    assert TASK.registered == REPORT
    assert not TASK.registered.startswith(NEED_PREFIX)
    assert load_task("heavier_home_care_6m").registered == "need_heavier_home_care_6m"


def test_promotion_refuses_it_in_one_sentence(desk):
    with pytest.raises(GateError, match=r"report_long_term_social_work_12m is for reports about groups only"):
        promote(desk, REPORT, GATES)


def test_another_name_does_not_help(desk, monkeypatch):
    monkeypatch.setattr("training.promote.recomputed", lambda *_: {})
    with pytest.raises(ModelError, match=r"need_long_term_social_work_12m is for reports about groups only"):
        promote(desk, DISGUISED, GATES)
    assert desk.registry.champion(DISGUISED) is None
    assert desk.ledger.entries() == ()


def test_promoting_everything_passes_it_over(desk, monkeypatch, capsys):
    monkeypatch.setattr(type(desk.registry), "names", lambda _: (REPORT,))
    assert promote_command([]) == ModelError.exit_code  # there is nothing else to promote
    assert "reports about groups" not in capsys.readouterr().out


def test_serving_neither_lists_nor_loads_it_even_with_an_alias_set_by_hand(desk):
    for name in (REPORT, DISGUISED):
        desk.registry.set_alias(name, CHAMPION, "1")
    assert REPORT not in live_names(desk.registry, NEED_PREFIX)
    shelf = Shelf(desk.workspace, (), NEED_PREFIX)
    shelf.refresh()
    assert shelf.get(DISGUISED) is None
    assert "must not answer about one client" in shelf.faults[DISGUISED]


def test_its_factors_are_reported_of_groups_from_the_newest_version(desk):
    asked = asked_models(desk.workspace, desk.registry, [REPORT])
    assert [one.version.name for one in asked] == [REPORT]
    counted = [Counted(asked[0], asked[0].outputs[0], GroupSums(("age",)))]
    (told,) = summarise("a" * 64, date(2024, 7, 1), 0, counted)["outputs"]
    assert "ei yksittäistä asiakasta" in told["groups_only"]["fi"]
