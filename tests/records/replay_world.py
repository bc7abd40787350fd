"""Small registers, signed models and logged answers over them, to be replayed."""

import random
from datetime import date, timedelta

import pandas as pd
import pytest

from configs.errors import ModelError
from configs.workspace import Workspace
from features.packed import open_packed
from models.bundles.bundle import write_bundle
from models.bundles.signing import load_or_create_signing_key
from models.learners.baseline import BaselineSettings, LogisticRegression
from models.learners.binary import BinaryModel
from models.learners.calibration import Calibration
from models.needs.need import NeedModel, load_task
from models.segments.eligibility import Condition, EligibilityRules
from models.segments.questionnaire import by_hand
from models.segments.segmentation import AxisModel, SegmentationModel
from serving.engine.clients.case import RegisterCase
from serving.engine.clients.relations_index import RelationsIndex
from serving.engine.contract import DataStamp
from serving.engine.registers import Registers
from serving.engine.shelf import Chosen, LiveModel
from serving.records.entries import AuditEvent
from serving.records.evidence import evidence, evidence_of_explored
from serving.records.logs import Records
from serving.replaying import sources
from serving.settings import ServedModels
from tests.features.histories_data import store_of
from tests.features.kernel.kernel_world import any_tables
from tests.models.client_case import draw, labels, parts
from tests.models.segments.test_segmentation import SCHEME
from tests.records.places import ACTOR
from tests.serving.serving_parts import SETTINGS

TASK = load_task("configs/needs/heavier_home_care_6m.yaml")
NEED, SEGMENTATION = f"need_{TASK.id}", "segmentation_suuntima_like"
CLIENTS = [f"{number:08x}" * 4 for number in range(1, 9)]
RULES = EligibilityRules(
    version="1",
    minimum_history=Condition(feature="observed_history", at_least=1),
    social=(Condition(feature="age", at_least=0),),
    health=(Condition(feature="age", at_least=0),),
    long_term=(Condition(feature="age", at_least=0),),
)
AS_OF = date(2024, 4, 2)
TODAY = date(2024, 4, 3)


class Shelf:
    """Both live models."""

    def __init__(self, lives):
        self.lives = lives
        self.names = tuple(lives)

    def get(self, name):
        return self.lives.get(name)


class Runs:
    """As much of the engine as an entry asks."""

    def run_of(self, name, version):
        return "run-1"


class World:
    """A store, two signed bundles, and a log of answers about the clients."""

    def __init__(self, var):
        self.workspace = Workspace(var)
        served = ServedModels(segmentation=SEGMENTATION, needs="all")
        self.settings = SETTINGS.model_copy(update={"var": str(var), "models": served})
        snapshot = store_of(self.workspace.store, registers())
        packed = open_packed(self.workspace.packed, snapshot)
        stamp = DataStamp(snapshot.sha256, AS_OF - timedelta(days=1), AS_OF)
        self.registers = Registers(snapshot, stamp, RelationsIndex({}, {}), {}, packed)
        self.lives = {name: self.live(name, model) for name, model in models().items()}
        self.records = Records(self.workspace.records, lambda: pd.Timestamp("2025-01-02T10:00Z").to_pydatetime())
        self.shown = {}

    def live(self, name, model):
        folder = self.workspace.bundles / name
        folder.mkdir(parents=True)
        key = load_or_create_signing_key(self.workspace.keys)
        sha256 = write_bundle(folder / "new", name.split("_")[0], model.to_files(), key)
        (folder / "new").rename(folder / sha256)
        return LiveModel(Chosen(name, "1", "run-1", sha256), model)

    def case(self, client):
        return RegisterCase(self.registers, Shelf(self.lives), self.settings, client, TODAY)

    def noted(self, kind, client, answers, detail):
        event = AuditEvent(kind, "ok", ACTOR, "r", "care_relationship", client_id=client, detail=detail)
        self.shown[self.records.audit(event)] = answers

    def answer(self, client, *levels):
        case = self.case(client)
        answers = (case.segment(tuple(by_hand(SCHEME, *one) for one in levels)), case.need(TASK.id))
        self.noted("answer", client, answers, evidence(answers, Runs(), self.registers.stamp, case.stamp()))

    def explore(self, client, output):
        case = self.case(client)
        if found := case.explore(output):
            detail = evidence_of_explored(found, Runs(), self.registers.stamp, case.stamp())
            self.noted("counterfactual", client, (found.found,), detail)


def registers():
    """Random tables of the clients; anything may be late, corrected or open."""
    found = any_tables(CLIENTS, random.Random(3).choice)
    own = {name: frame[frame["client_id"] != "stranger"] for name, frame in found.items() if "client_id" in frame}
    return {**found, **own}


def models():
    rows = draw(400)
    described = parts(rows)

    def learner(seed):
        used = described.used_columns(rows)
        trained = LogisticRegression.fit(used, labels(rows, seed), described.used, BaselineSettings())
        return BinaryModel(trained, Calibration(0.9, 0.1))

    axes = tuple(
        AxisModel(axis, tuple(learner(seed) for seed, _ in enumerate(axis.levels[1:]))) for axis in SCHEME.axes
    )
    return {
        SEGMENTATION: SegmentationModel(described, SCHEME, RULES, axes),
        NEED: NeedModel(described, TASK, learner(5)),
    }


def no_registry(workspace):
    raise ModelError("The model registry cannot be reached.")


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Every client's answers, with and without a level by hand, and what would change them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("LUOTAIN_VAR", raising=False)
        patch.setattr(sources, "connect", no_registry)
        world = World(tmp_path_factory.mktemp("replay"))
        for client in CLIENTS:
            world.answer(client)
            for output in ("complexity", "resources", TASK.id):
                world.explore(client, output)
        world.answer(CLIENTS[0], ("complexity", "high"))
        yield world
        world.records.close()
