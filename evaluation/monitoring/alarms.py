"""What an alarm says, in the three languages; in `monitor.json` each is its kind, what it is about, and its text."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from models.texts import LANGUAGES, Text, filled

FORMAT = 2
"""Of `monitor.json`."""
Kind = Literal["drift", "estimated_auroc", "observed_to_expected", "coverage80", "agreement"]
SAID: Mapping[Kind, Text] = {
    "drift": {
        "fi": "Muutos: {what}: {change} keskihajontaa odotetusta (p {p})",
        "sv": "Förändring: {what}: {change} standardavvikelser från det väntade (p {p})",
        "en": "Drift: {what}: {change} standard deviations from what was expected (p {p})",
    },
    "estimated_auroc": {
        "fi": "{what}: arvioitu erottelukyky (AUROC) laski {fall}",
        "sv": "{what}: den uppskattade särskiljningsförmågan (AUROC) sjönk med {fall}",
        "en": "{what}: estimated AUROC fell by {fall}",
    },
    "observed_to_expected": {
        "fi": "{what}: toteutunut / ennustettu oli {ratio}, arviot päivältä {day}",
        "sv": "{what}: utfall / prognos var {ratio}, bedömningar från {day}",
        "en": "{what}: observed over expected was {ratio}, estimates of {day}",
    },
    "coverage80": {
        "fi": "{what}: 80 %:n väli piti {share} toteutuneista jaksoista (jaksoja {periods})",
        "sv": "{what}: 80 %-intervallet höll för {share} av de realiserade perioderna (antal perioder {periods})",
        "en": "{what}: the 80 % interval held for {share} of the realised periods ({periods} periods)",
    },
    "agreement": {
        "fi": "{what}: sama kuin ehdotus {share}, rajat {low}–{high}",
        "sv": "{what}: samma som förslaget {share}, gränser {low}–{high}",
        "en": "{what}: the same as the proposal {share}, limits {low}–{high}",
    },
}
EVERY_UNIT = {"fi": "Kaikki päätökset", "sv": "Alla beslut", "en": "All decisions"}
ONE_UNIT = {"fi": "Yksikön {unit} päätökset", "sv": "Beslut vid enheten {unit}", "en": "Decisions of {unit}"}


@dataclass(frozen=True)
class Alarm:
    """One passed limit."""

    kind: Kind
    about: str
    """The line, the model's output or the unit, as it is called in the other parts of `monitor.json`."""
    text: Text

    def as_dict(self) -> dict[str, Any]:
        """As it stands in `monitor.json`."""
        return {"kind": self.kind, "about": self.about, "text": dict(self.text)}


def drifted(lines: Iterable[Mapping[str, Any]]) -> list[Alarm]:
    """Of the tested lines that left their path."""
    return [
        _alarm("drift", one["name"], one["label"], change=_number(one["change"], "+.2f"), p=_number(one["p"], ".3f"))
        for one in lines
        if one["alarm"]
    ]


def fell(name: str, fall: float) -> Alarm:
    """The estimated AUROC of an output fell from that of the earlier dates."""
    return _alarm("estimated_auroc", name, fall=_number(fall, ".3f"))


def missed_rate(name: str, ratio: float, day: date) -> Alarm:
    """More or fewer outcomes than the estimates of `day` foretold."""
    local = f"{day.day}.{day.month}.{day.year}"
    days = {"fi": local, "sv": local, "en": day.isoformat()}
    return _alarm("observed_to_expected", name, ratio=_number(ratio, ".2f"), day=days)


def narrow(name: str, share: float, periods: int) -> Alarm:
    """The 80 % interval of a forecast held too seldom."""
    return _alarm("coverage80", name, share=_number(share, ".2f"), periods=_number(periods, "d"))


def disagreeing(unit: str, share: float, limits: tuple[float, float]) -> Alarm:
    """A unit's decisions are the proposal too seldom or too often; `*` = every unit."""
    units = {code: ONE_UNIT[code].format(unit=unit) for code in LANGUAGES}
    low, high = (_number(one, "g") for one in limits)
    what = EVERY_UNIT if unit == "*" else units
    return _alarm("agreement", unit, what, share=_number(share, ".2f"), low=low, high=high)


def _alarm(kind: Kind, about: str, what: Text | None = None, **values: Text) -> Alarm:
    return Alarm(kind, about, filled(SAID[kind], what=what or dict.fromkeys(LANGUAGES, about), **values))


def _number(value: float, form: str) -> Text:
    """With a decimal comma and a true minus sign in Finnish and Swedish."""
    plain = format(value, form)
    local = plain.replace(".", ",").replace("-", "−")
    return {"fi": local, "sv": local, "en": plain}
