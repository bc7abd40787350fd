"""A decision about one alert of the client, from the client's page."""

from starlette.responses import Response

from serving.pages.coordinator.decided_alerts import AlertDecision
from serving.pages.page import Page

FIELDS = ("alert", "choice", "reason_code", "reason", "key")


def decide(page: Page) -> Response:
    """Keep the decision, then show the alerts again."""
    handle = page.request.path_params["handle"]
    given = AlertDecision(**{name: page.form.get(name, "") for name in FIELDS})
    page.services.coordinator.decide_alert(page.who, handle, given)
    return page.go(f"/clients/{handle}#alerts-title")
