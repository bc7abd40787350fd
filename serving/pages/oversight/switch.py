"""The administrator's stop switch."""

from collections.abc import Mapping

from starlette.responses import Response

from serving.pages.oversight.services import NotUnderstood
from serving.pages.page import Page


def switch(page: Page) -> Response:
    """Every served model with its switch."""
    return _show(page, "", {}, "", 200)


def stop(page: Page) -> Response:
    """Stop one model, with a reason."""
    return _turn(page, "stop")


def lift(page: Page) -> Response:
    """Serve it again, with a reason."""
    return _turn(page, "lift")


def _turn(page: Page, act: str) -> Response:
    name = page.request.path_params["name"]
    turn = page.services.oversight.stop if act == "stop" else page.services.oversight.lift
    try:
        turn(page.who, name, page.form.get("reason", ""))
    except NotUnderstood as wrong:
        return _show(page, name, page.form, wrong.key, 400)
    return page.go("/stop-models")


def back(page: Page) -> Response:
    """A form's address opened as a page."""
    return page.go("/stop-models")


def _show(page: Page, faulty: str, sent: Mapping[str, str], fault: str, status: int) -> Response:
    models = page.services.oversight.stoppable(page.who)
    return page.show("oversight/switch.html", status, models=models, faulty=faulty, sent=sent, fault=fault)
