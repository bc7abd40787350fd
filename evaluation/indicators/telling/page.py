"""The page of the indicators: the report's dict laid out by a template, a chart of the shares, nothing loaded."""

from collections.abc import Mapping
from typing import Any

from evaluation import charts
from evaluation.charts import Dot, number_text
from evaluation.report.shap_report import report_environment

PAIRS = {
    "continuity_and_access": "Hoidon jatkuvuus ja hoitoon pääsy",
    "remote_share": "Etäosuus kahdella määritelmällä",
    "access_7d": "Hoitoon pääsy 7 päivässä kolmella määritelmällä",
    "service_debt": "Näkyvä ja piilevä palveluvelka",
}
COMPARED = {"rai_scales": "RAI-asteikot ryhmittäin", "carer_strain": "Omaishoitajien kuormitus ryhmittäin"}
BY = {"county": "Koko hyvinvointialue", "area": "Alue", "band": "Ikä", "segment": "Asiakkuus"}
BANDS = {
    "under65": "alle 65",
    "65to74": "65–74",
    "75plus": "75 tai yli",
    "unknown": "ei tiedossa",
    "none": "ei kirjattu",
}
COLUMNS = {"profession": "Ammattiryhmä", "service": "Palvelu", "scheme": "Kysymyssarja", "legacy_org": "Organisaatio"}
UNITS = {
    "days": "päivää",
    "working_days": "arkipäivää",
    "per_client": "asiakasta kohti",
    "count": "",
    "index": "",
    "points": "pistettä",
}
WHY = {
    "few": "liian vähän ihmisiä*",
    "uniform": "kaikki tai ei kukaan*",
    "no_rows": "ei laskettavaa",
    "not_covered": "tiedot eivät kata jaksoa",
    "source_missing": "lähde puuttuu",
}


def render(report: Mapping[str, Any]) -> str:
    """The page.  The same dict gives the same text."""
    told = [one for one in report["indicators"] if one["readiness"] == "computable"]
    shares = [one for one in told if one["unit"] == "share" and one["latest"]["value"] is not None]
    dots = [
        Dot(one["name"]["fi"], one["latest"]["value"], one["latest"]["low"], one["latest"]["high"]) for one in shares
    ]
    areas = {one["id"]: _areas(report, one) for one in told}
    splits = {one["id"]: _splits(report, one) for one in told}
    lacking = [one for one in report["indicators"] if one["readiness"] == "needs"]
    picture = charts.dots(dots, "Osuudet ja niiden 95 %:n väli")
    by_id = {one["id"]: one for one in report["indicators"]}
    values = {"report": report, "by_id": by_id, "told": told, "areas": areas, "lacking": lacking, "picture": picture}
    words = {
        "said": said,
        "why": WHY,
        "pairs": PAIRS,
        "columns": COLUMNS,
        "compared": COMPARED,
        "by": BY,
        "bands": BANDS,
    }
    return report_environment().get_template("indicators.html.j2").render(**values, **words, splits=splits)


def said(value: float | None, unit: str) -> str:
    """A value with its unit, the Finnish way."""
    if value is None:
        return "–"
    if unit in ("share", "change"):
        return f"{number_text(100 * value, 1)} %"
    return f"{number_text(value, {'count': 0, 'index': 2}.get(unit, 1))} {UNITS[unit]}".rstrip()


def _splits(report: Mapping[str, Any], one: Mapping[str, Any]) -> dict[str, list[tuple[str, Mapping[str, Any]]]]:
    """Column → the name and the line of each code it is divided by."""
    own = [line for line in report["lines"] if line["id"] == one["id"]]
    return {
        column: [(codes[line["group"]]["fi"], line) for line in own if line["by"] == column]
        for column, codes in one["split"].items()
    }


def _areas(report: Mapping[str, Any], one: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    names, period = report["names"]["areas"], one["latest"]["period"]
    lines = [
        line for line in report["lines"] if (line["id"], line["by"], line["period"]) == (one["id"], "area", period)
    ]
    return [(names.get(line["group"], {}).get("fi", line["group"]), line) for line in lines]
