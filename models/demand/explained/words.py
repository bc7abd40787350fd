"""The words of a forecast's explanation in Finnish, Swedish and English."""

from collections.abc import Mapping

from features.panel.periods import Period
from models.explaining.wording.numbers import number_text, percent_text, shown
from models.texts import LANGUAGES, Text

NAMES: Mapping[str, Text] = {
    "calendar": {
        "fi": "Kalenteri (vuodenaika ja arkipyhät)",
        "sv": "Kalendern (årstid och helgdagar)",
        "en": "The calendar (season and public holidays)",
    },
    "level_trend": {
        "fi": "Sarjan oma kehitys (taso ja suunta)",
        "sv": "Seriens egen utveckling (nivå och riktning)",
        "en": "The series' own course (level and trend)",
    },
    "population": {
        "fi": "Väestön määrän ja ikärakenteen muutos",
        "sv": "Förändringen i befolkningens storlek och åldersstruktur",
        "en": "The change in population and its age structure",
    },
    "drivers": {
        "fi": "Tiedossa olevien muutosten vaikutus (avaukset, sulkemiset, kotiutukset)",
        "sv": "Effekten av kända förändringar (öppningar, stängningar, utskrivningar)",
        "en": "The effect of known changes (openings, closings, discharges)",
    },
    "statistical": {
        "fi": "Tilastollisten mallien osuus",
        "sv": "De statistiska modellernas andel",
        "en": "The statistical models' share",
    },
}
AGEING: Text = {
    "fi": "Väestön ikääntyminen",
    "sv": "Befolkningens åldrande",
    "en": "The ageing of the population",
}
RAISES: Text = {
    "fi": "{name} nostaa ennustetta {value} {unit}.",
    "sv": "{name} höjer prognosen med {value} {unit}.",
    "en": "{name} raises the forecast by {value} {unit}.",
}
LOWERS: Text = {
    "fi": "{name} laskee ennustetta {value} {unit}.",
    "sv": "{name} sänker prognosen med {value} {unit}.",
    "en": "{name} lowers the forecast by {value} {unit}.",
}
SAME: Text = {
    "fi": "{name} ei juuri muuta ennustetta.",
    "sv": "{name} ändrar knappt prognosen.",
    "en": "{name} hardly changes the forecast.",
}
BASE: Text = {
    "fi": "Lähtötaso on {span} keskiarvo, {value} {unit}.",
    "sv": "Utgångsnivån är medeltalet för {span}, {value} {unit}.",
    "en": "The starting level is the mean of {span}, {value} {unit}.",
}
LAST_YEAR: Text = {"fi": "viimeisen vuoden", "sv": "det senaste året", "en": "the last year"}
SPANS: Mapping[Period, Text] = {
    "day": {"fi": "viimeisten {n} päivän", "sv": "de senaste {n} dagarna", "en": "the last {n} days"},
    "week": {"fi": "viimeisten {n} viikon", "sv": "de senaste {n} veckorna", "en": "the last {n} weeks"},
    "month": {"fi": "viimeisten {n} kuukauden", "sv": "de senaste {n} månaderna", "en": "the last {n} months"},
}
LEFT: Text = {
    "fi": "Selittämättä jää {value} {unit}, {share} ennusteen erosta lähtötasoon.",
    "sv": "Oförklarat blir {value} {unit}, {share} av prognosens avvikelse från utgångsnivån.",
    "en": "Not explained: {value} {unit}, {share} of the forecast's distance from the starting level.",
}


def group_sentence(name: Text, value: float, unit: Text) -> Text:
    """E.g. "Väestön ikääntyminen nostaa ennustetta 14 käyntiä viikossa." for a mean `value` over the horizon."""
    frame = SAME if shown(value) == 0 else RAISES if value > 0 else LOWERS
    return {
        code: frame[code].format(name=name[code], value=number_text(abs(value), code), unit=unit[code])
        for code in LANGUAGES
    }


def base_sentence(value: float, unit: Text, periods: int, year: int, period: Period) -> Text:
    """From which level the explanation starts."""
    span = LAST_YEAR if periods >= year else SPANS[period]
    return {
        code: BASE[code].format(span=span[code].format(n=periods), value=number_text(value, code), unit=unit[code])
        for code in LANGUAGES
    }


def remainder_sentence(value: float, share: float, unit: Text) -> Text:
    """What no group explains."""
    return {
        code: LEFT[code].format(value=number_text(value, code), share=percent_text(share, code), unit=unit[code])
        for code in LANGUAGES
    }
