"""The logs in both databases, a clock that moves when told, and a witness with a folder of its own."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from configs.workspace import Workspace
from serving.records.chain.witness import Witness
from serving.records.database import Place
from serving.records.logs import Records
from tests.records import places

START = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


class Clock:
    def __init__(self):
        self.now = START

    def __call__(self):
        return self.now

    def forward(self, **time):
        self.now += timedelta(**time)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """An empty place for the logs."""
    if request.param == "sqlite":
        (tmp_path / "records").mkdir()
        yield Place(tmp_path / "records")
        return
    found = Place(tmp_path / "records", sa.make_url(request.getfixturevalue("postgres")))
    places.empty(found)
    yield found
    places.empty(found)


@pytest.fixture
def records(place, clock):
    opened = Records(place, clock)
    yield opened
    opened.close()


@pytest.fixture
def witness(tmp_path):
    return Witness(Workspace(tmp_path / "var"))
