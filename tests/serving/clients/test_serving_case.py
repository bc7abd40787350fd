"""One client's case over real small models: what is asked of them, and what would change one of their estimates."""

import math
from dataclasses import dataclass, replace
from datetime import date
from types import SimpleNamespace

import numpy as np
import pytest

from configs.loader import validate_config
from models.explaining.supposing.counterfactual import NOT_STORED
from models.learners.baseline import BaselineSettings, LogisticRegression
from models.learners.binary import BinaryModel
from models.learners.calibration import Calibration
from models.needs.need import NeedModel, load_task
from models.planning.channels.suitability_config import SuitabilityRules
from models.planning.channels.told import channels_told
from models.segments.scheme import load_scheme
from models.segments.segmentation import AxisModel, SegmentationModel
from serving.engine.clients.case import RegisterCase
from serving.engine.outputs import outputs_of
from serving.pages.services import Unavailable
from serving.settings import ServedModels
from tests.models.client_case import draw, labels, names, parts
from tests.models.segments.test_questionnaire import row as record
from tests.models.segments.test_questionnaire import table
from tests.models.segments.test_segmentation import RULES, SCHEME
from tests.plans import covers

AS_OF = date(2024, 1, 1)
TASK = load_task("configs/needs/heavier_home_care_6m.yaml")
NEED, SEGMENTATION = f"need_{TASK.id}", "segmentation_suuntima_like"


@dataclass
class Shelf:
    models: dict

    @property
    def names(self):
        return tuple(self.models)

    def stopped(self, name):
        return None

    def get(self, name):
        if name not in self.models:
            return None
        chosen = SimpleNamespace(name=name, version="1", sha256="0" * 64)
        return SimpleNamespace(model=self.models[name], chosen=chosen)


@pytest.fixture(scope="module")
def rows():
    return draw(400)


def learner(rows, described, seed):
    used = described.used_columns(rows)
    trained = LogisticRegression.fit(used, labels(rows, seed), described.used, BaselineSettings())
    return BinaryModel(trained, Calibration(0.9, 0.1))


@pytest.fixture(scope="module")
def models(rows):
    described = parts(rows)
    axes = tuple(
        AxisModel(axis, tuple(learner(rows, described, seed) for seed, _ in enumerate(axis.levels[1:])))
        for axis in SCHEME.axes
    )
    need = NeedModel(described, TASK, learner(rows, described, 5))
    return {SEGMENTATION: SegmentationModel(described, SCHEME, RULES, axes), NEED: need}


@pytest.fixture
def case_of(models, rows, monkeypatch):
    def build(records=None, today=date(2024, 1, 2), served=None, **values):
        row = rows[0].copy()
        own = {"age": 80, "home_care_episode": 1, "observed_history": 400, "contact_months__365d": 6}
        for name, value in {**own, **values}.items():
            row[names().index(name)] = value
        tables = {"segment_records": table(*(records or ()))}
        stamp = SimpleNamespace(as_of=AS_OF, data_until=date(2023, 12, 31))
        registers = SimpleNamespace(stamp=stamp, tables_of=lambda client: tables)
        served_models = ServedModels(segmentation=SEGMENTATION, needs="all")
        settings = SimpleNamespace(models=served_models, channels="configs/channel_suitability.yaml")
        case = RegisterCase(registers, Shelf(models if served is None else served), settings, "a" * 32, today)
        monkeypatch.setattr(case, "_row", lambda live: row.astype(np.float32))
        monkeypatch.setattr(case, "_newest", lambda live: {"emergency_contacts": date(2023, 12, 2)})
        return case

    return build


def test_the_newest_days_reach_the_answers(case_of):
    ages = {one.source: one.days for one in case_of().segment().freshness}
    assert ages["register of contacts"] == 30  # 2 December to 1 January
    assert ages["register of assessments"] is None
    assert case_of().need(TASK.id).freshness == case_of().segment().freshness


def test_a_recorded_level_that_the_scheme_does_not_have_stops_the_answer_and_is_not_repeated(case_of):
    case = case_of(records=[record("2023-12-01", axis1="enormous")])
    with pytest.raises(Unavailable, match="allowed: low, high") as refused:
        case.segment()
    assert "enormous" not in str(refused.value)


def test_every_estimate_may_be_explored(case_of, models):
    outputs = [output for model in models.values() for output in outputs_of(model)]
    assert outputs == ["complexity", "resources", TASK.id]
    for output in outputs:
        explored = case_of().explore(output)
        assert explored.found.id == output
        assert explored.stamp.name == (NEED if output == TASK.id else SEGMENTATION)
        assert explored.found.sentence == NOT_STORED  # these bundles declare nothing that may change


def test_the_line_is_even_for_an_axis_and_where_everyone_starts_for_a_need(case_of):
    case = case_of()
    base = case.need(TASK.id).likelihood.base
    assert case.explore("complexity").found.target == 0.5
    assert case.explore(TASK.id).found.target == pytest.approx(1 / (1 + math.exp(-base)))
    assert case.explore(TASK.id).found.probability_now == pytest.approx(case.need(TASK.id).likelihood.probability)


@pytest.mark.parametrize(
    "values,                      output",
    [
        ({}, "mood"),
        ({"contact_months__365d": 0}, "complexity"),  # a single service need: no proposal, no estimate
        ({"home_care_episode": 0}, TASK.id),  # not whom the task is about
    ],
)
def test_what_was_not_estimated_of_the_client_is_not_explored(case_of, values, output):
    assert case_of(**values).explore(output) is None


def test_without_a_live_model_the_answer_is_unavailable(case_of):
    with pytest.raises(Unavailable):
        case_of(served={}).segment()
    with pytest.raises(Unavailable):
        case_of(served={}).need(TASK.id)


def test_an_axis_with_three_levels_has_an_estimate_for_each_but_the_lowest(models):
    three = load_scheme("configs/schemes/tuen_portaat.yaml")
    learners = models[SEGMENTATION].axes[0].thresholds
    axes = tuple(AxisModel(axis, learners * (len(axis.levels) - 1)) for axis in three.axes)
    outputs = list(outputs_of(replace(models[SEGMENTATION], scheme=three, axes=axes)))
    assert outputs == ["support_step_enhanced", "support_step_special", "close_people"]


@covers("000-3")
@pytest.mark.parametrize("values", [{}, {"contact_months__365d": 0}, {"age": 9}])
def test_every_segment_answer_tells_the_channels_whatever_its_status(case_of, values):
    told = case_of(**values).segment().channels
    assert [one.channel for one in told.channels] == ["in_person", "phone", "digital"]
    assert told.channels[0].level == "suits"  # home care is in force
    assert told.channels[2].level == "unknown"  # these features do not say whether digital services were used
    assert told.offered == ("in_person", "phone")


@covers("000-3")
def test_a_sensitive_feature_is_no_reason_of_a_channel_and_hides_the_digital_one(models, rows):
    described = models[SEGMENTATION].parts
    row = rows[0].copy()
    row[names().index("rai_cps")], row[names().index("emergency_contacts__365d")] = 1.0, 3.0
    sign = {"at_least": 2, "source": "s", "name": {"fi": "a", "sv": "b", "en": "c"}}
    texts = {"fi": "a", "sv": "b", "en": "c"}
    values = {
        "version": "1",
        "notice": texts,
        "channels": {
            "home": {"name": texts, "digital": False, "speaks_for": [{**sign, "feature": "emergency_contacts__365d"}]},
            "digital": {"name": texts, "digital": True, "excludes": [{**sign, "feature": "rai_cps"}]},
        },
    }
    rules = validate_config(values, SuitabilityRules, "channels")
    assert [one.level for one in channels_told(rules, described, row).channels] == ["suits", "possible"]
    families = {
        name: one.model_copy(update={"sensitivity": "family", "enabled": True})
        for name, one in described.catalogue.families.items()
    }
    hidden = replace(described, catalogue=described.catalogue.model_copy(update={"families": families}))
    assert [one.level for one in channels_told(rules, hidden, row).channels] == ["possible", "unknown"]
