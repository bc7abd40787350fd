"""What is counted, without the period that a unit is told by: `käyntiä viikossa` → `84 529 käyntiä`, `1 käynti`."""

from models.answers import Text
from serving.pages.language import Language

ENDINGS = {
    "fi": (" viikossa", " kuukaudessa", " päivässä", " viikon alussa", " kuukauden aikana"),
    "sv": (" per vecka", " per månad", " per dag", " i början av veckan", " under månaden"),
    "en": (" a week", " a month", " a day", " as the week begins", " during the month"),
}
KNOWN = {
    "visits": "unit.visits",
    "hours": "unit.hours",
    "contacts": "unit.contacts",
    "clients": "unit.clients",
    "notifications": "unit.notifications",
    "referrals": "unit.referrals",
    "attendances": "unit.attendances",
    "patients": "unit.patients",
}
"""English word → the text with its forms; other words are shown as the model's settings write them."""


def counted(unit: Text, value: float, language: Language) -> str:
    """The word for so many of what a unit counts, e.g. `käynti` for 1 and `käyntiä` for others."""
    key = KNOWN.get(_without_period(unit, "en"))
    if key is None:
        return _without_period(unit, language.code)
    return language.count(key, 1 if value == 1 else 2)


def _without_period(unit: Text, code: str) -> str:
    text = unit.get(code, "")
    return next((text.removesuffix(ending) for ending in ENDINGS[code] if text.endswith(ending)), text)
