"""Writes the state of the hardening list: `python -m tests.hardening.document > docs/hardening.md`."""

import ast
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from configs.command import say
from configs.loader import PROJECT_ROOT

ITEMS = Path(__file__).with_name("items.yaml")
PAGE = PROJECT_ROOT / "docs" / "hardening.md"
NUMBERED = re.compile(r"test_((?:[IWFAXPL][0-9]+_)+)")

HEAD = """# Hardening: bad inputs, faults, access, privacy

The checklist of 155 items, and the tests that hold each of them. Made by
`python -m tests.hardening.document > docs/hardening.md` from `tests/hardening/items.yaml` and the tests themselves: a
test carries the numbers of its items first in its name (`test_I13_…`), and a test keeps this page equal to them.
"Open" names the part of the system where an item will be built.

Find the tests of an item with `python -m pytest -k I13_`.
"""


def sections() -> Mapping[str, Mapping[str, Any]]:
    """The list as it was written down."""
    found: dict[str, dict[str, Any]] = yaml.safe_load(ITEMS.read_text(encoding="utf-8"))
    return found


def numbers_of(name: str) -> tuple[str, ...]:
    """The items that a test holds, by its name."""
    carried = NUMBERED.match(name)
    return tuple(carried[1].rstrip("_").split("_")) if carried else ()


def numbered_files() -> dict[str, list[str]]:
    """The test files that hold tests of each number."""
    found: dict[str, set[str]] = {}
    for file in sorted((PROJECT_ROOT / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                for number in numbers_of(node.name):
                    found.setdefault(number, set()).add(file.relative_to(PROJECT_ROOT).as_posix())
    return {number: sorted(files) for number, files in found.items()}


def page() -> str:
    """The whole page."""
    tests, listed = numbered_files(), sections().values()
    numbers = [number for section in listed for number in section["items"]]
    held = sum(number in tests for number in numbers)
    return HEAD + f"\n{held} of {len(numbers)} items have tests.\n" + "".join(_section(one, tests) for one in listed)


def _section(section: Mapping[str, Any], tests: Mapping[str, list[str]]) -> str:
    rule = f"\n{section['rule']}\n" if "rule" in section else ""
    rows = "".join(_row(number, expected, section, tests) for number, expected in section["items"].items())
    return f"\n## {section['title']}\n{rule}\n| item | expected | state |\n|---|---|---|\n{rows}"


def _row(number: str, expected: str, section: Mapping[str, Any], tests: Mapping[str, list[str]]) -> str:
    files = ", ".join(f"`{file}`" for file in tests.get(number, []))
    return f"| {number} | {expected} | {f'tested in {files}' if files else section['area']} |\n"


if __name__ == "__main__":
    say(page().rstrip())
