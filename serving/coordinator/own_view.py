"""The professional's own view, asked in some cases before the proposal is shown (automation bias, AI Act Art. 14).

Which cases: by seed, client, user and day, so that reloading changes nothing.  Until the view is stored, nothing of
the answer leaves the service: neither page, letter, list nor form.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from models.answers import SegmentAnswer
from serving.coordinator.chance import chance
from serving.coordinator.counting import counted, small
from serving.desk.requests import Caller, Desk, Grounds
from serving.pages.coordinator.services import ProbeCounts
from serving.pages.services import NotAllowed
from serving.records.entries import local_text
from serving.records.evidence import proposed
from serving.records.schema import OWN_VIEW_LOG

CANNOT_TELL = "cannot_tell"
AGREEMENT = ("same", "other", CANNOT_TELL)
Row = Mapping[str, Any]


@dataclass(frozen=True)
class OwnViews:
    """Asks, keeps and counts own views."""

    desk: Desk

    def today(self) -> str:
        """The day in Finland, as an ISO date."""
        return local_text(self.desk.records.now().isoformat())[:10]

    def is_drawn(self, user_id: str, client_id: str) -> bool:
        """True for the share of cases in which the view is asked."""
        given = self.desk.settings.coordinator.own_view
        return given.share > 0 and chance(given.seed, client_id, user_id, self.today()) < given.share

    def given_today(self, user_id: str) -> set[str]:
        """Clients about whom the user has given her view today."""
        rows = self.desk.records.kept(OWN_VIEW_LOG, actor_id=user_id, day=self.today())
        return {str(row["client_id"]) for row in rows}

    def is_due(self, caller: Caller, client_id: str) -> bool:
        """True while the view must be given first; a client without a proposal has nothing to be swayed by."""
        user = caller.user.user_id
        if not self.is_drawn(user, client_id) or client_id in self.given_today(user):
            return False
        return self._answer(client_id).status == "answered"

    def give(self, caller: Caller, grounds: Grounds, client_id: str, view: str, key: str) -> None:
        """Keep the view beside what the model proposes at this moment, which has not been shown yet."""
        event = self.desk.event(caller, "own_view", grounds=grounds, client_id=client_id)
        event = self.desk.checked(caller, "decide", event)
        if view != CANNOT_TELL and view not in {one for one, _ in self.desk.engine.segments()}:
            raise NotAllowed("Choose the segment that fits in your own view, or that you cannot tell.")
        if not 1 <= len(key) <= 200:
            raise NotAllowed("The form has no key. Open the client again.")
        if not self.is_due(caller, client_id):  # given already: a second one would know the proposal
            return
        answer = self._answer(client_id)
        row = {
            "key": key,
            "actor_id": caller.user.user_id,
            "role": caller.user.role,
            "client_id": client_id,
            "day": self.today(),
            "view": view,
            "proposed": proposed(answer),
            "model": f"{answer.stamp.name} {answer.stamp.version}",
            "bundle_sha256": answer.stamp.bundle_sha256,
        }
        self.desk.records.keep(OWN_VIEW_LOG, [row], replace(event, detail={"view": view}))

    def counts(self) -> ProbeCounts:
        """How often views and proposals agreed, and how often one then went over; small cells hidden."""
        rows = self.desk.records.kept(OWN_VIEW_LOG)
        kinds = [agreement(row) for row in rows]
        others = [row for row, kind in zip(rows, kinds, strict=True) if kind == "other"]
        return ProbeCounts(counted(AGREEMENT, kinds), small(sum(self._went_over(row) for row in others)))

    def _went_over(self, row: Row) -> bool:
        """The same person's first decision about the client after her own view accepted the proposal."""
        later = [
            one
            for one in self.desk.records.decisions_about(str(row["client_id"]))
            if one["actor_id"] == row["actor_id"] and one["time"] >= row["time"]
        ]
        return bool(later) and later[-1]["choice"] == "accept"

    def _answer(self, client_id: str) -> SegmentAnswer:
        return self.desk.engine.open(client_id).segment()


def agreement(row: Row) -> str:
    """same, other or cannot_tell."""
    if row["view"] == CANNOT_TELL:
        return CANNOT_TELL
    return "same" if row["view"] == row["proposed"] else "other"
