"""A score ages: the client's records go on, and the model is left behind.  Too old = refused, with the reason.

Published decay: SPARRAv4 left frozen fell from .789 to .760 AUROC in two years (design/segmentation facts).
"""

from datetime import date

from models.answers import Text
from models.segments.eligibility import Eligibility
from models.texts import filled

TOO_OLD_DATA: Text = {
    "fi": "Tiedot ovat {days} päivää vanhat; arvio on voimassa {allowed} päivää. Päivitä tiedot ennen arviota.",
    "sv": "Uppgifterna är {days} dagar gamla; uppskattningen gäller i {allowed} dagar. Uppdatera uppgifterna först.",
    "en": "The records are {days} days old; an estimate is valid for {allowed} days. Update the records first.",
}
TOO_OLD_MODEL: Text = {
    "fi": "Mallin opetustiedot päättyvät {days} päivää aiemmin; raja on {allowed} päivää. Opeta malli uudelleen.",
    "sv": "Modellens träningsuppgifter slutar {days} dagar tidigare; gränsen är {allowed} dagar. Träna om modellen.",
    "en": "The model's training records end {days} days earlier; the limit is {allowed} days. Train it again.",
}


def refused_for_age(
    as_of: date, today: date | None, score_life_days: int, trained_until: date | None, model_life_days: int
) -> Eligibility | None:
    """None while the score may be shown; otherwise `not_assessable` with the ages in days.

    `today` None = nobody asks by the clock (a replay shows what was shown then); `trained_until` None = not known.
    """
    if today is not None and (today - as_of).days > score_life_days:
        return _refused(TOO_OLD_DATA, (today - as_of).days, score_life_days)
    if trained_until is not None and (as_of - trained_until).days > model_life_days:
        return _refused(TOO_OLD_MODEL, (as_of - trained_until).days, model_life_days)
    return None


def _refused(text: Text, days: int, allowed: int) -> Eligibility:
    numbers = {name: dict.fromkeys(text, str(value)) for name, value in (("days", days), ("allowed", allowed))}
    return Eligibility("not_assessable", filled(text, **numbers), "unknown", "unknown")
