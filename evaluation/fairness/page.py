"""The page of fairness: the report's dict laid out by a template, charts made here, nothing loaded, no script."""

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from evaluation import charts
from evaluation.charts import Dot
from evaluation.report.shap_report import report_environment

DRAWN = {"recall": "Saanti", "coverage": "Peittävyys", "contacts_to_need": "Palvelu / tarve", "met": "Tarve täyttyi"}
"""Which figure of a table is drawn: the first one that its rows have."""
DRAWN |= {"wait_to_usual": "Odotus / tavallinen", "coverage80": "80 %:n välin peittävyys"}

TRAITS = {
    **{"age_band": "Ikä", "sex": "Sukupuoli", "language": "Kieli", "municipality": "Kunta", "area": "Alue"},
    **{"legacy_org": "Aiempi organisaatio", "instance": "Kirjausjärjestelmä", "deprivation": "Alueen huono-osaisuus"},
    "people_1": "Ryhmä",
}
VALUES = {
    **{"female": "nainen", "male": "mies", "fi": "suomi", "sv": "ruotsi", "other": "muu", "unknown": "ei tiedossa"},
    **{"least deprived": "vähiten", "middle": "keskiväli", "most deprived": "eniten"},
    **{"county": "koko alue", "total": "kaikki", "65plus": "65 vuotta täyttäneet", "75plus": "75 vuotta täyttäneet"},
    **{"under65": "alle 65-vuotiaat", "answered": "vastatut", "phone": "puhelin", "digital_clinic": "digiklinikka"},
    "remote_reception": "etävastaanotto",
}
NOT_RECORDED = {
    **{"homeless": "asunnottomat", "criminal_sanctions": "rikosseuraamusasiakkaat", "unemployed": "työttömät"},
    **{
        "victims_of_violence": "väkivallan kohteet",
        "multi_generational_disadvantage": "ylisukupolvinen huono-osaisuus",
    },
    **{"child_protection": "lastensuojelun asiakkaat", "parents_of_placed_children": "sijoitettujen lasten vanhemmat"},
    **{"children_of_substance_users": "päihteitä käyttävien lapset", "disabled_persons": "vammaiset"},
    **{"immigrants": "maahan muuttaneet", "palliative_patients": "palliatiivisen hoidon potilaat"},
    **{
        "neuropsychiatric_clients": "neuropsykiatriset asiakkaat",
        "outside_all_services": "kaikkien palvelujen ulkopuolella",
    },
}
"""Finnish names; what has none here is told by its id."""


def render(report: Mapping[str, Any]) -> str:
    """The page.  The same dict gives the same text."""
    template = report_environment().get_template("fairness.html.j2")
    names = report["names"]

    def drawn(table: Mapping[str, Any], output: str) -> Markup:
        return picture(table, output, names)

    told = {"outputs": outputs, "figures": figures, "picture": drawn, "group_name": group_name, "flagged": flagged}
    return template.render(report=report, not_recorded=NOT_RECORDED, **told)


def group_name(row: Mapping[str, Any], names: Mapping[str, Any]) -> str:
    """The group in Finnish: a vulnerable group by its name, others as trait and value."""
    if row["trait"] in names:
        return str(names[row["trait"]]["fi"])
    return f"{TRAITS.get(row['trait'], row['trait'])}: {VALUES.get(row['group'], row['group'])}"


def flagged(table: Mapping[str, Any], output: str | None = None) -> list[Mapping[str, Any]]:
    """The rows with a verdict, of one output or of all."""
    return [row for row in table["rows"] if row["verdict"] and output in (None, row["output"])]


def outputs(table: Mapping[str, Any]) -> list[str]:
    """The outputs of a table, in its order."""
    return list(dict.fromkeys(row["output"] for row in table["rows"]))


def figures(table: Mapping[str, Any], output: str) -> list[str]:
    """The figures that a table has of one output, in its order."""
    rows = [row for row in table["rows"] if row["output"] == output]
    return list(dict.fromkeys(name for row in rows for name in row["metrics"]))


def picture(table: Mapping[str, Any], output: str, names: Mapping[str, Any]) -> Markup:
    """A point with its interval per shown group; the table beside it says the same."""
    rows = [row for row in table["rows"] if row["output"] == output and not row["hidden"]]
    drawn = next((name for name in DRAWN if any(name in row["metrics"] for row in rows)), None)
    dots = _dots(rows, drawn, names) if drawn else []
    return charts.dots(dots, f"{DRAWN[drawn]} ryhmittäin: {output}") if dots and drawn else Markup("")


def _dots(rows: Sequence[Mapping[str, Any]], figure: str, names: Mapping[str, Any]) -> list[Dot]:
    shown = [(row, row["metrics"][figure]) for row in rows if figure in row["metrics"]]
    return [
        Dot(group_name(row, names), one["value"], one["low"], one["high"], faint=not row["verdict"])
        for row, one in shown
        if one["value"] is not None
    ]
