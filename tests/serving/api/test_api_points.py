"""Decision points select text, horizon and reasons; every task at once; one estimate by itself."""

import pytest

from models.points import chosen_reasons, with_reasons
from tests.plans import covers
from tests.serving import served as service
from tests.serving.fake_engine import MINE, FakeCase, FakeEngine, reason
from tests.serving.served import MARKS, about, error

served = service.served

pytestmark = MARKS
TASK = "heavier_home_care_6m"


def at(point, **more):
    return about(**{**more, "decision_point": point})


@covers("002-A8")
def test_a_point_says_what_the_answer_is_for(served):
    said = served.ask("/v1/segment", at("acute_discharge")).json()["decision_point"]
    assert (said["id"], said["horizon_days"], said["reasons"]) == ("acute_discharge", 92, 3)
    assert "kotiutuksen" in said["text"]["fi"]


@covers("002-A8")
def test_a_task_beyond_the_points_horizon_is_not_answered_there(served):
    assert served.ask("/v1/need", at("client_guidance", task=TASK)).status_code == 200
    response = served.ask("/v1/need", at("acute_discharge", task=TASK), Accept_Language="en")
    assert (response.status_code, error(response)["field"]) == (400, "task")
    assert "92 days" in error(response)["message"]
    assert served.ask("/v1/need", at("acute_discharge", task="all")).json()["answers"] == []


def test_every_task_at_once_is_one_entry(served):
    said = served.ask("/v1/need", at("client_guidance", task="all")).json()
    assert [one["task"] for one in said["answers"]] == [TASK]
    assert served.log()[0]["answer_id"] == said["answer_id"]


@pytest.mark.parametrize(
    "given,                     most, kept",
    [
        ([3, 2, -1], 3, [3, 2, -1]),
        ([3, 2, -1], 2, [3, -1]),    # the other direction is not lost
        ([3, -2, 1], 2, [3, -2]),
        ([3, 2, 1], 2, [3, 2]),      # there is no other direction
        ([3, -1], 1, [3]),           # one place: the heaviest
        ([], 2, []),
    ],
)  # fmt: skip
def test_fewer_reasons_keep_both_directions(given, most, kept):
    reasons = tuple(reason(f"family{value}", value) for value in given)
    assert [one.contribution for one in chosen_reasons(reasons, most)] == kept


def test_only_what_is_said_aloud_has_a_sentence_and_the_sum_stays():
    answer = with_reasons(FakeCase(FakeEngine(), MINE).segment(), 1)
    for axis in answer.axes:
        assert len(axis.reasons) == 1
        assert [bool(one.sentence) for one in axis.contributions] == [True, False]
        assert axis.base + sum(one.contribution for one in axis.contributions) == axis.log_odds


def test_one_estimate_by_itself_with_what_it_rests_on(served):
    said = served.ask("/v1/explain", about(output="complexity")).json()
    assert (said["estimate"]["id"], said["stamp"]["version"]) == ("complexity", "3")
    assert said["missing"][0]["family"] == "whodas"
    (entry,) = [one for one in served.log(event="answer") if one["answer_id"] == said["answer_id"]]
    assert entry["detail"]["answers"][0]["kind"] == "segment"  # so that a decision about it can follow


@pytest.mark.parametrize(
    "output,      status, field",
    [("mood", 400, "output"), ("resources", 404, None)],
)
def test_an_estimate_that_is_not_there(served, output, status, field):
    response = served.ask("/v1/explain", about(output=output))
    assert (response.status_code, error(response)["field"]) == (status, field)
    if status == 404:
        assert served.log()[0]["detail"] == {"found": False}
