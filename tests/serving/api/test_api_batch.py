"""Several clients in one request: each answered or refused by itself, in order, nothing shown before all is logged."""

import pytest

from serving.records.chain.chained import verify_table
from serving.records.schema import AUDIT_LOG
from tests.serving import served as service
from tests.serving.fake_engine import HENKILOTUNNUS, MINE, MINE_TOO, OTHERS, STRANGER
from tests.serving.served import MARKS, error, serving
from tests.serving.serving_parts import CLIENT_QUESTION

served = service.served

pytestmark = MARKS
TASK = "heavier_home_care_6m"


def batch(*items, **more):
    return {**CLIENT_QUESTION, "items": list(items), **more}


def client(client_id, **more):
    return {"client_id": client_id, **more}


def test_W15_good_and_bad_items_are_answered_item_by_item_in_order(served):
    items = [
        client(MINE),
        client(OTHERS),  # another unit's
        {"client_id": "zz"},
        client(MINE_TOO),
        client(STRANGER),
        {"henkilotunnus": HENKILOTUNNUS},
        {"010594Y9032": 1},
        client(MINE, answers=[{"axis": "mood", "level": "low"}]),
        {},
    ]
    response = served.ask("/v1/segment/batch", batch(*items))
    results = response.json()["results"]
    assert response.status_code == 200
    assert [one["index"] for one in results] == list(range(9))
    assert [one["status"] for one in results] == [200, 404, 400, 200, 404, 200, 400, 400, 400]
    assert [one["error"]["field"] for one in results if one["error"]] == [
        None,
        "client_id",
        None,
        None,
        "answers.axis",
        None,
    ]
    assert results[1]["error"] == results[4]["error"]  # another's client and nobody look the same
    assert all((one["answer"] is None) == (one["status"] != 200) for one in results)
    assert not any(value in response.text for value in ("zz", "010594Y9032", "mood"))


def test_every_item_has_its_own_entry_and_they_are_committed_as_one(served, monkeypatch):
    records = served.house.desk.records
    together = []
    monkeypatch.setattr(
        type(records), "audit_all", lambda self, events: together.append(len(events)) or _all(self, events)
    )
    before = len(served.log(event="answer"))
    results = served.ask("/v1/need/batch", batch(client(MINE, task=TASK), client(OTHERS, task=TASK))).json()["results"]
    entries = served.log(event="answer")[: len(served.log(event="answer")) - before]
    assert together == [2]
    assert [entry["outcome"] for entry in entries] == ["denied", "ok"]  # newest first
    assert entries[1]["answer_id"] == results[0]["answer_id"]
    assert verify_table(records.engine, AUDIT_LOG).first_bad is None


def _all(records, events):
    for event in events:
        records.audit(event)


def test_a_role_without_the_right_is_refused_as_a_whole_and_once(served):
    response = served.ask("/v1/segment/batch", batch(client(MINE), {}), user="planner")
    assert (response.status_code, error(response)["code"]) == (403, "forbidden")
    assert (served.log()[0]["outcome"], served.log()[0]["ground"]) == ("denied", "role_without_right")


@pytest.mark.parametrize(
    "items,                                 field",
    [
        ([], "items"),
        ([{"client_id": MINE}] * 101, "items"),
        (["x"], "items.0"),
        (None, "items"),
    ],
)  # fmt: skip
def test_a_batch_that_is_none_or_too_long_is_refused_as_a_whole(served, items, field):
    response = served.ask("/v1/segment/batch", {**CLIENT_QUESTION, "items": items})
    assert (response.status_code, error(response)["field"]) == (400, field)


def test_no_log_no_item(served):
    with serving() as one:
        one.ask("/v1/segment/batch", batch(client(MINE)))
        with one.house.desk.records.engine.connect() as connection:
            connection.exec_driver_sql(
                "CREATE TRIGGER full BEFORE INSERT ON audit_log BEGIN SELECT RAISE(ABORT,'full'); END"
            )
            connection.commit()
        response = one.ask("/v1/segment/batch", batch(client(MINE), client(MINE_TOO)))
    assert response.status_code == 503
    assert "segments" not in response.text


def test_a_model_that_is_missing_refuses_the_item_and_says_so(served):
    served.engine.model_is_missing = True
    try:
        (result,) = served.ask("/v1/segment/batch", batch(client(MINE))).json()["results"]
    finally:
        served.engine.model_is_missing = False
    assert (result["status"], result["error"]["code"]) == (503, "unavailable")
    assert served.log()[0]["outcome"] == "error"
