"""Section 13: does it still hold?  What the published monitoring report says of this model."""

from collections.abc import Mapping
from typing import Any

from evaluation.audit.against.evidence import missing
from evaluation.audit.blocks import Block, Table, Words
from evaluation.audit.sections.said import count, number, percent

Report = Mapping[str, Any]


def monitoring(report: Report) -> list[Block]:
    """13: what was told of the model, on which day, against which limits."""
    found = report["monitor"]
    if not found:
        return [*missing(report, "monitoring")]
    return [_state(found), *_alarms(found), *_models(found), *_scores(found), *_forecasts(found)]


def _state(found: Mapping[str, Any]) -> Words:
    state = "Hälytys koskee tätä mallia tai kaikkia" if found["alarms"] else "Ei hälytystä"
    return Words(
        f"{state}: seuranta {found['as_of']}, vertailupäivä {found['reference']}, tiedot {found['data_until']} asti. "
        "Kaikki rivit ovat tiedostossa monitor.html.",
        f"{'An alarm' if found['alarms'] else 'No alarm'}; every line is in monitor.html.",
    )


def _alarms(found: Mapping[str, Any]) -> list[Block]:
    rows = [[one["text"]["fi"], one["text"]["sv"], one["text"]["en"]] for one in found["alarms"]]
    return [Table("Hälytykset", ("Hälytys", "Larm", "Alarm"), rows, frozenset({1, 2}))] if rows else []


def _models(found: Mapping[str, Any]) -> list[Block]:
    rows = [
        [
            one["name"],
            number(one["estimated"]["auroc"]),
            number(None if one["estimated_fall"] is None else -one["estimated_fall"]),
            one["realised"]["as_of"] or "–",
            _told(one["realised"]["events"]),
            number(one["realised"]["auroc"]),
            number(one["realised"]["observed_to_expected"], 2),
        ]
        for one in found["models"]
    ]
    columns = ("Tulos", "Arvioitu AUROC", "Muutos", "Toteutunut", "Tapahtumia", "AUROC", "Tot. / enn.")
    return [Table("Arvioitu ja toteutunut osuvuus", columns, rows, frozenset({3}))] if rows else []


def _told(events: int | None) -> str:
    return "–" if events is None else count(events)


def _scores(found: Mapping[str, Any]) -> list[Block]:
    rows = [
        [one["label"]["fi"], number(one["change"], 2), number(one["error"], 2), number(one["p"]), number(one["psi"])]
        for one in found["scores"]
    ]
    columns = ("Pisteet", "Muutos keskihajontoina", "Keskivirhe", "p (kaikki rivit)", "PSI")
    return [Table("Pisteiden muutos", columns, rows)] if rows else []


def _forecasts(found: Mapping[str, Any]) -> list[Block]:
    rows = [
        [one["name"], count(one["sums"]), percent(one["coverage80"]), percent(one["coverage95"])]
        for one in found["forecasts"]
    ]
    columns = ("Ennuste", "Toteutuneita", "80 %:n väli piti", "95 %:n väli piti")
    if rows:
        return [Table("Sanotut ennusteet ja toteutunut", columns, rows)]
    if found["models"]:
        return []
    words = "Sanotuista ennusteista ei vielä mikään ole toteutunut; osuvuus on kohdassa 7."
    return [Words(words, "No kept forecast has come true yet; section 7 has the back-test.")]
