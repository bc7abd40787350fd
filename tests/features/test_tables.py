"""The data contract: thirteen tables, each date on its own clock, and a page that cannot go stale."""

import pytest

from configs.loader import PROJECT_ROOT
from features.tables import TABLES, Table
from features.tables.document import contract
from tests.plans import covers


@covers("000-17")
def test_there_are_thirteen_tables() -> None:
    assert len(TABLES) == 13


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_every_date_has_a_clock_that_exists(table: Table) -> None:
    dates = [column for column in table.columns if column.kind == "time" and not column.name.endswith("recorded_at")]
    assert {column.name for column in dates} - {"superseded_at"} == {column.name for column in table.dates}
    for column in table.dates:
        assert column.clock in table.by_name, column.name
        assert column.clock == "recorded_at" or column.nullable, "a later date may be missing"


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_every_row_says_where_it_came_from(table: Table) -> None:
    assert {"recorded_at", "superseded_at", "source", "legacy_org"} <= set(table.by_name)
    assert set(table.key) <= set(table.by_name)
    assert ("client_id" in table.by_name) is table.has_client


@covers("000-89", "001-H10")
def test_the_page_says_what_the_code_says() -> None:
    page = (PROJECT_ROOT / "docs" / "data-contract.md").read_text(encoding="utf-8")
    assert page == contract(), "type `python -m features.tables.document > docs/data-contract.md`"
