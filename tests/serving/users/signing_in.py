"""The service in production mode with a provider behind it, as the tests of sign-in use it."""

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import httpx

from serving.house import build_house
from serving.records.logs import Wanted
from serving.records.schema import AUDIT_LOG
from tests.serving.fake_engine import FakeEngine
from tests.serving.serving_parts import browser, service_of, settings
from tests.serving.users.identity import sign_in

KAISA = {
    "name": "Kaisa Koordinaattori",
    "roles": ["coordinator"],
    "units": ["asiakasohjaus_lansi"],
    "tasks": ["older_people"],
}


class Served:
    """The service in production mode, its browser, and its clock (the real one and what a test adds)."""

    def __init__(self, issuer, **changes):
        self.ahead = timedelta()
        self.engine = FakeEngine()
        given = {"environment": "production", "sign_in": sign_in(issuer, **changes)}
        self.house = build_house(settings(**given), self.engine, lambda: datetime.now(UTC) + self.ahead)
        self.http = browser(service_of(self.house).to_asgi())
        self.http.base_url = "https://127.0.0.1:3000"  # cookies are Secure

    def begin(self):
        """What the browser is sent to the provider with."""
        response = self.http.get("/sign-in/start")
        assert response.status_code == 303, response.text
        return response.headers["location"]

    def come_back(self, sub="kaisa"):
        """From the first link to the address that the provider sends the browser back to."""
        return self.at_provider(self.begin(), sub)

    def at_provider(self, address, sub="kaisa"):
        """Consent at the provider; the path and query of the address it sends the browser to."""
        back = httpx.post(address, data={"sub": sub}, follow_redirects=False)
        parts = urlsplit(back.headers["location"])
        assert (parts.netloc, parts.path) == ("127.0.0.1:3000", "/sign-in/callback")
        return f"{parts.path}?{parts.query}"

    def sign_in(self, sub="kaisa"):
        return self.http.get(self.come_back(sub))

    def post(self, path, **fields):
        page = self.http.get("/clients")
        csrf = re.search(r'name="csrf" value="([^"]+)"', page.text)[1]
        return self.http.post(path, data={"csrf": csrf, **fields}, headers={"origin": "https://127.0.0.1:3000"})

    def log(self, **equal):
        return self.house.desk.records.page(AUDIT_LOG, Wanted(equal), 1, 100).entries
