"""What a line of the monitoring is called for a reader: features as in the catalogue, scores by their model."""

from evaluation.monitoring.features import MUNICIPALITY, SCORE
from features.catalogue import Catalogue
from features.catalogue.specs import FeatureSpec
from features.histories import History
from models.texts import LANGUAGES, Text

KNOWN = " known"
SHARE_ANSWERED = {"fi": "osuus, josta malli vastaa", "sv": "andel som modellen svarar om", "en": "share answered about"}
IS_KNOWN = {"fi": "tieto on", "sv": "uppgiften finns", "en": "known"}
DAYS = {"fi": "pv", "sv": "dgr", "en": "d"}


def line_name(line: str, history: History) -> Text:
    """{fi, sv, en} of a line; a line that is none of these is called as it is."""
    plain = line.removesuffix(KNOWN)
    specs = {spec.name: spec for spec in history.specs}
    found = _feature(specs[plain], history.catalogue) if plain in specs else _other(plain)
    if line == plain:
        return found
    part = SHARE_ANSWERED if plain.startswith(SCORE) else IS_KNOWN
    return {code: f"{found[code]}: {part[code]}" for code in LANGUAGES}


def _feature(spec: FeatureSpec, catalogue: Catalogue) -> dict[str, str]:
    family = catalogue.families[spec.family].name
    code = f" {spec.code}" if spec.code else ""
    days = {one: f", {spec.window_days} {DAYS[one]}" if spec.window_days else "" for one in LANGUAGES}
    return {one: f"{name}{code}{days[one]}" for one, name in family.as_text().items()}


def _other(line: str) -> dict[str, str]:
    if line.startswith(MUNICIPALITY):
        code = line.removeprefix(MUNICIPALITY)
        return {"fi": f"Asuu kunnassa {code}", "sv": f"Bor i kommunen {code}", "en": f"Lives in municipality {code}"}
    if line.startswith(SCORE):
        model = line.removeprefix(SCORE)
        return {"fi": f"Pisteet: {model}", "sv": f"Poäng: {model}", "en": f"Score: {model}"}
    return dict.fromkeys(LANGUAGES, line)
