"""The store as readers see it: types, buckets, one client."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from configs.errors import DataError
from features.manifest import FileReport
from features.store import bucket_of, read_client, read_table
from features.tables import TABLES
from tests.features.deliveries.extracts import ANNA, BERTTA, CECILIA, Extracts, county


@pytest.fixture
def extracts(var: Path) -> Extracts:
    made = county(var)
    made.contacts(
        f"{ANNA};2024-03-02;;T2;;",
        f"{ANNA};2024-03-01;;T1;A01;1",
        f"{BERTTA};2023-03-01;;T1;A02;2",
    )
    made.ingest()
    return made


def test_columns_come_in_their_promised_types(extracts: Extracts) -> None:
    rows = extracts.read()
    expected = {"text": "category", "number": "float64", "integer": "float64", "time": "datetime64[s]", "flag": "bool"}
    assert {name: str(kind) for name, kind in rows.dtypes.items()} == {
        column.name: expected[column.kind] for column in TABLES["contacts"].columns
    }


def test_an_empty_table_has_the_same_columns_and_types(extracts: Extracts) -> None:
    empty = extracts.read("assessments")
    assert len(empty) == 0
    assert list(empty.columns) == [column.name for column in TABLES["assessments"].columns]
    assert str(empty.time.dtype) == "datetime64[s]"


def test_chosen_columns_only(extracts: Extracts) -> None:
    rows = read_table(extracts.snapshot(), "contacts", columns=["minutes", "client_id"])
    assert list(rows.columns) == ["minutes", "client_id"]
    assert rows.minutes.sum() == (1 + 2)


@pytest.mark.parametrize(
    "table, columns, sentence", [("contact", None, "no table `contact`"), ("contacts", ["x"], "no column `x`")]
)
def test_unknown_names_are_refused(table: str, columns: list[str] | None, sentence: str, extracts: Extracts) -> None:
    with pytest.raises(DataError, match=sentence):
        read_table(extracts.snapshot(), table, columns=columns)


def test_buckets_divide_the_clients(extracts: Extracts) -> None:
    snapshot = extracts.snapshot()
    parts = [read_table(snapshot, "contacts", bucket=bucket) for bucket in range(snapshot.n_buckets)]
    assert sum(map(len, parts)) == 3
    for bucket, part in enumerate(parts):
        assert {bucket_of(client, snapshot.n_buckets) for client in part.client_id} <= {bucket}


def test_a_bucket_is_the_remainder_of_the_first_eight_characters() -> None:
    assert bucket_of("0000001f" + "a" * 24, 16) == 0x1F % 16


def test_one_clients_rows_are_the_tables_rows(extracts: Extracts) -> None:
    snapshot = extracts.snapshot()
    whole = {name: read_table(snapshot, name) for name in TABLES if TABLES[name].has_client}
    for client in whole["residents"].client_id:
        mine = read_client(snapshot, client)
        assert set(mine) == set(whole)
        for name, rows in whole.items():
            expected = rows[rows.client_id == client].astype(object).reset_index(drop=True)
            pd.testing.assert_frame_equal(mine[name].astype(object), expected)
            assert mine[name].dtypes.map(str).equals(rows.dtypes.map(str))


def test_a_client_nobody_knows_has_no_rows(extracts: Extracts) -> None:
    assert all(rows.empty for rows in read_client(extracts.snapshot(), "f" * 32).values())


def test_an_empty_answer_is_nobody_elses(extracts: Extracts) -> None:
    first = read_client(extracts.snapshot(), "f" * 32)["contacts"]
    first["mine"] = 1
    assert "mine" not in read_client(extracts.snapshot(), "f" * 32)["contacts"]


def test_one_client_is_found_among_many_row_groups(var: Path) -> None:
    made = county(var)
    people = (ANNA, BERTTA, CECILIA)
    made.deliver("people.csv", "hetu;born;died\n" + "".join(f"{person};1950;\n" for person in people))
    minutes = [
        f"{hour:02d}:{minute:02d}:{second:02d}"
        for hour in range(10, 12)
        for minute in range(60)
        for second in range(60)
    ]
    made.contacts(*(f"{person};2024-01-02 {minute};;T1;;1" for minute in minutes for person in people))
    made.ingest(n_buckets=1)
    rows = read_table(made.snapshot(), "contacts")
    assert np.all(rows.client_id.astype(str).to_numpy()[:-1] <= rows.client_id.astype(str).to_numpy()[1:])
    for client in rows.client_id.unique():
        mine = read_client(made.snapshot(), client)["contacts"]
        assert (len(mine), mine.time.is_monotonic_increasing) == (len(minutes), True)


def test_a_report_that_loses_a_row_cannot_exist() -> None:
    with pytest.raises(DataError, match="3 rows came in and 2 are accounted for"):
        FileReport("s", "contacts", "f.csv", "0", "0", rows=3, accepted=1, filtered=0, stored=1, quarantined={"x": 1})
