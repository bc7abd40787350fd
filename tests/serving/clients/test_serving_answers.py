"""What the service adds to answers: which needs are served, which day it is, what a role is told, by-hand levels."""

from dataclasses import replace
from datetime import date

import pytest

from models.answers import NeedAnswer
from models.segments.scheme import load_scheme
from serving.desk.asking import GivenAnswer, NotAsked
from serving.desk.requests import Caller, Grounds
from serving.engine.catalogue import MOST_LEVELS, layout_of, questions_of
from serving.engine.engine import RegisterEngine
from serving.engine.shelf import LAST_GOOD, Shelf, live_names
from serving.pages.services import NotYours
from serving.settings import ServedModels
from serving.users.directory import users_of
from serving.users.handles import handle_of
from tests.serving.fake_engine import MINE, OTHERS, FakeCase, FakeEngine
from tests.serving.serving_parts import house, settings

GROUNDS = Grounds("client_guidance", "service_need_assessment")


class Names:
    """A registry that knows names and which of them have a champion."""

    def __init__(self, **live):
        self.live = live

    def names(self):
        return tuple(sorted(self.live))

    def champion(self, name):
        return self.live[name]

    def champions(self):
        return {name: version for name, version in self.live.items() if version is not None}


def test_all_serves_every_champion_whose_name_begins_so():
    registry = Names(need_b="2", need_a="1", need_draft=None, demand_x="3", segmentation_y="4")
    assert live_names(registry, "need_") == ("need_a", "need_b")


def test_with_the_registry_down_all_serves_the_local_copies(tmp_path, monkeypatch):
    monkeypatch.setenv("LUOTAIN_VAR", str(tmp_path))
    workspace = settings().workspace
    for name in ("need_b", "need_a", "need_never_checked", "demand_x"):
        (workspace.bundles / name).mkdir(parents=True)
        if name != "need_never_checked":
            (workspace.bundles / name / LAST_GOOD).write_text("{}")
    shelf = Shelf(workspace, ("segmentation_y", "demand_x"), "need_")
    assert shelf._served(None, {}) == ("segmentation_y", "demand_x", "need_a", "need_b")
    assert Shelf(workspace, ("need_c",))._served(None, {}) == ("need_c",)


@pytest.mark.parametrize(
    "needs,                    named,            everything",
    [((), (), False), (("need_a",), ("need_a",), False), ("all", (), True)],
)
def test_needs_are_names_or_all(needs, named, everything):
    models = ServedModels(segmentation="s", needs=needs, demand=("d",))
    assert (models.named_needs, models.all_needs) == (named, everything)
    assert models.names == ("s", *named, "d")


class Stamped:
    class stamp:
        as_of = date(2025, 1, 1)


@pytest.mark.parametrize("clock, day", [("system", date(2026, 11, 21)), ("data", date(2025, 1, 1))])
def test_which_day_it_is_when_an_answers_age_is_judged(clock, day):
    engine = RegisterEngine(settings(clock=clock), lambda: date(2026, 11, 21))
    assert engine._today(Stamped()) == day


def test_the_axes_are_asked_as_the_scheme_says():
    first, second = questions_of(load_scheme("configs/schemes/suuntima_like.yaml"))
    assert (first.id, first.respondent, [level for level, _ in first.levels]) == (
        "complexity",
        "professional",
        ["low", "high"],
    )
    assert (second.respondent, second.levels[0][1]["fi"]) == ("client", "hyvät")


def test_a_scheme_with_too_many_levels_has_no_picture():
    scheme = load_scheme("configs/schemes/suuntima_like.yaml")
    assert layout_of(scheme) is not None
    first = scheme.axes[0]
    many = first.model_copy(update={"levels": first.levels * MOST_LEVELS})
    assert layout_of(scheme.model_copy(update={"axes": (many, scheme.axes[1])})) is None
    assert layout_of(scheme.model_copy(update={"axes": (first,)})) is None


class SensitiveCase(FakeCase):
    """One of the reasons is about money."""

    def need(self, task):
        plain = super().need(task)
        first, *rest = plain.likelihood.reasons
        reasons = (replace(first, sensitivity="economic"), *rest)
        return replace(plain, likelihood=replace(plain.likelihood, reasons=reasons, contributions=reasons))


class SensitiveEngine(FakeEngine):
    def open(self, client_id):
        return SensitiveCase(self, client_id)


@pytest.mark.parametrize(
    "sensitive,                    told",
    [
        ({}, False),
        ({"coordinator": ("economic",)}, True),
        ({"coordinator": ("substance",)}, False),
        ({"planner": ("economic",)}, False),
    ],
)
def test_a_role_is_told_only_the_sensitive_reasons_it_may_see(var, sensitive, told):
    built = house(SensitiveEngine(), sensitive=sensitive)
    user = users_of(built.settings)["coordinator"]
    _, answer = built.desk.need(Caller(user, "session", "r"), GROUNDS, MINE, "heavier_home_care_6m")
    assert isinstance(answer, NeedAnswer)
    families = {reason.family for reason in answer.likelihood.reasons}
    assert ("emergency_contacts" in families) == told
    assert ("restricted" in families) != told
    built.close()


@pytest.fixture
def coordinator(built):
    return built.services.visitor(built.services.sign_in("coordinator"))


def test_a_by_hand_view_is_logged_as_one_answer_with_its_level_ids(built, coordinator):
    handle = handle_of(MINE, coordinator.session.handle_key)
    view = built.services.client(coordinator, handle, (GivenAnswer("resources", "high"),))
    assert [one.level for one in view.segment.answers] == ["high"]
    assert [question.id for question in view.questions] == ["complexity", "resources"]
    shown = built.desk.records.shown_answer(view.answer_id, "coordinator", MINE)
    assert shown["detail"]["answers"][0]["people"] == [
        {"axis": "resources", "level": "high", "respondent": "client", "given": "by_hand"}
    ]


def test_an_unknown_by_hand_level_reaches_no_model(built, coordinator):
    handle = handle_of(MINE, coordinator.session.handle_key)
    with pytest.raises(NotAsked):
        built.services.client(coordinator, handle, (GivenAnswer("resources", "superb"),))
    assert built.desk.engine.asked == []


@pytest.mark.parametrize("client, output", [(OTHERS, "complexity"), (MINE, "resources")])
def test_what_would_change_is_told_of_ones_own_clients_estimates_only(built, coordinator, client, output):
    handle = handle_of(client, coordinator.session.handle_key)
    with pytest.raises(NotYours):
        built.services.what_would_change(coordinator, handle, output)


def test_what_would_change_on_the_page(built, coordinator):
    handle = handle_of(MINE, coordinator.session.handle_key)
    explored = built.services.what_would_change(coordinator, handle, "complexity")
    assert (explored.found.reached, explored.found.target) == (True, 0.5)
