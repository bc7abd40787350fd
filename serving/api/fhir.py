"""Our answers as FHIR R4 `RiskAssessment` resources (hl7.org/fhir/R4/riskassessment.html).  Pure functions.

Probabilities are percentages there (R4: "Decimal values are expressed as percentages as well (max = 100)").  The status
is `preliminary`: a professional decides.  The subject is an opaque handle of the caller's, never a henkilötunnus.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from models.answers import Likelihood, ModelStamp, NeedAnswer, SegmentAnswer
from serving.desk.requests import Caller

Resource = dict[str, Any]
Subject = Callable[[Caller, str], str]
"""(caller, client id) to the handle that this caller knows the client by."""
RISK_SYSTEM = "http://terminology.hl7.org/CodeSystem/risk-probability"
QUALITATIVE: tuple[tuple[float, str], ...] = (
    (0.01, "negligible"),
    (0.10, "low"),
    (0.50, "moderate"),
    (0.99, "high"),
    (1.01, "certain"),
)
"""Upper limits of the probability (exclusive) and the code of the risk-probability code system; our own choice."""


def risk_assessment(
    answer: SegmentAnswer | NeedAnswer, resource_id: str, subject: str, now: datetime, language: str
) -> Resource:
    """One segment or need answer.  `now` is a UTC time; an answer that was refused has no predictions and says why."""
    stamp = answer.stamp
    found: Resource = {
        "resourceType": "RiskAssessment",
        "id": resource_id,
        "language": language,
        "identifier": [{"system": "urn:luotain:answer", "value": resource_id}],
        "status": "preliminary",
        "method": _concept("urn:luotain:model", stamp.name, f"{stamp.name} {stamp.version}", stamp.version),
        "code": _code(answer),
        "subject": {"type": "Patient", "identifier": {"system": "urn:luotain:handle", "value": subject}},
        "occurrenceDateTime": _time(now),
        "performer": _performer(stamp),
        "basis": [_basis(source, stamp) for source in answer.sources],
        "prediction": _predictions(answer, language),
        "mitigation": _mitigation(answer, language),
        "note": [{"text": text[language]} for text in (answer.status_reason, answer.notice) if text.get(language)],
    }
    return {name: value for name, value in found.items() if value not in ([], "", None)}


def bundle(bundle_id: str, now: datetime, resources: Sequence[Resource]) -> Resource:
    """Several answers of one request as a collection."""
    entries = [{"fullUrl": f"urn:luotain:answer:{one['id']}", "resource": one} for one in resources]
    found = {"resourceType": "Bundle", "id": bundle_id, "type": "collection", "timestamp": _time(now), "entry": entries}
    return {name: value for name, value in found.items() if value != []}


def _predictions(answer: SegmentAnswer | NeedAnswer, language: str) -> list[Resource]:
    if isinstance(answer, NeedAnswer):
        explained = answer.likelihoods or ((answer.likelihood,) if answer.likelihood else ())
        return [{**_prediction(one, language), "whenPeriod": _period(answer)} for one in explained]
    segments = [
        {
            "outcome": _concept(f"urn:luotain:scheme:{answer.scheme}", one.segment, one.name[language]),
            **_likely(one.probability),
            "rationale": one.description[language],
        }
        for one in answer.segments
    ]
    return [*segments, *(_prediction(axis, language) for axis in answer.axes)]


def _prediction(one: Likelihood, language: str) -> Resource:
    said = [reason.sentence[language] for reason in one.reasons if reason.sentence.get(language)]
    outcome = _concept("urn:luotain:estimate", one.id, one.outcome[language])
    return {"outcome": outcome, **_likely(one.probability), **({"rationale": " ".join(said)} if said else {})}


def _likely(probability: float) -> Resource:
    risk = next(code for limit, code in QUALITATIVE if probability < limit)
    return {
        "probabilityDecimal": probability * 100,
        "qualitativeRisk": {"coding": [{"system": RISK_SYSTEM, "code": risk}]},
    }


def _period(answer: NeedAnswer) -> Resource:
    """The days in which the outcome may happen, both included."""
    first = date.fromisoformat(answer.stamp.as_of) + timedelta(days=answer.gap_days)
    last = first + timedelta(days=answer.horizon_days - 1)
    return {"start": first.isoformat(), "end": last.isoformat()}


def _mitigation(answer: SegmentAnswer | NeedAnswer, language: str) -> str:
    """What the scheme arranges for the proposed segment; how care is supported, never which care is given."""
    arranged = answer.arrangement if isinstance(answer, SegmentAnswer) else None
    if arranged is None:
        return ""
    said = (arranged.path, arranged.channel, arranged.responsible_role, *arranged.follow_up)
    return "; ".join(text[language] for text in said)


def _code(answer: SegmentAnswer | NeedAnswer) -> Resource:
    if isinstance(answer, SegmentAnswer):
        scheme = f"{answer.scheme} {answer.scheme_version}"
        return _concept("urn:luotain:scheme", answer.scheme, scheme, answer.scheme_version)
    return _concept("urn:luotain:task", answer.task, answer.task)


def _performer(stamp: ModelStamp) -> Resource:
    identifier = {"system": "urn:luotain:bundle-sha256", "value": stamp.bundle_sha256}
    return {"type": "Device", "identifier": identifier, "display": f"{stamp.name} {stamp.version}"}


def _basis(source: str, stamp: ModelStamp) -> Resource:
    return {"identifier": {"system": "urn:luotain:register", "value": source}, "display": f"{source} < {stamp.as_of}"}


def _concept(system: str, code: str, text: str, version: str | None = None) -> Resource:
    coding = {"system": system, "code": code, **({"version": version} if version else {})}
    return {"coding": [coding], "text": text}


def _time(now: datetime) -> str:
    return now.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
