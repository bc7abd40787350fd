"""I9, I12–I14, I33, I37: text stays what it was, except what must not be kept."""

import unicodedata
from pathlib import Path

import pytest

from features.ingest.report import report_lines
from features.sources.checking.freetext import masked
from models.exchange import safe_text
from tests.features.deliveries.extracts import ANNA, BERTTA, CONTACTS, Extracts, fictional, report_of
from tests.hardening.rows import GOOD, columns_with, kept_text


@pytest.mark.parametrize(
    "written, kept",
    [
        (unicodedata.normalize("NFD", "Hämeenlinna Å"), unicodedata.normalize("NFC", "Hämeenlinna Å")),
        ("\u212b", "\u00c5"),  # the sign of the unit becomes the letter
    ],
)
def test_I9_letters_are_normalised(written: str, kept: str, extracts: Extracts) -> None:
    assert kept_text(extracts, written) == kept


def test_I9_a_code_is_found_however_its_letters_are_composed(extracts: Extracts) -> None:
    extracts.mapping(CONTACTS, columns=columns_with("service", codes={"lääkäri": "gp_visit"}))
    extracts.contacts(GOOD.replace("T1", unicodedata.normalize("NFD", "lääkäri")))
    assert report_of(extracts.ingest()).accepted == 1


def test_I12_leading_zeros_stay(extracts: Extracts) -> None:
    assert kept_text(extracts, "0123") == "0123"


@pytest.mark.parametrize("cell", ["NA", "NULL", "null", "None", "nan"])
def test_I13_words_for_nothing_are_text(cell: str, extracts: Extracts) -> None:
    assert kept_text(extracts, cell) == cell


def test_I14_a_code_that_looks_like_a_power_of_ten_is_text(extracts: Extracts) -> None:
    assert kept_text(extracts, "1e5") == "1e5"


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@x"])
def test_I33_a_formula_is_stored_raw_and_escaped_in_a_sheet(cell: str, extracts: Extracts) -> None:
    kept = kept_text(extracts, cell)
    assert kept == cell
    assert safe_text(kept) == f"'{cell}"


IDENTIFIER = fictional(950)


@pytest.mark.parametrize(
    "text, kept",
    [
        (IDENTIFIER, "***"),
        (f"soitti {IDENTIFIER} ja {fictional(951)}", "soitti *** ja ***"),
        (f"({IDENTIFIER.lower()})", "(***)"),
        (IDENTIFIER.replace("-", "–"), "***"),
        (IDENTIFIER.replace("-", " -"), "***"),
        (fictional(950, "010110", "A"), "***"),
        ("puh 040 123 4567", "puh ***"),
        ("+358 40 1234567.", "***."),
        ("0401234567", "***"),
        ("050-1234567", "***"),
        ("09 1234 5678", "***"),
        ("(02) 123 4567", "(02) 123 4567"),  # no number that could be dialled as it is written
        (IDENTIFIER[:-1] + "*", IDENTIFIER[:-1] + "*"),
        ("010150-9011", "010150-9011"),  # the check character is wrong: a number, not an identifier
        ("2024-03-01 10:00", "2024-03-01 10:00"),
        ("01.02.2024", "01.02.2024"),
        ("00100", "00100"),
        ("ICD-10 F32.1", "ICD-10 F32.1"),
        ("0123456", "0123456"),
        ("X0401234567", "X0401234567"),  # part of a longer code
    ],
)
def test_I37_an_identifier_or_phone_number_in_text_is_masked(text: str, kept: str, extracts: Extracts) -> None:
    assert masked(text) == kept
    assert kept_text(extracts, text) == kept


def test_I37_masked_cells_are_counted_and_nowhere_kept(
    extracts: Extracts, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    note = f"{BERTTA} 040 1234567"
    rows = [f"{ANNA};2024-03-{day:02d};;T1;{note if day < 4 else 'A01'};1" for day in range(1, 10)]
    extracts.contacts(*rows)
    outcome = extracts.ingest()
    assert report_of(outcome).noted == {"masked:reason": 3}
    assert report_of(outcome).accepted == 9
    assert any(line.endswith("kept with a note: masked:reason 3") for line in report_lines(outcome.files))
    assert _places_that_hold(extracts.store, BERTTA[:6]) == []
    assert _places_that_hold(extracts.store, "1234567") == []
    assert BERTTA not in caplog.text + "".join(capsys.readouterr())


def test_I37_a_number_in_a_key_column_is_no_phone_number() -> None:
    assert masked("0401234567", with_phones=False) == "0401234567"
    assert masked(IDENTIFIER, with_phones=False) == "***"


def _places_that_hold(store: Path, text: str) -> list[str]:
    return [file.name for file in store.rglob("*") if file.is_file() and text.encode() in file.read_bytes()]
