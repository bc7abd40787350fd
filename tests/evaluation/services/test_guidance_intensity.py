"""Guidance by intensity: sums of client groups, and nothing of a hidden one."""

import pytest

from configs.loader import PROJECT_ROOT
from evaluation.guidance.followed.intensity import intensities, intensity_lines
from models.segments.scheme import load_scheme
from tests.evaluation.services.test_guidance_followed import cases
from tests.plans import covers

SCHEME = load_scheme(str(PROJECT_ROOT / "configs/schemes/suuntima_like.yaml"))


@covers("000-6")
def test_the_scheme_says_how_intensive_guidance_is() -> None:
    found = intensities(SCHEME)
    assert set(found) == set(SCHEME.segment_ids)
    assert (found["network"], sorted(set(found.values()))) == (
        "case_management",
        ["case_management", "light", "regular"],
    )


@covers("000-6")
def test_an_intensity_is_the_sum_of_its_client_groups() -> None:
    given = cases(("north", "self", 40, 20, 10), ("north", "shared", 30, 15, 5), ("south", "community", 20, 5, 5),
                  ("south", "network", 50, 30, 0))  # fmt: skip
    intensity = {"self": "light", "shared": "regular", "community": "regular", "network": "case_management"}
    light, regular, network = intensity_lines(given, intensity)
    assert [line["intensity"] for line in (light, regular, network)] == ["light", "regular", "case_management"]
    assert (regular["n"], regular["started"]["hits"], regular["started"]["of"]) == (50, 20, 50)
    assert regular["heavier_after"]["share"] == pytest.approx(10 / 50)
    assert (network["within_7_days"]["hits"], light["median_days"]) == (30, 3.0)


@covers("000-6")
def test_P2_an_intensity_with_a_hidden_group_is_hidden() -> None:
    given = cases(("north", "self", 40, 20, 10), ("north", "shared", 3, 1, 0), ("south", "community", 20, 10, 8),
                  ("south", "network", 50, 30, 0))  # fmt: skip
    intensity = {"self": "light", "shared": "regular", "community": "regular", "network": "case_management"}
    lines = {line["intensity"]: line for line in intensity_lines(given, intensity)}
    assert (lines["regular"]["n"], lines["regular"]["started"]["of"], lines["regular"]["median_days"]) == (None,) * 3


def test_a_group_that_the_scheme_does_not_have_is_told_apart() -> None:
    lines = intensity_lines(cases(("north", "old", 40, 20, 10), ("north", "self", 40, 20, 10)), {"self": "light"})
    assert [(line["intensity"], line["n"]) for line in lines] == [("light", 40), ("unknown", 40)]


def test_nobody_guided_is_no_line() -> None:
    assert intensity_lines(cases(("north", "self", 1, 0, 0)).iloc[:0], {"self": "light"}) == []
