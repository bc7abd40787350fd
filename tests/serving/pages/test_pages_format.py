"""Numbers, dates and weeks by language."""

import pytest

from serving.pages.format import Format, hundred_split, in_hundred
from serving.pages.language import language

FI, SV, EN = (Format(language(code)) for code in ("fi", "sv", "en"))


@pytest.mark.parametrize(
    "format, written",
    [
        (FI, ("12,5 %", "3.4.2026", "vk 14", "1 234 568", "−0,50", "3.4.2026 14.05")),
        (SV, ("12,5 %", "3.4.2026", "v. 14", "1 234 568", "−0,50", "3.4.2026 14.05")),
        (EN, ("12.5%", "3 Apr 2026", "week 14", "1,234,568", "−0.50", "3 Apr 2026 14:05")),
    ],
)
def test_values_are_written_as_the_language_writes_them(format: Format, written: tuple[str, ...]) -> None:
    made = (
        format.percent(0.125),
        format.date("2026-04-03"),
        format.week("2026-04-03"),
        format.number(1234567.8),
        format.signed(-0.5),
        format.moment("2026-04-03T14:05:00"),
    )
    assert tuple(text.replace("\u00a0", " ") for text in made) == written


def test_the_space_in_a_number_never_breaks_a_line() -> None:
    assert FI.number(12345) == "12\u00a0345"
    assert FI.percent(0.5, 0) == "50\u00a0%"


def test_what_is_not_known_is_a_dash() -> None:
    assert [FI.number(None), FI.number(float("nan")), FI.percent(None), FI.date(None), FI.plain(None)] == ["–"] * 5


def test_a_rounded_zero_has_no_sign() -> None:
    assert FI.number(-0.0004, 2) == "0,00"
    assert (FI.signed(-0.0004), FI.signed_percent(-0.0004, 0)) == ("0,00", "0\u00a0%")
    assert (FI.signed(-0.006), FI.signed_percent(-0.006, 0)) == ("−0,01", "−1\u00a0%")


@pytest.mark.parametrize(
    "day, written", [("2024-12-30", "vk 1/2025"), ("2027-01-03", "vk 53/2026"), ("2026-11-23", "vk 48/2026")]
)
def test_a_week_belongs_to_its_own_iso_year(day: str, written: str) -> None:
    assert FI.week_year(day) == written


@pytest.mark.parametrize("kind, written", [("week", "vk 14/2026"), ("month", "4/2026"), ("day", "1.4.2026")])
def test_a_period_is_written_by_its_kind(kind: str, written: str) -> None:
    assert FI.period("2026-04-01", kind) == written


def test_a_text_without_the_language_is_said_in_finnish() -> None:
    assert SV.said({"fi": "käynti"}) == "käynti"
    assert SV.said({"fi": "käynti", "sv": "besök"}) == "besök"
    assert SV.said(None) == ""


@pytest.mark.parametrize("share, number", [(0.0, 1), (0.004, 1), (0.376, 38), (0.999, 99), (1.0, 99)])
def test_the_model_is_never_fully_sure(share: float, number: int) -> None:
    assert in_hundred(share) == number


@pytest.mark.parametrize(
    "shares, numbers",
    [
        ([0.5812, 0.2105, 0.1562, 0.0521], [58, 21, 16, 5]),
        ([1 / 3, 1 / 3, 1 / 3], [34, 33, 33]),
        ([0.005, 0.995], [1, 99]),
        ([1.0, 0.0], [100, 0]),
    ],
)
def test_a_hundred_people_are_split_without_losing_any(shares: list[float], numbers: list[int]) -> None:
    assert hundred_split(shares) == numbers
    assert sum(hundred_split(shares)) == 100


@pytest.mark.parametrize(
    "name, said",
    [
        ("need_heavier_home_care_6m", "Kotihoidon tarve kasvaa"),
        ("need_something_new", "Palvelutarpeen arvio"),
        ("segmentation_paijat_hame", "Asiakkuusryhmän ehdotus"),
        ("unheard", "unheard"),
    ],
)
def test_a_model_without_its_own_name_is_called_by_its_kind(name: str, said: str) -> None:
    assert FI.model(name) == said
