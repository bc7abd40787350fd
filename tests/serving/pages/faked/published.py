"""What the pages list: series, model versions, decisions and entries of the audit log."""

from serving.pages.services import ModelVersion, Series
from tests.serving.pages.faked.answers import SHA, words


def series() -> list[Series]:
    areas = {"Länsi": words("Länsi", "Väst", "West"), "Itä": words("Itä", "Öst", "East")}
    ages = {
        "75+": words("75 vuotta täyttäneet", "75 år fyllda", "75 and over"),
        "total": words("Kaikki", "Alla", "All"),
    }
    measures = {"visits": words("Käynnit", "Besök", "Visits"), "hours": words("Tunnit", "Timmar", "Hours")}
    return [
        Series(f"{area}|{age}|{measure}", area, areas[area], age, ages[age], measure, measures[measure])
        for area in areas
        for age in ages
        for measure in measures
    ]


def versions() -> tuple[ModelVersion, ...]:
    metrics = {"auroc": 0.8123, "baseline_auroc": 0.7985, "calibration_slope": 1.012}
    demand = {"wape": 0.0413, "baseline_wape": 0.0688, "coverage80": 0.81}
    name, papers = "segmentation_suuntima_like", ("pdf", "json", "card")
    live = ModelVersion(name, "3", True, "2026-11-20T10:03:00", "2024-12-31", SHA, metrics, report=True, papers=papers)
    return (
        live,
        ModelVersion(name, "2", False, "2026-10-18T13:44:00", "2024-11-30", "e1" + SHA[2:], metrics),
        ModelVersion("demand_home_care", "1", False, "2026-11-20T10:21:00", "2024-12-31", "a9" + SHA[2:], demand),
    )


DECISIONS = [
    {
        "time": "2026-11-23T09:41:00",
        "actor": "aino",
        "role": "coordinator",
        "unit": "Asiakasohjaus Länsi",
        "choice": "change",
        "proposed": "network",
        "decided": "cooperative",
        "reason": "Tytär hoitaa asiointia viikoittain. <script>alert(1)</script>",
    },
    {
        "time": "2026-11-23T09:12:00",
        "actor": "aino",
        "role": "coordinator",
        "unit": "Asiakasohjaus Länsi",
        "choice": "accept",
        "proposed": "self_managed",
        "decided": "self_managed",
        "reason": "Sovittiin yhdessä asiakkaan kanssa.",
    },
]
ENTRIES = [
    {
        "time": "2026-11-23T09:40:12",
        "event": event,
        "outcome": outcome,
        "actor": "aino",
        "role": "coordinator",
        "unit": "Asiakasohjaus Länsi",
        "model": model,
    }
    for event, outcome, model in [
        ("answer", "ok", "segmentation_suuntima_like"),
        ("client_search", "denied", ""),
        ("client_list", "ok", ""),
        ("sign_in", "ok", ""),
    ]
]
