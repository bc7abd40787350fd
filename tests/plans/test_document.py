"""The page of the county plans says what the tests say."""

import ast

from tests.plans.document import PAGE, Row, _line, covering, marked, plans
from tests.plans.document import page as made


def test_the_page_is_current():
    assert PAGE.read_text(encoding="utf-8").rstrip() == made().rstrip(), (
        "Type `python -m tests.plans.document > docs/coverage.md`."
    )


def test_every_marked_row_is_in_the_plans_and_no_row_is_listed_twice():
    numbers = [row.number for plan in plans() for row in plan.rows]
    assert len(numbers) == len(set(numbers)) == 116
    assert set(covering()) <= set(numbers)


def test_a_row_that_a_test_holds_says_where_it_works():
    tests = covering()
    assert [row.number for plan in plans() for row in plan.rows if row.number in tests and not row.where] == []


def test_a_row_works_only_by_a_test_and_only_when_nothing_lacks():
    row = Row("002-A5", "name", "1", "wanted")
    assert row.state({}) == "not"
    assert row.state({"002-A5": ["a"]}) == "works"
    assert Row("002-A5", "name", "1", "wanted", lacks="half").state({"002-A5": ["a"]}) == "partly"
    assert Row("002-A5", "name", "1", "wanted", lacks="half").state({}) == "not"


def test_marks_are_read_from_the_code():
    code = '@covers("002-A5", "000-7")\n@other\ndef test_it():\n    pass\n\n\ndef test_free():\n    pass\n'
    code += '\n\n@covers("000-1", county=True)\ndef test_there():\n    pass\n'
    assert list(marked(ast.parse(code))) == [("test_it", ("002-A5", "000-7"), False), ("test_there", ("000-1",), True)]


def test_a_row_is_held_on_a_county_when_one_of_its_tests_runs_there():
    row = Row("002-A5", "name", "1", "wanted", where="here")
    line = _line(row, ["a.py::test_a", "b.py::test_b@county"], "works")
    assert "`a.py::test_a`<br>**`b.py::test_b`** | county | works |" in line
    assert "| rows | works |" in _line(row, ["a.py::test_a"], "works")
