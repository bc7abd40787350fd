"""Who was not selected and who is drawn: pure functions over lines, drawn with a seed."""

import pytest

from serving.coordinator.chance import chance
from serving.engine.clients.overview import ClientLine
from serving.reviews.sampling import SampleRule, draw, not_selected, reason_of
from tests.plans import covers

RULE = SampleRule(rate=0.02, seed=7, at_least=3)


@covers("000-61")
@pytest.mark.parametrize(
    "line,                                                       reason",
    [
        (ClientLine("not_eligible"), "not_eligible"),
        (ClientLine("not_assessable"), "not_assessable"),
        (ClientLine("answered", "network"), "below_lists"),
        (ClientLine("answered", "network", groups=("older",)), "below_lists"),  # a target group is no list
        (ClientLine("answered", "network", lists=("emergency",)), None),
        (ClientLine("answered", "network", alerts=("falls",)), None),
        (ClientLine("not_eligible", alerts=("falls",)), None),
    ],
)
def test_why_a_client_was_not_selected(line, reason):
    assert reason_of(line) == reason


def test_only_ones_own_clients_with_a_line_may_be_drawn():
    lines = {"a": ClientLine("not_eligible"), "b": ClientLine("not_eligible")}
    assert not_selected(lines, ["a", "z"]) == {"a": "not_eligible"}


def candidates(eligible, below):
    return {f"e{n}": "not_eligible" for n in range(eligible)} | {f"b{n}": "below_lists" for n in range(below)}


@pytest.mark.parametrize(
    "eligible, below, drawn",
    [
        (2, 0, (2, 0)),  # fewer than at least three
        (40, 0, (3, 0)),  # 2 % of 40 is less than three
        (40, 1000, (3, 20)),
        (0, 951, (0, 20)),  # rounded up
    ],
)
def test_the_share_of_each_reason_is_drawn_and_at_least_some(eligible, below, drawn):
    found = draw(candidates(eligible, below), RULE, "west", "2024-12")
    assert (sum(one[0] == "e" for one in found), sum(one[0] == "b" for one in found)) == drawn


def test_the_draw_repeats_by_seed_unit_and_month_whatever_the_order():
    people = candidates(200, 200)
    turned = dict(reversed(people.items()))
    first = draw(people, RULE, "west", "2024-12")
    assert draw(turned, RULE, "west", "2024-12") == first
    assert draw(people, RULE, "west", "2025-01") != first
    assert draw(people, RULE, "east", "2024-12") != first
    assert draw(people, SampleRule(0.0, 7, 3), "west", "2024-12") == ()


def test_everybody_has_the_same_chance():
    """400 seeds over 50 clients, 3 of them each time: 24 draws each expected, standard deviation 4.7."""
    counts = {f"e{n}": 0 for n in range(50)}
    for seed in range(400):
        for client in draw(candidates(50, 0), SampleRule(0.02, seed, 3), "west", "2024-12"):
            counts[client] += 1
    assert sum(counts.values()) == 400 * 3
    assert max(abs(count - 24) for count in counts.values()) < 5 * 4.7


def test_chance_is_spread_over_zero_to_one():
    drawn = sorted(chance(1, str(number)) for number in range(1000))
    assert 0 <= drawn[0] < drawn[-1] < 1
    assert max(abs(value - (place + 0.5) / 1000) for place, value in enumerate(drawn)) < 0.06
