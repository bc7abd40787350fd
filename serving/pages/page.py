"""One request as a view sees it: who asks, in which language, with which checked form; and how it answers."""

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from jinja2 import Environment
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from serving.pages.format import Format
from serving.pages.language import DEFAULT, LANGUAGES, Language, language
from serving.pages.services import PageServices, Visitor

if TYPE_CHECKING:  # it is described beside what the planner's pages ask
    from serving.pages.planner.services import Upload

SESSION_COOKIE = "luotain_session"
SIGN_IN_COOKIE = "luotain_sign_in"
"""What a browser carries while it is at the identity provider."""
LANGUAGE_COOKIE = "luotain_language"
MAX_FORM_BYTES = 16 * 1024
MAX_FORM_FIELDS = 50
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
FORM_TYPE = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Page:
    """A request with everything a view may use.  Views are plain functions Page -> Response."""

    request: Request
    services: PageServices
    templates: Environment
    language: Language
    visitor: Visitor | None
    form: Mapping[str, str] = field(default_factory=dict)
    upload: "Upload | None" = None

    @property
    def who(self) -> Visitor:
        """The signed-in visitor; routes that need one are never reached without."""
        if self.visitor is None:
            raise HTTPException(HTTPStatus.UNAUTHORIZED)
        return self.visitor

    @property
    def format(self) -> Format:
        """Numbers and dates in the page's language."""
        return Format(self.language)

    def url(self, path: str) -> str:
        """A path of this app as the browser must ask for it."""
        return str(self.request.scope.get("root_path", "")).rstrip("/") + path

    def show(self, template: str, status: int = 200, **values: Any) -> HTMLResponse:
        """The rendered template."""
        shared = {
            "page": self,
            "t": self.language.text,
            "n": self.language.count,
            "label": self.language.label,
            "f": self.format,
            "url": self.url,
            "visitor": self.visitor,
            "languages": LANGUAGES,
            "here": self.here(),
            "stopped": self.services.oversight.stopped() if self.visitor else (),
        }
        return HTMLResponse(self.templates.get_template(template).render({**shared, **values}), status)

    def go(self, path: str) -> RedirectResponse:
        """See the other page (303): a form sent once is not sent again by reloading."""
        return RedirectResponse(self.url(path), HTTPStatus.SEE_OTHER)

    def here(self) -> str:
        """This page's own path and query, to come back to after a change of language."""
        query = self.request.url.query if self.request.method == "GET" else ""
        path = str(self.request.scope["path"])
        return f"{path}?{query}" if query else path

    def query(self, name: str, default: str = "") -> str:
        """One query value, cut to a sane length."""
        return self.request.query_params.get(name, default)[:200]

    def day(self, name: str) -> str:
        """One day of the query as a date field may show it; empty when it is none."""
        asked = self.query(name)
        return asked if _DAY.fullmatch(asked) else ""

    def page_number(self) -> int:
        """The asked page of a list; anything unreadable is the first."""
        asked = self.query("page", "1")
        return min(int(asked), 100_000) if asked.isascii() and asked.isdigit() and int(asked) > 0 else 1


def chosen_language(request: Request) -> Language:
    """The language of the cookie; Finnish without one."""
    return language(request.cookies.get(LANGUAGE_COOKIE, DEFAULT))


def local_path(path: str) -> str:
    """The path when it stays on this site, else the front page: a link must not send anyone elsewhere."""
    parts = urlsplit(path)
    stays = path.startswith("/") and not path.startswith(("//", "/\\")) and not parts.scheme and not parts.netloc
    return path if stays and path.isprintable() and "\\" not in path else "/"


async def read_form(request: Request) -> dict[str, str]:
    """The fields of a same-origin form post.  Raises HTTPException 403, 413 or 415."""
    if not same_origin(request):
        raise HTTPException(HTTPStatus.FORBIDDEN)
    if request.headers.get("content-type", "").split(";")[0].strip().lower() != FORM_TYPE:
        raise HTTPException(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MAX_FORM_BYTES:
            raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    try:
        fields = parse_qsl(
            body.decode("ascii"), keep_blank_values=True, max_num_fields=MAX_FORM_FIELDS, errors="strict"
        )
    except ValueError:
        raise HTTPException(HTTPStatus.BAD_REQUEST) from None
    return dict(fields)


def check_token(visitor: Visitor, form: Mapping[str, str]) -> None:
    """Refuse a form that was not made for this session.  Raises HTTPException 403."""
    if not hmac.compare_digest(form.get("csrf", "").encode(), visitor.csrf.encode()):
        raise HTTPException(HTTPStatus.FORBIDDEN)


def same_origin(request: Request) -> bool:
    """True when the browser says the form came from this site: Sec-Fetch-Site, else Origin against Host."""
    if "authorization" in request.headers:
        return False
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        return False
    return site == "same-origin" if site is not None else origin is not None


def cookie(response: Response, name: str, value: str, secure: bool) -> None:
    """Set a cookie that no script and no other site can use."""
    response.set_cookie(name, value, httponly=True, secure=secure, samesite="strict", path="/")
