"""Bad deliveries: each kind is refused or quarantined under its own name, and good rows beside it survive."""

import unicodedata
from pathlib import Path

import pytest

from configs.errors import DataError
from features.ingest.settings import Identity
from tests.extracts import ANNA, BERTTA, CONTACT_HEADER, CONTACTS, STRANGER, Extracts, county, fictional, report_of

GOOD = f"{ANNA};2024-03-01 10:00:00;2024-03-02;T1;A01;12,5"


@pytest.fixture
def extracts(var: Path) -> Extracts:
    return county(var)


@pytest.mark.parametrize(
    "item, row,                                                 reason",
    [
        ("I1", f"{ANNA};2024-03-02;;T1", "too_few_fields"),
        ("I2", f"{ANNA};2024-03-02;;T1;A01;1;x", "too_many_fields"),
        ("I3", f'{ANNA};2024-03-02;;T1;"A01;1', "unclosed_quote"),
        ("I10", f"{ANNA};2024-03-02;;T1;A\x0001;1", "control_character"),
        ("I10", f"{ANNA};2024-03-02;;T1;A\x0201;1", "control_character"),
        ("I6", f"{ANNA};2024-03-02;;T1;A�;1", "bad_encoding"),  # mojibake from an earlier system
        ("I28", f"{ANNA};2024-03-02;;T1;A01;NaN", "bad_number"),
        ("I28", f"{ANNA};2024-03-02;;T1;A01;inf", "bad_number"),
        ("I28", f"{ANNA};2024-03-02;;T1;A01;-0", "bad_number"),
        ("I28", f"{ANNA};2024-03-02;;T1;A01;1e2", "bad_number"),
        ("I11", f"{ANNA};2024-03-02;;T1;A01;1.5", "bad_number"),  # the declared sign is a comma
        ("I36", f"{ANNA};2024-03-02;;T1;A01;abc", "bad_number"),
        ("I29", f"{ANNA};2024-03-02;;T1;A01;-5", "out_of_range"),
        ("I29", f"{ANNA};2024-03-02;;T1;A01;99999999999999999999", "out_of_range"),
        ("I21", f"{ANNA};2024-02-31;;T1;A01;1", "bad_time"),
        ("I21", f"{ANNA};2024-03-31 03:30:00;;T1;A01;1", "bad_time"),  # the skipped hour of spring
        ("I21", f"{ANNA};2024-03-02T10:00:00+02:00;;T1;A01;1", "bad_time"),
        ("I28", f"{ANNA};;;T1;A01;1", "missing_value"),
        ("I29", f"{ANNA};1024-03-02;;T1;A01;1", "out_of_range"),
        ("I26", f"{ANNA};2024-03-02;;T3;A01;1", "unknown_code"),  # without `unknown`
        ("I28", f"{ANNA};2024-03-02;;;A01;1", "missing_value"),
        ("I19", f"{ANNA};2025-01-01;;T1;A01;1", "future_event"),  # after the last day covered
        ("I19", f"{ANNA};2024-03-02;2024-03-01;T1;A01;1", "future_event"),  # recorded before it happened
        ("I20", f"{ANNA};1949-12-31;1949-12-31;T1;A01;1", "before_birth"),
        ("I20", f"{BERTTA};2023-07-01;;T1;A01;1", "after_death"),
        ("I22", f"{ANNA[:-1]}*;2024-03-02;;T1;A01;1", "bad_identifier"),
        ("I22", f"{ANNA.lower()[:-1]};2024-03-02;;T1;A01;1", "bad_identifier"),
        ("I28", ";2024-03-02;;T1;A01;1", "missing_value"),
        ("I30", f"{STRANGER};2024-03-02;;T1;A01;1", "orphan"),
        ("I15", GOOD, "duplicate"),
    ],
)
def test_I_a_bad_row_is_quarantined_by_name_and_its_neighbours_are_kept(
    item: str, row: str, reason: str, extracts: Extracts
) -> None:
    extracts.contacts(GOOD, row, GOOD.replace("2024-03-01", "2024-04-01").replace("2024-03-02", "2024-04-02"))
    report = report_of(extracts.ingest())
    assert extracts.reasons() == {3: reason}
    assert (report.rows, report.accepted) == (3, 2)
    assert len(extracts.read()) == 2


@pytest.mark.parametrize(
    "item, cell, kept",
    [
        ("I12", "0123", "0123"),
        ("I13", "NA", "NA"),
        ("I13", "NULL", "NULL"),
        ("I14", "1e5", "1e5"),
        ("I33", "=1+1", "=1+1"),
        ("I33", "@x", "@x"),
        ("I11", '"a;b"', "a;b"),
        ("I11", '"say ""hello"""', 'say "hello"'),
        ("I11", '""', None),
        ("I11", " A01 ", "A01"),
        ("I9", unicodedata.normalize("NFD", "Hämeenlinna Å"), unicodedata.normalize("NFC", "Hämeenlinna Å")),
        ("I9", "\u212b", "\u00c5"),  # the sign of the unit becomes the letter
    ],
)
def test_I_text_stays_text(item: str, cell: str, kept: str | None, extracts: Extracts) -> None:
    extracts.contacts(f"{ANNA};2024-03-01;;T1;{cell};1")
    extracts.ingest()
    assert extracts.read().reason.astype(object).where(lambda reason: reason.notna(), None).tolist() == [kept]


def test_I3_a_line_break_inside_quotes_swallows_no_row(extracts: Extracts) -> None:
    extracts.contacts(GOOD, f'{ANNA};2024-03-02;;T1;"two', 'lines";1', GOOD.replace("2024-03-01", "2024-03-02"))
    assert report_of(extracts.ingest()).rows == 4
    assert extracts.reasons() == {3: "unclosed_quote", 4: "unclosed_quote"}


@pytest.mark.parametrize("content", ["", CONTACT_HEADER, CONTACT_HEADER + "\n"])
def test_I4_an_empty_file_refuses_the_batch(content: str, extracts: Extracts) -> None:
    extracts.deliver("contacts.csv", content)
    with pytest.raises(DataError, match=r"contacts\.csv (is empty|has a header line and no rows)"):
        extracts.ingest()
    assert not (extracts.store / "manifest.json").exists()


@pytest.mark.parametrize(
    "header,                                        sentence",
    [
        ("hetu;time;recorded;service;minutes", "column `reason` is missing"),
        ("hetu;time;recorded;service;reson;minutes", "the nearest is `reson`"),
        (CONTACT_HEADER + ";extra", "`extra` is not in the mapping"),
        (CONTACT_HEADER + ";time", "`time` is there twice"),
    ],
)
def test_I5_wrong_columns_refuse_the_batch_by_name(header: str, sentence: str, extracts: Extracts) -> None:
    extracts.deliver("contacts.csv", f"{header}\n" + ";".join(["x"] * (header.count(";") + 1)) + "\n")
    with pytest.raises(DataError) as refused:
        extracts.ingest()
    assert sentence in str(refused.value)


def test_I5_the_order_of_columns_does_not_matter(extracts: Extracts) -> None:
    extracts.deliver("contacts.csv", f"minutes;reason;time;hetu;service;recorded\n5;A01;2024-03-01;{ANNA};T1;\n")
    extracts.ingest()
    assert extracts.read()[["reason", "minutes"]].to_numpy().tolist() == [["A01", 5.0]]


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1"])
def test_I6_declared_encodings_are_read(encoding: str, extracts: Extracts) -> None:
    extracts.mapping(CONTACTS, format={**CONTACTS["format"], "encoding": encoding})
    extracts.deliver("contacts.csv", f"{CONTACT_HEADER}\r\n{ANNA};2024-03-01;;T1;Äiti–å;1\r\n".encode("cp1252"))
    extracts.ingest()
    assert extracts.read().reason.tolist() == ["Äiti–å" if encoding == "cp1252" else "Äiti\x96å"]


def test_I6_bytes_outside_the_declared_encoding_are_quarantined(extracts: Extracts) -> None:
    wrong = GOOD.replace("A01", "ÄÄ").encode("cp1252")
    extracts.deliver("contacts.csv", b"\n".join([CONTACT_HEADER.encode(), wrong, GOOD.encode(), b""]))
    assert report_of(extracts.ingest()).quarantined == {"bad_encoding": 1}
    assert extracts.reasons() == {2: "bad_encoding"}


def test_I7_a_byte_order_mark_is_stripped(extracts: Extracts) -> None:
    extracts.deliver("contacts.csv", f"\ufeff{CONTACT_HEADER}\n{GOOD}\n")
    assert report_of(extracts.ingest()).accepted == 1


def test_I8_utf_16_is_refused(extracts: Extracts) -> None:
    extracts.deliver("contacts.csv", f"{CONTACT_HEADER}\n{GOOD}\n".encode("utf-16"), rows=1)
    with pytest.raises(DataError, match="UTF-16"):
        extracts.ingest()


def test_I16_rows_of_one_key_that_disagree_are_both_quarantined(extracts: Extracts) -> None:
    extracts.contacts(GOOD, GOOD.replace("12,5", "13"), GOOD.replace("10:00", "11:00"))
    assert report_of(extracts.ingest()).quarantined == {"conflict": 2}
    assert extracts.reasons() == {2: "conflict", 3: "conflict"}


@pytest.mark.parametrize("test_range, reasons", [("refuse", {"test_range_identifier": 1}), ("link", {})])
def test_I24_fictional_people_enter_only_where_declared(
    test_range: str, reasons: dict[str, int], extracts: Extracts
) -> None:
    extracts.contacts(GOOD)
    outcome = extracts.ingest(identity=Identity(test_range=test_range, create_key=True))  # type: ignore[arg-type]
    assert report_of(outcome).quarantined == reasons


def test_I26_an_unknown_code_is_kept_as_declared(extracts: Extracts) -> None:
    service = {**CONTACTS["columns"]["service"], "unknown": "other"}
    extracts.mapping(CONTACTS, columns={**CONTACTS["columns"], "service": service})
    extracts.contacts(GOOD, GOOD.replace("T1", "T9"))
    extracts.ingest()
    assert sorted(extracts.read().service) == ["gp_visit", "other"]


def test_I26_too_many_bad_rows_refuse_the_batch(extracts: Extracts) -> None:
    extracts.contacts(*[GOOD.replace("10:00", f"10:{minute}") for minute in range(10, 59)], GOOD.replace("T1", "T9"))
    with pytest.raises(DataError, match=r"contacts\.csv: 1 of 50 rows .*unknown_code 1.*limit of 1\.0%"):
        extracts.ingest(quarantine_limit=0.01)
    assert not (extracts.store / "manifest.json").exists()
    assert report_of(extracts.ingest(quarantine_limit=0.02)).accepted == 49


def test_I34_a_file_without_its_marker_is_not_read(extracts: Extracts) -> None:
    file = extracts.contacts(GOOD)
    file.with_name("contacts.csv.complete").unlink()
    with pytest.raises(DataError, match=r"has no contacts\.csv\.complete beside it"):
        extracts.ingest()


@pytest.mark.parametrize(
    "promised, sentence", [({"sha256": "0" * 64}, "000000000000… was promised"), ({"rows": 7}, "promised 7")]
)
def test_I35_a_broken_promise_refuses_the_batch(promised: dict[str, object], sentence: str, extracts: Extracts) -> None:
    extracts.deliver("contacts.csv", f"{CONTACT_HEADER}\n{GOOD}\n", **promised)
    with pytest.raises(DataError) as refused:
        extracts.ingest()
    assert sentence in str(refused.value)
    assert not (extracts.store / "manifest.json").exists()


def test_I36_rows_are_counted_after_every_cell_was_read(extracts: Extracts) -> None:
    extracts.contacts(*[GOOD.replace("10:00", f"10:{minute}") for minute in range(10, 20)], "x;y;z;T1;A01;late drift")
    report = report_of(extracts.ingest())
    assert (report.rows, report.accepted, len(extracts.read())) == (11, 10, 10)


def test_the_doubled_hour_of_autumn_is_kept_as_written(extracts: Extracts) -> None:
    extracts.contacts(f"{ANNA};2024-10-27 03:30:00;;T1;A01;1")
    assert report_of(extracts.ingest()).accepted == 1


def test_no_message_holds_a_clients_value(extracts: Extracts, caplog: pytest.LogCaptureFixture) -> None:
    secret = fictional(950)
    extracts.contacts(f"{secret};2024-03-01;;T9;A01;1")
    with pytest.raises(DataError) as refused:
        extracts.ingest(quarantine_limit=0.0)
    assert secret not in str(refused.value) + caplog.text


def test_a_missing_file_says_what_to_do(extracts: Extracts) -> None:
    with pytest.raises(DataError, match=r"No file matches `extracts/contacts\*\.csv` of the source clinic"):
        extracts.ingest()
