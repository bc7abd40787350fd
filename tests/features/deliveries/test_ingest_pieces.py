"""Files read in pieces: wherever a piece ends, the store's bytes, the line numbers and the reasons are the same."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import features.sources.settling.parts as parts
from configs.errors import DataError
from features.ingest.run import ingest
from features.sources.reading import pieces
from features.sources.reading.lines import split_lines
from features.sources.reading.pieces import Piece, ahead, csv_pieces
from features.sources.reading.scan import file_sha256
from tests.features.deliveries.extracts import (
    ANNA,
    BERTTA,
    CECILIA,
    CONTACT_HEADER,
    CONTACTS,
    RESIDENTS,
    Extracts,
    county,
    report_of,
)

GOOD = f"{ANNA};2024-03-01 10:00:00;2024-03-02;T1;A01;12,5"
LINE = len(GOOD) + 1
WHOLE = 1 << 25
SIZES = (1, 3 * LINE, 7 * LINE + 5)
"""Pieces of one line, of about three, of some."""

ROWS = (
    GOOD,
    f"{BERTTA};2023-03-01 10:00:00;2023-03-02;T1;Äiti–å;7",
    f'{ANNA};2024-03-02;;T1;"A;01";1',
    f'{ANNA};2024-03-03;;T1;"A01;1',
    f'{ANNA};2024-03-04;;T2;"two',
    'lines";1',
    "",
    f"{ANNA};2024-03-05;;T1",
    f"{ANNA};2024-03-05;;T1;A01;1;x",
    f" {ANNA} ;2024-03-06; ;T1; A 01 ;1",
    f"{ANNA};2024-03-07;;T1;A\x0001;1",
    f"{ANNA};2024-03-07;;T1;A\r01;1",
    f"\ufeff{ANNA};2024-03-07;;T1;A01;1",
    f"{CECILIA};2024-03-08;;T9;A01;1",
    GOOD.replace("12,5", "13").replace("2024-03-02", "2024-03-09"),
    f"{CECILIA};2024-03-10 10:00:00;2024-03-11;T1;A01;1",
    f"{CECILIA};2024-03-10 10:00:00;2024-03-11;T1;A01;2",
    f"{BERTTA};2023-03-01 10:00:00;2023-03-02;T1;Äiti–å;7",
    *(f"{ANNA};2024-04-01 10:{minute:02d}:00;;T1;B{minute:02d};1" for minute in range(20)),
)
REASONS = {
    5: "unclosed_quote",
    6: "unclosed_quote",
    7: "unclosed_quote",
    8: "too_few_fields",
    9: "too_few_fields",
    10: "too_many_fields",
    12: "control_character",
    13: "control_character",
    14: "bad_identifier",
    15: "unknown_code",
    17: "conflict",
    18: "conflict",
    19: "duplicate",
}


@pytest.fixture
def extracts(var: Path) -> Extracts:
    return county(var)


@pytest.fixture
def divided(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts as a large file makes them."""
    monkeypatch.setattr(parts, "TOGETHER", 0)
    monkeypatch.setattr(parts, "SMALL", 0)


def in_pieces(extracts: Extracts, sizes: tuple[int, ...] = (WHOLE, *SIZES)) -> Iterator[tuple[str, Extracts]]:
    """The snapshot of the same delivery, whole and in pieces of every size."""
    for size in sizes:
        shutil.rmtree(extracts.store, ignore_errors=True)
        yield ingest(extracts.config(piece_bytes=size)).sha256, extracts


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_I3_I31_the_size_of_a_piece_changes_no_byte_and_no_line_number(line_end: str, extracts: Extracts) -> None:
    extracts.deliver("contacts.csv", (line_end.join([CONTACT_HEADER, *ROWS]) + line_end).encode())
    found = [(sha, made.reasons(), len(made.read())) for sha, made in in_pieces(extracts)]
    assert found[0][1:] == (REASONS, len(ROWS) - len(REASONS))
    assert found == found[:1] * len(found)


def test_the_division_into_parts_changes_no_byte(extracts: Extracts, monkeypatch: pytest.MonkeyPatch) -> None:
    extracts.contacts(*ROWS)
    sizes = (WHOLE, 7 * LINE)
    together = {sha for sha, _ in in_pieces(extracts, sizes)}
    monkeypatch.setattr(parts, "TOGETHER", 0)
    assert {sha for sha, _ in in_pieces(extracts, sizes)} == together
    monkeypatch.setattr(parts, "SMALL", 0)
    assert {sha for sha, _ in in_pieces(extracts, sizes)} == together
    assert len(together) == 1


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1"])
def test_I6_an_encoding_is_read_piece_by_piece(encoding: str, extracts: Extracts) -> None:
    extracts.mapping(CONTACTS, format={**CONTACTS["format"], "encoding": encoding})
    rows = [GOOD, *(f"{ANNA};2024-05-{day:02d};;T1;Äiti å {day};1" for day in range(1, 29))]
    extracts.deliver("contacts.csv", "\r\n".join([CONTACT_HEADER, *rows]).encode("cp1252"))
    found = [(sha, sorted(made.read().reason.astype(str))[-1]) for sha, made in in_pieces(extracts)]
    assert found == [(found[0][0], "Äiti å 9")] * len(found)


@pytest.mark.usefixtures("divided")
def test_I18_versions_of_a_row_in_different_pieces_close_each_other(extracts: Extracts) -> None:
    others = [f"{BERTTA};2023-01-{day:02d};;T1;A01;1" for day in range(1, 29)]
    corrected = GOOD.replace("12,5", "20").replace("2024-03-02", "2024-03-09")
    extracts.contacts(corrected, *others, GOOD, others[3], others[5].replace(";1", ";2", 1))
    for _, made in in_pieces(extracts):
        rows = made.read()
        rows = rows[rows.time == "2024-03-01 10:00:00"].sort_values("recorded_at")
        assert rows.minutes.tolist() == [12.5, 20.0]
        assert rows.superseded_at.tolist()[:1] == [pd.Timestamp("2024-03-09")]
        assert made.reasons()[32] == "duplicate"


@pytest.mark.usefixtures("divided")
def test_equal_rows_without_a_key_are_counted_across_pieces(extracts: Extracts) -> None:
    extracts.mapping(CONTACTS, repeats="keep")
    row = f"{ANNA};2024-03-01;;T1;A01;1"
    extracts.contacts(*[row] * 9, GOOD, *[row] * 3)
    found = [(sha, len(made.read())) for sha, made in in_pieces(extracts)]
    assert found == [(found[0][0], 13)] * len(found)
    extracts.contacts(*[row] * 14, GOOD, name="contacts_2.csv")
    again = report_of(extracts.ingest(piece_bytes=1), "contacts_2.csv")
    assert again.quarantined == {"duplicate": 13}
    assert len(extracts.read()) == 15


@pytest.mark.usefixtures("divided")
def test_days_in_different_pieces_make_one_episode(extracts: Extracts) -> None:
    columns = {
        "client_id": {"from": "hetu", "pseudonymise": "henkilotunnus"},
        "start": {"from": "day"},
        "kind": {"value": "ward_stay"},
    }
    merge = {"by": ["client_id", "kind"], "gap_days": 1, "end": "end"}
    beds = {**CONTACTS, "source": "beds", "table": "episodes", "files": "extracts/beds.csv", "columns": columns}
    extracts.mapping(beds, merge=merge)
    extracts.contacts(GOOD)
    days = [f"{person};2023-01-{day:02d}" for day in (5, 2, 9, 1, 3, 8, 4) for person in (ANNA, BERTTA, CECILIA)]
    extracts.deliver("beds.csv", "\n".join(["hetu;day", *days, ""]))
    found = [(sha, made.read("episodes").sort_values(["client_id", "start"])) for sha, made in in_pieces(extracts)]
    assert {sha for sha, _ in found} == {found[0][0]}
    stays = found[0][1]
    assert stays.start.dt.day.tolist() == [1, 8] * 3
    assert stays.end.dt.day.tolist() == [6, 10] * 3


def test_a_parquet_file_is_read_in_pieces(extracts: Extracts) -> None:
    extracts.mapping(CONTACTS, files="extracts/contacts.parquet", format={"type": "parquet"})
    rows = [row.split(";") for row in ROWS if row.count(";") == 5 and '"' not in row and ANNA in row]
    frame = pd.DataFrame(rows, columns=CONTACT_HEADER.split(";")).replace({"12,5": "12.5"})
    raw = extracts.var / "frame.parquet"
    frame.to_parquet(raw, row_group_size=10)
    extracts.deliver("contacts.parquet", raw.read_bytes(), rows=len(frame))
    found = [(sha, made.reasons(), len(made.read())) for sha, made in in_pieces(extracts)]
    assert found == found[:1] * len(found)
    assert found[0][2] + len(found[0][1]) == len(frame)


@pytest.mark.parametrize("optional", [True, False])
def test_I4_a_parquet_file_may_hold_no_row_only_where_the_source_is_optional(
    optional: bool, extracts: Extracts
) -> None:
    extracts.mapping(CONTACTS, files="extracts/contacts.parquet", format={"type": "parquet"}, optional=optional)
    raw = extracts.var / "frame.parquet"
    pd.DataFrame(columns=CONTACT_HEADER.split(";"), dtype="string").to_parquet(raw)
    extracts.deliver("contacts.parquet", raw.read_bytes(), rows=0)
    if optional:
        assert report_of(extracts.ingest(), "contacts.parquet").rows == 0
        return
    with pytest.raises(DataError, match=r"contacts\.parquet has no rows"):
        extracts.ingest()


def test_the_people_of_a_register_in_pieces_are_known_to_every_part(extracts: Extracts) -> None:
    extracts.contacts(GOOD, GOOD.replace(ANNA, CECILIA))
    extracts.mapping(RESIDENTS)
    for _, made in in_pieces(extracts):
        assert report_of_last(made, "people.csv") == 3
        assert made.reasons() == {}


def test_a_file_that_changes_while_it_is_read_is_refused(extracts: Extracts) -> None:
    file = extracts.contacts(GOOD)
    look = file_sha256(file)
    file.write_text(file.read_text().replace("12,5", "99,9"))
    with pytest.raises(DataError, match=r"contacts\.csv changed while it was being read"):
        list(csv_pieces(file, file.name, "utf-8", look, WHOLE))


def test_a_line_without_an_end_is_refused_not_held_in_memory(
    extracts: Extracts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pieces, "LONGEST_LINE", 500)
    extracts.contacts(GOOD, f"{ANNA};2024-03-01;;T1;{'x' * 600};1", GOOD.replace("10:00", "11:00"))
    for size in (1, WHOLE):
        with pytest.raises(DataError, match=r"contacts\.csv has a line of more than 500 bytes"):
            extracts.ingest(piece_bytes=size)


def test_plain_lines_keep_their_numbers_beside_odd_ones() -> None:
    """Against the slowest way to say it, on lines made at random."""
    rng = np.random.default_rng(5)
    cells = ["", "a", 'b"', "ö", "\ufeff", " c", "\x01", "�"]
    lines = [";".join(rng.choice(cells, rng.integers(1, 5), p=[0.3, 0.4, *[0.05] * 6])) for _ in range(20_000)]
    text = ("\n".join(lines) + "\n").encode()
    split = split_lines(Piece(text, 2, len(lines), False), ["x", "y", "z"], ["z", "x"], ";")
    plain = {n: line for n, line in enumerate(lines, 2) if line.count(";") == 2 and not set(line) & set('"\ufeff\x01�')}
    assert split.plain["line"].to_pylist() == list(plain)
    for name, place in (("x", 0), ("z", 2)):
        assert split.plain[name].to_pylist() == [line.split(";")[place] or None for line in plain.values()]
    odd = {n: line for n, line in enumerate(lines, 2) if n not in plain}
    assert dict(zip(split.odd["line"].to_pylist(), split.odd["t"].to_pylist(), strict=True)) == odd


@pytest.mark.parametrize("text, has_edges", [("a;b c\n", False), ("a ;b\n", True), ("a; b\n", True), (" a;b\n", True)])
def test_cells_are_trimmed_only_where_a_space_stands_at_an_edge(text: str, has_edges: bool) -> None:
    piece = Piece(("x;y\n" * 40_000 + text).encode(), 2, 40_001, True)
    assert split_lines(piece, ["x", "y"], ["x"], ";").has_edges is has_edges


def test_a_fault_in_the_piece_that_is_made_ahead_is_raised() -> None:
    def failing() -> Iterator[int]:
        yield 1
        raise DataError("second")

    taken = ahead(failing())
    assert next(taken) == 1
    with pytest.raises(DataError, match="second"):
        next(taken)


def report_of_last(extracts: Extracts, name: str) -> int:
    return next(file.accepted for file in extracts.snapshot().batches[-1].files if file.name == name)
