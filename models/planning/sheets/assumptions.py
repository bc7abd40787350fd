"""The assumptions sheet, and where each number stands on it, for the formulas of the other sheets."""

from collections.abc import Mapping
from dataclasses import dataclass

from models.exchange import Cell, Sheet
from models.planning.sheets.headings import ASSUMPTIONS, HEADINGS, SHEETS
from models.planning.staffing.config import PERIOD_WEEKS, Assumed, Queue, StaffingConfig, Team

OURS = "calendar"


@dataclass(frozen=True)
class Assumptions:
    """The sheet, and the absolute address of every number on it: (team0 | queue0 | all, name) → 'Sheet'!$B$3."""

    sheet: Sheet
    address: Mapping[tuple[str, str], str]

    def travel(self, team: int, area: str) -> str:
        """Address of the share of travel in an area."""
        return self.address.get((f"team{team}", f"travel {area}"), self.address[f"team{team}", "travel"])

    def direct_hours(self, team: int, travel: str) -> str:
        """Hours with clients of one full-time employee in a period, as a formula over a cell with the travel share."""
        at = {name: self.address[f"team{team}", name] for name in ("weekly_hours", "absence", "direct")}
        weeks = self.address["all", "weeks"]
        return f"{at['weekly_hours']}*{weeks}*(1-{at['absence']})*(1-{travel})*{at['direct']}"

    def busiest_hour(self, queue: int, contacts: str) -> str:
        """Contacts in the busiest hour of a period with the contacts in a cell."""
        weeks = self.address["all", "weeks"]
        return f"{contacts}/({self.queue(queue, 'open_hours_per_week')}*{weeks})*{self.queue(queue, 'peak_factor')}"

    def queue(self, queue: int, name: str) -> str:
        """Address of a queue's number."""
        return self.address[f"queue{queue}", name]


def assumptions_of(config: StaffingConfig, period: str, language: str) -> Assumptions:
    """Every number of the staffing config with its source."""
    title = SHEETS["assumptions"][language]
    rows: list[tuple[Cell, ...]] = [tuple(HEADINGS[name][language] for name in ("assumption", "number", "source"))]
    address: dict[tuple[str, str], str] = {}

    def add(where: str, name: str, head: str, told: Assumed) -> None:
        label = ASSUMPTIONS[name.split(" ")[0]][language]
        rest = name.partition(" ")[2]
        shown = ": ".join(part for part in (head, label) if part) + (f" ({rest})" if rest else "")
        rows.append((shown, told.value, told.source.as_text()[language]))
        address[where, name] = f"'{title}'!$B${len(rows)}"

    add("all", "weeks", "", Assumed.model_validate({"value": PERIOD_WEEKS[period], "source": OURS}))
    add("all", "service_level", "", config.service_level)
    for place, team in enumerate(config.teams):
        for name, told in _team(team).items():
            add(f"team{place}", name, team.name.as_text()[language], told)
    for place, queue in enumerate(config.queues):
        for name, told in _queue(queue).items():
            add(f"queue{place}", name, queue.name.as_text()[language], told)
    return Assumptions(Sheet(title, tuple(rows), "assumptions"), address)


def _team(team: Team) -> dict[str, Assumed]:
    work = team.work
    named = {f"travel {area}": told for area, told in work.travel_by_area.items()}
    numbers = {name: getattr(work, name) for name in ("weekly_hours", "absence", "travel", "direct")}
    return {"hours_per_unit": team.hours_per_unit, **numbers, **named}


def _queue(queue: Queue) -> dict[str, Assumed]:
    names = ("handling_seconds", "answered_share", "answered_seconds", "max_occupancy", "shrinkage")
    return {name: getattr(queue, name) for name in (*names, "open_hours_per_week", "peak_factor", "concurrency")}
