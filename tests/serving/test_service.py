"""The BentoML service from outside: API, errors, health, pages behind the same door, and what the log then holds."""

import pytest

from serving.records.chain.chained import verify_table
from serving.records.schema import AUDIT_LOG
from tests.plans import covers
from tests.serving import service_opened
from tests.serving.fake_engine import HENKILOTUNNUS, MINE, OTHERS, STRANGER
from tests.serving.live_models import SERIES
from tests.serving.served import MARKS, about, error
from tests.serving.service_opened import sign_in
from tests.serving.serving_parts import CLIENT_QUESTION, FORECAST_QUESTION

served = service_opened.served
serve = service_opened.serve

pytestmark = MARKS


def test_a_segment_is_answered_with_model_date_and_id(served):
    response = served.ask("/v1/segment", about())
    said = response.json()
    assert response.status_code == 200
    assert (said["status"], said["stamp"]["version"], said["stamp"]["data_until"]) == ("answered", "3", "2024-12-31")
    assert len(said["answer_id"]) == 32
    for axis in said["axes"]:
        assert axis["base"] + sum(one["contribution"] for one in axis["contributions"]) == axis["log_odds"]


def test_the_audit_entry_is_there_before_the_answer(served):
    said = served.ask("/v1/segment", about()).json()
    (entry,) = served.log(event="answer")
    assert (entry["answer_id"], entry["client_id"], entry["outcome"]) == (said["answer_id"], MINE, "ok")
    assert (entry["ground"], entry["purpose"]) == ("care_relationship", "service_need_assessment")
    (answer,) = entry["detail"]["answers"]
    assert (answer["proposed"], answer["bundle_sha256"], answer["run_id"]) == ("network", "ab" * 32, "run-1")
    assert entry["detail"]["snapshot_sha256"] == "cd" * 32


def test_L8_F9_no_log_no_answer(served, monkeypatch, tmp_path):
    served.ask("/v1/segment", about())
    with served.house.desk.records.engine.connect() as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER full BEFORE INSERT ON audit_log BEGIN SELECT RAISE(ABORT,'full'); END"
        )
        connection.commit()
    response = served.ask("/v1/segment", about())
    assert response.status_code == 503
    assert error(response)["code"] == "unavailable"
    assert "segments" not in response.text


CLOSING = {
    "id": "closing",
    **{name: {"fi": "Sulku", "sv": "Stängning", "en": "Closing"} for name in ("name", "description")},
    "base_year": 2023,
    "supply": [{"kind": "closing", "unit": {"area": ["902"]}, "other": {"area": ["901"]}, "starts": "2025-01-01"}],
}


def test_a_scenario_stands_beside_the_forecast(served):
    question = {**FORECAST_QUESTION, "series_id": SERIES, "scenario": CLOSING}
    said = served.ask("/v1/scenario", question, user="planner").json()
    base, closing = said["base"], said["lines"][0]
    assert closing["total"] == pytest.approx((1 + 2) * base["total"], rel=1e-3)  # 902 is twice as large as 901
    assert closing["total_low80"] < closing["total_difference"] < closing["total_high80"]
    assert served.log(event="scenario")[0]["detail"]["answers"][0]["scenarios"] == ["closing"]


@pytest.mark.parametrize(
    "scenario, says",
    [
        ({**CLOSING, "suply": []}, "supply"),  # an unknown key is named with the nearest one
        ({**CLOSING, "supply": [{**CLOSING["supply"][0], "unit": {"area": ["909"]}}]}, "North fi (901)"),
        ({}, "Kenttä id puuttuu."),
    ],
)
def test_a_scenario_that_cannot_be_used_is_a_400(served, scenario, says):
    answer = served.ask("/v1/scenario", {**FORECAST_QUESTION, "series_id": SERIES, "scenario": scenario}, "planner")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_field")
    assert says in answer.json()["error"]["message"]


def test_a_service_chain_and_who_may_see_it(served):
    said = served.ask("/v1/flow", {**FORECAST_QUESTION, "chain": "home_care"}, user="planner").json()
    assert said["report"]["ranking"]["stages"][0]["stage"] == "assessment"
    assert served.ask("/v1/flow", {**FORECAST_QUESTION, "chain": "other"}, user="planner").status_code == 404
    assert served.ask("/v1/flow", {**FORECAST_QUESTION, "chain": "home_care"}).status_code == 403
    assert [entry["outcome"] for entry in served.log(event="flow")] == ["denied", "error", "ok"]


@covers("002-A7")
def test_need_and_forecast(served):
    need = served.ask("/v1/need", about(task="heavier_home_care_6m"))
    assert need.json()["task"] == "heavier_home_care_6m"
    forecast = served.ask("/v1/forecast", {**FORECAST_QUESTION, "series_id": SERIES}, user="planner")
    said = forecast.json()
    assert said["points"][0]["low80"] == pytest.approx(0.9 * said["points"][0]["value"])
    assert said["series_status"]["status"] == "forecast"
    assert "overrides" not in said
    assert [entry["event"] for entry in served.log()] == ["forecast", "answer"]
    (said,) = served.log()[0]["detail"]["answers"]
    assert (said["series_id"], said["data_until"], said["as_of"]) == (SERIES, "2024-12-31", "2025-01-01")


def test_a_client_may_be_named_by_henkilotunnus_which_is_not_logged(served):
    response = served.ask("/v1/segment", {**CLIENT_QUESTION, "henkilotunnus": HENKILOTUNNUS})
    assert response.status_code == 200
    assert [entry["event"] for entry in served.log()] == ["answer", "client_search"]
    assert HENKILOTUNNUS not in str(served.log())


def test_F1_without_a_model_the_service_is_up_and_not_ready(served):
    served.engine.model_is_missing = True
    assert served.http.get("/livez").status_code == 200
    ready = served.http.get("/readyz")
    assert (ready.status_code, error(ready)["code"]) == (503, "unavailable")
    response = served.ask("/v1/segment", about())
    assert (response.status_code, error(response)["message"]) == (503, "Malli ei saatavilla.")
    assert served.log()[0]["outcome"] == "error"


def test_F7_without_registers_503(served):
    served.engine.registers_are_missing = True
    assert served.ask("/v1/segment", about()).status_code == 503


def test_ready_when_everything_is_there(served):
    assert served.http.get("/readyz").status_code == 200


def test_no_address_leads_to_bentomls_own_pages(served):
    for path in ("/static_content/swagger-ui.css", "/schema.json", "/metrics"):
        response = served.http.get(path)
        assert response.status_code in (200, 404)
        assert "googletagmanager" not in response.text
    assert "googletagmanager" not in served.http.get("/", follow_redirects=True).text


def test_the_description_names_the_four_addresses(served):
    paths = served.http.get("/docs.json").json()["paths"]
    assert {"/v1/segment", "/v1/need", "/v1/counterfactual", "/v1/forecast", "/v1/scenario", "/v1/flow"} <= set(paths)


def test_headers_of_every_answer(served):
    for response in (served.http.get("/sign-in"), served.ask("/v1/segment", about()), served.http.get("/livez")):
        assert "server" not in response.headers
        assert not any(name.startswith("x-bentoml") for name in response.headers)
        assert "frame-ancestors 'none'" in response.headers["content-security-policy"]
        assert response.headers["cache-control"] == "no-store"
        assert response.headers["x-content-type-options"] == "nosniff"
        assert len(response.headers["x-request-id"]) == 32


def test_the_pages_walk_from_list_to_decision(served):
    sign_in(served)
    listed = served.http.get("/clients")
    assert listed.status_code == 200
    assert MINE not in listed.text
    (shown,) = served.log(event="client_list")
    assert len(shown["detail"]["clients"]) == 2  # only the unit's own, present, older clients
    assert verify_table(served.house.desk.records.engine, AUDIT_LOG).first_bad is None


def test_levels_given_by_hand_are_used_and_only_their_ids_are_logged(served):
    given = [{"axis": "resources", "level": "high"}, {"axis": "complexity", "level": "low", "respondent": "relative"}]
    response = served.ask("/v1/segment", about(answers=given))
    assert (response.status_code, response.json()["basis"]) == (200, "both")
    people = [(one.axis, one.level, one.respondent, one.given) for one in served.engine.by_hand]
    assert people == [("resources", "high", "client", "by_hand"), ("complexity", "low", "relative", "by_hand")]
    (said,) = served.log(event="answer")[0]["detail"]["answers"]
    assert said["people"] == [
        {"axis": "resources", "level": "high", "respondent": "client", "given": "by_hand"},
        {"axis": "complexity", "level": "low", "respondent": "relative", "given": "by_hand"},
    ]
    assert (said["credible"], said["basis"]) == (["network", "community"], "both")


def test_what_would_change_an_estimate_is_logged_before_it_is_told(served):
    response = served.ask("/v1/counterfactual", about(output="complexity"))
    said = response.json()
    assert (response.status_code, said["found"]["reached"], said["found"]["target"]) == (200, True, 0.5)
    assert said["stamp"]["version"] == "3"
    (entry,) = served.log(event="counterfactual")
    assert (entry["answer_id"], entry["client_id"], entry["ground"]) == (said["answer_id"], MINE, "care_relationship")
    (logged,) = entry["detail"]["answers"]
    assert (logged["id"], logged["changed"], logged["model"]) == (
        "complexity",
        ["informal_care"],
        "segmentation_suuntima_like",
    )
    assert "3.0" not in str(logged)
    assert "now" not in str(logged)


@pytest.mark.parametrize(
    "client,  output,         status, code",
    [
        (MINE, "mood", 400, "invalid_field"),
        (MINE, "resources", 404, "not_found"),  # this client has no such estimate
        (OTHERS, "complexity", 404, "not_found"),
        (STRANGER, "complexity", 404, "not_found"),
    ],
)
def test_what_would_change_is_told_of_ones_own_clients_estimates_only(served, client, output, status, code):
    response = served.ask("/v1/counterfactual", about(client, output=output))
    assert (response.status_code, error(response)["code"]) == (status, code)
    if client != MINE:
        assert served.engine.asked == []


def test_no_log_no_counterfactual(served):
    served.ask("/v1/counterfactual", about(output="complexity"))
    with served.house.desk.records.engine.connect() as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER full BEFORE INSERT ON audit_log BEGIN SELECT RAISE(ABORT,'full'); END"
        )
        connection.commit()
    response = served.ask("/v1/counterfactual", about(output="complexity"))
    assert response.status_code == 503
    assert "changes" not in response.text


def test_a_counterfactual_needs_a_registered_decision_point(served):
    response = served.ask("/v1/counterfactual", {**about(output="complexity"), "decision_point": "service_planning"})
    assert (response.status_code, error(response)["field"]) == (400, "decision_point")
