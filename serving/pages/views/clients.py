"""The coordinator's pages: the unit's clients, the search, one client with her answers, and the decision."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import fields
from http import HTTPStatus
from typing import get_args
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.responses import Response

from models.answers import MODEL_INFORMS
from models.texts import Text
from serving.desk.asking import GivenAnswer, NotAsked
from serving.pages.coordinator.file_picture import picture_of
from serving.pages.coordinator.own_view import ask
from serving.pages.coordinator.services import ListFilters, ViewFirst
from serving.pages.page import Page
from serving.pages.services import Choice, ClientView, Decision, NotYours
from serving.pages.views.change import change_of
from serving.pages.views.client_picture import summarise
from serving.pages.views.need_picture import OPEN_NEEDS
from serving.pages.views.people import FIELD, given_by_hand

MAX_REASON = 2000
FILTERS = tuple(one.name for one in fields(ListFilters))


def client_list(page: Page) -> Response:
    """The clients of the visitor's unit, narrowed as she asks."""
    filters = ListFilters(**{name: page.query(name) for name in FILTERS})
    return _show_list(page, filters, None, 200)


def search_page(page: Page) -> Response:
    """The search lives on the list page."""
    return page.go("/clients")


def search(page: Page) -> Response:
    """To the client's page under the session's handle; unknown, malformed and not yours are told the same."""
    given = page.form.get("henkilotunnus", "").strip()
    if not given:
        return _search_failed(page, "search.empty", 400)
    try:
        handle = page.services.find_client(page.who, given)
    except NotYours:
        return _search_failed(page, "search.not_found", 404)
    return page.go(f"/clients/{handle}")


def client(page: Page) -> Response:
    """One client: the proposal in words, reasons, needs, what is missing, and the decision form."""
    handle = page.request.path_params["handle"]
    try:
        view = page.services.client(page.who, handle)
    except ViewFirst:
        return ask(page, handle)
    return _show_client(page, view, {}, {}, 200)


def try_by_hand(page: Page) -> Response:
    """The same page with levels that the visitor gives: nothing is stored, the log notes what was tried."""
    handle, given = page.request.path_params["handle"], given_by_hand(page.form)
    view = _tried(page, handle, given)
    faults = {} if given else {"by-hand": "hand.empty"}
    return _show_client(page, view, {}, faults, 400 if faults else 200)


def what_would_change(page: Page) -> Response:
    """What would change one estimate; worked out only when it is asked for."""
    handle = page.request.path_params["handle"]
    explored = page.services.what_would_change(page.who, handle, page.query("output"))
    return page.show("what_would_change.html", handle=handle, explored=explored, change=change_of(explored.found))


def back_to_client(page: Page) -> Response:
    """The address of a form opened without it (e.g. after a change of language)."""
    return page.go(f"/clients/{page.request.path_params['handle']}")


def decide(page: Page) -> Response:
    """Record the decision, or show the form again with what is missing in it."""
    handle = page.request.path_params["handle"]
    faults = _faults(page.form)
    if faults:
        return _show_client(page, _tried(page, handle, given_by_hand(page.form)), page.form, faults, 400)
    receipt = page.services.decide(page.who, handle, _decision(page.form))
    return page.go(f"/clients/{handle}/decided/{receipt.decision_id}")


def decided(page: Page) -> Response:
    """The confirmation: what was recorded, in words."""
    handle = page.request.path_params["handle"]
    receipt = page.services.receipt(page.who, handle, page.request.path_params["decision_id"])
    return page.show("decided.html", receipt=receipt, handle=handle)


def _search_failed(page: Page, message: str, status: int) -> Response:
    return _show_list(page, ListFilters(), message, status)


def _show_list(page: Page, filters: ListFilters, failed: str | None, status: int) -> Response:
    found = page.services.clients(page.who, page.page_number(), filters)
    query = urlencode(filters.chosen) + "&" if filters.chosen else ""
    return page.show("clients.html", status, found=found, filters=filters, query=query, failed=failed)


def _tried(page: Page, handle: str, given: Sequence[GivenAnswer]) -> ClientView:
    """The client with by-hand answers; an answer that no form of ours offers is a bad request."""
    try:
        return page.services.client(page.who, handle, given)
    except NotAsked:
        raise HTTPException(HTTPStatus.BAD_REQUEST) from None


def _show_client(
    page: Page, view: ClientView, given: Mapping[str, str], faults: Mapping[str, str], status: int
) -> Response:
    file = page.services.coordinator.file(page.who, view.handle)
    return page.show(
        "client.html",
        status,
        view=view,
        file=file,
        told=picture_of(file, view.task_names, page.format, _outcomes(view)),
        picture=summarise(view, page.format),
        segments=page.services.segments(page.who),
        informs=MODEL_INFORMS,
        source_list=", ".join(page.language.label("source", source) for source in view.segment.sources),
        given=given,
        faults=faults,
        form_key=secrets.token_urlsafe(16),
        max_reason=MAX_REASON,
        by_hand_field=FIELD,
        open_needs=OPEN_NEEDS,
    )


def _outcomes(view: ClientView) -> dict[str, Text]:
    return {need.task: need.likelihood.outcome for need in view.needs if need.likelihood}


def _faults(form: Mapping[str, str]) -> dict[str, str]:
    """Field → text key of what is missing."""
    faults = {}
    if form.get("choice") not in get_args(Choice):
        faults["choice"] = "decision.fault.choice"
    if form.get("choice") == "change" and not form.get("segment"):
        faults["segment"] = "decision.fault.segment"
    if not form.get("reason", "").strip():
        faults["reason"] = "decision.fault.reason"
    elif len(form["reason"]) > MAX_REASON:
        faults["reason"] = "decision.fault.long"
    return faults


def _decision(form: Mapping[str, str]) -> Decision:
    choice = next(known for known in get_args(Choice) if known == form["choice"])
    segment = form["segment"] if choice == "change" else None
    return Decision(form.get("answer_id", ""), choice, segment, form["reason"].strip(), form.get("key", ""))
