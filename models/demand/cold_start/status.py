"""What stands behind each published series: its own history, another area's, or not enough of either."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

import pandas as pd

from features.panel.periods import FREQUENCIES, Period
from models.demand.cold_start.borrow import Loan
from models.explaining.wording.numbers import date_text
from models.texts import LANGUAGES, Text

Standing = Literal["forecast", "borrowed", "not_enough_data"]
WORST: tuple[Standing, ...] = ("not_enough_data", "borrowed", "forecast")
PERIODS: Mapping[Period, Text] = {
    "day": {"fi": "päivää", "sv": "dagar", "en": "days"},
    "week": {"fi": "viikkoa", "sv": "veckor", "en": "weeks"},
    "month": {"fi": "kuukautta", "sv": "månader", "en": "months"},
}
TRAITS: Mapping[str, Text] = {
    "size": {"fi": "palveltavan ikäryhmän koko", "sv": "målgruppens storlek", "en": "size of the served ages"},
    "aged": {"fi": "iäkkäiden osuus", "sv": "andelen äldre", "en": "share of older people"},
    "rate": {"fi": "oman alun kysyntä asukasta kohti", "sv": "egen efterfrågan per invånare i början",
             "en": "own first demand per resident"},
}  # fmt: skip
NOT_ENOUGH: Text = {
    "fi": "Ei tarpeeksi tietoa: tarvitaan {needs} {periods}, on {has}; riittää {enough} alkaen.",
    "sv": "För lite data: {needs} {periods} behövs, {has} finns; räcker från {enough}.",
    "en": "Not enough data: needs {needs} {periods}, has {has}; enough from {enough}.",
}
BORROWED: Text = {
    "fi": "Ennuste on lainattu alueilta {lenders} (samankaltaiset: {traits}), koska omaa historiaa on {has} {periods} "
    "ja tarvitaan {needs}. Väli on leveämpi kuin omaan historiaan perustuvan. Oma ennuste aikaisintaan {enough}.",
    "sv": "Prognosen är lånad från områdena {lenders} (liknande: {traits}), eftersom den egna historiken är {has} "
    "{periods} och {needs} behövs. Intervallet är bredare än för egen historik. Egen prognos tidigast {enough}.",
    "en": "The forecast is borrowed from {lenders} (similar by {traits}), because the own history is {has} {periods} "
    "and {needs} are needed. The interval is wider than from own history. Own forecast at the earliest {enough}.",
}
PARTLY: Text = {
    "fi": "Osa summasta on lainattu: {areas}.",
    "sv": "En del av summan är lånad: {areas}.",
    "en": "A part of the sum is borrowed: {areas}.",
}
AND: Text = {"fi": " ja ", "sv": " och ", "en": " and "}


@dataclass(frozen=True)
class SeriesStatus:
    """The standing of one series.  `sentence` is empty for a forecast from own history."""

    status: Standing
    has: int
    """Observed periods."""
    needs: int
    """Periods that a forecast from own history needs."""
    enough_from: str | None = None
    """First day (ISO) on which the own history will suffice; None when it does."""
    lenders: tuple[str, ...] = ()
    sentence: Text | None = None


def enough_from(last: pd.Timestamp, has: int, needs: int, period: Period, reporting_lag_days: int = 0) -> date:
    """The first day on which `needs` complete periods are known, when `last` is the newest of `has` periods."""
    ahead = pd.date_range(last, periods=needs - has + 2, freq=FREQUENCIES[period])
    return (ahead[-1] + pd.Timedelta(days=reporting_lag_days)).date()


def own_status(has: int, needs: int, last: pd.Timestamp, period: Period, reporting_lag_days: int = 0) -> SeriesStatus:
    """`forecast`, or `not_enough_data` with what is missing and from when it would suffice.

    `last` is the newest complete period of the panel, also where the series itself has none.
    """
    if has >= needs:
        return SeriesStatus("forecast", has, needs)
    day = enough_from(last, has, needs, period, reporting_lag_days).isoformat()
    return SeriesStatus("not_enough_data", has, needs, day, (), _said(NOT_ENOUGH, has, needs, day, period))


def borrowed_status(short: SeriesStatus, loan: Loan, names: Mapping[str, Text], period: Period) -> SeriesStatus:
    """The status of a series whose forecast is borrowed; `names`: area → name in three languages."""
    assert short.enough_from is not None
    lenders = _listed([names.get(one, _plain(one)) for one in loan.lenders])
    traits = _listed([TRAITS[name] for name in loan.similar_by])
    said = _said(BORROWED, short.has, short.needs, short.enough_from, period, lenders=lenders, traits=traits)
    return SeriesStatus("borrowed", short.has, short.needs, short.enough_from, loan.lenders, said)


def sum_status(parts: Sequence[SeriesStatus], borrowed_areas: Sequence[Text] = ()) -> SeriesStatus:
    """The status of a sum: that of its weakest part.  A sum over areas names those that borrowed."""
    weakest = min(parts, key=lambda one: (WORST.index(one.status), one.has))
    if weakest.status != "borrowed" or not borrowed_areas:
        return weakest
    areas = _listed(list(borrowed_areas))
    said = {code: PARTLY[code].format(areas=areas[code]) for code in LANGUAGES}
    return SeriesStatus("borrowed", weakest.has, weakest.needs, weakest.enough_from, weakest.lenders, said)


def _said(frame: Text, has: int, needs: int, enough: str, period: Period, **words: Text) -> Text:
    return {
        code: frame[code].format(
            has=has,
            needs=needs,
            periods=PERIODS[period][code],
            enough=date_text(enough, code),
            **{name: text[code] for name, text in words.items()},
        )
        for code in LANGUAGES
    }


def _listed(texts: Sequence[Text]) -> Text:
    return {code: _joined([text[code] for text in texts], AND[code]) for code in LANGUAGES}


def _joined(words: Sequence[str], last: str) -> str:
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + last + words[-1]


def _plain(word: str) -> Text:
    return dict.fromkeys(LANGUAGES, word)
