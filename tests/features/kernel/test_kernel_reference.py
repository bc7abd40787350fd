"""Kernel = reference on random tables, and every deliberately wrong kernel differs from it."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import features.kernel.build
from features.catalogue.families import AGGREGATES
from features.kernel import build_features
from features.reference import reference_features
from tests.counts import count
from tests.features.histories_data import dates
from tests.features.kernel.kernel_world import AS_OF, EVERYTHING, KEPT, NAMES, World, any_tables, wrong_features
from tests.features.kernel.mutants import Mutant, alive

QUESTIONS = [(client, day) for client in ("b", "a", "empty") for day in AS_OF]


@st.composite
def small_worlds(draw: st.DrawFn) -> dict[str, pd.DataFrame]:
    """Two clients and a stranger, as awkward as hypothesis can make them."""
    return any_tables(["a", "b"], lambda options: draw(st.sampled_from(options)))


@settings(
    max_examples=count("kernel_examples", small=60, full=2000),
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate, Phase.shrink],
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)
@given(small_worlds())
@pytest.mark.proof("kernel_examples")
def test_the_kernel_equals_the_reference(tables: dict[str, pd.DataFrame]) -> None:
    clients = np.array([client for client, _ in QUESTIONS], object)
    as_of = dates(*(day for _, day in QUESTIONS))
    fast = build_features(tables, clients, as_of, EVERYTHING, KEPT)
    assert wrong_features(fast, reference_features(tables, clients, as_of, EVERYTHING, KEPT)) == []


@pytest.fixture(scope="module")
def world() -> World:
    """Forty clients, every awkward thing on some of them."""
    return World(seed=3, clients=40)


@pytest.mark.proof("kernel_worlds")
def test_the_kernel_equals_the_reference_on_whole_worlds() -> None:
    for seed in range(count("kernel_worlds", small=3, full=100)):
        assert World(seed, clients=40).wrong(build_features) == [], seed


def test_the_property_covers_every_aggregate_and_proves_something_of_each(world: World) -> None:
    assert {family.aggregate for family in EVERYTHING.enabled} == set(AGGREGATES)
    known = [np.unique(column[~np.isnan(column)]) for column in world.truth.T]
    silent = {name for name, values in zip(NAMES, known, strict=True) if len(values) < 2}
    assert silent <= {"declared__s9__30d"}  # a code that nobody has
    assert not any(name.startswith("switched_off") for name in NAMES)


L, V, A, D = "kernel.loops", "kernel.derived.visits", "kernel.aggregates", "kernel.derived.aggregates"
MUTANTS = [
    # both clocks, corrections and ends
    Mutant("known", "latest + 1", "latest"),  # recorded at as_of counts as known
    Mutant("known", "latest + 1", "latest + 2"),
    Mutant("known", "np.maximum(latest, other)", "latest"),  # one clock ignored
    Mutant("known", "np.maximum(latest, other)", "np.minimum(latest, other)"),
    Mutant("known", '_days(frame, "superseded_at")', "np.full(len(frame), NEVER, np.int32)"),  # corrections ignored
    Mutant("known", "np.maximum(_days(frame, end.name), _days(frame, str(end.clock)))", "_days(frame, end.name)"),
    Mutant(L, "day[middle] < wanted", "day[middle] <= wanted"),  # edges of windows and of as_of
    Mutant(L, "date <= last[event]", "date < last[event]"),  # count
    Mutant(L, "first[event] <= date", "first[event] < date"),
    Mutant(L, "date <= last[event]", "date < last[event]", 2),  # sum
    Mutant(L, "date <= last[event]", "date < last[event]", 4),  # outermost
    Mutant("kernel.pairs", "is None else days", "is None else days - 1"),  # pairs lose their oldest day
    # windows, rings, what is observed
    Mutant("windows", 'side="left"', 'side="right"'),  # wrong ring edge
    Mutant(A, 'side="right") - 1', 'side="right")'),
    Mutant(L, "date - windows[known] >= start", "date - windows[known] > start"),
    Mutant("kernel.coverage", "rows.day - days < covered", "rows.day - days <= covered"),
    Mutant("kernel.coverage", "np.maximum(start, covered[", "np.minimum(start, covered["),
    Mutant("kernel.coverage", "first.get(code, NEVER)", "first.get(code, -NEVER)"),  # no service = zero
    Mutant("kernel.coverage", ">= covered", "> covered"),
    Mutant("kernel.build", "start < rows.day, start", "start <= rows.day, start"),
    # values and codes
    Mutant(L, "value[event] >= 0 and", "", 0),  # a missing value counts as one
    Mutant(A, "len(self.codes) - 1 if", "-1 if"),  # rare codes are nobody's
    Mutant(A, "np.where(np.isnan(value), 0.0, value)", "np.where(np.isnan(value), 1.0, value)"),
    Mutant(A, "as_of - 1", "as_of"),  # age on the first day of a year
    Mutant("selection", "text not in _several", "text in _several"),
    Mutant("selection", "condition), False]", "condition), True]"),  # missing satisfies
    Mutant("selection", "column >= low", "column > low"),
    # derived aggregates
    Mutant("kernel.derived.asked", "-1 if family.codes else len(codes) - 1", "-1"),
    Mutant("kernel.derived.loops", "age[pair] <= windows[window]", "age[pair] < windows[window]"),  # mean
    Mutant("kernel.derived.loops", "age[pair] <= windows[window]", "age[pair] < windows[window]", 1),  # counts
    Mutant("kernel.derived.loops", "code[pair] < 0 or np.isnan(value[pair])", "code[pair] < 0 or value[pair] == 0"),
    Mutant("kernel.derived.loops", "DAYS_PER_SLOPE = 30.0", "DAYS_PER_SLOPE = 31.0"),
    Mutant("kernel.derived.loops", "late * late", "late"),
    Mutant("kernel.derived.loops", "age[held] > age[pair]", "age[held] >= age[pair]"),  # a day against itself
    Mutant("kernel.derived.loops", "value[held] > value[pair]", "value[held] < value[pair]"),  # ties
    Mutant(V, "2.0 * seen[value[pair]] + 1.0", "2.0 * seen[value[pair]]"),
    Mutant(V, "if n >= least", "if n > least"),
    Mutant(V, "(n * (n - 1.0))", "(n * n)"),
    Mutant(V, "second[latest[v]] < second[pair]", "second[latest[v]] <= second[pair]"),  # a double is a repeat
    Mutant(V, "<= within", "< within"),
    Mutant(V, "latest[value[pair]], before[value[pair]] = -1, -1", "pass"),  # one client's visits count for the next
    Mutant(V, "second[held] == second[pair] and", ""),
    Mutant(D, "NIGHT_BEGINS, NIGHT_ENDS = 22, 7", "NIGHT_BEGINS, NIGHT_ENDS = 23, 7"),
    Mutant(D, "hour < NIGHT_ENDS", "hour <= NIGHT_ENDS"),
    Mutant(D, "[1.0, np.nan, 0.0, np.nan]", "[1.0, 0.0, 0.0, np.nan]"),  # unknown urgency said to be no emergency
    Mutant(D, "n <= high", "n < high"),
    Mutant(D, "> int(family.within_days or 0)", ">= int(family.within_days or 0)"),
    Mutant(D, "known & ~standing", "~standing"),
    Mutant(D, "rows.day[asked.row] <= selected", "rows.day[asked.row] < selected"),
    Mutant(D, "known_pairs(selected, rows, None) if family.windows else pairs", "pairs"),  # the one before: too old
    Mutant("kernel.derived.ties", "NAMED_ROLES}", '("named_doctor",)}'),
    Mutant("kernel.derived.ties", "rows, None, relations.open_until", "rows, None"),  # a tie that ended
    Mutant("kernel.derived.ties", "(professional >= 0) & ", ""),
]


@pytest.mark.proof("kernel_mutants")
@pytest.mark.parametrize(
    "mutant",
    MUTANTS[: count("kernel_mutants", small=len(MUTANTS), full=len(MUTANTS))],
    ids=lambda mutant: mutant.id,
)
def test_a_wrong_kernel_differs_from_the_reference(world: World, mutant: Mutant) -> None:
    with alive(mutant):
        assert world.wrong(features.kernel.build.build_features)
    assert world.wrong(build_features) == []
