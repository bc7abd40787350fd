"""May this model be used?  Over the report's own figures; gaps, overdue papers and broken chains count."""

from collections.abc import Iterator, Mapping
from typing import Any

from evaluation.charts import number_text
from evaluation.report.verdict import ALWAYS, CARE, GROUPINGS, NOTE, SENTENCES, STOP, VALUES, Point, verdict
from models.oversight.limits import COVERAGE_SLACK, OLD_DAYS, TOO_OLD_DAYS

SHOWN = 3
IMPACT = {
    "unsigned": (
        "Ihmisiin kohdistuvien vaikutusten arviota ei ole allekirjoitettu.",
        "The people-impact assessment is not signed.",
    ),
    "overdue": (
        "Ihmisiin kohdistuvien vaikutusten arvio on vanhentunut.",
        "The people-impact assessment is overdue.",
    ),
}


def judged(report: Mapping[str, Any]) -> dict[str, Any]:
    """{"weight", "sentence": {fi, en}, "weakest", "points" (all)}: as `evaluation.report.verdict`, from the whole
    report."""
    figures = report["figures"]
    own = _client(figures) if "performance" in figures else _planning(figures)
    more = [*_papers(report), *_logs(report), *_age(report), *_proxies(report), *_flagged(report), *_alarms(report)]
    more += _gaps(report)
    every = dict.fromkeys([*own["points"], *more, ALWAYS])  # said once, whoever said it
    points = sorted(every, key=lambda point: -point.weight)
    weight = points[0].weight
    fi, en = SENTENCES[weight]
    sentence = {"fi": f"{fi} {own['fi']}", "en": f"{en} {own['en']}"}
    told = [point.as_dict() for point in points]
    return {"weight": weight, "sentence": sentence, "weakest": told[:SHOWN], "points": told}


def _client(figures: Mapping[str, Any]) -> dict[str, Any]:
    """The points of `evaluation.report.verdict` over the audit's own figures."""
    checks = {one["id"]: one for one in figures["explanation"]}
    outputs = []
    for one in figures["performance"]:
        explained = checks.get(one["id"])
        quality = explained["checks"]["additivity"] if explained else {"served": 0.0, "agreement": None}
        outputs.append(
            {
                **one,
                "name": explained["name"] if explained else {"fi": one["id"], "en": one["id"]},
                "is_baseline": one["metrics"]["log_loss"]["gain"] == 0,
                "explanation": {
                    "additivity_max_error": quality["served"],
                    "agreement_max_difference": quality["agreement"],
                },
            }
        )
    found = verdict(outputs)
    points = [Point(**one) for one in found["weakest"]]
    shown = {language: text.split(". ", 1)[-1] for language, text in found["sentence"].items()}
    return {"points": points, **shown}


def _planning(figures: Mapping[str, Any]) -> dict[str, Any]:
    whole, points = figures["whole"], list[Point]()
    if whole["mase"] >= whole["baseline_mase"]:
        points.append(Point(STOP, "Ei ole naiivia ennustetta parempi.", "No better than the naive forecast."))
    if abs(whole["coverage80"] - 0.8) > COVERAGE_SLACK:
        seen = number_text(100 * whole["coverage80"], 1)
        points.append(
            Point(
                CARE,
                f"80 %:n välit pitävät {seen} %:ssa arvoista.",
                f"80 % intervals hold {seen.replace(',', '.')} % of values.",
            )
        )
    mase, naive = number_text(whole["mase"]), number_text(whole["baseline_mase"])
    fi = f"MASE {mase} (naiivi {naive})."
    return {"points": points, "fi": fi, "en": f"MASE {mase} (naive {naive}).".replace(",", ".")}


def _papers(report: Mapping[str, Any]) -> Iterator[Point]:
    state = report["impact"]["state"]
    if state in IMPACT:
        yield Point(CARE, *IMPACT[state])
    elif state == "broken":
        yield Point(STOP, "Vaikutusarvion allekirjoitus ei täsmää.", "The impact assessment's signature does not hold.")


def _logs(report: Mapping[str, Any]) -> Iterator[Point]:
    chains = (report["facts"] or {}).get("chains", ())
    if any(one["first_bad"] is not None for one in chains):
        yield Point(STOP, "Jonkin lokin ketju on rikki.", "The chain of some log is broken.")


def _age(report: Mapping[str, Any]) -> Iterator[Point]:
    days = report["age_days"]
    if days is None or days <= OLD_DAYS:
        return
    weight = STOP if days > TOO_OLD_DAYS else CARE
    yield Point(weight, f"Opetusaineisto päättyy {days} päivää sitten.", f"The training data ended {days} days ago.")


def _proxies(report: Mapping[str, Any]) -> Iterator[Point]:
    """A heavy feature that tells where or to which group somebody belongs; the clearest one of each grouping."""
    for explained in report["figures"].get("explanation", ()):
        found = [
            (family["auc"], line, family["family"])
            for line in explained["proxies"]
            for family in line["families"]
            if family["proxy"]
        ]
        for grouping in dict.fromkeys(line["grouping"] for _, line, _ in found):
            area, line, family = max((one for one in found if one[1]["grouping"] == grouping), key=lambda one: one[0])
            where = f"{GROUPINGS.get(grouping, grouping).lower()} {VALUES.get(line['group'], line['group'])}"
            name = report["families"][family]["name"]
            yield Point(
                CARE,
                f"{name['fi']} kertoo, ketkä kuuluvat ryhmään {where} (AUC {number_text(area)}).",
                f"{name['en']} tells who belongs to {grouping} {line['group']} (AUC {area:.2f}).",
            )


def _flagged(report: Mapping[str, Any]) -> Iterator[Point]:
    """Groups with a verdict in the published fairness report; without one the groups' own lines speak."""
    found = (report["fairness"] or {}).get("flagged", ())
    if not found:
        return
    first = found[0]
    named = GROUPINGS.get(first["trait"], first["trait"]).lower()
    group = VALUES.get(first["group"], first["group"])
    groups = f"{len(found)} group{'s' if len(found) > 1 else ''}"
    yield Point(
        CARE,
        f"Yhdenvertaisuusraportissa huomautus {len(found)} ryhmässä, ensimmäisenä {named} {group}.",
        f"The fairness report flags {groups}, the first {first['trait']} {first['group']}.",
    )


def _alarms(report: Mapping[str, Any]) -> Iterator[Point]:
    found = (report["monitor"] or {}).get("alarms", ())
    if found:
        said = found[0]["text"]
        yield Point(CARE, f"Seurannassa on hälytys: {said['fi']}.", f"The monitoring has an alarm: {said['en']}.")


def _gaps(report: Mapping[str, Any]) -> Iterator[Point]:
    gaps = sum(line["state"] == "gap" for line in report["matrix"])
    if gaps:
        yield Point(NOTE, f"Kattavuustaulukossa on {gaps} selitettyä puutetta.", f"{gaps} explained gaps in coverage.")
