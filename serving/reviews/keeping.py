"""Keeps the random samples and their reviews: drawn once per unit and month, recorded, never drawn anew."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, get_args

from serving.coordinator.counting import counted, shown, small
from serving.desk.masking import masked
from serving.desk.requests import NOT_YOURS, Caller, Desk
from serving.pages.coordinator.services import Finding, NextStep, Review, ReviewCounts
from serving.pages.services import NotAllowed, NotYours
from serving.records.schema import REVIEW_DRAW_LOG, REVIEW_LOG
from serving.reviews.sampling import REASONS, SampleRule, draw, not_selected

DRAWER = "luotain"
"""Who draws: the service itself, under one key per client, so that two workers draw once."""
MAX_REASON = 2000
FINDINGS, NEXT_STEPS = get_args(Finding), get_args(NextStep)
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Reviews:
    """The random samples of every unit."""

    desk: Desk

    @property
    def period(self) -> str:
        """The calendar month up to which the registers reach, e.g. 2024-12."""
        return self.desk.engine.data().data_until.strftime("%Y-%m")

    def drawn(self, caller: Caller, own: Sequence[str]) -> tuple[Row, ...] | None:
        """The unit's sample of the period, drawn now if it has none; None while the overview is being worked out."""
        unit, period = caller.user.unit, self.period
        stored = self.stored(unit, period)
        overview = self.desk.engine.overview()
        if stored or overview is None:
            return stored or None
        candidates = not_selected(overview.lines, own)
        rule = self._rule()
        told = {"rate": rule.rate, "seed": rule.seed, "population": Counter(candidates.values())}
        rows = [
            {
                **told,
                "key": f"{unit}|{period}|{client}",
                "actor_id": DRAWER,
                "role": "service",
                "unit": unit,
                "period": period,
                "client_id": client,
                "reason": candidates[client],
                "snapshot_sha256": self.desk.engine.data().snapshot_sha256,
                "as_of": self.desk.engine.data().as_of.isoformat(),
            }
            for client in draw(candidates, rule, unit, period)
        ]
        event = self.desk.event(caller, "review_sample")
        return self.desk.records.keep(REVIEW_DRAW_LOG, rows, replace(event, detail={"period": period, **told}))

    def stored(self, unit: str, period: str) -> tuple[Row, ...]:
        """What was drawn for a unit and a month."""
        return self.desk.records.kept(REVIEW_DRAW_LOG, unit=unit, period=period)

    def found(self, unit: str, period: str) -> dict[str, Row]:
        """The latest review of each drawn client."""
        return {str(row["client_id"]): row for row in self.desk.records.kept(REVIEW_LOG, unit=unit, period=period)}

    def review(self, caller: Caller, client_id: str, given: Review) -> None:
        """Keep one review.  Raises NotYours for a client who was not drawn, NotAllowed for an incomplete form."""
        unit, period = caller.user.unit, self.period
        event = self.desk.event(caller, "review", client_id=client_id)
        self.desk.checked(caller, "review_sample", replace(event, client_id=None))
        event = self.desk.checked(caller, "see_answer", event)
        drawn = {str(row["client_id"]): row for row in self.stored(unit, period)}
        if client_id not in drawn:
            self.desk.records.audit(replace(event, outcome="denied", ground="not_drawn"))
            raise NotYours(NOT_YOURS)
        _check(given)
        row = {
            "key": given.key,
            "actor_id": caller.user.user_id,
            "role": caller.user.role,
            "unit": unit,
            "period": period,
            "client_id": client_id,
            "drawn_for": drawn[client_id]["reason"],
            "finding": given.finding,
            "next_step": given.next_step,
            "reason": masked(given.reason),
        }
        detail = {"finding": given.finding, "next_step": given.next_step, "period": period}
        self.desk.records.keep(REVIEW_LOG, [row], replace(event, detail=detail))

    def counts(self, unit: str, period: str) -> ReviewCounts | None:
        """A unit's sample in numbers, small cells hidden; None when nothing was drawn."""
        rows = self.stored(unit, period)
        if not rows:
            return None
        population: Mapping[str, int] = rows[0]["population"]
        reviews = self.found(unit, period).values()
        return ReviewCounts(
            unit,
            period,
            shown({reason: int(population.get(reason, 0)) for reason in REASONS}),
            counted(REASONS, (str(row["reason"]) for row in rows)),
            small(len(reviews)),
            counted(FINDINGS, (str(row["finding"]) for row in reviews)),
        )

    def every(self) -> tuple[ReviewCounts, ...]:
        """Every unit and month that was drawn, newest first."""
        rows = self.desk.records.kept(REVIEW_DRAW_LOG)
        places = dict.fromkeys((str(row["unit"]), str(row["period"])) for row in reversed(rows))
        return tuple(found for unit, period in places if (found := self.counts(unit, period)))

    def _rule(self) -> SampleRule:
        given = self.desk.settings.coordinator.sample
        return SampleRule(given.rate, given.seed, given.at_least)


def _check(given: Review) -> None:
    if given.finding not in FINDINGS or given.next_step not in NEXT_STEPS:
        raise NotAllowed("Choose what was found and what is done next.")
    if not given.reason.strip() or len(given.reason) > MAX_REASON:
        raise NotAllowed(f"A reason is needed, at most {MAX_REASON} characters. Write in a few words what you saw.")
    if not 1 <= len(given.key) <= 200:
        raise NotAllowed("The form has no key. Open the list again.")
