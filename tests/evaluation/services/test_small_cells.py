"""Small cells: what is hidden, that no attack finds it again, and that two releases do not tell what one hides."""

import numpy as np
import pytest

from configs.errors import DataError
from evaluation.fairness.comparing.parts import hidden_groups
from evaluation.indicators.telling.figures import Figure
from evaluation.indicators.telling.hiding import hidden_lines
from evaluation.small_cells.attack import Knowledge, Sum, is_recovered, is_told
from evaluation.small_cells.hiding import hidden_in_grid
from evaluation.small_cells.ledger import Ledger, Release
from evaluation.small_cells.margins import completed
from evaluation.small_cells.release import INTERNAL, PUBLICATION, Profile, knowledge, protected, release, rounded
from tests import released_attack
from tests.counts import count


def random_table(seed: int) -> list[list[int]]:
    """A table of 2-6 rows and 2-6 columns with many small counts."""
    rng = np.random.default_rng(seed)
    rows, columns = rng.integers(2, 7, 2)
    return rng.negative_binomial(1, 1 / (1 + rng.choice([3, 8, 20])), (rows, columns)).tolist()


def attacked(counts, marks, smallest) -> list[tuple[int, int]]:
    """Hidden cells that are told to somebody who knows every true total; an attack written anew, cell by cell."""
    known, wide = knowledge(counts, marks), len(counts[0])
    hidden = [(i, j) for i, line in enumerate(marks) for j, hide in enumerate(line) if hide]
    return [at for at in hidden if is_told(known.bounds([at[0] * wide + at[1]]), smallest)]


@pytest.mark.parametrize(
    "cells, low, high",
    [
        ([0], 2, 2),     # 7 of the first pair, of which 5 at least and at most are the other: found exactly
        ([0, 1], 7, 7),  # the published total itself
        ([2], 0, 3),     # anything up to what is left of the whole
    ],
)  # fmt: skip
def test_the_attack_finds_the_least_and_the_most(cells, low, high):
    known = Knowledge(
        np.array([0.0, 5.0, 0.0, 0.0]),
        np.array([np.inf, 5.0, np.inf, np.inf]),
        [Sum((0, 1), 7, 7), Sum((0, 1, 2, 3), 10, 10)],
    )
    assert known.bounds(cells) == (low, high)


def test_hiding_small_counts_alone_is_not_enough():
    """What hardening measured: with published totals the attack finds most of the cells that were hidden alone."""
    found, hidden = 0, 0
    for seed in range(10):
        counts = random_table(seed)
        marks = [[0 < cell < 5 for cell in line] for line in counts]
        known, wide = knowledge(counts, marks), len(counts[0])
        at = [i * wide + j for i, line in enumerate(marks) for j, hide in enumerate(line) if hide]
        hidden, found = hidden + len(at), found + sum(is_recovered(known.bounds([one])) for one in at)
    assert found > 0.3 * hidden


@pytest.mark.proof("small_cell_attack")
def test_P2_no_hidden_cell_is_found_again_from_totals():
    for seed in range(count("small_cell_attack", small=24, full=500)):
        counts, profile = random_table(seed), (INTERNAL, PUBLICATION)[seed % 2]
        marks, totals_safe = protected(counts, profile.smallest)
        assert not totals_safe or not attacked(counts, marks, profile.smallest), f"seed {seed}"
        shown = release(counts, profile)
        assert all(cell is None for line, hides in zip(shown.cells, marks, strict=True)
                   for cell, hide in zip(line, hides, strict=True) if hide)  # fmt: skip


@pytest.mark.proof("small_cell_attack")
def test_P2_P4_no_hidden_line_of_an_indicator_follows_from_its_totals():
    """People, cases and the others, where some lines are of nobody or of all."""
    for seed in range(count("small_cell_lines", small=40, full=500)):
        rng = np.random.default_rng(seed)
        n = rng.integers(0, 60, rng.integers(2, 8))
        cases = np.where(rng.random(n.size) < 0.2, 0, np.where(rng.random(n.size) < 0.2, n, rng.binomial(n, 0.4)))
        lines = [Figure(float(k / max(m, 1)), int(m), int(k), 1.0) for m, k in zip(n, cases, strict=True)]
        marks = hidden_lines(lines, "share", 5)
        tables = [released_attack.line("n", n.tolist(), [mark == "few" for mark in marks])]
        for counts in (cases, n - cases):
            tables.append(released_attack.line("cases", counts.tolist(), [bool(mark) for mark in marks]))
        assert not [one for one in tables if one.told()], f"seed {seed}"


@pytest.mark.proof("small_cell_attack")
def test_P2_P4_no_hidden_group_of_a_fairness_table_follows_from_its_totals():
    """Clients, those with the outcome and those without, by a trait of several groups and a yes-or-no trait."""
    for seed in range(count("small_cell_groups", small=40, full=500)):
        rng = np.random.default_rng(seed)
        size = int(rng.integers(30, 200))
        client, event = np.arange(size), rng.random(size) < rng.choice([0.03, 0.2])
        area, rare = rng.choice(4, size, p=[0.6, 0.3, 0.07, 0.03]), rng.random(size) < 0.1
        groups = {("area", str(one)): area == one for one in np.unique(area)} | {("rare", "yes"): rare}
        marks = hidden_groups(client, groups, (event, ~event), 5)
        tables = released_attack.of_groups(client, groups, (event, ~event), marks)
        assert not [one for one in tables if one.told()], f"seed {seed}"


@pytest.mark.parametrize("profile", [INTERNAL, PUBLICATION], ids=lambda one: one.name)
def test_P1_a_count_below_the_limit_is_never_shown(profile: Profile):
    for seed in range(6):
        counts = random_table(seed)
        for line, shown in zip(counts, release(counts, profile).cells, strict=True):
            assert all(cell is None for true, cell in zip(line, shown, strict=True) if 0 < true < profile.smallest)


def test_rounded_tables_have_totals_of_what_is_shown():
    #         shown:  20  hidden        20
    shown = release([[21, 3, 0], [12, 33, 40], [50, 9, 61]], PUBLICATION)
    assert shown.cells[0][1] is None
    for line, total in zip(shown.cells, shown.rows, strict=True):
        assert total == sum(cell or 0 for cell in line)
        assert all(cell is None or cell % 5 == 0 for cell in line)
    assert shown.total == sum(shown.rows) == sum(shown.columns)


@pytest.mark.parametrize("true, shown", [(0, 0), (8, 10), (12, 10), (13, 15), (7, 5), (100, 100)])
def test_rounding_is_to_the_nearest_five(true, shown):
    assert rounded(true, 5) == shown


def test_P4_three_people_in_all_have_no_exact_total():
    shown = release([[1, 0], [0, 2]])
    assert shown.cells == ((None, 0), (0, None))
    assert shown.total == 0  # of what is shown: nothing about the hidden


def test_a_table_without_small_counts_is_shown_as_it_is():
    shown = release([[10, 20], [30, 0]])
    assert (shown.cells, shown.rows, shown.columns, shown.total) == (((10, 20), (30, 0)), (30, 30), (40, 20), 60)


def test_more_is_hidden_when_the_lines_alone_do_not_suffice():
    """Each line hides two cells with five people, and still every total together tells one of them."""
    counts = [[4, 1, 20], [30, 40, 50], [1, 60, 70]]
    first, (marks, safe) = hidden_in_grid(counts), protected(counts)
    assert sum(map(sum, marks)) >= sum(map(sum, first))
    assert safe
    assert not attacked(counts, marks, 5)


def people(*groups: tuple[str, str, int]) -> dict[tuple[str, str], np.ndarray]:
    """Masks of clients: (municipality, organisation, how many)."""
    town = np.repeat([one for one, _, _ in groups], [size for _, _, size in groups])
    house = np.repeat([one for _, one, _ in groups], [size for _, _, size in groups])
    masks = {("town", name): town == name for name in sorted(set(town))}
    return masks | {("house", name): house == name for name in sorted(set(house))}


def test_P6_a_municipality_hidden_in_its_table_is_not_told_by_its_organisation():
    masks = people(("a", "west", 3), ("b", "west", 40), ("c", "west", 50), ("d", "east", 60), ("e", "east", 20))
    hidden = dict.fromkeys(masks, False) | {("town", "a"): True, ("town", "e"): True}
    # west (93) - b - c = a, and east (80) - d = e
    marks = completed(masks, hidden, np.ones(173, bool))
    assert all(marks[("town", name)] for name in "ae")
    assert any(marks[key] for key in (("town", "b"), ("town", "c"), ("house", "west")))
    assert any(marks[key] for key in (("town", "d"), ("house", "east")))


def test_groups_that_tell_nothing_stay_shown():
    masks = people(("a", "west", 30), ("b", "west", 40), ("c", "east", 50))
    hidden = dict.fromkeys(masks, False)
    assert completed(masks, hidden, np.ones(120, bool)) == hidden


FIRST = Release("areas", "clients", "2024-12-31", "", {"": 100, "town=a": 40, "town=b": None, "town=c": None})


@pytest.mark.parametrize(
    "second, why",
    [
        # the same people by another trait, of which one part was hidden: 100 - 40 - 12 = 48
        (Release("sexes", "clients", "2024-12-31", "", {"town=b|sex=f": 30, "town=b|sex=m": 18}), "reveal `town=b`"),
        (Release("again", "clients", "2024-12-31", "", {"": 100, "town=a": 40, "town=c": 12}), "reveal `town=b`"),
        # one filter more leaves two people out; another date adds three
        (Release("adults", "clients", "2024-12-31", "age >= 18", {"town=a": 38}), "difference of `town=a`"),
        (Release("areas", "clients", "2025-01-31", "", {"": 103}), "difference of the total"),
    ],
)  # fmt: skip
def test_P3_a_second_release_that_reveals_a_cell_is_refused(tmp_path, second, why):
    ledger = Ledger(tmp_path / "releases.jsonl")
    ledger.record(FIRST)
    with pytest.raises(DataError, match=why):
        ledger.record(second)
    assert ledger.releases() == (FIRST,)


@pytest.mark.parametrize(
    "second",
    [
        FIRST,
        Release("sexes", "clients", "2024-12-31", "", {"sex=f": 60, "sex=m": 40}),
        Release("adults", "clients", "2024-12-31", "age >= 18", {"town=a": 30}),
        Release("areas", "clients", "2025-01-31", "", {"": 110, "town=a": 40}),
        Release("areas", "residents", "2024-12-31", "", {"town=b": 900}),
    ],
    ids=["the same again", "another trait", "a filter that leaves ten out", "ten more a month later", "other people"],
)
def test_a_release_that_tells_nothing_more_is_kept(tmp_path, second):
    ledger = Ledger(tmp_path / "releases.jsonl")
    ledger.record(FIRST)
    ledger.record(second)
    assert set(map(str, ledger.releases())) == {str(FIRST), str(second)}
