"""I1–I8, I10, I11, I31, I32, I34–I36: the shape of a delivered file."""

import gzip
import random
from pathlib import Path

import pytest

from configs.errors import DataError
from features.sources.fetching.compressed import BLOCK, Limits, unpack_gzip
from tests.features.deliveries.extracts import ANNA, CONTACT_HEADER, CONTACTS, Extracts, report_of
from tests.hardening.rows import GOOD, NEXT, falls_alone, kept_text


def test_I1_a_row_with_too_few_fields(extracts: Extracts) -> None:
    falls_alone(extracts, f"{ANNA};2024-03-02;;T1", "too_few_fields")


def test_I2_a_row_with_too_many_fields(extracts: Extracts) -> None:
    falls_alone(extracts, f"{ANNA};2024-03-02;;T1;A01;1;x", "too_many_fields")


@pytest.mark.parametrize("cell", ['"A01', 'A"01', '"A01"x', '"A""01'])
def test_I3_an_unclosed_quote_falls_alone(cell: str, extracts: Extracts) -> None:
    falls_alone(extracts, f"{ANNA};2024-03-02;;T1;{cell};1", "unclosed_quote")


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


@pytest.mark.parametrize(
    "first, sentence",
    [
        (GOOD, "Deliver it with its header line (hetu, minutes, reason, recorded, service, time)"),
        ("Virtanen;Anna;x;y;z;w", "none of the mapping's columns"),
        (CONTACT_HEADER + GOOD, "what is no column's name"),
        (CONTACT_HEADER.replace("reason", "Virtanen 010150"), "column `reason` is missing"),
    ],
)
def test_I5_a_file_without_its_header_line_is_refused_and_shows_nobody(
    first: str, sentence: str, extracts: Extracts
) -> None:
    extracts.deliver("contacts.csv", f"{first}\n{NEXT}\n")
    with pytest.raises(DataError) as refused:
        extracts.ingest()
    assert sentence in str(refused.value)
    assert not any(word in str(refused.value) for word in (ANNA, "Virtanen", "2024", "A01"))


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


def test_I6_what_an_earlier_system_garbled_is_quarantined(extracts: Extracts) -> None:
    falls_alone(extracts, f"{ANNA};2024-03-02;;T1;A�;1", "bad_encoding")


def test_I7_a_byte_order_mark_is_stripped(extracts: Extracts) -> None:
    extracts.deliver("contacts.csv", f"\ufeff{CONTACT_HEADER}\n{GOOD}\n")
    assert report_of(extracts.ingest()).accepted == 1


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_I8_utf_16_is_refused(encoding: str, extracts: Extracts) -> None:
    bom = "\ufeff" if encoding != "utf-16" else ""
    extracts.deliver("contacts.csv", f"{bom}{CONTACT_HEADER}\n{GOOD}\n".encode(encoding), rows=1)
    with pytest.raises(DataError, match="UTF-16"):
        extracts.ingest()


@pytest.mark.parametrize("sign", ["\x00", "\x01", "\x02", "\x1a", "\x7f"])
def test_I10_control_characters(sign: str, extracts: Extracts) -> None:
    falls_alone(extracts, f"{ANNA};2024-03-02;;T1;A{sign}01;1", "control_character")


def test_I11_the_decimal_sign_is_the_declared_one(extracts: Extracts) -> None:
    falls_alone(extracts, f"{ANNA};2024-03-02;;T1;A01;1.5", "bad_number")


@pytest.mark.parametrize(
    "cell, kept", [('"a;b"', "a;b"), ('"say ""hello"""', 'say "hello"'), ('""', None), (" A01 ", "A01")]
)
def test_I11_the_separator_inside_quotes_is_text(cell: str, kept: str | None, extracts: Extracts) -> None:
    assert kept_text(extracts, cell) == kept


def test_I31_a_file_above_the_limit_is_refused_before_it_is_read(extracts: Extracts) -> None:
    file = extracts.contacts(GOOD)
    with file.open("r+b") as stream:
        stream.truncate((1 << 20) + 1)  # sparse: it takes no space
    with pytest.raises(DataError, match=r"contacts\.csv is larger than the limit of 1 MB.*max_file_mb"):
        extracts.ingest(limits=Limits(max_file_mb=1))


def test_I32_a_packed_delivery_is_read(extracts: Extracts) -> None:
    packed = gzip.compress(f"{CONTACT_HEADER}\n{GOOD}\n{NEXT}\n".encode(), mtime=0)
    extracts.mapping(CONTACTS, files="extracts/contacts*")
    extracts.deliver("contacts.csv.gz", packed, rows=2)
    report = report_of(extracts.ingest(), "contacts.csv.gz")
    assert (report.rows, report.accepted) == (2, 2)
    assert extracts.ingest().files == ()  # known again by the bytes that were delivered


@pytest.mark.parametrize("limits, sentence", [(Limits(), "200 times"), (Limits(max_file_mb=4), "limit of 4 MB")])
def test_I32_a_gzip_bomb_is_refused_while_it_is_unpacked(limits: Limits, sentence: str, tmp_path: Path) -> None:
    bomb, target = tmp_path / "bomb.csv.gz", tmp_path / "scratch" / "bomb.csv"
    with gzip.open(bomb, "wb", compresslevel=9) as stream:
        for _ in range(256):
            stream.write(bytes(BLOCK))
    written = [0]

    class Watched(Limits):
        def check_unpacked(self, name: str, packed: int, unpacked: int) -> None:
            written[0] = max(written[0], unpacked)
            super().check_unpacked(name, packed, unpacked)

    with pytest.raises(DataError, match=sentence):
        unpack_gzip(bomb, target, Watched(**limits.model_dump()))
    assert written[0] <= 60 * BLOCK  # of 256
    assert not target.exists()


@pytest.mark.parametrize(
    "damage", [lambda raw: raw[:-9], lambda raw: raw[:30] + b"X" + raw[31:], lambda raw: b"x" + raw]
)
def test_I32_a_damaged_packed_file_is_one_sentence(damage, tmp_path: Path) -> None:
    file = tmp_path / "contacts.csv.gz"
    file.write_bytes(damage(gzip.compress(random.Random(1).randbytes(500))))
    with pytest.raises(DataError, match=r"contacts\.csv\.gz is not a whole gzip file"):
        unpack_gzip(file, tmp_path / "contacts.csv", Limits())
    assert not (tmp_path / "contacts.csv").exists()


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


def test_I36_another_type_in_mid_file_is_quarantined_not_cast(extracts: Extracts) -> None:
    falls_alone(extracts, f"{ANNA};2024-03-02;;T1;A01;abc", "bad_number")


def test_I36_rows_are_counted_after_every_cell_was_read(extracts: Extracts) -> None:
    extracts.contacts(*[GOOD.replace("10:00", f"10:{minute}") for minute in range(10, 20)], "x;y;z;T1;A01;late drift")
    report = report_of(extracts.ingest())
    assert (report.rows, report.accepted, len(extracts.read())) == (11, 10, 10)
