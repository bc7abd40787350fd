"""What the service tells the report of its ledger and logs: numbers, no client, small counts hidden."""

import json

import pytest

from serving.oversight.facts import _decisions, gathered
from tests.serving import served
from tests.serving.serving_parts import NOW, settings

pytestmark = served.MARKS


def test_before_the_first_request_there_are_no_figures(var) -> None:
    told = gathered(settings(), NOW)
    assert (told["promotions"], told["chains"], told["access"], told["decisions"]) == ([], [], None, None)


def test_accesses_and_decisions_are_counted_and_the_chains_are_whole() -> None:
    with served.serving() as one:
        for _ in range(6):
            assert one.ask("/v1/segment", served.about()).status_code == 200
        assert one.ask("/v1/segment", served.about("f" * 32)).status_code == 404
        told = gathered(settings(), NOW.replace(year=2027))
        logged = json.dumps(told)
    assert {chain["first_bad"] for chain in told["chains"]} == {None}
    assert dict(told["access"]["by_event"])["answer"] >= 6
    assert told["access"]["denied"] == 1
    assert told["decisions"]["answers"] == 6
    assert told["decisions"]["decisions"] == 0
    assert told["decisions"]["decided_share"] == 0.0
    assert served.MINE not in logged


class Records:
    """Decisions and reviews as the log gives them."""

    def __init__(self, choices, findings=()):
        self.made = [
            {"answer_id": str(n), "choice": choice, "seconds_from_view": 10.0 + n, "reason_code": "records_old"}
            for n, choice in enumerate(choices)
        ]
        self.findings = [{"finding": finding} for finding in findings]

    def all_decisions(self):
        return self.made

    def kept(self, table):
        return self.findings if table.name == "review_log" else []


@pytest.mark.parametrize(
    "choices, overrides, reasons",
    [
        (["accept"] * 10 + ["change"] * 10, 0.5, [["records_old", 10]]),
        (["accept"] * 10 + ["change"] * 3, None, [["records_old", None]]),
        ([], None, []),
    ],
)
def test_P6_shares_and_reasons_of_few_decisions_are_hidden(choices, overrides, reasons) -> None:
    told = _decisions(Records(choices), ())
    assert told["override_share"] == overrides
    assert told["reasons"] == reasons


def test_findings_of_the_random_review_are_told() -> None:
    told = _decisions(Records([], ["need_found"] * 5 + ["nothing_missed"] * 12), ())
    assert told["reviews"] == [["nothing_missed", 12], ["need_found", 5]]
