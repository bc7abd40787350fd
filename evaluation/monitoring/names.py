"""What a line of the monitoring is called for a reader: features as in the catalogue, scores by their model."""

from collections.abc import Mapping

from evaluation.monitoring.features import MUNICIPALITY, SCORE
from features.catalogue import Catalogue
from features.catalogue.specs import FeatureSpec
from features.histories import History

KNOWN = " known"
Name = Mapping[str, str]


def line_name(line: str, history: History) -> Name:
    """{fi, en} of a line; a line that is none of these is called as it is."""
    plain = line.removesuffix(KNOWN)
    specs = {spec.name: spec for spec in history.specs}
    found = _feature(specs[plain], history.catalogue) if plain in specs else _other(plain)
    if line == plain:
        return found
    fi, en = ("osuus, josta malli vastaa", "share answered about") if plain.startswith(SCORE) else ("tieto on", "known")
    return {"fi": f"{found['fi']}: {fi}", "en": f"{found['en']}: {en}"}


def _feature(spec: FeatureSpec, catalogue: Catalogue) -> dict[str, str]:
    family = catalogue.families[spec.family].name
    name = {"fi": family.fi, "en": family.en}
    code = f" {spec.code}" if spec.code else ""
    days = {"fi": f", {spec.window_days} pv", "en": f", {spec.window_days} d"} if spec.window_days else {}
    return {language: f"{name[language]}{code}{days.get(language, '')}" for language in ("fi", "en")}


def _other(line: str) -> dict[str, str]:
    if line.startswith(MUNICIPALITY):
        code = line.removeprefix(MUNICIPALITY)
        return {"fi": f"Asuu kunnassa {code}", "en": f"Lives in municipality {code}"}
    if line.startswith(SCORE):
        model = line.removeprefix(SCORE)
        return {"fi": f"Pisteet: {model}", "en": f"Score: {model}"}
    return {"fi": line, "en": line}
