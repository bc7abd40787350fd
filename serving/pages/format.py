"""Numbers, dates and weeks the way each language writes them: 12,5 %, 3.4.2026, vk 14."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from babel.dates import format_date
from babel.numbers import format_decimal, format_percent

from models.answers import Text
from serving.pages.language import Language

_DATE_PATTERN = {"fi": "d.M.yyyy", "sv": "d.M.yyyy", "en": "d MMM yyyy"}
_CLOCK = {"fi": "%H.%M", "sv": "%H.%M", "en": "%H:%M"}
UNKNOWN = "–"


@dataclass(frozen=True)
class Format:
    """Writes values in one language.  None is written as a dash."""

    language: Language

    def number(self, value: float | None, decimals: int = 0) -> str:
        """A number with a fixed count of decimals and grouped thousands."""
        if value is None or value != value:
            return UNKNOWN
        pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
        rounded = round(value, decimals) + 0.0  # no minus sign on a zero
        return format_decimal(rounded, format=pattern, locale=self.language.locale)

    def plain(self, value: float | None) -> str:
        """A measured value: whole numbers without decimals, others with at most two."""
        if value is None or value != value:
            return UNKNOWN
        return format_decimal(value, format="#,##0.##", locale=self.language.locale)

    def exact(self, value: float) -> str:
        """A number that a form sends back as it was: with every decimal."""
        return format_decimal(value, format="#,##0.##########", locale=self.language.locale)

    def signed(self, value: float, decimals: int = 2) -> str:
        """A number with its sign; a true minus, not a hyphen."""
        return _sign(round(value, decimals)) + self.number(abs(value), decimals)

    def percent(self, share: float | None, decimals: int = 1) -> str:
        """A share in per cent, e.g. 12,5 %."""
        if share is None or share != share:
            return UNKNOWN
        pattern = "#,##0" + ("." + "0" * decimals if decimals else "") + self._percent_tail()
        return format_percent(share, format=pattern, locale=self.language.locale)

    def signed_percent(self, share: float, decimals: int = 1) -> str:
        """A difference in per cent with its sign; a true minus, not a hyphen."""
        return _sign(round(100 * share, decimals)) + self.percent(abs(share), decimals)

    def date(self, iso: str | None) -> str:
        """A day, e.g. 3.4.2026."""
        if not iso:
            return UNKNOWN
        return format_date(_day(iso), _DATE_PATTERN[self.language.code], locale=self.language.locale)

    def moment(self, iso: str | None) -> str:
        """A day and its clock time where that is known, e.g. 3.4.2026 14.05."""
        if not iso or len(iso) <= len("2026-04-03"):
            return self.date(iso)
        clock = datetime.fromisoformat(iso).strftime(_CLOCK[self.language.code])
        return f"{self.date(iso)} {clock}"

    def week(self, iso: str) -> str:
        """The ISO week of a day, e.g. vk 14."""
        return self.language.text("format.week", week=_day(iso).isocalendar().week)

    def week_year(self, iso: str) -> str:
        """The ISO week and its year, e.g. vk 14/2026."""
        year, week, _ = _day(iso).isocalendar()
        return f"{self.language.text('format.week', week=week)}/{year}"

    def period(self, iso: str, kind: str) -> str:
        """The period that begins on a day: vk 14/2026, 4/2026 or the day itself."""
        if kind == "week":
            return self.week_year(iso)
        return f"{_day(iso).month}/{_day(iso).year}" if kind == "month" else self.date(iso)

    def day_before(self, iso: str) -> str:
        """The day before a day: the last one of what ends where that begins."""
        return self.date((_day(iso) - timedelta(days=1)).isoformat())

    def said(self, text: Text | None) -> str:
        """A three-language text in this language; Finnish where this language has none."""
        if not text:
            return ""
        return text.get(self.language.code) or text.get("fi") or next(iter(text.values()), "")

    def model(self, name: str) -> str:
        """A registered model's name in words: its own, else that of its kind (the part before the first `_`)."""
        own = self.language.label("model", name)
        return self.language.label("model", name.split("_")[0]) if own == name else own

    def _percent_tail(self) -> str:
        return "%" if self.language.code == "en" else "\u00a0%"


def in_hundred(share: float) -> int:
    """A probability as "so many of 100 similar clients": never 0 or 100, for the model is never that sure."""
    return min(99, max(1, round(share * 100)))


def hundred_split(shares: list[float]) -> list[int]:
    """Whole numbers that add up to 100 and differ least from the shares (largest remainders)."""
    total = sum(shares) or 1.0
    exact = [100 * share / total for share in shares]
    floors = [int(value) for value in exact]
    by_remainder = sorted(range(len(exact)), key=lambda i: (floors[i] - exact[i], i))
    for index in by_remainder[: 100 - sum(floors)]:
        floors[index] += 1
    return floors


def _sign(shown: float) -> str:
    """Of a number as it is shown: what rounds to zero has none."""
    return "+" if shown > 0 else "−" if shown < 0 else ""


def _day(iso: str) -> date:
    return datetime.fromisoformat(iso).date()
