"""Registers to spells: who was where, from when to when, as it was known; and nobody is lost on the way."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from configs.errors import ConfigError, DataError
from features.flow import conserved, enough, hours_of, spells_at, weekly_flows, weeks_between
from features.flow.chain import Chain
from features.flow.spells import Spells
from tests.features.histories_data import table_of
from tests.models.flow.flow_data import (
    ASSESSMENT,
    CARE,
    DECISION,
    chain,
    client,
    episode,
    request,
    rows_of,
    spells,
    stage,
)
from tests.plans import covers

CLINIC = {"filter": {"service": ["clinic"]}, "silence_days": 30}
EXAM = {"filter": {"service": ["scan"]}, "silence_days": 20}
AFTER = {"filter": {"service": ["clinic"]}, "after": ["ward"], "after_days": 60, "silence_days": 30}
STAY = {"table": "episodes", "filter": {"kind": "ward_stay"}, "enter": "start", "leave": ["end"]}
WARD = stage("ward", waiting=False, rows=STAY)
HOSPITAL = chain(stage("clinic", events=CLINIC), stage("exam", events=EXAM), WARD, stage("after", events=AFTER))


def mondays(first: str, last: str) -> pd.DatetimeIndex:
    return weeks_between(pd.Timestamp(first), pd.Timestamp(last))


def shown(found: Spells) -> list[tuple[str, str, str, str | None]]:
    """Stage, first day, last day, where to: one line a spell."""
    frame = found.frame.sort_values(["client_id", "entered"])
    day = frame[["entered", "left"]].apply(lambda column: column.dt.strftime("%m-%d"))
    lines = zip(frame["stage"], day["entered"], day["left"], frame["went_to"], strict=True)
    return [tuple(None if pd.isna(value) else value for value in line) for line in lines]


@pytest.mark.parametrize(
    "as_of, expected",
    [
        ("2024-03-01", []),                                                     # requested that day: not known before
        ("2024-03-02", [("assessment", "03-01", None, None)]),
        ("2024-03-08", [("assessment", "03-01", None, None)]),                  # the 5th, recorded on the 8th
        ("2024-03-09", [("assessment", "03-01", "03-05", "decision"), ("decision", "03-05", None, None)]),
        ("2024-03-21", [("assessment", "03-01", "03-05", "decision"), ("decision", "03-05", "03-20", "care"),
                        ("care", "03-20", None, None)]),
    ],
)  # fmt: skip
def test_only_what_was_known_by_then_is_a_spell(as_of: str, expected: list) -> None:
    the_chain = chain()
    matter = request(1, "2024-03-01", "2024-03-05", started="2024-03-20", assessed_recorded_at="2024-03-08")
    registers = rows_of(the_chain, assessment=[matter], decision=[matter], care=[episode(1, "2024-03-20")])
    assert shown(spells_at(the_chain, registers, date.fromisoformat(as_of))) == expected


def test_what_happens_later_changes_no_earlier_answer() -> None:
    the_chain = chain()
    early = [request(n, f"2024-03-{n:02d}", f"2024-03-{n + 6:02d}") for n in range(1, 12)]
    late = [*early, request(30, "2024-05-02", "2024-05-03"), request(31, "2024-03-30", recorded_at="2024-05-01")]
    answers = [
        spells_at(the_chain, rows_of(the_chain, assessment=rows, decision=rows), date(2024, 4, 1)).frame
        for rows in (early, late)
    ]
    pd.testing.assert_frame_equal(*answers)


def test_until_cuts_what_happened_and_as_of_what_was_known() -> None:
    the_chain = chain()
    rows = [request(1, "2024-03-01", "2024-03-20"), request(2, "2024-03-15", "2024-03-16")]
    found = spells_at(
        the_chain, rows_of(the_chain, assessment=rows, decision=rows), date(2024, 4, 1), date(2024, 3, 10)
    )
    assert shown(found) == [("assessment", "03-01", None, None)]


@pytest.mark.parametrize(
    "visits, stays, expected",
    [
        # a clinic visit, then silence: the stay ends 30 days after it
        ([("clinic", "01-10")], [], [("clinic", "01-10", "02-09", "exit")]),
        # another stage's event ends it; a later visit after silence is a new stay
        ([("clinic", "01-10"), ("scan", "01-15"), ("clinic", "03-15")], [],
         [("clinic", "01-10", "01-15", "exam"), ("exam", "01-15", "02-04", "exit"),
          ("clinic", "03-15", "04-14", "exit")]),
        # of two events on a day the later stage counts
        ([("scan", "01-10"), ("clinic", "01-10")], [], [("exam", "01-10", "01-30", "exit")]),
        # while the ward lasts, events begin nothing; its end begins the follow-up
        ([("scan", "01-10"), ("scan", "01-14"), ("clinic", "02-01")], [("01-12", "01-20")],
         [("exam", "01-10", "01-12", "ward"), ("ward", "01-12", "01-20", "after"),
          ("after", "01-20", "03-02", "exit")]),
        # 60 days after the ward a clinic visit is a new beginning
        ([("clinic", "05-01")], [("01-12", "01-20")],
         [("ward", "01-12", "01-20", "after"), ("after", "01-20", "02-19", "exit"),
          ("clinic", "05-01", "05-31", "exit")]),
    ],
)  # fmt: skip
def test_events_make_stays(visits: list, stays: list, expected: list) -> None:
    contacts = [{"client_id": client(1), "time": f"2024-{day}", "service": name} for name, day in visits]
    ward = [episode(1, f"2024-{a}", f"2024-{b}", kind="ward_stay") for a, b in stays]
    by_stage = {name: [one for one in contacts if one["service"] == code]
                for name, code in (("clinic", "clinic"), ("exam", "scan"), ("after", "clinic"))}  # fmt: skip
    found = spells_at(HOSPITAL, rows_of(HOSPITAL, ward=ward, **by_stage), date(2024, 12, 31))
    assert shown(found) == expected
    assert found.quarantined == {}


def test_a_stay_of_events_is_never_shortened_afterwards() -> None:
    visits = [{"client_id": client(1), "time": f"2024-01-{day:02d}", "service": "clinic"} for day in (3, 20)]
    rows = rows_of(HOSPITAL, clinic=visits)
    days = [(1, 3), (1, 4), (2, 3), (2, 19), (2, 20)]
    known = {day: spells_at(HOSPITAL, rows, date(2024, *day)).frame["left"] for day in days}
    assert [len(left) and bool(left.isna().any()) for left in known.values()] == [0, True, True, True, False]
    assert known[(2, 20)].tolist() == [pd.Timestamp("2024-01-20") + pd.Timedelta(days=30)]


def test_impossible_stays_are_set_aside_with_their_reason() -> None:
    the_chain = chain()
    backwards = request(1, "2024-03-10", "2024-03-05")
    twice = [request(2, "2024-03-01", "2024-03-20"), request(2, "2024-03-10", "2024-03-12", request_id="again")]
    crossed = request(3, "2024-03-01", started="2024-03-04", ended="2024-03-20") | {"assessed_at": "2024-03-02",
        "assessed_recorded_at": "2024-05-09"}  # fmt: skip
    rows = [backwards, *twice, crossed]
    found = spells_at(the_chain, rows_of(the_chain, assessment=rows, decision=rows), date(2024, 4, 1))
    assert found.quarantined == {
        "ends_before_it_starts": 1,
        "overlaps_in_its_stage": 2,
    }  # both stages of the second matter
    assert found.told() == [
        "1 stays are set aside: it ends before it starts",
        "2 stays are set aside: the client is in the stage already",
    ]
    assert conserved(weekly_flows(found.frame, the_chain.ids, mondays("2024-02-26", "2024-03-25")))


def test_rows_that_follow_closely_are_one_stay() -> None:
    the_chain = chain()
    care = [episode(1, "2024-01-01", "2024-01-10"), episode(1, "2024-01-11", "2024-01-20"), episode(1, "2024-02-01")]
    found = spells_at(the_chain, rows_of(the_chain, care=care), date(2024, 4, 1))
    assert shown(found) == [("care", "01-01", "01-20", "exit"), ("care", "02-01", None, None)]
    assert found.frame["case"].nunique() == 1  # back within `link_days`


def test_a_stay_is_counted_where_its_client_was_then() -> None:
    the_chain = chain(
        segment_scheme="s",
        groups=[
            {"id": "old", "name": {"fi": "v", "sv": "g", "en": "o"}, "age_from": 85},
            {"id": "ill", "name": {"fi": "m", "sv": "m", "en": "m"}, "table": "diagnoses"},
        ],
    )
    homes = [
        {"client_id": client(1), "birth_year": 1938, "municipality": "901", "valid_to": "2024-02-01"},
        {"client_id": client(1), "birth_year": 1938, "municipality": "902", "valid_from": "2024-02-01"},
    ]
    recorded = [
        {"client_id": client(1), "time": "2024-01-15", "recorded_at": "2024-02-20", "scheme": "s", "segment": "network"}
    ]
    ill = table_of("diagnoses", [{"client_id": client(1), "time": "2024-01-20", "code": "F00"}])
    rows = [request(1, "2024-01-10", "2024-01-12"), request(1, "2024-03-01", "2024-03-05", request_id="second")]
    registers = rows_of(
        the_chain, residents=homes, segments=recorded, groups={"old": table_of("residents", homes), "ill": ill},
        assessment=rows,
    )  # fmt: skip
    found = spells_at(the_chain, registers, date(2024, 4, 1)).frame
    assert found[["area", "segment", "group_old", "group_ill"]].to_numpy().tolist() == [
        ["901", "unknown", True, False],  # the segment was recorded in February only, the illness known on the 20th
        ["902", "network", True, True],
    ]


@covers("002-A4")
def test_weekly_flows_worked_by_hand() -> None:
    found = spells(
        ("a", "x", "2024-01-01", "2024-01-03"), ("a", "y", "2024-01-03", None),
        ("b", "x", "2024-01-02", "2024-01-08"),
        ("c", "x", "2024-01-09", "2024-01-09"), ("c", "y", "2024-01-09", "2024-01-16"),
    )  # fmt: skip
    flows = weekly_flows(found, ("x", "y"), mondays("2024-01-01", "2024-01-15"))
    columns = ["stage", "stock", "arrivals", "departures", "outside", "exits", "stock_end"]
    assert flows[columns].to_numpy().tolist() == [
        ["x", 0, 2, 1, 2, 0, 1],  # a and b come, a moves on
        ["x", 1, 1, 2, 1, 1, 0],  # c passes in a day, b leaves on Monday the 8th
        ["x", 0, 0, 0, 0, 0, 0],
        ["y", 0, 1, 0, 0, 0, 1],
        ["y", 1, 1, 0, 0, 0, 2],
        ["y", 2, 0, 1, 0, 1, 1],
    ]
    assert conserved(flows)


@covers("002-A5")
@settings(max_examples=8, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 60), st.integers(0, 30), st.integers(0, 40)), max_size=25))
def test_people_are_conserved_at_every_stage(matters: list[tuple[int, int, int, int]]) -> None:
    day = np.datetime64("2024-01-01")
    rows = [
        request(number, str(day + asked), str(day + asked + wait), started=str(day + asked + wait + more),
                request_id=f"r{place}")
        for place, (number, asked, wait, more) in enumerate(matters)
    ]  # fmt: skip
    care = [episode(number, str(day + asked + wait + more)) for number, asked, wait, more in matters]
    the_chain = chain()
    registers = rows_of(the_chain, assessment=rows, decision=rows, care=care)
    found = spells_at(the_chain, registers, date(2024, 3, 20))
    flows = weekly_flows(found.frame, the_chain.ids, mondays("2023-12-25", "2024-03-11"))
    assert conserved(flows)
    moved = flows.groupby("stage")[["arrivals", "departures", "outside", "exits"]].sum()
    inside = (moved["departures"] - moved["exits"]).sum()
    assert inside == (moved["arrivals"] - moved["outside"]).sum()  # who moves on from a stage comes to another


def test_a_lost_person_is_noticed() -> None:
    flows = weekly_flows(spells(("a", "x", "2024-01-01", None)), ("x",), mondays("2024-01-01", "2024-01-01"))
    assert conserved(flows)
    assert not conserved(flows.assign(stock_end=0))


def test_staffed_hours_fall_evenly_on_a_periods_days() -> None:
    staffed = chain({**ASSESSMENT, "capacity": {"filter": {"unit": "team"}}}, DECISION, CARE)
    capacity = table_of("capacity", [
        {"unit": "team", "period_start": "2024-01-01", "period_end": "2024-02-01", "staffed_hours": 310.0},
        {"unit": "team", "period_start": "2024-02-01", "period_end": "2024-03-01", "staffed_hours": 580.0},
        {"unit": "other", "period_start": "2024-01-01", "period_end": "2024-03-01", "staffed_hours": 900.0},
    ])  # fmt: skip
    weeks = mondays("2024-01-22", "2024-02-26")
    hours = hours_of(staffed.stages, capacity, weeks)
    assert hours["stage"].unique().tolist() == ["assessment"]
    assert hours["hours"].tolist() == [7 * 10, 3 * 10 + 4 * 20, 7 * 20, 7 * 20, 7 * 20]  # the last week is not whole


@pytest.mark.parametrize(
    "stages, more, sentence",
    [
        ([stage("a")], {}, "the stage `a` has no entry rule"),
        ([{**CARE, "events": CLINIC}], {}, "the stage `care` has two entry rules"),
        ([ASSESSMENT, ASSESSMENT], {}, "the stage `assessment` is given twice"),
        ([ASSESSMENT], {"path": ["assesment"]}, "unknown stage `assesment`. Did you mean `assessment`?"),
        ([ASSESSMENT], {"phases": {"start": {"stage": "assessment"}}}, "unknown phase `start`"),
        ([stage("exit", rows=CARE["rows"])], {}, "`exit` is where clients go or come from"),
        ([stage("a", rows={**CARE["rows"], "enter": "begin"})], {}, "unknown date of episodes `begin`"),
        ([stage("a", rows={**CARE["rows"], "table": "visits"})], {}, "unknown table of the stage a `visits`"),
        ([stage("a", rows={**CARE["rows"], "filter": {"sort": "x"}})], {}, "unknown column in the filter"),
    ],
)  # fmt: skip
def test_a_chain_that_cannot_be_is_named(stages: list, more: dict, sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence.replace("?", r"\?")):
        chain(*stages, **more)


def _found(the_chain: Chain, count: int) -> Spells:
    lines = [(number, "assessment", "2024-01-01", None) for number in range(count)]
    return Spells(spells(*lines), date(2024, 2, 1), date(2024, 2, 1), {})


@pytest.mark.parametrize("count, sentence", [(10, "has 10 stays before 2024-02-01, and at least 50"),
                                             (60, "Nobody ever entered the stage decision")])  # fmt: skip
def test_too_few_spells_are_refused(count: int, sentence: str) -> None:
    with pytest.raises(DataError, match=sentence):
        enough(chain(), _found(chain(), count))
