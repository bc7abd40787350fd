"""The service in this process over the fake engine, asked by HTTP: opened once per test file."""

import os
import tempfile
import warnings
from contextlib import contextmanager

import pytest

from serving.records.logs import Wanted
from serving.records.schema import AUDIT_LOG, DECISION_LOG
from tests.serving.fake_engine import MINE, FakeEngine
from tests.serving.serving_parts import CLIENT_QUESTION, bearer, browser, house, service_of

MARKS = pytest.mark.filterwarnings(
    "ignore:Using `httpx` with `starlette.testclient`",  # Starlette 1.x wants httpx2, BentoML brings httpx
    r"ignore::DeprecationWarning:(_bentoml|bentoml|opentelemetry|simple_di).*",  # old names of their libraries
)


class Served:
    """The running app with its engine and its logs."""

    def __init__(self, http, engine, built):
        self.http, self.engine, self.house = http, engine, built

    def ask(self, path, question, user="coordinator", **headers):
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.http.post(path, json=question, headers={**bearer(user), **named})

    def send(self, path, body, **headers):
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.http.post(path, content=body, headers={**bearer(), "content-type": "application/json", **named})

    def log(self, **equal):
        return self.house.desk.records.page(AUDIT_LOG, Wanted(equal), 1, 100).entries

    def decisions(self):
        return self.house.desk.records.page(DECISION_LOG, Wanted({}), 1, 100).entries


@contextmanager
def serving(engine=None, **changes):
    """The service over `engine` (default: a fake one) in a data folder of its own."""
    with tempfile.TemporaryDirectory() as var, pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a fixture of a file is made outside the tests' filters
        patch.setenv("LUOTAIN_VAR", os.path.join(var, "var"))
        engine = engine or FakeEngine()
        built = house(engine, **changes)
        with browser(service_of(built).to_asgi()) as http:
            yield Served(http, engine, built)


def about(client=MINE, **more):
    return {**CLIENT_QUESTION, "client_id": client, **more}


def error(response):
    return response.json()["error"]


@pytest.fixture(scope="module")
def served():
    with serving() as one:
        yield one
