"""The form that asks the professional's own view first; nothing of the answer is on it."""

import secrets

from starlette.responses import Response

from serving.pages.page import Page


def ask(page: Page, handle: str, status: int = 200, fault: str = "") -> Response:
    """The form."""
    question = page.services.coordinator.question(page.who, handle)
    key = secrets.token_urlsafe(16)
    return page.show("coordinator/own_view.html", status, question=question, form_key=key, fault=fault)


def give(page: Page) -> Response:
    """Keep the view, then show the client's page."""
    handle, view = page.request.path_params["handle"], page.form.get("view", "")
    if not view:
        return ask(page, handle, 400, "view.fault")
    page.services.coordinator.give_view(page.who, handle, view, page.form.get("key", ""))
    return page.go(f"/clients/{handle}")
