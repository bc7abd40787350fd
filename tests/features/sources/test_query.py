"""Joins of delivered files in the mapping: the named files and nothing else, one SELECT, every check of any file."""

import zipfile
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from configs.errors import ConfigError, DataError
from features.sources.fetching.compressed import Limits
from features.sources.mapping import mapping_of
from tests.features.deliveries.extracts import ANNA, BERTTA, CECILIA, CONTACTS, Extracts, county, report_of

VISITS = f"id;hetu;time;service\n1;{ANNA};2024-03-01 10:00:00;T1\n2;{BERTTA};2022-05-05;T2\n3;{CECILIA};2024-02-31;T1\n"
DETAILS = "id;reason;minutes\n1;A01;12,5\n3;A02;1\n"
JOINED = "SELECT hetu, time, service, NULL AS recorded, reason, minutes FROM visits LEFT JOIN details USING (id)"
PLACELESS = {key: value for key, value in CONTACTS.items() if key != "files"}
NAME = "clinic (query)"


@pytest.fixture
def extracts(var: Path) -> Extracts:
    extracts = county(var)
    extracts.deliver("visits.csv", VISITS)
    extracts.deliver("details.csv", DETAILS)
    return extracts


def joined(extracts: Extracts, query: str = JOINED, inputs: dict[str, str] | None = None, **mapping: Any) -> None:
    """Write the mapping of contacts as a query over the two files."""
    plain = {"visits": "extracts/visits.csv", "details": "extracts/details.csv"}
    form = {"type": "query", "decimal": ",", "inputs": {**plain, **(inputs or {})}, "query": query}
    extracts.mapping(PLACELESS, format=form, **mapping)


def test_a_join_is_read_like_a_file_with_every_check(extracts: Extracts) -> None:
    joined(extracts)
    report = report_of(extracts.ingest(), NAME)
    rows = extracts.read().sort_values("time")
    assert (report.rows, report.accepted, dict(report.quarantined)) == (3, 2, {"bad_time": 1})
    assert rows.reason.astype(object).where(rows.reason.notna(), None).tolist() == [None, "A01"]
    assert rows.minutes.fillna(0).tolist() == [0, 12.5]
    assert extracts.reasons() == {3: "bad_time"}  # the third row of the answer, which is sorted
    assert report.covers_until == "2024-12-31"  # what every marker promises


def test_the_same_files_are_known_and_others_are_read(extracts: Extracts) -> None:
    joined(extracts)
    first = extracts.ingest()
    assert extracts.ingest().sha256 == first.sha256
    extracts.deliver("details.csv", DETAILS.replace("A02", "A03"))
    assert report_of(extracts.ingest(), NAME).quarantined == {"duplicate": 2, "bad_time": 1}


def test_parquet_archives_and_globs_are_inputs_too(extracts: Extracts) -> None:
    folder = extracts.var / "extracts"
    pd.DataFrame({"id": [1], "reason": ["A01"], "minutes": [12.5]}).to_parquet(folder / "details_1.parquet")
    pd.DataFrame({"id": [2], "reason": ["A07"], "minutes": [3.0]}).to_parquet(folder / "details_2.parquet")
    with zipfile.ZipFile(folder / "visits.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("2024/visits.csv", VISITS)
    inputs = {"visits": "extracts/visits.zip#2024/visits.csv", "details": "extracts/details_*.parquet"}
    query = (
        "SELECT hetu, time, service, NULL AS recorded, reason, replace(d.minutes::VARCHAR, '.', ',') AS minutes "
        "FROM visits AS v JOIN details AS d ON d.id = v.id::INTEGER"
    )
    joined(extracts, query, inputs, complete_marker=False)
    assert report_of(extracts.ingest(), NAME).accepted == 2
    assert sorted(extracts.read().minutes) == [3.0, 12.5]


@pytest.mark.parametrize(
    "query,                                                          sentence",
    [
        ("SELECT * FROM read_csv('/etc/passwd')", "reaches for something that is not among its inputs"),
        ("SELECT * FROM read_text('SECRET')", "reaches for something that is not among its inputs"),
        ("SELECT * FROM glob('/etc/*')", "reaches for something that is not among its inputs"),
        ("SELECT * FROM '/etc/passwd'", "Table with name /etc/passwd does not exist"),
        ("SELECT * FROM nosuch", "Table with name nosuch does not exist"),
        ("SELECT nosuch FROM visits", 'Referenced column "nosuch" not found'),
        ("SELECT FROM WHERE", "syntax error"),
        ("SELECT CAST(hetu AS DATE) AS hetu FROM visits", "is not what the query expects (ConversionException)"),
        ("SELECT hetu FROM visits", "column `time` is missing"),
    ],
)
def test_a_query_reads_its_inputs_and_nothing_else(query: str, sentence: str, extracts: Extracts) -> None:
    joined(extracts, query.replace("SECRET", str(extracts.var / "keys" / "pseudonym.key")))
    with pytest.raises(DataError) as refused:
        extracts.ingest()
    assert sentence in str(refused.value)
    assert ANNA not in str(refused.value)
    assert not (extracts.store / "manifest.json").exists()


@pytest.mark.parametrize(
    "form,                                                  sentence",
    [
        ({"query": "COPY visits TO 'x.csv'"}, "`query` must be one SELECT"),
        ({"query": "SELECT 1; SELECT 2"}, "`query` must be one statement"),
        ({"inputs": {}}, "`inputs` must name the files"),
        ({"inputs": {"a b": "x.csv"}}, "the input `a b` is no name"),
        ({"url": "${X}"}, "`url` is for `type: sql`"),
    ],
)
def test_a_wrong_query_mapping_is_told_what_to_write(form: dict[str, Any], sentence: str) -> None:
    given = {"type": "query", "inputs": {"a": "x.csv"}, "query": "SELECT * FROM a", **form}
    with pytest.raises(ConfigError) as refused:
        mapping_of({**PLACELESS, "format": given})
    assert sentence in str(refused.value)


def test_an_answer_without_rows_is_a_fault_unless_the_source_is_optional(extracts: Extracts) -> None:
    joined(extracts, JOINED + " WHERE false")
    with pytest.raises(DataError, match="no rows"):
        extracts.ingest()
    joined(extracts, JOINED + " WHERE false", optional=True)
    assert [report.table for report in extracts.ingest().files] == ["residents"]


def test_a_missing_or_unfinished_input_is_named(extracts: Extracts) -> None:
    joined(extracts)
    (extracts.var / "extracts" / "details.csv.complete").unlink()
    with pytest.raises(DataError, match=r"details\.csv has no details\.csv\.complete beside it"):
        extracts.ingest()
    (extracts.var / "extracts" / "details.csv").unlink()
    with pytest.raises(DataError, match=r"No file matches `extracts/details\.csv`"):
        extracts.ingest()


def test_other_bytes_than_the_marker_promised_are_refused(extracts: Extracts) -> None:
    joined(extracts)
    (extracts.var / "extracts" / "details.csv").write_text(DETAILS + "4;A04;1\n")
    with pytest.raises(DataError, match="was promised"):
        extracts.ingest()


def test_I32_a_zip_bomb_is_refused_before_it_is_big(extracts: Extracts) -> None:
    bomb = extracts.var / "extracts" / "bomb.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("visits.csv", b"0" * (40 << 20))
    joined(extracts, inputs={"visits": "extracts/bomb.zip#visits.csv"}, complete_marker=False)
    with pytest.raises(DataError, match=r"bomb\.zip#visits\.csv unpacks to more than 200 times its size"):
        extracts.ingest()
    assert sum(file.stat().st_size for file in extracts.var.rglob("*") if file.is_file()) < 1 << 20


@pytest.mark.parametrize("member, sentence", [("visit.csv", "has no member `visit.csv`. Did you mean `visits.csv`")])
def test_a_member_that_is_not_there_is_named(member: str, sentence: str, extracts: Extracts) -> None:
    with zipfile.ZipFile(extracts.var / "extracts" / "all.zip", "w") as archive:
        archive.writestr("visits.csv", VISITS)
    joined(extracts, inputs={"visits": f"extracts/all.zip#{member}"}, complete_marker=False)
    with pytest.raises(DataError) as refused:
        extracts.ingest()
    assert sentence in str(refused.value)


def test_a_zip_of_one_csv_is_a_delivery_and_one_of_two_is_not(extracts: Extracts) -> None:
    header = "hetu;time;recorded;service;reason;minutes"
    packed = extracts.var / "extracts" / "contacts_1.zip"
    extracts.mapping(CONTACTS, files="extracts/contacts*.zip", complete_marker=False)
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("contacts.csv", f"{header}\n{ANNA};2024-03-01;;T1;A01;1\nbroken\n")
    report = report_of(extracts.ingest(), packed.name)
    assert (report.accepted, dict(report.quarantined)) == (1, {"too_few_fields": 1})
    with zipfile.ZipFile(packed, "a") as archive:
        archive.writestr("more.csv", header)
    with pytest.raises(DataError, match="holds 2 files"):
        extracts.ingest()


def test_inputs_keep_to_the_limit_of_size(extracts: Extracts) -> None:
    joined(extracts, complete_marker=False)
    (extracts.var / "extracts" / "details.csv").write_bytes(b"id;reason;minutes\n" + b"1;A01;1\n" * 200_000)
    with pytest.raises(DataError, match=r"details\.csv is larger than the limit of 1 MB"):
        extracts.ingest(limits=Limits(max_file_mb=1))
