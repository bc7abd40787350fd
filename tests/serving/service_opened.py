"""The service over the fake engine with what a test changes in its settings, opened for one test."""

import pytest

from serving.records.logs import Wanted
from serving.records.schema import AUDIT_LOG
from tests.serving.fake_engine import FakeEngine
from tests.serving.serving_parts import bearer, browser, house, service_of


class Served:
    """The running app with its fake engine and its log."""

    def __init__(self, client, engine, house):
        self.http, self.engine, self.house = client, engine, house

    def ask(self, path, question, user="coordinator", **more):
        return self.http.post(path, json=question, headers=bearer(user), **more)

    def log(self, **equal):
        return self.house.desk.records.page(AUDIT_LOG, Wanted(equal), 1, 100).entries


@pytest.fixture
def serve(tmp_path, monkeypatch):
    """A way to open services, which are closed at the end."""
    monkeypatch.setenv("LUOTAIN_VAR", str(tmp_path))
    opened = []

    def open_service(**changes):
        engine = FakeEngine()
        built = house(engine, **changes)
        client = browser(service_of(built).to_asgi())
        client.__enter__()
        opened.append(client)
        return Served(client, engine, built)

    yield open_service
    for client in opened:
        client.__exit__(None, None, None)


@pytest.fixture
def served(serve):
    return serve()


def sign_in(served, user="coordinator"):
    response = served.http.post("/sign-in", data={"user": user}, headers={"sec-fetch-site": "same-origin"})
    assert response.status_code in (302, 303), response.text
    return response
