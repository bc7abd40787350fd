"""Where assumed numbers come from, in three languages; what a county writes in its own words stays as it is."""

from collections.abc import Mapping
from typing import Any

from models.texts import LANGUAGES, Text

OWN = "own assumption"
"""How the files write that a number has no source."""
CHANGED = "changed on the page"
KNOWN: Mapping[str, Text] = {
    OWN: {"fi": "oma oletus", "sv": "eget antagande", "en": "own assumption"},
    CHANGED: {"fi": "muutettu sivulla", "sv": "ändrat på sidan", "en": "changed on the page"},
    "the measure is hours": {
        "fi": "ennuste on tunteina",
        "sv": "prognosen är i timmar",
        "en": "the forecast is in hours",
    },
    "calendar": {"fi": "kalenteri", "sv": "kalendern", "en": "the calendar"},
    "settings": {"fi": "asetukset", "sv": "inställningarna", "en": "the settings"},
}


def source_texts(given: Any) -> Any:
    """A source written as one text, in every language: our own words are known in all, other words stay."""
    return dict(KNOWN.get(given, dict.fromkeys(LANGUAGES, given))) if isinstance(given, str) else given
