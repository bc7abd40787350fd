"""What a log entry keeps of an answer: enough to say later what was shown, from which model and data, and to replay it.

Probabilities, the families of the reasons and hashes are kept; the client's own values are not.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from models.answers import AxisAnswer, ForecastAnswer, Likelihood, ModelStamp, NeedAnswer, SegmentAnswer, json_values
from models.chain import canonical_json
from serving.desk.asking import Explored
from serving.engine.contract import CaseStamp, DataStamp, Engine
from serving.records.keeping.runtime import runtime

Answer = SegmentAnswer | NeedAnswer | ForecastAnswer


NO_CASE = CaseStamp()


def evidence(
    answers: Sequence[Answer],
    engine: Engine,
    data: DataStamp | None = None,
    case: CaseStamp = NO_CASE,
    told: Sequence[str] = (),
    most_reasons: int | None = None,
    values: Sequence[Mapping[str, Any]] | None = None,
) -> dict[str, Any]:
    """The `detail` of an audit entry about `answers`.

    `data` are the registers that a client's answer was read from, `case` what it was computed from, `told` the
    sensitivities that were shown, `most_reasons` how many reasons the decision point lets be said, `values` the answers
    as JSON when somebody wrote them out already.
    """
    written = [json_values(one) for one in answers] if values is None else values
    sources = {source for answer in answers if not isinstance(answer, ForecastAnswer) for source in answer.sources}
    return {
        **_from(data, case),
        "told": sorted(told),
        "most_reasons": most_reasons,
        "channel_rules": _channel_rules(answers),
        "data_categories": sorted(sources),
        "answers": [_said(answer, own, engine, case) for answer, own in zip(answers, written, strict=True)],
    }


def _channel_rules(answers: Sequence[Answer]) -> str | None:
    """The version of the rules by which channels were told; None where none were."""
    told = (one.channels for one in answers if isinstance(one, SegmentAnswer))
    return next((one.version for one in told if one), None)


def evidence_of_explored(
    explored: Explored, engine: Engine, data: DataStamp, case: CaseStamp = NO_CASE
) -> dict[str, Any]:
    """The `detail` of an audit entry about what would change an estimate: families, never values."""
    found = explored.found
    said = {
        "kind": "counterfactual",
        "id": found.id,
        "reached": found.reached,
        "probability": found.probability_now,
        "target": found.target,
        "changed": [change.family for change in found.changes],
        "answer_sha256": sha256_of(json_values(found)),
    }
    row = _row(case, explored.stamp.name)
    read = {**_from(data, case), "data_categories": list(case.sources)}
    return {**read, "answers": [{**_model(explored.stamp, engine), **row, **said}]}


def evidence_of_plan(stamp: ModelStamp | None, engine: Engine, kind: str, **said: Any) -> dict[str, Any]:
    """The `detail` of an audit entry about planning: which forecast it rests on, and what was asked."""
    model = _model(stamp, engine) if stamp is not None else {}
    return {"answers": [{**model, "kind": kind, **said}]} if model else {"kind": kind, **said}


def sha256_of(value: object) -> str:
    """SHA-256 of a value's canonical JSON."""
    return hashlib.sha256(canonical_json(value)).hexdigest()


def _from(data: DataStamp | None, case: CaseStamp) -> dict[str, Any]:
    """What everything in an entry rests on: the registers, the day it was, and what the service runs on."""
    return {
        "snapshot_sha256": data.snapshot_sha256 if data else None,
        "snapshot_until": data.data_until.isoformat() if data else None,
        "today": case.today.isoformat() if case.today else None,
        "runtime": runtime(),
    }


def _said(answer: Answer, values: Mapping[str, Any], engine: Engine, case: CaseStamp) -> dict[str, Any]:
    said = {**_model(answer.stamp, engine), **_row(case, answer.stamp.name), **_output(answer)}
    if not isinstance(answer, ForecastAnswer):
        said |= {"abstained": answer.status != "answered", "quality": _quality(answer)}
    return {**said, "answer_sha256": sha256_of(values)}


def _row(case: CaseStamp, model: str) -> Mapping[str, Any]:
    """Hashes of what a model was given; empty where no row was built."""
    return asdict(case.rows[model]) if model in case.rows else {}


def _quality(answer: SegmentAnswer | NeedAnswer) -> dict[str, Any]:
    """Flags of the input: families and registers with nothing known, and the age of the oldest newest record (days)."""
    ages = [one.days for one in answer.freshness if one.days is not None]
    return {
        "missing": [one.family for one in answer.missing],
        "silent": [one.source for one in answer.freshness if one.days is None],
        "oldest_days": max(ages, default=None),
    }


def _model(stamp: ModelStamp, engine: Engine) -> dict[str, Any]:
    return {
        "model": stamp.name,
        "version": stamp.version,
        "alias": "champion",
        "bundle_sha256": stamp.bundle_sha256,
        "data_until": stamp.data_until,
        "as_of": stamp.as_of,
        "run_id": engine.run_of(stamp.name, stamp.version),
    }


def _output(answer: Answer) -> dict[str, Any]:
    if isinstance(answer, ForecastAnswer):
        return {"kind": "forecast", "series_id": answer.series_id, "period": answer.period}
    if isinstance(answer, NeedAnswer):
        explained = answer.likelihoods or ((answer.likelihood,) if answer.likelihood else ())
        said: dict[str, Any] = {
            "kind": "need",
            "task": answer.task,
            "status": answer.status,
            "explained": _explained(explained),
        }
        if answer.levels:
            said["levels"] = {one.level: one.probability for one in answer.levels}
        if answer.expected:
            said["expected"] = [answer.expected.value, answer.expected.low, answer.expected.high]
        return said
    return {
        "kind": "segment",
        "scheme": f"{answer.scheme} {answer.scheme_version}",
        "status": answer.status,
        "segments": {share.segment: share.probability for share in answer.segments},
        "proposed": proposed(answer),
        "credible": list(answer.credible),
        "coverage": answer.coverage,
        "basis": answer.basis,
        "people": [_person(one) for one in answer.answers],
        "explained": _explained(answer.axes),
        "channels": list(answer.channels.offered) if answer.channels else None,
    }


def _person(answer: AxisAnswer) -> dict[str, Any]:
    """A person's own answer: whose, how given, and the level's id."""
    return {"axis": answer.axis, "level": answer.level, "respondent": answer.respondent, "given": answer.given}


def proposed(answer: SegmentAnswer) -> str | None:
    """The proposed segment's id."""
    return next((share.segment for share in answer.segments if share.proposed), None)


def _explained(likelihoods: Sequence[Likelihood]) -> list[dict[str, Any]]:
    return [
        {
            "id": one.id,
            "probability": one.probability,
            "reasons": [reason.family for reason in one.reasons],
            "contributions_sha256": sha256_of([[r.family, r.contribution] for r in one.contributions]),
        }
        for one in likelihoods
    ]
