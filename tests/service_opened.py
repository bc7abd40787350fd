"""The service over the fake engine with what a test changes in its settings, opened for one test."""

from serving.records.logs import Wanted
from serving.records.schema import AUDIT_LOG
from tests.fake_engine import MINE, FakeEngine
from tests.serving_parts import CLIENT_QUESTION, bearer, browser, house, service_of


class Served:
    """The running app with its fake engine and its log."""

    def __init__(self, client, engine, house):
        self.http, self.engine, self.house = client, engine, house

    def ask(self, path, question, user="coordinator", **more):
        return self.http.post(path, json=question, headers=bearer(user), **more)

    def log(self, **equal):
        return self.house.desk.records.page(AUDIT_LOG, Wanted(equal), 1, 100).entries


def about(client=MINE, **more):
    return {**CLIENT_QUESTION, "client_id": client, **more}


def error(response):
    return response.json()["error"]


def opened(tmp_path, monkeypatch):
    """What the fixture `serve` of a test file gives: a way to open services, which are closed at the end."""
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
