"""What the channel plan says, in three languages."""

from collections.abc import Mapping

from models.planning.channels.config import ChannelsConfig
from models.planning.channels.programme import BETWEEN, EXCLUDED, REACHABLE, Limit
from models.texts import LANGUAGES, Text

UNIT: Mapping[str, Text] = {
    "hours": {"fi": "tuntia", "sv": "timmar", "en": "hours"},
    "matters": {"fi": "asiaa", "sv": "ärenden", "en": "matters"},
    "contacts": {"fi": "yhteydenottoa", "sv": "kontakter", "en": "contacts"},
    "days": {"fi": "vrk", "sv": "dygn", "en": "days"},
}
ONE_MORE: Mapping[str, Text] = {
    "staff_hours": {"fi": "Yksi työtunti lisää", "sv": "En arbetstimme till", "en": "One more staffed hour"},
    "contacts": {
        "fi": "Tilaa yhdelle yhteydenotolle lisää",
        "sv": "Plats för en kontakt till",
        "en": "Room for one more contact",
    },
    "smallest": {
        "fi": "Vähimmäisosuus yhtä asiaa pienempänä",
        "sv": "Minsta andel ett ärende lägre",
        "en": "A smallest share lower by one matter",
    },
    "largest": {
        "fi": "Enimmäisosuus yhtä asiaa suurempana",
        "sv": "Största andel ett ärende högre",
        "en": "A largest share higher by one matter",
    },
    "digital_suitable": {
        "fi": "Yksi digitaalisesti hoidettava asia lisää",
        "sv": "Ett digitalt hanterbart ärende till",
        "en": "One more digitally suitable matter",
    },
    "digital_target": {
        "fi": "Digitavoite yhtä asiaa pienempänä",
        "sv": "Digimålet ett ärende lägre",
        "en": "The digital target lower by one matter",
    },
    "wait": {
        "fi": "Vuorokautta pidempi keskimääräinen odotus",
        "sv": "Ett dygn längre genomsnittlig väntetid",
        "en": "A mean wait longer by one day",
    },
}
KIND: Mapping[str, Text] = {
    "staff_hours": {"fi": "työtunnit", "sv": "arbetstimmarna", "en": "staffed hours"},
    "contacts": {"fi": "kanavan yhteydenotot", "sv": "kanalens kontakter", "en": "contacts of the channel"},
    "smallest": {"fi": "vähimmäisosuus", "sv": "minsta andelen", "en": "smallest share"},
    "largest": {"fi": "enimmäisosuus", "sv": "största andelen", "en": "largest share"},
    "digital_suitable": {
        "fi": "digitaalisesti hoidettavat asiat",
        "sv": "digitalt hanterbara ärenden",
        "en": "digitally suitable matters",
    },
    "digital_target": {"fi": "digitavoite", "sv": "digimålet", "en": "digital target"},
    "wait": {"fi": "keskimääräinen odotus", "sv": "genomsnittliga väntetiden", "en": "mean wait"},
}

CLIENTS: Mapping[str, Text] = {
    EXCLUDED: {"fi": "digipalvelujen ulkopuolella", "sv": "utanför digitala tjänster", "en": "digitally excluded"},
    REACHABLE: {"fi": "digipalveluja käyttävät", "sv": "som använder digitala tjänster", "en": "digitally reachable"},
}


def number(value: float, language: str, decimals: int = 1) -> str:
    """A number as the language writes it."""
    text = f"{value:,.{decimals}f}"
    return text if language == "en" else text.replace(",", "\u00a0").replace(".", ",")


def named(config: ChannelsConfig, limit: Limit) -> Text:
    """What the limit is of, in words."""
    if limit.kind == "digital_target":
        return {"fi": "kaikki asiat", "sv": "alla ärenden", "en": "all matters"}
    if limit.kind == "staff_hours":
        return config.professions[limit.of].name.as_text()
    if limit.kind == "digital_suitable":
        return config.groups[limit.of].name.as_text()
    known = {name: one.name.as_text() for part in (config.groups, config.channels) for name, one in part.items()}
    names = [{**known, **CLIENTS}[piece] for piece in limit.of.split(BETWEEN)]
    return {code: ", ".join(one[code] for one in names) for code in LANGUAGES}


def saves(config: ChannelsConfig, limit: Limit, hours: float) -> Text:
    """What one more unit of a limit would save."""
    head, of = ONE_MORE[limit.kind], named(config, limit)
    tail = {
        "fi": "vähentäisi työaikaa yhteensä {} tuntia",
        "sv": "skulle minska all arbetstid med {} timmar",
        "en": "would save {} hours of all staff time",
    }
    return {code: f"{head[code]} ({of[code]}) {tail[code].format(number(hours, code, 2))}." for code in LANGUAGES}


def more_served(config: ChannelsConfig, limit: Limit, matters: float) -> Text:
    """What one more unit of a limit would add to the matters that can be served."""
    head, of = ONE_MORE[limit.kind], named(config, limit)
    tail = {
        "fi": "hoitaisi {} asiaa lisää",
        "sv": "skulle räcka till {} ärenden till",
        "en": "would serve {} more matters",
    }
    return {code: f"{head[code]} ({of[code]}) {tail[code].format(number(matters, code, 2))}." for code in LANGUAGES}


def served(most: float, whole: float) -> Text:
    """How many matters fit within the limits."""
    body = {
        "fi": "Rajoissa ehditään hoitaa enintään {} asiaa {} asiasta.",
        "sv": "Inom gränserna hinns högst {} av {} ärenden med.",
        "en": "Within the limits at most {} of {} matters can be served.",
    }
    return {code: body[code].format(number(most, code), number(whole, code)) for code in LANGUAGES}


def lacking(config: ChannelsConfig, limit: Limit, amount: float, alone: float | None) -> Text:
    """Which limit is in the way, and by how much."""
    kind, of, unit = KIND[limit.kind], named(config, limit), UNIT[limit.unit]
    body = {
        "fi": "Ei ratkaisua: esteenä {kind} ({of}), puuttuu {amount} {unit}.",
        "sv": "Ingen lösning: i vägen är {kind} ({of}), det fattas {amount} {unit}.",
        "en": "No solution: in the way is {kind} ({of}), short by {amount} {unit}.",
    }
    only = {
        "fi": " Yksinään siihen tarvittaisiin {}.",
        "sv": " Ensam skulle den behöva {}.",
        "en": " Alone it would take {}.",
    }
    none = {
        "fi": " Pelkkä sen väljentäminen ei riitä.",
        "sv": " Det räcker inte att bara lätta på den.",
        "en": " Giving way there alone is not enough.",
    }
    return {
        code: body[code].format(kind=kind[code], of=of[code], amount=number(amount, code), unit=unit[code])
        + (none[code] if alone is None else only[code].format(number(alone, code)))
        for code in LANGUAGES
    }


def chatbot(talks: float, share: float) -> Text:
    """The chatbot, told apart."""
    body = {
        "fi": "Chatbot erikseen: {} keskustelua, joista {} % ratkesi; ne eivät ole yhteydenottoja ammattilaiseen "
        "eivätkä ole mukana luvuissa.",
        "sv": "Chattboten separat: {} samtal, varav {} % löstes; de är inte kontakter med en yrkesutbildad person och "
        "ingår inte i talen.",
        "en": "Chatbot apart: {} talks, {} % of them solved; they are no contacts with a professional and are in none "
        "of the figures.",
    }
    return {code: body[code].format(number(talks, code, 0), number(100 * share, code, 0)) for code in LANGUAGES}
