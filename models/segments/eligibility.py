"""Before any model: which client flow, how long-lasting a need, how old the data, and may this client be asked about.

Rules are conditions on features of the client's own row, so that training and serving cannot differ.
An unknown value neither fulfils a condition nor rules it out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from configs.errors import ConfigError
from configs.loader import StrictConfig, nearest
from features.rules.spec import Condition, EligibilityRules, OverAge
from models.answers import Status, Text
from models.texts import filled

ClientFlow = Literal["social", "health", "multi_sector", "none", "unknown"]
NeedDuration = Literal["long_term", "single_service", "unknown"]

NOTHING: Text = {"fi": "", "sv": "", "en": ""}
TOO_SHORT_HISTORY: Text = {
    "fi": "Asiakkaasta on tietoja liian lyhyeltä ajalta, joten mallilta ei voi kysyä vielä.",
    "sv": "Det finns uppgifter om klienten från för kort tid, så modellen kan inte svara ännu.",
    "en": "Records of this client cover too short a time, so the model cannot be asked yet.",
}
TOO_OLD: Text = {
    "fi": "Asiakkaan uusimmatkin tiedot ovat yli {days} päivää vanhoja, joten niistä ei näe nykyistä tilannetta.",
    "sv": "Också de nyaste uppgifterna om klienten är mer än {days} dagar gamla, så de visar inte den nuvarande "
    "situationen.",
    "en": "Even the newest records of this client are more than {days} days old, so they do not show the present "
    "situation.",
}
NOTHING_KNOWN: Text = {
    "fi": "Tiedoista ei näe, tarvitseeko asiakas yksittäistä vai pidempikestoista palvelua.",
    "sv": "Uppgifterna visar inte om klienten behöver en enskild eller en mer långvarig service.",
    "en": "The records do not show whether the client needs a single service or longer-term service.",
}
SINGLE_SERVICE: Text = {
    "fi": "Asiakkaalla on yksittäinen palvelutarve; segmentointi tehdään pidempikestoista palvelua tarvitseville.",
    "sv": "Klienten har ett enskilt servicebehov; segmentering görs för dem som behöver mer långvarig service.",
    "en": "The client has a single service need; segmentation is for those who need longer-term service.",
}
AGE_OUTSIDE: Text = {
    "fi": "Tämä arvio koskee {low}–{high}-vuotiaita asiakkaita.",
    "sv": "Den här bedömningen gäller klienter i åldern {low}–{high} år.",
    "en": "This estimate concerns clients aged {low}–{high}.",
}
AGE_FROM: Text = {
    "fi": "Tämä arvio koskee {low} vuotta täyttäneitä asiakkaita.",
    "sv": "Den här bedömningen gäller klienter som har fyllt {low} år.",
    "en": "This estimate concerns clients aged {low} or over.",
}
AGE_UNKNOWN: Text = {
    "fi": "Asiakkaan ikä ei ole tiedossa, joten mallilta ei voi kysyä.",
    "sv": "Klientens ålder är okänd, så modellen kan inte svara.",
    "en": "The client's age is not known, so the model cannot be asked.",
}
NO_ESTIMATE_BELOW_AGE: Text = {
    "fi": "Malli ei arvioi alle {low}-vuotiaita, koska heidän segmentoinneistaan se ei ole oppinut. Asiakkuus saadaan, "
    "kun ammattilainen sekä lapsi tai nuori tai hänen huoltajansa ovat vastanneet kysymyksiin.",
    "sv": "Modellen bedömer inte klienter under {low} år, eftersom den inte har lärt sig av segmenteringar av dem. "
    "Klientskapet fås när den yrkesutbildade och barnet, den unga eller vårdnadshavaren har svarat på frågorna.",
    "en": "The model does not estimate clients under {low}, because it has not learned from segmentations of them. The "
    "segment is told once the professional and the child, the young person or a guardian have answered the questions.",
}
NO_ESTIMATE_ABOVE_AGE: Text = {
    "fi": "Malli ei arvioi yli {high}-vuotiaita, koska heidän segmentoinneistaan se ei ole oppinut. Asiakkuus saadaan, "
    "kun ammattilainen ja asiakas ovat vastanneet kysymyksiin.",
    "sv": "Modellen bedömer inte klienter över {high} år, eftersom den inte har lärt sig av segmenteringar av dem. "
    "Klientskapet fås när den yrkesutbildade och klienten har svarat på frågorna.",
    "en": "The model does not estimate clients over {high}, because it has not learned from segmentations of them. The "
    "segment is told once the professional and the client have answered the questions.",
}


class Ages(StrictConfig):
    """Ages in full years, both ends included; `high` null = no upper end."""

    low: int = 18
    high: int | None = None
    unknown_belongs: bool = False
    """Whether a client of unknown age belongs.  True where a missing age is no matter of chance: see the task."""

    def hold(self, age: np.ndarray) -> np.ndarray:
        """True for the ages inside."""
        first_too_old = np.inf if self.high is None else self.high + 1
        with np.errstate(invalid="ignore"):
            inside = (age >= self.low) & (age < first_too_old)
        return np.asarray(inside | (np.isnan(age) & self.unknown_belongs))


@dataclass(frozen=True)
class Eligibility:
    """The gate's verdict about one client."""

    status: Status
    reason: Text
    client_flow: ClientFlow
    need_duration: NeedDuration


def check_features(wanted: Sequence[str], known: Sequence[str], shown: str) -> None:
    """Raises ConfigError that names the first feature the frame lacks, with the nearest one."""
    for name in wanted:
        if name not in known:
            guess = nearest(name, known)
            hint = f"Did you mean `{guess}`?" if guess else "Add its family to the feature catalogue."
            raise ConfigError(f"{shown}: no feature is called `{name}`. {hint}")


def assess(rules: EligibilityRules, row: Mapping[str, float]) -> Eligibility:
    """Client flow, need duration and whether the client may be segmented."""
    flow = client_flow(rules, row)
    duration = need_duration(rules, row)
    if duration != "single_service" and (outside := outside_estimated(rules.estimated_ages, row)):
        return Eligibility("not_assessable", outside, flow, duration)
    if rules.minimum_history and not _any((rules.minimum_history,), row):
        return Eligibility("not_assessable", TOO_SHORT_HISTORY, flow, duration)
    if rules.over_age and is_over_age(rules.over_age, row):
        days = dict.fromkeys(TOO_OLD, f"{rules.over_age.at_most:g}")
        return Eligibility("not_assessable", filled(TOO_OLD, days=days), flow, duration)
    if duration == "unknown":
        return Eligibility("not_assessable", NOTHING_KNOWN, flow, duration)
    if duration == "single_service":
        return Eligibility("not_eligible", SINGLE_SERVICE, flow, duration)
    return Eligibility("answered", NOTHING, flow, duration)


def answered(rules: EligibilityRules, frame: Mapping[str, np.ndarray], rows: int) -> np.ndarray:
    """True for the rows of which `assess` says "answered": the same rule, on whole columns."""
    long_term = _any_rows(rules.long_term, frame, rows)
    if rules.minimum_history is not None:
        long_term &= rules.minimum_history.holds(frame[rules.minimum_history.feature])
    if rules.estimated_ages is not None:
        long_term &= rules.estimated_ages.holds(frame[rules.estimated_ages.feature])
    if rules.over_age is None:
        return long_term
    newest = np.stack([frame[name] for name in rules.over_age.newest])
    old = np.where(np.isnan(newest), np.inf, newest).min(axis=0)
    too_old = np.isfinite(old) & (old > rules.over_age.at_most) & ~_any_rows(rules.over_age.unless, frame, rows)
    return np.asarray(long_term & ~too_old)


def decided_by_people(verdict: Eligibility) -> Eligibility:
    """The verdict when people answered every axis: what the data cannot tell the model stands in nobody's way.

    A client whose need is for a single service stays not eligible.
    """
    return replace(verdict, status="answered", reason=NOTHING) if verdict.status == "not_assessable" else verdict


def is_over_age(rule: OverAge, row: Mapping[str, float]) -> bool:
    """True when the newest known record is older than allowed and no service is going on.  Nothing known is not old."""
    known = [row[name] for name in rule.newest if not np.isnan(row[name])]
    return bool(known) and min(known) > rule.at_most and not _any(rule.unless, row)


def outside_estimated(ages: Condition | None, row: Mapping[str, float]) -> Text | None:
    """Why no model is asked at this age; None when one may be."""
    if ages is None or bool(ages.holds(np.asarray(row[ages.feature]))):
        return None
    age = row[ages.feature]
    if np.isnan(age):
        return AGE_UNKNOWN
    young = ages.at_least is not None and age < ages.at_least
    text, name, bound = (
        (NO_ESTIMATE_BELOW_AGE, "low", ages.at_least) if young else (NO_ESTIMATE_ABOVE_AGE, "high", ages.at_most)
    )
    return filled(text, **{name: dict.fromkeys(text, f"{bound:g}")})


def client_flow(rules: EligibilityRules, row: Mapping[str, float]) -> ClientFlow:
    """Social, health or multi-sector; "none" without either, "unknown" when nothing is known."""
    social, health = _any(rules.social, row), _any(rules.health, row)
    if social and health:
        return "multi_sector"
    if social or health:
        return "social" if social else "health"
    return "none" if _all_known((*rules.social, *rules.health), row) else "unknown"


def need_duration(rules: EligibilityRules, row: Mapping[str, float]) -> NeedDuration:
    """Long-term when any rule says so; "unknown" when none does and nothing at all is known."""
    if _any(rules.long_term, row):
        return "long_term"
    known = any(not np.isnan(row[condition.feature]) for condition in rules.long_term)
    return "single_service" if known else "unknown"


def age_verdict(ages: Ages, age: float) -> Eligibility | None:
    """None when the age is inside; otherwise why not."""
    if bool(ages.hold(np.array([age]))[0]):
        return None
    if np.isnan(age):
        return Eligibility("not_assessable", AGE_UNKNOWN, "unknown", "unknown")
    text = AGE_FROM if ages.high is None else AGE_OUTSIDE
    bounds = {name: dict.fromkeys(text, str(value)) for name, value in (("low", ages.low), ("high", ages.high))}
    return Eligibility("not_eligible", filled(text, **bounds), "unknown", "unknown")


def holds_all(conditions: Sequence[Condition], frame: Mapping[str, np.ndarray], rows: int) -> np.ndarray:
    """True for the rows that fulfil every condition (the cohort of a need task)."""
    kept = np.ones(rows, dtype=bool)
    for condition in conditions:
        kept &= condition.holds(np.asarray(frame[condition.feature]))
    return kept


def _any(conditions: Sequence[Condition], row: Mapping[str, float]) -> bool:
    return any(bool(condition.holds(np.asarray(row[condition.feature]))) for condition in conditions)


def _any_rows(conditions: Sequence[Condition], frame: Mapping[str, np.ndarray], rows: int) -> np.ndarray:
    held = np.zeros(rows, dtype=bool)
    for condition in conditions:
        held |= condition.holds(np.asarray(frame[condition.feature]))
    return held


def _all_known(conditions: Sequence[Condition], row: Mapping[str, float]) -> bool:
    return all(not np.isnan(row[condition.feature]) for condition in conditions)
