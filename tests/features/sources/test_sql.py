"""Rows asked from a database: the same from SQLite and PostgreSQL, once, read only, and never with a password shown."""

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa

from configs.errors import ConfigError, DataError, LuotainError
from configs.loader import load_config, read_yaml
from features.ingest.run import Outcome, ingest
from features.ingest.settings import Identity, IngestConfig
from features.sources.fetching import sql
from features.sources.fetching.sql import Databases
from features.sources.mapping import SourceMapping, mapping_of
from features.store import open_snapshot, read_table
from tests.features.sources import clinic
from tests.features.sources import postgres as servers
from tests.features.sources.conftest import URL

pytestmark = pytest.mark.xdist_group("postgres")  # one worker, one server

CONFIG = "configs/sql/ingest.yaml"
CONTACTS = "configs/sources/sql/contacts.yaml"


def run() -> Outcome:
    config = load_config(CONFIG, IngestConfig)
    return ingest(config.model_copy(update={"identity": Identity(test_range="link", create_key=True), "n_buckets": 2}))


def read(var: Path, table: str = "contacts") -> pd.DataFrame:
    return read_table(open_snapshot(var / "clinic" / "store"), table)


def asking(query: str, **form: Any) -> SourceMapping:
    values = read_yaml(CONTACTS)
    return mapping_of({**values, "format": {"type": "sql", "url": "${" + URL + "}", "query": query, **form}})


@pytest.fixture
def databases() -> Iterator[Databases]:
    opened = Databases()
    yield opened
    opened.close()


def test_a_database_becomes_canonical_rows(database: sa.Engine, var: Path) -> None:
    outcome = run()
    assert {report.name: (report.rows, report.accepted) for report in outcome.files} == {"clinic_db (sql)": (3, 3)}
    assert {report.covers_until for report in outcome.files} == {"2024-06-30"}
    visits = read(var).sort_values("time")
    assert visits.service.tolist() == ["gp_visit", "nurse_visit", "other"]
    assert visits.time.tolist() == list(map(pd.Timestamp, ("2024-03-01 10:00", "2024-05-02 09:15", "2024-06-03 08:00")))
    assert visits.recorded_at.iloc[0] == pd.Timestamp("2024-03-02 00:30")  # 22:30 UTC on the county's wall clock
    assert visits.minutes.fillna(-1).tolist() == [12.5, -1, 30]
    assert visits.unit.astype(object).tolist()[0] == "Keskusta: vastaanotto 12:30"
    people = read(var, "residents")
    assert people.non_disclosure.sum() == 1
    assert sorted(people.language) == ["fi", "other", "sv"]
    assert set(people.birth_year) == {1950}


def test_the_same_answer_twice_changes_nothing_in_whatever_order_it_comes(database: sa.Engine, var: Path) -> None:
    first = run()
    with database.begin() as connection:  # the same rows at other places of the table
        rows = [dict(row) for row in connection.execute(sa.select(clinic.VISIT)).mappings()]
        connection.execute(sa.delete(clinic.VISIT))
        connection.execute(sa.insert(clinic.VISIT), rows[::-1])
    again = run()
    assert again.files == ()
    assert again.sha256 == first.sha256


def test_later_answers_bring_what_is_new_and_what_was_corrected(database: sa.Engine, var: Path) -> None:
    run()
    with database.begin() as connection:
        clinic.put(connection, clinic.VISIT, [clinic.visit(9, 1, datetime(2024, 7, 1, 9))])
        connection.execute(sa.update(clinic.VISIT).where(clinic.VISIT.c.id == 2).values(minutes=45))
        connection.execute(sa.update(clinic.LOAD_LOG).values(loaded_until=date(2024, 7, 31)))
    report = next(report for report in run().files if report.table == "contacts")
    assert (report.rows, report.accepted, dict(report.quarantined)) == (4, 2, {"duplicate": 2})
    visits = read(var)
    nurse = visits[visits.service == "nurse_visit"].sort_values("recorded_at")
    assert nurse.minutes.fillna(-1).tolist() == [-1, 45]
    assert nurse.superseded_at.iloc[0] == nurse.recorded_at.iloc[1] == pd.Timestamp("2024-08-01")


def test_one_run_sees_one_moment_of_the_database(
    postgres: str, monkeypatch: pytest.MonkeyPatch, databases: Databases, tmp_path: Path
) -> None:
    monkeypatch.setenv(URL, postgres)
    engine = sa.create_engine(postgres, poolclass=sa.NullPool)
    clinic.fill(engine)
    count = asking("SELECT count(*) AS n FROM visit")
    before = databases.fetch(count, tmp_path / "a")
    with engine.begin() as connection:
        clinic.put(connection, clinic.VISIT, [clinic.visit(9, 1, datetime(2024, 7, 1, 9))])
    after = databases.fetch(count, tmp_path / "b")
    assert before.sha256 == after.sha256
    databases.close()
    assert databases.fetch(count, tmp_path / "c").sha256 != before.sha256


def test_rows_come_through_a_cursor_of_the_server_batch_by_batch(
    postgres: str, monkeypatch: pytest.MonkeyPatch, databases: Databases, tmp_path: Path
) -> None:
    monkeypatch.setenv(URL, postgres)
    monkeypatch.setattr(sql, "BATCH", 1000)
    query = "SELECT g AS id, (SELECT max(name) FROM pg_cursors) AS cursor FROM generate_series(1, 4500) AS g"
    fetched = databases.fetch(asking(query), tmp_path / "rows")
    file = pq.ParquetFile(fetched.file)
    assert [file.metadata.row_group(n).num_rows for n in range(file.num_row_groups)] == [1000] * 4 + [500]
    assert file.read(["cursor"])["cursor"].null_count == 0
    assert fetched.rows == 4500


@pytest.mark.parametrize(
    "query",
    [
        "WITH gone AS (DELETE FROM visit RETURNING id) SELECT id FROM gone",
        "SELECT id, setval('visit_id_seq', 99) FROM visit",
    ],
)
def test_a_query_that_would_write_is_refused(
    query: str, postgres: str, monkeypatch: pytest.MonkeyPatch, databases: Databases, tmp_path: Path
) -> None:
    monkeypatch.setenv(URL, postgres)
    engine = sa.create_engine(postgres, poolclass=sa.NullPool)
    clinic.fill(engine)
    with pytest.raises(DataError, match="read only from here"):
        databases.fetch(asking(query), tmp_path / "rows")
    with engine.connect() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(clinic.VISIT)).scalar() == 4


def test_a_query_that_would_write_is_refused_by_sqlite(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, databases: Databases
) -> None:
    file = tmp_path / "clinic.db"
    clinic.fill(sa.create_engine(f"sqlite:///{file}", poolclass=sa.NullPool))
    monkeypatch.setenv(URL, f"sqlite:///{file}")
    databases.fetch(asking("SELECT id FROM visit"), tmp_path / "rows")
    (connection,) = databases._open.values()
    with pytest.raises(sa.exc.OperationalError, match="readonly"):
        connection.exec_driver_sql("DELETE FROM visit")


PASSWORD = "salainen-77"


@pytest.mark.parametrize(
    "url,                                                            sentence",
    [
        ("", "The variable CLINIC_DATABASE_URL is not set"),
        (f"postgres//reader:{PASSWORD}@host/x", "does not hold a database URL"),
        (f"nosuchserver://reader:{PASSWORD}@host/x", "does not hold a database URL"),
        (f"mysql+pymysql://reader:{PASSWORD}@host/x", "pip install 'pymysql'"),
        (f"postgresql+psycopg://reader:{PASSWORD}@no.such.host.invalid/x", "no server of that name"),
        (f"postgresql+psycopg://reader:{PASSWORD}@127.0.0.1:1/x", "does not answer on that port"),
        ("sqlite:////tmp/no/such/file.db", "There is no SQLite file file.db"),
    ],
)
def test_a_wrong_url_is_told_what_is_wrong_and_never_shown(
    url: str, sentence: str, monkeypatch: pytest.MonkeyPatch, databases: Databases, tmp_path: Path
) -> None:
    monkeypatch.setenv(URL, url)
    with pytest.raises(LuotainError) as refused:
        databases.fetch(asking("SELECT 1 AS id"), tmp_path / "rows")
    assert sentence in str(refused.value)
    assert PASSWORD not in str(refused.value)
    assert refused.value.__cause__ is None


def test_a_wrong_password_and_a_wrong_database_are_told_apart(
    postgres: str, monkeypatch: pytest.MonkeyPatch, databases: Databases, tmp_path: Path
) -> None:
    right = sa.make_url(postgres)
    for wrong, sentence in (
        (right.set(password=PASSWORD), "refused the user or the password"),
        (right.set(database="nosuch"), "no database of that name"),
    ):
        monkeypatch.setenv(URL, wrong.render_as_string(hide_password=False))
        with pytest.raises(DataError) as refused:
            databases.fetch(asking("SELECT 1 AS id"), tmp_path / "rows")
        assert sentence in str(refused.value)
        assert PASSWORD not in str(refused.value)


@pytest.mark.parametrize(
    "query,                                       sentence",
    [
        ("SELECT id FROM visits", "no table `visits`"),
        ("SELECT idd FROM visit", "no column `idd`"),
        ("SELECT v.id, p.id FROM visit v, person p", "gives `id` twice"),
        ("SELECT id FROM visit WHERE", "refused the query"),
    ],
)
def test_a_wrong_query_is_told_what_is_wrong(
    query: str, sentence: str, database: sa.Engine, databases: Databases, tmp_path: Path
) -> None:
    with pytest.raises(DataError) as refused:
        databases.fetch(asking(query), tmp_path / "rows")
    assert sentence in str(refused.value)


def test_a_value_that_is_no_cell_is_refused_by_its_column(
    postgres: str, monkeypatch: pytest.MonkeyPatch, databases: Databases, tmp_path: Path
) -> None:
    monkeypatch.setenv(URL, postgres)
    with pytest.raises(DataError, match=r"column `raw` holds (bytes|memoryview)"):
        databases.fetch(asking("SELECT 'abc'::bytea AS raw"), tmp_path / "rows")


def test_an_error_of_the_database_never_quotes_a_value(
    postgres: str, monkeypatch: pytest.MonkeyPatch, databases: Databases, tmp_path: Path
) -> None:
    monkeypatch.setenv(URL, postgres)
    with pytest.raises(DataError) as refused:
        databases.fetch(
            asking("SELECT CAST(t AS integer) AS n FROM (VALUES ('Anna Aalto')) AS v(t)"), tmp_path / "rows"
        )
    assert "Anna" not in str(refused.value)


@pytest.mark.parametrize(
    "covers_until,                                          day",
    [
        ("started_on", "2024-06-03"),
        ("SELECT loaded_until FROM load_log", "2024-06-30"),
        (None, "None"),
    ],
)
def test_the_last_day_is_asked_from_a_column_or_by_a_query(
    covers_until: str | None, day: str, database: sa.Engine, databases: Databases, tmp_path: Path
) -> None:
    query = "SELECT CAST(started_at AS varchar(10)) AS started_on FROM visit WHERE service_code <> 'TEST'"
    fetched = databases.fetch(asking(query, covers_until=covers_until), tmp_path / "rows")
    assert str(fetched.covers_until) == day


@pytest.mark.parametrize(
    "form,                                                             sentence",
    [
        ({"type": "sql", "url": "${X}"}, "`query` must be one SELECT"),
        ({"type": "sql", "url": "${X}", "query": "DELETE FROM visit"}, "`query` must be one SELECT"),
        ({"type": "sql", "url": "${X}", "query": "SELECT 1; DROP TABLE visit"}, "`query` must be one statement"),
        ({"type": "sql", "url": "sqlite:///x.db", "query": "SELECT 1"}, "`url` must be `${NAME}`"),
        ({"type": "csv", "query": "SELECT 1"}, "`query` is for `type: sql`"),
    ],
)
def test_a_wrong_format_is_told_what_to_write(form: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ConfigError) as refused:
        mapping_of({**read_yaml(CONTACTS), "format": form})
    assert sentence in str(refused.value)


@pytest.mark.parametrize("in_ci, outcome", [(True, pytest.fail.Exception), (False, pytest.skip.Exception)])
def test_without_a_server_a_user_skips_with_a_reason_and_ci_fails(
    in_ci: bool, outcome: type[BaseException], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(servers, "DEBIAN", tmp_path)
    monkeypatch.delenv(servers.GIVEN, raising=False)
    monkeypatch.setenv("CI", "true" if in_ci else "")
    with pytest.raises(outcome, match="apt-get install postgresql"), servers.server():
        pass
