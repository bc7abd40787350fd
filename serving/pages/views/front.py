"""The front door: sign-in, sign-out, language, and the way to each role's own first page."""

from collections.abc import Mapping

from starlette.responses import RedirectResponse, Response

from serving.pages.language import LANGUAGES
from serving.pages.page import LANGUAGE_COOKIE, Page, cookie, local_path
from serving.pages.services import NotAllowed, NotYours

NAVIGATION: Mapping[str, tuple[str, ...]] = {
    "coordinator": ("clients", "reviews"),
    "planner": ("forecasts", "scenarios", "staffing", "flow"),
    "manager": ("groups", "forecasts", "scenarios", "staffing", "flow"),
    "auditor": ("oversight", "models", "decisions", "review-counts", "audit-log", "emergencies"),
    "data_scientist": ("models",),
    "admin": ("models", "stop-models"),
}
"""Which pages each role finds in its navigation, its first page first.  The service core holds the rights."""


def navigation(role: str) -> tuple[str, ...]:
    """The navigation of a role; an unknown role has none."""
    return NAVIGATION.get(role, ())


def home(page: Page) -> Response:
    """To the sign-in, or to the role's own first page."""
    if page.visitor is None:
        return page.go("/sign-in")
    own = navigation(page.visitor.role)
    if not own:
        raise NotAllowed("This role has no pages.")
    return page.go(f"/{own[0]}")


def change_language(page: Page) -> Response:
    """Remember the language and go back to where the visitor was."""
    code = page.request.path_params["code"]
    if code not in LANGUAGES:
        raise NotYours("There is no such language.")
    response: RedirectResponse = page.go(local_path(page.query("back", "/")))
    cookie(response, LANGUAGE_COOKIE, code, page.request.app.state.secure_cookie)
    return response
