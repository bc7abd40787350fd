"""The scheme's picture: a segment with several cells is drawn as few rectangles, and no dot is drawn twice."""

import pytest

from serving.pages.charts.regions import Cell, rectangles_of, regions_of
from serving.pages.charts.svg import hyphenated


def places(picture: str) -> dict[str, set[tuple[int, int]]]:
    """Letters drawn as a grid, the bottom row last."""
    rows = list(reversed(picture.split()))
    found: dict[str, set[tuple[int, int]]] = {}
    for row, line in enumerate(rows):
        for column, letter in enumerate(line):
            found.setdefault(letter, set()).add((column, row))
    return found


@pytest.mark.parametrize(
    "picture,      letter, rectangles",
    [
        ("ab cd", "a", [(0, 1, 1, 1)]),
        ("aa bc", "a", [(0, 1, 2, 1)]),
        ("ab ac", "a", [(0, 0, 1, 2)]),
        ("aa aa", "a", [(0, 0, 2, 2)]),
        ("ba aa", "a", [(0, 0, 2, 1), (1, 1, 1, 1)]),  # no rectangle: two of them
        ("aba", "a", [(0, 0, 1, 1), (2, 0, 1, 1)]),  # not side by side
        ("acc bce bde", "c", [(1, 1, 1, 1), (1, 2, 2, 1)]),
        ("acc bce bde", "b", [(0, 0, 1, 2)]),
    ],
)
def test_rectangles_cover_every_place_once(
    picture: str, letter: str, rectangles: list[tuple[int, int, int, int]]
) -> None:
    wanted = places(picture)[letter]
    found = rectangles_of(wanted)
    assert sorted(found) == sorted(rectangles)
    covered = [(c, r) for left, low, w, h in found for c in range(left, left + w) for r in range(low, low + h)]
    assert sorted(covered) == sorted(wanted)


def test_dots_of_a_segment_are_shared_by_its_rectangles_and_the_largest_one_says_the_number() -> None:
    cells = [Cell(c, r, "C", "44 / 100", 44, True, segment="c") for c, r in places("acc bce bde")["c"]]
    regions = regions_of(cells)
    assert [(one.columns * one.rows, one.dots, one.first) for one in regions] == [(2, 30, True), (1, 14, False)]


def test_two_segments_with_the_same_name_stay_apart() -> None:
    cells = [Cell(0, 0, "same", "1", 1, False, segment="a"), Cell(1, 0, "same", "2", 2, False, segment="b")]
    assert [region.dots for region in regions_of(cells)] == [1, 2]


@pytest.mark.parametrize(
    "name,                  width, lines",
    [
        ("Verkostoasiakkuus", 17, ["Verkostoasiakkuus"]),
        ("Verkostoasiakkuus", 12, ["Verkosto-", "asiakkuus"]),
        ("Självständig klient", 14, ["Självständig", "klient"]),
        ("Samarbetsklient", 10, ["Samarbets-", "klient"]),
        ("Epäselvyyksiensetvijä", 10, ["Epäselvyy…"]),
    ],
)
def test_a_long_compound_is_parted_where_people_part_it(name: str, width: int, lines: list[str]) -> None:
    assert hyphenated(name, width) == lines
