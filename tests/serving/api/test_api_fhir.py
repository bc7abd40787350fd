"""Answers as FHIR R4: nothing that R4 does not allow, percentages, an opaque subject, periods and reasons in words."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from models.answers import Arrangement
from serving.api.fhir import QUALITATIVE, risk_assessment
from serving.api.replies import wants_fhir
from tests.serving import served as service
from tests.serving.api.fhir_r4 import Bundle, RiskAssessment
from tests.serving.fake_engine import HENKILOTUNNUS, MINE, FakeCase, FakeEngine, said
from tests.serving.served import MARKS, about
from tests.serving.serving_parts import CLIENT_QUESTION

served = service.served

pytestmark = MARKS
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
FHIR = {"Accept": "application/fhir+json"}
CASE = FakeCase(FakeEngine(), MINE)


def rendered(answer, language="fi"):
    found = risk_assessment(answer, "a" * 32 + "-0", "handle", NOW, language)
    RiskAssessment.model_validate(found)
    return found


def test_a_need_says_outcome_percentage_period_and_reasons():
    found = rendered(CASE.need("heavier_home_care_6m"))
    (prediction,) = found["prediction"]
    assert prediction["probabilityDecimal"] == pytest.approx(62.2)
    assert prediction["qualitativeRisk"]["coding"][0]["code"] == "high"
    assert prediction["whenPeriod"] == {"start": "2025-01-01", "end": "2025-07-01"}  # 182 days, the last one included
    assert prediction["rationale"] == "emergency_contacts painaa informal_care painaa"
    assert found["performer"]["identifier"]["value"] == "ab" * 32
    assert (found["status"], found["occurrenceDateTime"]) == ("preliminary", "2026-11-21T12:00:00Z")


def test_a_segment_says_every_segment_and_axis_and_what_is_arranged():
    arranged = Arrangement(
        "network", said("polku"), said("puhelin"), "care_plan", "light", said("omahoitaja"), True, (said("soitto"),)
    )
    found = rendered(replace(CASE.segment(), arrangement=arranged))
    percents = [one["probabilityDecimal"] for one in found["prediction"]]
    assert percents == pytest.approx([10, 20, 30, 40, 62.2, 62.2])
    assert found["mitigation"] == "polku; puhelin; omahoitaja; soitto"
    assert found["code"]["coding"][0]["version"] == "1"


def test_an_answer_that_was_refused_has_no_prediction_and_says_why():
    answer = replace(
        CASE.need("x"), status="not_assessable", status_reason=said("Tietoa on liian vähän."), likelihood=None
    )
    found = rendered(answer)
    assert "prediction" not in found
    assert found["note"][0]["text"] == "Tietoa on liian vähän."


@pytest.mark.parametrize(
    "probability, code", [(0.0, "negligible"), (0.01, "low"), (0.499, "moderate"), (1.0, "certain")]
)
def test_every_probability_has_a_qualitative_code(probability, code):
    assert next(name for limit, name in QUALITATIVE if probability < limit) == code


@pytest.mark.parametrize(
    "change",
    [
        {"status": "guess"},
        {"subject": {"type": "Device"}},
        {"prediction": [{"probabilityDecimal": 100.1}]},
        {"basis": []},
        {"occurrenceDateTime": "21.11.2026"},
        {"probability": 1},
    ],
)
def test_the_r4_structure_refuses_what_r4_refuses(change):
    with pytest.raises(ValidationError):
        RiskAssessment.model_validate({**rendered(CASE.segment()), **change})


@pytest.mark.parametrize("path, more", [("/v1/segment", {}), ("/v1/need", {"task": "heavier_home_care_6m"})])
def test_fhir_is_answered_when_it_is_asked_for(served, path, more):
    response = served.ask(path, about(**more), **FHIR)
    assert response.headers["content-type"].startswith("application/fhir+json")
    RiskAssessment.model_validate(response.json())
    assert served.log()[0]["answer_id"] == response.json()["id"][:32]


def test_several_needs_are_a_bundle(served):
    response = served.ask("/v1/need", about(task="all"), **FHIR)
    bundle = Bundle.model_validate(response.json())
    assert len(bundle.entry) == 1


def test_the_subject_is_the_callers_own_handle_and_no_identifier(served):
    by_id = served.ask("/v1/segment", about(), **FHIR)
    by_number = served.ask("/v1/segment", {**CLIENT_QUESTION, "henkilotunnus": HENKILOTUNNUS}, **FHIR)
    subject = by_id.json()["subject"]["identifier"]["value"]
    assert subject == by_number.json()["subject"]["identifier"]["value"]
    assert not any(name in by_number.text for name in (HENKILOTUNNUS, MINE))
    assert len(subject) == 22


def test_a_refusal_keeps_the_one_shape_of_errors(served):
    response = served.ask("/v1/segment", about("f" * 32), **FHIR)
    assert (response.status_code, set(response.json())) == (404, {"error"})


@pytest.mark.parametrize(
    "accept,                                            fhir",
    [
        ("application/fhir+json", True),
        ("application/json;q=0.5, application/fhir+json; fhirVersion=4.0", True),
        ("application/json", False),
        ("", False),
        ("application/fhir+xml", False),
    ],
)
def test_what_an_accept_header_asks_for(accept, fhir):
    assert wants_fhir(accept) is fhir
