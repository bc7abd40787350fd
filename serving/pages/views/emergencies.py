"""Emergency access: the coordinator's form and the auditor's list with its reviews."""

import secrets
from typing import get_args

from starlette.responses import Response

from serving.pages.emergency import MAX_REASON, MIN_REASON, MINUTES, REVIEW_DAYS, Finding
from serving.pages.page import Page
from serving.pages.services import NotAllowed, NotYours
from serving.pages.views.front import navigation

LIMITS = {"minutes": MINUTES, "days": REVIEW_DAYS, "min_reason": MIN_REASON, "max_reason": MAX_REASON}
SENT = ("finding", "note")
"""Fields of a review that are shown again when something is missing."""


def form(page: Page) -> Response:
    """The form; it tells nothing about any client."""
    if "clients" not in navigation(page.who.role):
        raise NotAllowed("This role opens no clients.")
    return _form(page, None, 200)


def open_client(page: Page) -> Response:
    """To the client once the reason is in the log; unknown and malformed are told the same."""
    given = page.form
    try:
        handle = page.services.emergencies.open(
            page.who, given.get("client", "").strip(), given.get("reason", ""), given.get("key", "")
        )
    except NotYours:
        return _form(page, "search.not_found", 404)
    except NotAllowed:
        if "clients" not in navigation(page.who.role):
            raise
        return _form(page, "emergency.fault.reason", 400)
    return page.go(f"/clients/{handle}")


def end(page: Page) -> Response:
    """The end of the access, before its hour is over."""
    page.services.emergencies.end(page.who, page.request.path_params["handle"])
    return page.go("/clients")


def cases(page: Page) -> Response:
    """What waits for a review, and what was found before."""
    return _cases(page, None, 200)


def back(page: Page) -> Response:
    """The address of a form opened without it."""
    return page.go("/emergencies")


def review(page: Page) -> Response:
    """Record a finding."""
    finding, note = page.form.get("finding", ""), page.form.get("note", "")
    if finding not in get_args(Finding) or len(note.strip()) < MIN_REASON or len(note) > MAX_REASON:
        return _cases(page, "emergency.fault.review", 400)
    page.services.emergencies.review(page.who, page.request.path_params["emergency_id"], finding, note)
    return page.go("/emergencies")


def _form(page: Page, failed: str | None, status: int) -> Response:
    given = {"reason": page.form.get("reason", "")}
    return page.show(
        "emergency.html", status, failed=failed, given=given, limits=LIMITS, form_key=secrets.token_urlsafe(16)
    )


def _cases(page: Page, failed: str | None, status: int) -> Response:
    found = page.services.emergencies.cases(page.who)
    sent = {"id": page.request.path_params.get("emergency_id", ""), **{name: page.form.get(name, "") for name in SENT}}
    waiting = [case for case in found if case.finding is None]
    return page.show(
        "emergencies.html",
        status,
        failed=failed,
        sent=sent,
        waiting=waiting,
        reviewed=[case for case in found if case.finding is not None],
        overdue=sum(case.overdue for case in waiting),
        findings=get_args(Finding),
        limits=LIMITS,
    )
