"""May this model be used?  A rule over the facts; a fact that is missing makes it "cannot tell", never "yes"."""

from collections.abc import Iterator
from datetime import date

from models.oversight.facts import CARE, NOTE, STOP, UNKNOWN, ModelFacts, Outcome, Point, Promotion, Verdict
from models.oversight.figures import client_points, planning_points
from models.oversight.impact import Impact
from models.oversight.limits import OLD_DAYS, TOO_OLD_DAYS

SHOWN = 3
OUTCOMES: dict[int, Outcome] = {
    STOP: "not_to_be_used",
    UNKNOWN: "cannot_tell",
    CARE: "with_conditions",
    NOTE: "may_be_used",
}


def verdict(facts: ModelFacts) -> Verdict:
    """The heaviest point decides; of points that weigh the same, the one furthest over its line comes first."""
    found = sorted(_points(facts), key=lambda point: (-point.weight, -point.size))
    signed = facts.promotion
    return Verdict(
        OUTCOMES[found[0].weight],
        tuple(found[:SHOWN]),
        len(found),
        signed.who if signed else None,
        signed.at if signed else None,
        signed.why if signed else None,
    )


def _points(facts: ModelFacts) -> Iterator[Point]:
    if facts.stopped is not None:
        yield Point(STOP, "stopped", {"at": facts.stopped.at, "who": facts.stopped.who, "why": facts.stopped.reason})
    yield from _chains(facts)
    yield from _promoted(facts)
    if facts.kind == "client":
        yield from client_points(facts)
    else:
        yield from planning_points(facts)
    yield from _age(facts.days_old)
    yield from _quality(facts)
    yield from _impact(facts.impact or Impact("unsigned"))
    yield Point(NOTE, "own_county")


def _chains(facts: ModelFacts) -> Iterator[Point]:
    """Without whole chains nobody can prove what was live and what was shown."""
    for code, intact in (("ledger", facts.ledger_intact), ("log", facts.log_intact)):
        if intact is None:
            yield Point(UNKNOWN, f"{code}_unverified")
        elif not intact:
            yield Point(STOP, f"{code}_broken", size=2.0)


def _promoted(facts: ModelFacts) -> Iterator[Point]:
    signed = facts.promotion
    if signed is None:
        yield Point(UNKNOWN, "not_in_ledger", size=1.0)
        return
    if (signed.version, signed.bundle_sha256) != (facts.version, facts.bundle_sha256):
        yield Point(STOP, "other_version", {"version": signed.version}, size=1.0)
    yield from _gates(signed)
    yield from _waived(signed, facts.today)


def _gates(signed: Promotion) -> Iterator[Point]:
    failed = [str(check["rule"]) for check in signed.checks if not (check["passed"] or check.get("waiver"))]
    if failed:
        yield Point(STOP, "gate_failed", {"rules": ", ".join(failed)}, size=1.0)
    elif not signed.checks and not signed.gates_passed_earlier:
        yield Point(UNKNOWN, "no_gate")


def _waived(signed: Promotion, today: date | None) -> Iterator[Point]:
    """Live on conditions: a waiver that has ended lets nothing through any more."""
    for waiver in signed.waivers:
        told = {"rule": waiver["rule"], "who": waiver["who"], "until": waiver["until"], "why": waiver["why"]}
        if today is not None and date.fromisoformat(waiver["until"]) < today:
            yield Point(STOP, "waiver_ended", told, size=1.0)
        else:
            yield Point(CARE, "on_waiver", told, size=3.0)


def _age(days: int | None) -> Iterator[Point]:
    if days is None:
        yield Point(UNKNOWN, "age_unknown")
    elif days > OLD_DAYS:
        yield Point(STOP if days > TOO_OLD_DAYS else CARE, "old", {"days": days}, size=days / OLD_DAYS - 1)


def _impact(impact: Impact) -> Iterator[Point]:
    """Somebody has to have judged, within half a year, what the model does to people."""
    if impact.state == "broken":
        yield Point(STOP, "impact_broken", size=1.0)
    elif impact.state == "overdue":
        yield Point(CARE, "impact_overdue", {"days": impact.days_late}, size=0.1)
    elif impact.state == "unsigned":
        yield Point(CARE, "impact_unsigned", size=0.05)


def _quality(facts: ModelFacts) -> Iterator[Point]:
    if facts.quality is None:
        yield Point(CARE, "no_quality_report")
        return
    if facts.quality.undeclared_changes:
        yield Point(CARE, "undeclared_changes", {"n": facts.quality.undeclared_changes}, size=1.0)
    if facts.quality.families_off and facts.kind == "client":
        yield Point(NOTE, "families_off", {"n": facts.quality.families_off}, size=0.1)
