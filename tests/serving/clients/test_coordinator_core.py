"""The coordinator's core: own view first, work list, file, letter, random sample; nothing past the right or the log."""

import json
from dataclasses import replace
from datetime import date

import pytest

from serving.coordinator.settings import OwnViewFirst, RandomSample
from serving.engine.clients.overview import ClientLine, Overview
from serving.engine.contract import DataStamp
from serving.pages.coordinator.services import ListFilters, Review, ViewFirst
from serving.pages.services import Decision, NotAllowed, NotYours
from serving.records.logs import Wanted
from serving.records.schema import AUDIT_LOG, OWN_VIEW_LOG, REVIEW_DRAW_LOG
from serving.users import handles
from tests.plans import covers
from tests.serving.fake_engine import MINE, MINE_TOO, OTHERS, STRANGER, FakeEngine, said
from tests.serving.serving_parts import CLIENT_QUESTION, SETTINGS, bearer, browser, house, service_of

pytestmark = pytest.mark.filterwarnings(
    "ignore:Using `httpx` with `starlette.testclient`",  # Starlette 1.x wants httpx2, BentoML brings httpx
    r"ignore::DeprecationWarning:(_bentoml|bentoml|opentelemetry|simple_di).*",  # old names of their libraries
)
EVERYBODY = OwnViewFirst(share=1.0, seed=3)
ACCEPT = Decision("", "accept", None, "sopii", "form-1")
REVIEW = Review("need_found", "Omainen uupunut. 010594Y9032", "contact", "r-1")


def built_with(var, engine=None, **changes):
    given = SETTINGS.coordinator.model_copy(update=changes)
    return house(engine or FakeEngine(), coordinator=given)


@pytest.fixture
def built(var):
    made = built_with(var)
    yield made
    made.close()


@pytest.fixture
def asked(var):
    """A house in which the own view is asked of everybody."""
    made = built_with(var, own_view=EVERYBODY)
    yield made
    made.close()


def coordinator(built):
    return built.services.visitor(built.services.sign_in("coordinator"))


def handle_of(visitor, client=MINE):
    return handles.handle_of(client, visitor.session.handle_key)


def audited(built, **equal):
    return built.desk.records.page(AUDIT_LOG, Wanted(equal), 1, 1000).entries


# The own view first


def test_nothing_of_the_answer_goes_out_before_the_own_view_is_given(asked):
    services, visitor = asked.services, coordinator(asked)
    handle = handle_of(visitor)
    for closed in (
        lambda: services.client(visitor, handle),
        lambda: services.what_would_change(visitor, handle, "complexity"),
        lambda: services.decide(visitor, handle, ACCEPT),
        lambda: services.coordinator.file(visitor, handle),
        lambda: services.coordinator.letter(visitor, handle, "html", "fi"),
    ):
        with pytest.raises(ViewFirst):
            closed()
    assert audited(asked, event="answer") == ()
    question = services.coordinator.question(visitor, handle)
    assert [one for one, _ in question.segments] == ["self_managed", "cooperative", "community", "network"]
    services.coordinator.give_view(visitor, handle, "community", "k-1")
    assert services.client(visitor, handle).segment.segments
    (kept,) = asked.desk.records.kept(OWN_VIEW_LOG)
    assert (kept["view"], kept["proposed"], kept["client_id"]) == ("community", "network", MINE)


def test_neither_the_list_nor_its_filters_tell_what_is_asked_first(asked):
    services, visitor = asked.services, coordinator(asked)
    rows = services.clients(visitor, 1, ListFilters()).rows
    assert {(row.status, row.segment) for row in rows} == {("ask_first", None)}
    assert services.clients(visitor, 1, ListFilters(segment="network")).total == 0
    assert services.clients(visitor, 1, ListFilters(segment="ask_first")).total == 2
    told = [entry["detail"]["proposed"] for entry in audited(asked, event="client_list")]
    assert "network" not in json.dumps(told)


def test_a_second_view_of_the_same_day_is_not_kept_and_a_wrong_one_is_refused(asked):
    services, visitor = asked.services, coordinator(asked)
    handle = handle_of(visitor)
    with pytest.raises(NotAllowed):
        services.coordinator.give_view(visitor, handle, "wizard", "k-0")
    services.coordinator.give_view(visitor, handle, "cannot_tell", "k-1")
    services.coordinator.give_view(visitor, handle, "network", "k-2")
    assert [row["view"] for row in asked.desk.records.kept(OWN_VIEW_LOG)] == ["cannot_tell"]


def test_a_client_without_a_proposal_is_not_asked_about_and_another_units_stays_unknown(asked):
    services, visitor = asked.services, coordinator(asked)
    for client in (OTHERS, STRANGER):
        with pytest.raises(NotYours):
            services.client(visitor, handle_of(visitor, client))
        with pytest.raises(NotYours):
            services.coordinator.question(visitor, handle_of(visitor, client))
        with pytest.raises(NotYours):
            services.coordinator.give_view(visitor, handle_of(visitor, client), "network", "k")


def test_who_is_asked_follows_from_seed_client_user_and_day(var):
    half = [built_with(var, own_view=OwnViewFirst(share=0.5, seed=seed)) for seed in (1, 1, 2)]
    clients = [f"{number:032x}" for number in range(400)]
    drawn = [[one.services.coordinator.own_views.is_drawn("aino", client) for client in clients] for one in half]
    assert drawn[0] == drawn[1] != drawn[2]
    assert 160 < sum(drawn[0]) < 240
    for one in half:
        one.close()


@covers("001-H12", "002-B3")
def test_agreement_is_counted_and_small_cells_hidden(asked):
    services, visitor = asked.services, coordinator(asked)
    handle = handle_of(visitor)
    services.coordinator.give_view(visitor, handle, "community", "k-1")
    view = services.client(visitor, handle)
    services.decide(visitor, handle, replace(ACCEPT, answer_id=view.answer_id))
    auditor = services.visitor(services.sign_in("auditor"))
    counts = services.coordinator.oversight(auditor).probe
    assert (counts.asked.counts["other"], counts.went_over) == (None, None)  # one case: hidden
    rows = asked.desk.records.kept(OWN_VIEW_LOG)
    many = [
        {**rows[0], "key": f"m-{n}", "client_id": f"{n:032x}", "view": view}
        for n, view in enumerate(["network"] * 6 + ["community"] * 5)
    ]
    event = asked.desk.event(services._caller(visitor), "own_view")
    asked.desk.records.keep(OWN_VIEW_LOG, many, event)
    told = services.coordinator.oversight(auditor).probe
    assert (told.asked.counts["same"], told.asked.counts["other"], told.went_over) == (6, 6, None)  # one of six


# The work list


@covers("001-B3")
@pytest.mark.parametrize(
    "filters,                          listed",
    [
        ({}, {MINE, MINE_TOO}),
        ({"plan": "none"}, {MINE_TOO}),
        ({"segment": "network"}, {MINE, MINE_TOO}),
        ({"segment": "community"}, set()),
        ({"segment": "not_answered"}, set()),
        ({"alert": "frequent_emergency"}, {MINE}),
        ({"alert": "debts"}, set()),  # a rule that the role may not be told of is no filter
        ({"group": "older"}, {MINE_TOO}),
        ({"changed": "yes"}, {MINE}),
        ({"changed": "yes", "group": "older"}, set()),
        ({"segment": "' OR 1=1 --"}, set()),
    ],
)
def test_A18_filters_narrow_ones_own_clients_and_reach_nobody_else(var, filters, listed):
    engine = FakeEngine()
    lines = {
        MINE: ClientLine("answered", "network", alerts=("frequent_emergency", "debts")),
        MINE_TOO: ClientLine("answered", "network", groups=("older",)),
        OTHERS: ClientLine("answered", "network", ("frequent_emergency",), ("older",)),
    }
    engine.looked_over = Overview(frozenset(), lines)
    built = built_with(var, engine)
    visitor = coordinator(built)
    page = built.services.clients(visitor, 1, ListFilters(**filters))
    assert {handles.client_of(row.handle, visitor.session.handle_key) for row in page.rows} == listed
    (entry,) = audited(built, event="client_list")
    assert set(entry["detail"]["clients"]) == listed
    assert entry["detail"]["filters"] == filters
    assert "debts" not in str([row.alerts for row in page.rows])
    built.close()


def test_before_the_overview_is_there_the_list_works_and_says_so(var):
    engine = FakeEngine()
    engine.looked_over = None
    built = built_with(var, engine)
    page = built.services.clients(coordinator(built), 1, ListFilters())
    assert (page.total, page.choices.ready, {row.segment for row in page.rows}) == (2, False, {None})
    built.close()


def test_changes_are_told_since_the_last_visit_on_older_data(built):
    engine, services, visitor = built.desk.engine, built.services, coordinator(built)
    now = engine.data()
    engine.data = lambda: DataStamp("aa" * 32, date(2024, 12, 14), date(2024, 12, 15))
    assert not services.clients(visitor, 1, ListFilters()).visited
    engine.data = lambda: now
    page = services.clients(visitor, 1, ListFilters())
    assert (page.visited, page.since) == (True, "2024-12-15")
    assert page.rows[0].changes == (("contact", 1),)  # 20 December; the one of the 12th was known at the visit
    assert services.clients(visitor, 1, ListFilters()).since == "2024-12-15"  # the same day's second look too


# The file and the letter


@covers("002-G2")
def test_the_file_is_logged_before_it_is_shown_and_earlier_forecasts_come_from_the_log(built):
    engine, services, visitor = built.desk.engine, built.services, coordinator(built)
    handle = handle_of(visitor)
    services.client(visitor, handle)
    assert services.coordinator.file(visitor, handle).earlier == ()  # today's own answer is no earlier forecast
    later = DataStamp("ee" * 32, date(2025, 12, 31), date(2026, 1, 1))
    engine.data = lambda: later
    file = services.coordinator.file(visitor, handle)
    (earlier,) = file.earlier
    assert (earlier.task, earlier.made, earlier.outcome.kind) == ("heavier_home_care_6m", "2025-01-01", "happened")
    assert earlier.probability == 0.622
    assert [one.id for one in file.alerts] == ["frequent_emergency"]
    entry = audited(built, event="client_file")[0]
    assert (entry["ground"], entry["detail"]["alerts"]) == ("care_relationship", ["frequent_emergency"])


def test_the_making_of_a_letter_is_logged_with_form_and_language(built):
    services, visitor = built.services, coordinator(built)
    letter = services.coordinator.letter(visitor, handle_of(visitor), "pdf", "sv")
    (entry,) = audited(built, event="letter")
    assert entry["detail"] == {"format": "pdf", "language": "sv"}
    assert entry["answer_id"] == audited(built, event="answer")[0]["answer_id"]
    assert letter.segment == said("network")
    assert (letter.raises, letter.lowers) == (
        (said("emergency_contacts painaa"),),
        (said("informal_care painaa"),),
    )
    assert letter.changes == (said("1 visit (3 now)"),)


# The random sample


def sampled(var, **lines):
    engine = FakeEngine()
    engine.looked_over = Overview(frozenset(), {MINE: ClientLine("not_eligible"), **lines})
    return built_with(var, engine, sample=RandomSample(rate=0.5, seed=1, at_least=1))


def test_the_sample_is_drawn_once_recorded_and_reviewed(var):
    built = sampled(
        var, **{MINE_TOO: ClientLine("answered", "network", lists=("heavier",)), OTHERS: ClientLine("not_eligible")}
    )
    services, visitor = built.services, coordinator(built)
    queue = services.coordinator.reviews(visitor)
    assert [(one.handle, one.reason) for one in queue.clients] == [(handle_of(visitor), "not_eligible")]
    services.coordinator.reviews(visitor)
    (row,) = built.desk.records.kept(REVIEW_DRAW_LOG)
    assert (row["rate"], row["seed"], row["population"], row["period"]) == (0.5, 1, {"not_eligible": 1}, "2024-12")
    services.coordinator.review(visitor, handle_of(visitor), REVIEW)
    (done,) = services.coordinator.reviews(visitor).clients
    assert (done.finding, done.next_step) == ("need_found", "contact")
    assert "[henkilötunnus]" in str(built.services.coordinator._reviews.found("asiakasohjaus_lansi", "2024-12"))
    (entry,) = audited(built, event="review")
    assert (entry["client_id"], entry["detail"]["finding"]) == (MINE, "need_found")
    for client in (MINE_TOO, OTHERS, STRANGER):
        with pytest.raises(NotYours):
            services.coordinator.review(visitor, handle_of(visitor, client), REVIEW)
    built.close()


def test_counts_hide_small_cells_and_go_to_auditor_and_own_unit_only(var):
    built = sampled(var)
    services, visitor = built.services, coordinator(built)
    services.coordinator.reviews(visitor)
    auditor = services.visitor(services.sign_in("auditor"))
    (counts,) = services.coordinator.oversight(auditor).reviews
    assert counts.population.counts == {"not_eligible": None, "not_assessable": 0, "below_lists": 0}
    assert counts.drawn.total is None
    for wrong in (lambda: services.coordinator.oversight(visitor), lambda: services.coordinator.reviews(auditor)):
        with pytest.raises(NotAllowed):
            wrong()
    built.close()


@pytest.mark.parametrize("user, status, units", [("auditor", 200, 1), ("coordinator", 200, 1), ("planner", 403, 0)])
def test_the_api_tells_the_samples_counts(var, user, status, units):
    built = sampled(var)
    built.services.coordinator.reviews(coordinator(built))
    client = browser(service_of(built).to_asgi())
    with client:
        question = {"decision_point": "oversight", "purpose": "quality_control"}
        answer = client.post("/v1/review-sample", json=question, headers=bearer(user))
        assert answer.status_code == status
        assert len(answer.json().get("samples", ())) == units
        wrong = client.post("/v1/review-sample", json=CLIENT_QUESTION, headers=bearer(user))
        assert wrong.status_code == 400
