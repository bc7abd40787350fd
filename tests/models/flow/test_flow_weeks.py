"""What is told week by week, when phases are reached, and what an added hour does by a declared assumption."""

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from configs.errors import ModelError
from features.flow import reached_phases, weekly_flows, weeks_between
from models.flow.capacity import capacities
from models.flow.forecast import Recipe, fit_flow
from models.flow.measured.conformance import lead_times
from models.flow.measured.weeks import stage_waits, throughput_weeks, weekly_spread
from models.flow.whatif import basis_of, what_if
from tests.features.histories_data import table_of
from tests.models.flow.flow_data import (
    ASSESSMENT,
    CARE,
    DECISION,
    PHASES,
    STAFFED,
    STRAIGHT,
    chain,
    client,
    flows_and_hours,
    rows_of,
    spells,
    steady_spells,
    words,
)
from tests.plans import covers


@covers("000-83", "001-B2")
def test_a_phase_is_reached_by_the_first_row_after_its_stage() -> None:
    """A plan before the assessment, one recorded too late and one a year off do not count; the case in reverse does."""
    plan = {"table": "plans", "filter": {"kind": "care_plan"}, "after": "assessment", "within_days": 60}
    the_chain = chain(phases={**PHASES, "planning": {"first": plan}})
    made = {1: ["2023-12-20", "2024-01-12"], 2: ["2024-01-20"], 3: ["2024-12-01"]}
    lines = [
        {"client_id": client(n), "valid_from": day, "recorded_at": day} for n, days in made.items() for day in days
    ]
    lines.append({"client_id": client(4), "valid_from": "2024-01-12", "recorded_at": "2024-06-01"})
    rows = replace(rows_of(the_chain), phases={"planning": table_of("plans", lines)})
    found = spells(*((client(n), name, day, end) for n in (1, 2, 3, 4) for name, day, end in STRAIGHT))
    reached = reached_phases(the_chain, rows, found, date(2024, 5, 1))["planning"]
    assert {n: str(reached[client(n)].date()) for n in made if client(n) in reached} == {
        1: "2024-01-12",
        2: "2024-01-20",
    }
    assert client(4) not in reached
    many = {phase: pd.Series(pd.to_datetime(["2024-01-10"] * 9), index=range(9)) for phase in ("contact", "service")}
    many["need_assessment"] = pd.Series(pd.to_datetime(["2024-01-15"] * 9), index=range(9))
    leads = lead_times(chain(phases=PHASES), many, np.arange(9))
    assert [(one.cases, one.other_order) for one in leads] == [(9, 0), (None, 9)]


def test_each_week_tells_how_long_those_who_left_had_been_there() -> None:
    stays = [(n, "assessment", "2024-01-01", f"2024-01-{day:02d}") for n, day in enumerate((3, 3, 4, 5, 5, 7, 9, 10))]
    weeks = weeks_between(pd.Timestamp("2024-01-01"), pd.Timestamp("2024-01-08"))
    first, second, *_ = stage_waits(chain(), spells(*stays), weeks)
    assert (first.week, first.p25, first.median, first.p75, first.p90) == ("2024-01-01", 2.25, 3.5, 4.0, 5.0)
    assert (second.week, second.median) == ("2024-01-08", None)  # two who left are too few
    straight = [(n, name, day, end) for n in range(6) for name, day, end in STRAIGHT]
    through = {one.week: one.median for one in throughput_weeks(chain(), spells(*straight), weeks.shift(1))}
    assert through == {"2024-01-08": None, "2024-01-15": 14.0}
    flows = weekly_flows(spells(*straight), chain().ids, weeks)
    spread = {(one.stage, one.measure): (one.low, one.high) for one in weekly_spread(flows, chain().ids, 2)}
    assert spread["assessment", "arrivals"] == pytest.approx((0.6, 5.4))  # six in one week, nobody in the other


def test_an_added_hour_is_spent_on_the_longest_waiting_and_says_on_what_it_rests() -> None:
    helped = chain({**ASSESSMENT, "added_hours": {"hours_each": 2.0, "source": words("guess")}, "unhindered_days": 2},
                   DECISION, CARE)  # fmt: skip
    flows, hours = flows_and_hours()
    fit = fit_flow(helped, steady_spells(40), flows, {}, Recipe(26, False), 6, None)
    found = [what_if(fit, "assessment", more, weeks=6, seed=1, samples=60) for more in (0.0, 1.0, 4.0)]
    assert (found[1].basis, found[1].hours_each) == ("assumed", 2.0)
    assert found[0].shorter_line == 0
    assert 0 < found[1].shorter_line < found[2].shorter_line
    assert found[2].more_departures <= 4.0 / 2.0 + 0.5  # two clients a week and no more
    assert basis_of(fit, "decision") == "not_known"
    staffed = capacities(STAFFED, flows, hours)["assessment"]
    per_client = replace(fit, capacities={"care": replace(staffed, per="client_week")})
    assert basis_of(per_client, "care") == "per_client"
    with pytest.raises(ModelError, match="go to the clients who are there"):
        what_if(per_client, "care", 1.0, weeks=2, seed=1)
