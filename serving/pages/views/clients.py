"""The coordinator's pages: the unit's clients, the search, one client with her answers, and the decision."""

import secrets
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import get_args

from starlette.exceptions import HTTPException
from starlette.responses import Response

from models.answers import MODEL_INFORMS
from serving.asking import GivenAnswer, NotAsked
from serving.pages.page import Page
from serving.pages.services import Choice, ClientView, Decision, NotYours
from serving.pages.views.change import change_of
from serving.pages.views.client_picture import summarise
from serving.pages.views.need_picture import OPEN_NEEDS
from serving.pages.views.people import FIELD, given_by_hand

MAX_REASON = 2000


def client_list(page: Page) -> Response:
    """The clients of the visitor's unit."""
    without_plan = page.query("plan") == "none"
    found = page.services.clients(page.who, page.page_number(), without_plan)
    return page.show("clients.html", found=found, without_plan=without_plan, failed=None)


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
    view = page.services.client(page.who, page.request.path_params["handle"])
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
    found = page.services.clients(page.who, 1, False)
    return page.show("clients.html", status, found=found, without_plan=False, failed=message)


def _tried(page: Page, handle: str, given: Sequence[GivenAnswer]) -> ClientView:
    """The client with by-hand answers; an answer that no form of ours offers is a bad request."""
    try:
        return page.services.client(page.who, handle, given)
    except NotAsked:
        raise HTTPException(HTTPStatus.BAD_REQUEST) from None


def _show_client(
    page: Page, view: ClientView, given: Mapping[str, str], faults: Mapping[str, str], status: int
) -> Response:
    return page.show(
        "client.html",
        status,
        view=view,
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
