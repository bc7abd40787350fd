"""Writes what of the county plans works: `python -m tests.plans.document > docs/coverage.md`."""

import ast
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from configs.command import say
from configs.loader import PROJECT_ROOT

ROWS = Path(__file__).with_name("rows.yaml")
PAGE = PROJECT_ROOT / "docs" / "coverage.md"
TESTS = PROJECT_ROOT / "tests"

ON_A_COUNTY = "@county"
"""Behind a test that runs on a simulated county."""
HEAD = """# What of the county plans works

Every row of the five county plans that the service itself must do, where it works, the tests that hold it, and its
state. Made by `python -m tests.plans.document > docs/coverage.md` from `tests/plans/rows.yaml` and the tests
themselves; a test keeps this page equal to them. A row **works** when tests marked with it (`@covers("002-A5")`)
assert its behaviour, on a simulated county or on rows worked by hand, and nothing is known to be lacking; it works
**partly** when something is, which is then named; **not** when no test holds it. The column *on* says where a row's
tests look: **county** when one of them runs on a simulated county (`@covers("002-A5", county=True)`, those tests in
bold), **rows** when all of them stand on rows worked by hand. Find the tests of a row with `python -m pytest --covers
002-A5`.
"""


@dataclass(frozen=True)
class Row:
    """One row of a plan."""

    number: str
    name: str
    line: str
    wants: str
    where: str = ""
    lacks: str = ""

    def state(self, tests: Mapping[str, list[str]]) -> str:
        """What may be said of it."""
        if self.number not in tests:
            return "not"
        return "partly" if self.lacks else "works"


@dataclass(frozen=True)
class Plan:
    """The rows of one reading of the plans."""

    county: str
    document: str
    rows: tuple[Row, ...]


def plans() -> tuple[Plan, ...]:
    """The list as it was written down."""
    read = yaml.safe_load(ROWS.read_text(encoding="utf-8")).values()
    return tuple(
        Plan(one["county"], one["document"], tuple(Row(number, **row) for number, row in one["rows"].items()))
        for one in read
    )


@cache
def covering() -> dict[str, list[str]]:
    """Row to the tests marked with it, `file::test`."""
    found: dict[str, list[str]] = {}
    for file in sorted(TESTS.rglob("test_*.py")):
        for name, rows, county in marked(ast.parse(file.read_text(encoding="utf-8"))):
            test = f"{file.relative_to(TESTS).as_posix()}::{name}{ON_A_COUNTY if county else ''}"
            for row in rows:
                found.setdefault(row, []).append(test)
    return found


def marked(tree: ast.Module) -> Iterator[tuple[str, tuple[str, ...], bool]]:
    """Each test of a file that is marked, with its rows and whether it runs on a simulated county."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            yield from ((node.name, *said) for said in map(_said, node.decorator_list) if said)


def _said(decorator: ast.expr) -> tuple[tuple[str, ...], bool] | None:
    if isinstance(decorator, ast.Call) and isinstance(decorator.func, ast.Name) and decorator.func.id == "covers":
        keywords = {one.arg: ast.literal_eval(one.value) for one in decorator.keywords}
        return tuple(ast.literal_eval(argument) for argument in decorator.args), bool(keywords.get("county"))
    return None


def page() -> str:
    """The whole page."""
    tests, listed = covering(), plans()
    rows = [row for plan in listed for row in plan.rows]
    states = Counter(row.state(tests) for row in rows)
    seen = sum(_place(tests.get(row.number, [])) == "county" for row in rows)
    counted = (
        f"{len(rows)} rows: {states['works']} work, {states['partly']} partly, {states['not']} not. "
        f"{seen} are held on a simulated county, the others on rows worked by hand."
    )
    return f"{HEAD}\n{counted}\n{_lacking(rows, tests)}" + "".join(_section(plan, tests) for plan in listed)


def _lacking(rows: list[Row], tests: Mapping[str, list[str]]) -> str:
    short = [row for row in rows if row.state(tests) != "works"]
    lines = "".join(
        f"| {row.number} | {row.name} | {row.state(tests)} | {row.lacks or 'no test holds it'} |\n" for row in short
    )
    return (
        f"\n## What does not work wholly\n\n| row | name | state | lacking |\n|---|---|---|---|\n{lines}"
        if short
        else ""
    )


def _section(plan: Plan, tests: Mapping[str, list[str]]) -> str:
    rows = "".join(_line(row, tests.get(row.number, []), row.state(tests)) for row in plan.rows)
    heads = "| row | name (line) | asked | where it works | tests | on | state |\n|---|---|---|---|---|---|---|\n"
    return f"\n## {plan.county}\n\n{plan.document[0].upper()}{plan.document[1:]}.\n\n{heads}{rows}"


def _line(row: Row, tests: list[str], state: str) -> str:
    named = "<br>".join(map(_named, tests)) or "–"
    cells = (row.number, f"{row.name} ({row.line})", row.wants, row.where or "–", named, _place(tests), state)
    return "| " + " | ".join(cell.replace("|", "/") for cell in cells) + " |\n"


def _named(test: str) -> str:
    own = f"`{test.removesuffix(ON_A_COUNTY)}`"
    return f"**{own}**" if test.endswith(ON_A_COUNTY) else own


def _place(tests: list[str]) -> str:
    if not tests:
        return "–"
    return "county" if any(test.endswith(ON_A_COUNTY) for test in tests) else "rows"


if __name__ == "__main__":
    say(page().rstrip())
