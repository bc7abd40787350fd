"""Signing in and out: at the county's identity provider, or as a development user on this machine."""

from http import HTTPStatus

from starlette.responses import RedirectResponse, Response

from serving.pages.entering import BEGUN_SECONDS, Returned, TooMany
from serving.pages.page import SESSION_COOKIE, SIGN_IN_COOKIE, Page, cookie
from serving.pages.services import NotAllowed, Refused, Unavailable

LONGEST = 4096
"""Characters of a code or state that are read."""


def sign_in_page(page: Page) -> Response:
    """The way to the provider, the development users, or a word that there is neither."""
    return _page(page, None, HTTPStatus.OK)


def sign_in(page: Page) -> Response:
    """A new session for the chosen development user."""
    token = page.services.sign_in(page.form.get("user", ""))
    response = page.go("/")
    cookie(response, SESSION_COOKIE, token, page.request.app.state.secure_cookie)
    return response


def start(page: Page) -> Response:
    """To the provider.  A link and not a form: `form-action 'self'` forbids that a form leads elsewhere."""
    try:
        begun = page.services.door.begin(_address(page))
    except (NotAllowed, Unavailable) as refused:
        return _refused(page, refused)
    response = RedirectResponse(begun.address, HTTPStatus.SEE_OTHER)
    response.set_cookie(
        SIGN_IN_COOKIE,
        begun.cookie,
        max_age=BEGUN_SECONDS,
        httponly=True,
        secure=page.request.app.state.secure_cookie,
        samesite="lax",  # the browser comes back from another site, where a strict cookie would stay behind
        path=page.url("/sign-in"),
    )
    return response


def callback(page: Page) -> Response:
    """Back from the provider: a new session, or why there is none.

    A page of our own leads on, because a redirect from another site would leave the strict session cookie behind.
    """
    returned = Returned(
        code=_given(page, "code"),
        state=_given(page, "state"),
        error=_given(page, "error"),
        issuer=page.request.query_params.get("iss"),
    )
    cookies = page.request.cookies
    try:
        token = page.services.door.finish(
            cookies.get(SIGN_IN_COOKIE, ""), returned, _address(page), cookies.get(SESSION_COOKIE)
        )
    except (NotAllowed, Unavailable) as refused:
        response = _refused(page, refused)
    else:
        response = page.show("leading_on.html", key="signed_in", to=page.url("/"))
        response.headers["Refresh"] = f"0; url={page.url('/')}"
        cookie(response, SESSION_COOKIE, token, page.request.app.state.secure_cookie)
    response.delete_cookie(SIGN_IN_COOKIE, path=page.url("/sign-in"))
    return response


def sign_out(page: Page) -> Response:
    """The end of the session, here and then at the provider when it has a place for that."""
    page.services.sign_out(page.request.cookies.get(SESSION_COOKIE, ""))
    onward = page.services.door.leave()
    response: Response = page.go("/sign-in")
    if onward:
        response = page.show("leading_on.html", key="signed_out", to=onward, visitor=None)
        response.headers["Refresh"] = f"0; url={onward}"
    response.delete_cookie(SESSION_COOKIE, path="/")
    return response


def _page(page: Page, failed: str | None, status: int) -> Response:
    users, provider = page.services.development_users(), page.services.door.has_provider
    return page.show("sign_in.html", status, users=users, provider=provider, failed=failed)


def _refused(page: Page, refused: Refused) -> Response:
    status = HTTPStatus.SERVICE_UNAVAILABLE if isinstance(refused, Unavailable) else HTTPStatus.FORBIDDEN
    if isinstance(refused, TooMany):
        status = HTTPStatus.TOO_MANY_REQUESTS
    response = _page(page, page.format.said(refused.text), status)
    if isinstance(refused, TooMany):
        response.headers["Retry-After"] = str(refused.seconds)
    return response


def _given(page: Page, name: str) -> str:
    return page.request.query_params.get(name, "")[:LONGEST]


def _address(page: Page) -> str:
    return str(getattr(page.request.state, "address", ""))
