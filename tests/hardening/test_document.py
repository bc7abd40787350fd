"""docs/hardening.md says what is so: every item once, every tested number with a test that pytest collects."""

import subprocess
import sys

import pytest

from configs.loader import PROJECT_ROOT
from tests.hardening.document import PAGE, numbered_files, numbers_of, page, sections

COUNTS = {"I": 37, "W": 23, "F": 27, "A": 33, "X": 8, "P": 14, "L": 13}
OF_THE_HISTORIES = {*(f"I{n}" for n in range(1, 38)), "F8", "F10", "F15", "F18", "F19", "F25", "P8", "P9"}


def test_every_item_is_listed_once_in_its_order() -> None:
    listed = [number for section in sections().values() for number in section["items"]]
    assert sorted(listed) == sorted(f"{letter}{n}" for letter, most in COUNTS.items() for n in range(1, most + 1))
    assert len(listed) == 155


def test_the_page_is_equal_to_the_list_and_the_tests() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "python -m tests.hardening.document > docs/hardening.md"


def test_every_item_of_deliveries_and_the_store_has_a_test() -> None:
    assert set(numbered_files()) >= OF_THE_HISTORIES


def test_no_test_carries_a_number_that_is_not_on_the_list() -> None:
    listed = {number for section in sections().values() for number in section["items"]}
    assert set(numbered_files()) <= listed


def test_every_numbered_test_of_this_room_is_collected(request: pytest.FixtureRequest) -> None:
    files = {file for held in numbered_files().values() for file in held if "hardening" in file}
    running = [item for item in request.session.items if str(item.path.relative_to(PROJECT_ROOT)) in files]
    is_whole = {str(item.path.relative_to(PROJECT_ROOT)) for item in running} == files
    names = [item.name for item in running] if is_whole else _collected()
    collected = {number for name in names for number in numbers_of(name)}
    here = {number for number, held in numbered_files().items() if files & set(held)}
    assert collected == here >= OF_THE_HISTORIES


def _collected() -> list[str]:
    """What pytest finds in this room, when only a part of it is running."""
    words = ("-m", "pytest", "--collect-only", "-o", "addopts=", "-q", "-p", "no:cacheprovider", "tests/hardening")
    listing = subprocess.run([sys.executable, *words], cwd=PROJECT_ROOT, capture_output=True, text=True, check=True)
    return [line.split("::")[1] for line in listing.stdout.splitlines() if "::" in line]
