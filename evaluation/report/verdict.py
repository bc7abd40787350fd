"""May this model be used?  One sentence and the three weakest points, from the figures of the report."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evaluation.charts import number_text
from evaluation.held_out.groups import FLAG_RATIO
from models.oversight.limits import (
    ADDITIVITY,
    AGREEMENT,
    FEW_EVENTS,
    GROUP_GAP,
    NARROW_SLOPE,
    WEAK_AUROC,
    WIDE_SLOPE,
)

STOP, CARE, NOTE = 3, 2, 1
GROUPINGS = {
    "sex": "Sukupuoli",
    "age_band": "Ikäryhmä",
    "language": "Kieli",
    "municipality": "Kunta",
    "area": "Alue",
    "source": "Kirjausjärjestelmä",
    "legacy_org": "Entinen organisaatio",
    "instance": "Kirjausjärjestelmän asennus",
}
"""Finnish names of the `group_*` columns."""
VALUES = {"female": "nainen", "male": "mies", "fi": "suomi", "sv": "ruotsi", "other": "muu", "unknown": "ei tiedossa"}


@dataclass(frozen=True)
class Point:
    """One weak point.  `weight`: 3 = must not be used, 2 = use with care, 1 = worth knowing."""

    weight: int
    fi: str
    en: str

    def as_dict(self) -> dict[str, Any]:
        """For the report's JSON."""
        return {"weight": self.weight, "fi": self.fi, "en": self.en}


SENTENCES = {
    STOP: (
        "Mallia ei pidä käyttää ennen kuin alla olevat puutteet on korjattu.",
        "Do not use before the faults below are mended.",
    ),
    CARE: ("Mallia voi käyttää ammattilaisen tukena varauksin.", "May support a professional, with reservations."),
    NOTE: ("Mallia voi käyttää ammattilaisen tukena.", "May support a professional."),
}
ALWAYS = Point(
    NOTE,
    "Tulokset on mitattu vain tämän alueen omalla aineistolla; toisen alueen tuloksista ne eivät kerro.",
    "Measured on this county's own data only; they say nothing about another county.",
)


def verdict(outputs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """{"weight", "sentence": {fi, en}, "weakest": up to three points, heaviest first}."""
    found = [*_as_a_whole(outputs), *(point for output in outputs for point in _points(output))]
    points = [*sorted(found, key=lambda point: -point.weight), ALWAYS]
    weight = points[0].weight
    fi, en = SENTENCES[weight]
    figures_fi = "; ".join(_figures(output, "fi", "vertailumalli") for output in outputs)
    figures_en = "; ".join(_figures(output, "en", "baseline") for output in outputs)
    sentence = {"fi": f"{fi} {figures_fi}.", "en": f"{en} {figures_en}."}
    return {"weight": weight, "sentence": sentence, "weakest": [point.as_dict() for point in points[:3]]}


def _figures(output: Mapping[str, Any], language: str, baseline: str) -> str:
    figure = output["metrics"]["auroc"]
    name = output["name"].get(language, output["id"])
    text = f"{name}: AUROC {number_text(figure['value'], 3)} ({baseline} {number_text(figure['baseline'], 3)})"
    return text.replace(",", ".") if language == "en" else text


def _as_a_whole(outputs: Sequence[Mapping[str, Any]]) -> Iterator[Point]:
    """As the gate does: better than the baseline in the mean over the outputs, else a simpler model should be used.

    Where the baseline itself is what is served, there is no simpler one.
    """
    figures = [output["metrics"]["auroc"] for output in outputs]
    if any(figure["value"] is None or figure["baseline"] is None for figure in figures):
        yield Point(STOP, "Erottelukykyä ei voitu mitata.", "Discrimination could not be measured.")
    elif not _is_baseline(outputs) and sum(figure["value"] - figure["baseline"] for figure in figures) <= 0:
        yield Point(STOP, "Ei ole parempi kuin yksinkertainen vertailumalli.", "No better than the simple baseline.")


def _points(output: Mapping[str, Any]) -> Iterator[Point]:
    name = output["name"].get("fi", output["id"]), output["name"].get("en", output["id"])
    yield from _explanations(output["explanation"], *name)
    if output["events"] < FEW_EVENTS:
        yield Point(
            CARE,
            f"{name[0]}: testiaineistossa on alle {FEW_EVENTS} toteutunutta tapausta.",
            f"{name[1]}: fewer than {FEW_EVENTS} outcomes in the hold-out.",
        )
    yield from _discrimination(output, *name)
    yield from _calibration(output["metrics"], *name)
    yield from _groups(output["groups"], *name)


def _explanations(quality: Mapping[str, Any], fi: str, en: str) -> Iterator[Point]:
    if quality["additivity_max_error"] > ADDITIVITY:
        yield Point(STOP, f"{fi}: perustelut eivät summaudu näytettyyn lukuun.", f"{en}: reasons do not add up.")
    if quality["agreement_max_difference"] is None:
        yield Point(CARE, f"{fi}: perusteluja ei ole tarkistettu toisella ohjelmalla.", f"{en}: reasons not checked.")
    elif quality["agreement_max_difference"] > AGREEMENT:
        yield Point(STOP, f"{fi}: perustelut eroavat tarkistuslaskennasta.", f"{en}: reasons differ from the check.")


def _is_baseline(outputs: Sequence[Mapping[str, Any]]) -> bool:
    """Whether logistic regression itself is served everywhere."""
    return all(output.get("is_baseline", False) for output in outputs)


def _discrimination(output: Mapping[str, Any], fi: str, en: str) -> Iterator[Point]:
    figure = output["metrics"]["auroc"]
    if figure["value"] is None or figure["baseline"] is None:
        return  # already said of the model as a whole
    if not _is_baseline([output]):
        yield from _gain(figure, fi, en)
    if figure["value"] < WEAK_AUROC:
        yield Point(
            CARE,
            f"{fi}: erottelukyky on heikko (AUROC {number_text(figure['value'])}).",
            f"{en}: weak discrimination.",
        )


def _gain(figure: Mapping[str, Any], fi: str, en: str) -> Iterator[Point]:
    if figure["value"] <= figure["baseline"]:
        yield Point(CARE, f"{fi}: ei ole vertailumallia parempi.", f"{en}: no better than the baseline.")
    elif figure["gain_low"] is None or figure["gain_low"] <= 0:
        gain = number_text(figure["gain"], 3)
        yield Point(
            CARE,
            f"{fi}: paremmuus vertailumalliin nähden voi olla sattumaa (ero {gain}).",
            f"{en}: the gain over the baseline may be chance.",
        )


def _calibration(metrics: Mapping[str, Any], fi: str, en: str) -> Iterator[Point]:
    slope, ratio = metrics["calibration_slope"]["value"], metrics["observed_to_expected"]["value"]
    if slope is None or not WIDE_SLOPE[0] <= slope <= WIDE_SLOPE[1]:
        yield Point(STOP, f"{fi}: todennäköisyydet ovat väärän kokoisia.", f"{en}: badly calibrated.")
    elif not NARROW_SLOPE[0] <= slope <= NARROW_SLOPE[1]:
        too = ("liian jyrkkiä", "too extreme") if slope < 1 else ("liian varovaisia", "too timid")
        yield Point(CARE, f"{fi}: todennäköisyydet ovat {too[0]}.", f"{en}: probabilities are {too[1]}.")
    if ratio is not None and not FLAG_RATIO[0] <= ratio <= FLAG_RATIO[1]:
        seen = number_text(ratio)
        yield Point(CARE, f"{fi}: toteutuneita {seen}-kertaisesti ennustettuun.", f"{en}: observed / expected {seen}.")


def _groups(lines: Sequence[Mapping[str, Any]], fi: str, en: str) -> Iterator[Point]:
    for line in lines:
        where = f"{line['grouping'].replace('_', ' ')} {line['group']}"
        group_fi = (
            f"{GROUPINGS.get(line['grouping'], line['grouping']).lower()} {VALUES.get(line['group'], line['group'])}"
        )
        if line["flag"]:
            what = "aliarvioi" if line["flag"] == "under-predicted" else "yliarvioi"
            yield Point(
                CARE, f"{fi}: malli {what} tarvetta ryhmässä {group_fi}.", f"{en}: {line['flag']} where {where}."
            )
        elif line["auroc_high"] is not None and line["gap_is_sure"] and line["auroc_difference"] < -GROUP_GAP:
            yield Point(
                CARE, f"{fi}: erottelee huonommin ryhmässä {group_fi}.", f"{en}: discriminates less where {where}."
            )
