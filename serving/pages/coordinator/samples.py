"""The random sample of those not selected: the reviewer's list, and the auditor's counts."""

import secrets
from collections.abc import Mapping
from typing import get_args

from starlette.responses import Response

from serving.pages.coordinator.services import Finding, NextStep, Review
from serving.pages.page import Page

FINDINGS: tuple[Finding, ...] = get_args(Finding)
NEXT_STEPS: tuple[NextStep, ...] = get_args(NextStep)
MAX_REASON = 2000


def queue(page: Page) -> Response:
    """The unit's sample of the month."""
    return _show(page, {}, "", 200)


def review(page: Page) -> Response:
    """Keep one review, or show the form again with what was written."""
    handle, given = page.request.path_params["handle"], _review(page.form)
    if given is None:
        return _show(page, page.form, handle, 400)
    page.services.coordinator.review(page.who, handle, given)
    return page.go("/reviews")


def back(page: Page) -> Response:
    """A form's address opened as a page: to the list."""
    return page.go("/reviews")


def counts(page: Page) -> Response:
    """Counts of reviews and own views."""
    return page.show("coordinator/review_counts.html", counts=page.services.coordinator.oversight(page.who))


def _show(page: Page, given: Mapping[str, str], faulty: str, status: int) -> Response:
    queue = page.services.coordinator.reviews(page.who)
    return page.show(
        "coordinator/reviews.html",
        status,
        queue=queue,
        left=sum(one.finding is None for one in queue.clients),
        given=given,
        faulty=faulty,
        findings=FINDINGS,
        next_steps=NEXT_STEPS,
        form_key=secrets.token_urlsafe(16),
        max_reason=MAX_REASON,
    )


def _review(form: Mapping[str, str]) -> Review | None:
    """The review in a form; None when something is missing in it."""
    finding = next((one for one in FINDINGS if one == form.get("finding")), None)
    step = next((one for one in NEXT_STEPS if one == form.get("next_step")), None)
    reason = form.get("reason", "").strip()
    if finding is None or step is None or not 1 <= len(reason) <= MAX_REASON:
        return None
    return Review(finding, reason, step, form.get("key", ""))
