"""A visitor without a browser: asks the pages over ASGI and keeps cookies, as a browser would."""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import unescape

import httpx

from serving.pages import create_pages
from tests.serving.pages.faked.services import FakeServices

HOST = "http://luotain.test"


@dataclass
class FakeBrowser:
    """One visitor; `user` is signed in from the start."""

    services: FakeServices = field(default_factory=FakeServices)
    user: str | None = None
    language: str = "fi"

    def __post_init__(self) -> None:
        self.app = create_pages(self.services, secure_cookie=False)

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> httpx.Response:
        return self._ask("GET", path, None, headers or {})

    def post(
        self,
        path: str,
        form: Mapping[str, str],
        headers: Mapping[str, str] | None = None,
        csrf: str | None = "csrf-word",
    ) -> httpx.Response:
        """A form post as the site's own form sends it; `headers` override, `csrf=None` leaves the token out."""
        own = {"sec-fetch-site": "same-origin", "origin": HOST}
        fields = {**form, **({"csrf": csrf} if csrf is not None else {})}
        return self._ask("POST", path, fields, {**own, **(headers or {})})

    def send(
        self,
        path: str,
        content: bytes,
        name: str,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        csrf: str | None = "csrf-word",
    ) -> httpx.Response:
        """A form with a file, as the site's own form sends it."""
        own = {"sec-fetch-site": "same-origin", "origin": HOST}
        fields = {**(form or {}), **({"csrf": csrf} if csrf is not None else {})}
        return self._ask("POST", path, fields, {**own, **(headers or {})}, (name, content))

    def _ask(
        self,
        method: str,
        path: str,
        form: Mapping[str, str] | None,
        headers: Mapping[str, str],
        file: tuple[str, bytes] | None = None,
    ) -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.app, raise_app_exceptions=False)
            cookies = {"luotain_language": self.language}
            if self.user:
                cookies["luotain_session"] = f"token-{self.user}"
            async with httpx.AsyncClient(transport=transport, base_url=HOST, cookies=cookies) as client:
                sent = {"file": file} if file else None
                return await client.request(method, path, data=form, files=sent, headers=dict(headers))

        return asyncio.run(ask())


def words(html: str) -> str:
    """The text of a page without its tags, with single spaces."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html)))
