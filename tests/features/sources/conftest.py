"""One PostgreSQL server for the session, and the clinic's database in both kinds of server."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.features.sources import clinic

URL = "CLINIC_DATABASE_URL"


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[sa.Engine]:
    """The clinic's database, filled; the environment holds its URL."""
    is_sqlite = request.param == "sqlite"
    url = f"sqlite:///{tmp_path / 'clinic.db'}" if is_sqlite else request.getfixturevalue("postgres")
    monkeypatch.setenv(URL, url)
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    clinic.fill(engine)
    yield engine
    clinic.METADATA.drop_all(engine)
    engine.dispose()
