"""The vectorised counting against the slow reference, on random histories of several clients and dates."""

from datetime import date, timedelta

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from features.outcomes import Window, label_rows
from tests.features.histories_data import table_of
from tests.features.outcomes.drawn import UNTIL, rule, tables
from tests.features.outcomes.reference import breadth, count, first_day

START = date(2024, 1, 1)
SIDES = {"s1": "health", "s2": "health", "s3": "social", "s4": "social"}
EVENTS = st.lists(
    st.tuples(st.sampled_from("ab"), st.integers(-20, 110), st.sampled_from(["s1", "s2", "s3", "s4", "s5"]))
)
DATES = st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 60)), min_size=1, max_size=6)
RUNS = st.sampled_from([None, 1, 5, 30])
WINDOWS = st.builds(Window, st.integers(1, 90), st.sampled_from([0, 10]))


def labelled(drawn, asked_rule, dates, window):
    contacts = [
        {"client_id": who, "time": START + timedelta(days=day), "service": service} for who, day, service in drawn
    ]
    rows = pd.DataFrame(
        {"client_id": [who for who, _ in dates], "as_of": pd.to_datetime([START + timedelta(days=n) for _, n in dates])}
    )
    people = table_of("residents", [{"client_id": who} for who in "abc"])
    found = label_rows(rows, tables(contacts=contacts), people, asked_rule, window, UNTIL)
    days = iter(found.event_day)
    return [None if not kept else str(next(days)) for kept in found.kept]


def expected(drawn, fulfilled, run, dates, window):
    """None for a row that the gap takes out, NaT for no outcome, the day otherwise."""
    answers = []
    for who, offset in dates:
        own = [(START + timedelta(days=day), service) for one, day, service in drawn if one == who]
        as_of = START + timedelta(days=offset)
        first = as_of + timedelta(days=window.gap_days)
        if first_day(own, as_of, first, run, fulfilled) is not None:
            answers.append(None)
        else:
            answers.append(
                str(first_day(own, first, first + timedelta(days=window.horizon_days), run, fulfilled) or "NaT")
            )
    return answers


@settings(max_examples=150, deadline=None)
@given(EVENTS, DATES, WINDOWS, RUNS, st.integers(1, 4), st.sampled_from(["events", "days", "months"]))
def test_counts(drawn, dates, window, run, n, unit):
    if run is not None and unit == "days":
        n = min(n, run)
    section = {"n": n, "unit": unit, "days": run}
    assert labelled(drawn, rule(count_at_least=section), dates, window) == expected(
        drawn, count(n, unit), run, dates, window
    )


@settings(max_examples=150, deadline=None)
@given(EVENTS, DATES, WINDOWS, RUNS, st.integers(1, 4), st.sampled_from([(), ("health",), ("health", "social")]))
def test_breadth(drawn, dates, window, run, n, across):
    groups = {"health": {"a": ["s1"], "b": ["s2"]}, "social": {"c": ["s3"], "d": ["s4"]}}
    section = {"value": "service", "sides": groups, "n": n, "across": across, "days": run}
    fulfilled = breadth(n, SIDES, across)
    assert labelled(drawn, rule(distinct_at_least=section), dates, window) == expected(
        drawn, fulfilled, run, dates, window
    )
