"""The live models are monitored by the very probabilities that they answer with, the axes of a segmentation too."""

from types import SimpleNamespace

import numpy as np
import pytest

from configs.errors import ModelError
from evaluation.monitoring import alarms
from evaluation.monitoring.asked import ClientModel, live_models, probabilities
from evaluation.monitoring.scored import scored
from evaluation.monitoring.settings import Thresholds
from models.answers import ModelStamp
from models.needs.need import NeedModel
from models.segments.segmentation import SegmentationModel
from tests.audit.conftest import NEED, SEGMENTATION, World
from tests.training import small_training as small

STAMP = ModelStamp("m", "1", "0" * 64, "2024-12-31", "2025-01-01")
AXES = (f"{SEGMENTATION} complexity", f"{SEGMENTATION} resources")


@pytest.fixture(scope="module")
def live(world: World) -> dict[str, ClientModel]:
    return {
        NEED: NeedModel.from_bundle(world.bundles[NEED]),
        SEGMENTATION: SegmentationModel.from_bundle(world.bundles[SEGMENTATION]),
    }


def test_the_live_models_are_asked_and_another_name_is_refused(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "evaluation.monitoring.asked.verified",
        lambda _, __, asked: {one.name: world.bundles[one.name] for one in asked},
    )
    found = dict(live_models(world.registry, world.workspace, ()))
    assert list(found) == [NEED, SEGMENTATION]
    assert list(dict(live_models(world.registry, world.workspace, (SEGMENTATION,)))) == [SEGMENTATION]
    with pytest.raises(ModelError, match=r"No version of need_x is live\. Live are: need_heavier_home_care_6m"):
        list(live_models(world.registry, world.workspace, ("need_x",)))


def test_a_monitored_axis_is_what_the_client_is_answered(live: dict[str, ClientModel]) -> None:
    model = live[SEGMENTATION]
    assert isinstance(model, SegmentationModel)
    p = probabilities(small.SNAPSHOT, small.history(), SEGMENTATION, model)
    assert tuple(p) == AXES
    statuses = set()
    for row in range(0, 60, 3):
        told = model.answer(small.FRAME[row], STAMP)
        statuses.add(told.status)
        expected = [one.probability for one in told.axes] if told.status == "answered" else [np.nan, np.nan]
        assert [p[name][row] for name in AXES] == pytest.approx(expected, nan_ok=True)
    assert "answered" in statuses


def test_outside_the_gate_an_axis_has_no_score(live: dict[str, ClientModel]) -> None:
    model = live[SEGMENTATION]
    history = small.history()
    history.frame["contact_months__365d"] = np.nan
    history.frame["emergency_contacts__365d"] = np.nan
    found = probabilities(small.SNAPSHOT, history, SEGMENTATION, model)
    assert all(np.isnan(values).all() for values in found.values())


def test_every_output_is_told_and_an_estimate_that_fell_is_an_alarm(live: dict[str, ClientModel]) -> None:
    history, limits = small.history(), Thresholds()
    snapshot = SimpleNamespace(**{**vars(small.SNAPSHOT), "data_until": small.DATES[0].date()})  # nothing came yet
    told = [
        one
        for name, model in live.items()
        for one in scored(snapshot, history, history, name, model, limits)  # type: ignore[arg-type]
    ]
    assert [one.name for one in told] == [NEED, *AXES]
    assert all(0.5 < one.told["estimated"]["auroc"] <= 1 for one in told)
    assert all(one.told["realised"]["events"] is None for one in told)
    newest = np.flatnonzero((history.rows["as_of"] == history.rows["as_of"].max()).to_numpy())
    p = next(one.p for one in told if one.name == AXES[0])
    middle = newest[np.argsort(p[newest])][len(newest) * 2 // 5 : len(newest) * 3 // 5]
    history.frame.iloc[newest] = history.frame.iloc[np.resize(middle, len(newest))].to_numpy()  # all much alike
    fell = scored(snapshot, history, history, SEGMENTATION, live[SEGMENTATION], limits)  # type: ignore[arg-type]
    assert fell[0].told["estimated_fall"] > limits.estimated_auroc_fall
    assert fell[0].alarms == (alarms.fell(AXES[0], fell[0].told["estimated_fall"]),)
