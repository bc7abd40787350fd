"""The page of guidance: the report's dict laid out by a template, charts made here, nothing loaded, no script."""

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from evaluation import charts
from evaluation.charts import Bar, Dot
from evaluation.report.shap_report import report_environment

SHIFTS = {"to_heavier": "Kevyestä raskaampaan", "to_lighter": "Raskaasta kevyempään"}
OTHER_NAMES = {
    "none": "Ei mikään näistä", "left": "Kuoli tai muutti pois", "any": "Jokin näistä", "neither": "Ei mikään näistä",
    "unknown": "Ei tiedossa", "yes": "Kyllä", "no": "Ei", "female": "Naiset", "male": "Miehet",
    "under65": "Alle 65-vuotiaat", "65to74": "65–74-vuotiaat", "75plus": "75 vuotta täyttäneet",
}  # fmt: skip
TRAITS = {
    "age_band": "Ikä", "sex": "Sukupuoli", "sectors": "Käytettyjä toimialoja", "plan": "Voimassa oleva suunnitelma",
    "named_professional": "Nimetty ammattilainen", "segment": "Viimeisin kirjattu asiakkuus",
}  # fmt: skip
PROVIDERS = {
    "provider": "Ohjaavittain",
    "segment": "Asiakkuusryhmittäin",
    "both": "Ohjaavittain ja asiakkuusryhmittäin",
}
INTENSITIES = {
    "light": "Kevyt ohjaus", "regular": "Tavallinen ohjaus", "intensive": "Tehostettu ohjaus",
    "case_management": "Ohjaus, jossa ehdotetaan vastuuhenkilöä (case manager)", "unknown": "Muun mallin asiakkuus",
}  # fmt: skip
PLANS = {"plan": "Suunnitelma alkoi", "no_plan": "Ei suunnitelmaa"}
FIGURES = {
    "started": "Jokin palvelu alkoi seuranta-aikana",
    "started_within_7_days": "Jokin palvelu alkoi 7 päivän kuluessa",
    "lighter": "Alkaneista kevyempiä",
    "light_clients_with_replacing": "Kevyen kotihoidon asiakkaista korvaavan palvelun piirissä",
    "within_7_days": "Jokin palvelu alkoi 7 päivän kuluessa",
}


def render(report: Mapping[str, Any]) -> str:
    """The page.  The same dict gives the same text."""
    environment = report_environment()
    environment.filters["quarter"] = _quarter
    environment.filters["named"] = lambda one, names: names[one]["fi"] if one in names else OTHER_NAMES.get(one, one)
    words = {
        "providers": PROVIDERS,
        "intensities": INTENSITIES,
        "plans": PLANS,
        "traits": TRAITS,
        "figures": FIGURES,
        "shifts": SHIFTS,
    }
    pictures = {"shifts": _shifts(report), "light": _light(report)}
    return environment.get_template("guidance.html.j2").render(
        report=report, grid=_grid(report), words=words, pictures=pictures
    )


def _grid(report: Mapping[str, Any]) -> dict[str, Any]:
    """The matrix of moves as rows of counts."""
    befores = list(dict.fromkeys(line["before"] for line in report["moves"]))
    afters = list(dict.fromkeys(line["after"] for line in report["moves"]))
    cells = {(line["before"], line["after"]): line["n"] for line in report["moves"]}
    return {"afters": afters, "rows": [(one, [cells[one, after] for after in afters]) for one in befores]}


def _shifts(report: Mapping[str, Any]) -> Markup:
    """Share that moved to heavier services, quarter by quarter, with its interval."""
    lines = [(_quarter(line["quarter"]), line["to_heavier"]) for line in report["shifts"]]
    dots = [Dot(name, one["share"], one["low"], one["high"]) for name, one in lines if one["share"] is not None]
    return charts.dots(dots, "Kevyestä raskaampaan siirtyneiden osuus neljännesvuosittain")


def _quarter(name: str) -> str:
    """`2024Q1` as Finnish readers write it."""
    year, number = name.split("Q")
    return f"{number}. neljännes {year}"


def _light(report: Mapping[str, Any]) -> Markup:
    names = report["names"]["replacing"]
    shown = [line for line in report["light"] if line["share"] is not None]
    bars = [
        Bar(names[line["id"]]["fi"] if line["id"] in names else OTHER_NAMES[line["id"]], line["share"])
        for line in shown
    ]
    return charts.bars(bars, "Kevyen kotihoidon asiakkaiden korvaavat palvelut")
