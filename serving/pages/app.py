"""The Starlette app of the pages: routes, the order of checks, security headers and the error pages."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from http import HTTPStatus
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from configs.errors import LuotainError
from serving.middleware.exhausted import is_exhausted
from serving.pages.coordinator import alerts, letters, own_view, samples
from serving.pages.language import LANGUAGES, language
from serving.pages.oversight import acts, first, groups, switch
from serving.pages.page import SESSION_COOKIE, Page, check_token, chosen_language, read_form
from serving.pages.planner import flow, overrides, scenario_form, scenarios, sheets, staffing
from serving.pages.planner.uploading import read_upload
from serving.pages.services import NotAllowed, NotYours, PageServices, Unavailable
from serving.pages.views import clients, emergencies, forecasts, front, oversight, signing, statement

HERE = Path(__file__).parent
POLICY = (
    "default-src 'self'; script-src 'none'; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}

View = Callable[[Page], Response]
Endpoint = Callable[[Request], Awaitable[Response]]


def create_pages(
    services: PageServices, *, secure_cookie: bool = True, accessibility_contact: str | None = None
) -> Starlette:
    """The app, to be mounted at the root.  `secure_cookie=False` only on loopback without TLS."""
    for code in LANGUAGES:
        language(code)  # a broken catalogue stops the start, not the first visitor
    app = Starlette(routes=_routes(), exception_handlers=_handlers())
    app.state.services = services
    app.state.templates = _templates()
    app.state.secure_cookie = secure_cookie
    app.state.accessibility_contact = accessibility_contact
    return app


def _routes() -> list[Route | Mount]:
    return [
        _open("/", front.home),
        _open("/sign-in", signing.sign_in_page),
        _open("/sign-in", signing.sign_in, "POST"),
        _open("/sign-in/start", signing.start),
        _open("/sign-in/callback", signing.callback),
        _signed_in("/sign-out", signing.sign_out, "POST"),
        _open("/language/{code}", front.change_language),
        _open("/accessibility", statement.accessibility),
        _signed_in("/clients", clients.client_list),
        _signed_in("/clients/search", clients.search_page),
        _signed_in("/clients/search", clients.search, "POST"),
        _signed_in("/clients/emergency", emergencies.form),
        _signed_in("/clients/emergency", emergencies.open_client, "POST"),
        _signed_in("/clients/{handle}", clients.client),
        _signed_in("/clients/{handle}/emergency/end", emergencies.end, "POST"),
        _signed_in("/clients/{handle}/by-hand", clients.back_to_client),
        _signed_in("/clients/{handle}/by-hand", clients.try_by_hand, "POST"),
        _signed_in("/clients/{handle}/what-would-change", clients.what_would_change),
        _signed_in("/clients/{handle}/decision", clients.back_to_client),
        _signed_in("/clients/{handle}/decision", clients.decide, "POST"),
        _signed_in("/clients/{handle}/decided/{decision_id}", clients.decided),
        _signed_in("/clients/{handle}/own-view", clients.back_to_client),
        _signed_in("/clients/{handle}/own-view", own_view.give, "POST"),
        _signed_in("/clients/{handle}/alerts", clients.back_to_client),
        _signed_in("/clients/{handle}/alerts", alerts.decide, "POST"),
        _signed_in("/clients/{handle}/letter", letters.letter),
        _signed_in("/clients/{handle}/letter.pdf", letters.letter_pdf),
        _signed_in("/reviews", samples.queue),
        _signed_in("/reviews/{handle}", samples.back),
        _signed_in("/reviews/{handle}", samples.review, "POST"),
        _signed_in("/review-counts", samples.counts),
        _signed_in("/forecasts", forecasts.forecast),
        _signed_in("/forecasts/download", forecasts.download),
        _signed_in("/forecasts/overrides", overrides.back),
        _signed_in("/forecasts/overrides", overrides.correct, "POST"),
        _signed_in("/forecasts/overrides/sheet", overrides.sheet),
        _signed_in("/forecasts/overrides/upload", overrides.back),
        _with_file("/forecasts/overrides/upload", overrides.upload),
        _signed_in("/forecasts/upload", sheets.upload_page),
        _with_file("/forecasts/upload", sheets.upload),
        _signed_in("/scenarios", scenarios.compare),
        _signed_in("/scenarios/new", scenario_form.new),
        _signed_in("/scenarios/new", scenario_form.save, "POST"),
        _signed_in("/scenarios/remove", scenarios.back),
        _signed_in("/scenarios/remove", scenarios.remove, "POST"),
        _signed_in("/scenarios/sheet", scenario_form.sheet),
        _signed_in("/scenarios/upload", scenario_form.back),
        _with_file("/scenarios/upload", scenario_form.upload),
        _signed_in("/staffing", staffing.people),
        _signed_in("/staffing/channels", staffing.channels),
        _signed_in("/flow", flow.chain),
        *_oversight(),
        _signed_in("/models", oversight.models),
        _signed_in("/models/published/{kind}", oversight.published),
        _signed_in("/models/{name}/{version}/report", oversight.report),
        _signed_in("/models/{name}/{version}/files/{kind}", oversight.paper),
        _signed_in("/decisions", oversight.decisions),
        _signed_in("/audit-log", oversight.audit_log),
        _signed_in("/emergencies", emergencies.cases),
        _signed_in("/emergencies/{emergency_id}/review", emergencies.back),
        _signed_in("/emergencies/{emergency_id}/review", emergencies.review, "POST"),
        Mount("/static", _Static(directory=HERE / "static")),
    ]


def _oversight() -> list[Route]:
    """The auditor's first screen and acts, the manager's groups, the stop switch."""
    return [
        _signed_in("/oversight", first.first_screen),
        _signed_in("/oversight/live-on", first.live_on),
        _signed_in("/oversight/access", acts.access),
        _signed_in("/oversight/replay", acts.replay_form),
        _signed_in("/oversight/replay", acts.replay, "POST"),
        _signed_in("/oversight/chains", acts.chains_form),
        _signed_in("/oversight/chains", acts.chains, "POST"),
        _signed_in("/oversight/own-log", acts.own_log_form),
        _signed_in("/oversight/own-log", acts.own_log, "POST"),
        _signed_in("/groups", groups.report),
        _signed_in("/groups/download", groups.download),
        _signed_in("/stop-models", switch.switch),
        _signed_in("/stop-models/{name}/stop", switch.back),
        _signed_in("/stop-models/{name}/stop", switch.stop, "POST"),
        _signed_in("/stop-models/{name}/lift", switch.back),
        _signed_in("/stop-models/{name}/lift", switch.lift, "POST"),
    ]


class _Static(StaticFiles):
    """The style sheet: no client data, so browsers may keep it for an hour."""

    async def get_response(self, path: str, scope: dict) -> Response:  # type: ignore[override,type-arg]
        response = await super().get_response(path, scope)
        response.headers.update({**HEADERS, "Cache-Control": "public, max-age=3600"})
        return response


def _open(path: str, view: View, method: str = "GET") -> Route:
    async def endpoint(request: Request) -> Response:
        page = await _page(request)
        return await _answer(page, view)

    return Route(path, endpoint, methods=[method], name=view.__name__)


def _signed_in(path: str, view: View, method: str = "GET") -> Route:
    async def endpoint(request: Request) -> Response:
        page = await _page(request)
        if page.visitor is None:
            return _with_headers(page.go("/sign-in"))
        if method == "POST":
            check_token(page.visitor, page.form)
        return await _answer(page, view)

    return Route(path, endpoint, methods=[method], name=view.__name__)


def _with_file(path: str, view: View) -> Route:
    """A form with a file: only of a session, and its body is not even parsed for anyone else."""

    async def endpoint(request: Request) -> Response:
        known = await _page(request, {})
        if known.visitor is None:
            return _with_headers(known.go("/sign-in"))
        form, sent = await read_upload(request)
        check_token(known.visitor, form)
        return await _answer(replace(known, form=form, upload=sent), view)

    return Route(path, endpoint, methods=["POST"], name=view.__name__)


async def _page(request: Request, form: Mapping[str, str] | None = None) -> Page:
    if form is None:
        form = await read_form(request) if request.method == "POST" else {}
    visitor = await run_in_threadpool(request.app.state.services.visitor, request.cookies.get(SESSION_COOKIE))
    state = request.app.state
    return Page(request, state.services, state.templates, chosen_language(request), visitor, form)


async def _answer(page: Page, view: View) -> Response:
    return _with_headers(await run_in_threadpool(view, page))


def _with_headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response


def _handlers() -> dict[int | type[Exception], Callable[[Request, Exception], Awaitable[Response]]]:
    return {
        HTTPException: _http_error,
        NotYours: _error(HTTPStatus.NOT_FOUND),
        NotAllowed: _error(HTTPStatus.FORBIDDEN),
        Unavailable: _error(HTTPStatus.SERVICE_UNAVAILABLE),
        LuotainError: _error(HTTPStatus.SERVICE_UNAVAILABLE),
        OSError: _spent_or_broken,
        MemoryError: _spent_or_broken,
        RuntimeError: _spent_or_broken,
        Exception: _error(HTTPStatus.INTERNAL_SERVER_ERROR),
    }


async def _spent_or_broken(request: Request, error: Exception) -> Response:
    """503 when the machine ran out of files, memory or threads, which passes; else the failure goes on its way."""
    if not is_exhausted(error):
        raise error
    return await _error_page(request, HTTPStatus.SERVICE_UNAVAILABLE)


async def _http_error(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    return await _error_page(request, status)


def _error(status: HTTPStatus) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def handler(request: Request, error: Exception) -> Response:
        return await _error_page(request, status)

    return handler


async def _error_page(request: Request, status: int) -> Response:
    """The page of a failure.  It never repeats anything the visitor sent, and needs no file when there is none left."""
    state, spoken = request.app.state, chosen_language(request)
    kind = str(status) if status in (400, 403, 404, 503) else ("500" if status >= 500 else "400")
    try:
        visitor = await run_in_threadpool(state.services.visitor, request.cookies.get(SESSION_COOKIE))
    except (Unavailable, OSError, MemoryError, RuntimeError):
        visitor = None
    page = Page(request, state.services, state.templates, spoken, visitor)
    try:
        return _with_headers(page.show("error.html", status, kind=kind, here="/"))
    except (OSError, MemoryError) as error:
        if not is_exhausted(error):
            raise
        return _with_headers(PlainTextResponse(spoken.text("fault.503.what"), HTTPStatus.SERVICE_UNAVAILABLE))


def _templates() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(navigation=front.navigation, coded=oversight.coded)
    return environment
