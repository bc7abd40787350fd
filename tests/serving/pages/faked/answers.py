"""Made-up answers that look like real ones.  Every person and number is invented."""

import math
from datetime import date, timedelta

from models.answers import (
    MODEL_INFORMS,
    ForecastAnswer,
    ForecastPoint,
    Likelihood,
    Missing,
    ModelStamp,
    NeedAnswer,
    Reason,
    SegmentAnswer,
    SegmentShare,
    Text,
)
from serving.pages.services import Axis, Layout

SHA = "7d0c7f7a52f1d2f8a9b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f70819"


def words(fi: str, sv: str, en: str) -> Text:
    return {"fi": fi, "sv": sv, "en": en}


def stamp(name: str) -> ModelStamp:
    return ModelStamp(name, "3", SHA, "2024-12-31", "2025-01-01")


SEGMENTS = {
    "self_managed": (
        words("Omatoimiasiakkuus", "Självständig klient", "Self-managed"),
        words(
            "Pärjää arjessa itse ja löytää palvelun, kun saa selkeän neuvon.",
            "Klarar vardagen själv och hittar servicen med tydlig rådgivning.",
            "Copes with everyday life and finds services when given clear advice.",
        ),
    ),
    "cooperative": (
        words("Yhteistyöasiakkuus", "Samarbetsklient", "Cooperative"),
        words(
            "Tilanne on monitahoinen, mutta voimavaroja on: palvelut sovitaan yhdessä.",
            "Situationen är mångfasetterad men det finns resurser: servicen avtalas tillsammans.",
            "The situation is complex but there are resources: services are agreed together.",
        ),
    ),
    "community": (
        words("Yhteisöasiakkuus", "Gemenskapsklient", "Community"),
        words(
            "Tilanne on selkeä, mutta arjessa tarvitaan rinnalla kulkijaa ja yhteisön tukea.",
            "Situationen är tydlig men i vardagen behövs stöd av någon och av gemenskapen.",
            "The situation is clear, but everyday life needs company and support.",
        ),
    ),
    "network": (
        words("Verkostoasiakkuus", "Nätverksklient", "Network"),
        words(
            "Tarvitsee usean toimijan yhteistä suunnitelmaa ja nimetyn vastuuhenkilön.",
            "Behöver en gemensam plan av flera aktörer och en namngiven ansvarsperson.",
            "Needs a joint plan by several parties and a named responsible person.",
        ),
    ),
}
LAYOUT = Layout(
    horizontal=Axis(
        "complexity",
        words("Tilanteen monimutkaisuus", "Situationens komplexitet", "Complexity of the situation"),
        (words("vähäinen", "liten", "low"), words("suuri", "stor", "high")),
    ),
    vertical=Axis(
        "resources",
        words("Omat voimavarat", "Egna resurser", "Own resources"),
        (words("heikot", "svaga", "weak"), words("vahvat", "starka", "strong")),
    ),
    cells=(("community", "network"), ("self_managed", "cooperative")),
)
FAMILIES = [
    ("emergency_contacts", "Päivystyskäynnit", "Jourbesök", "Emergency visits"),
    ("memory_disorder", "Muistisairaus", "Minnessjukdom", "Memory disorder"),
    ("distinct_professionals", "Eri ammattilaiset", "Olika yrkespersoner", "Different professionals"),
    ("home_care_visits", "Kotihoidon käynnit", "Hemvårdsbesök", "Home-care visits"),
    ("rai_adlh", "Päivittäiset toiminnot (RAI ADLH)", "Dagliga funktioner (RAI ADLH)", "Activities (RAI ADLH)"),
    ("named_professional", "Nimetty omatyöntekijä", "Namngiven egen arbetstagare", "Named own worker"),
    ("valid_client_plan", "Voimassa oleva suunnitelma", "Gällande plan", "Valid plan"),
    ("informal_care", "Läheisen antama hoito", "Närståendevård", "Informal care"),
    ("ward_stays", "Osastojaksot", "Vårdperioder på avdelning", "Ward stays"),
    ("missed_contacts", "Peruuntuneet käynnit", "Inställda besök", "Missed contacts"),
    ("digital_contacts", "Digitaaliset yhteydet", "Digitala kontakter", "Digital contacts"),
    ("days_since_contact", "Aika edellisestä käynnistä", "Tid sedan senaste besök", "Time since last visit"),
    ("age", "Ikä", "Ålder", "Age"),
    ("primary_contacts", "Perusterveydenhuollon käynnit", "Besök i primärvården", "Primary-care contacts"),
    ("life_satisfaction", "Tyytyväisyys elämään (3X10D)", "Tillfredsställelse (3X10D)", "Life satisfaction (3X10D)"),
]
SAID = {
    "emergency_contacts": words(
        "3 päivystyskäyntiä 90 päivän aikana (vertailuryhmässä tavallisesti 0).",
        "3 jourbesök under 90 dagar (i jämförelsegruppen vanligen 0).",
        "3 emergency visits in 90 days (usually 0 in the comparison group).",
    ),
    "memory_disorder": words(
        "Muistisairaus on kirjattu 14.3.2023.",
        "En minnessjukdom har antecknats 14.3.2023.",
        "A memory disorder was recorded on 14 Mar 2023.",
    ),
    "distinct_professionals": words(
        "9 eri ammattilaista vuoden aikana (vertailuryhmässä tavallisesti 4).",
        "9 olika yrkespersoner under ett år (i jämförelsegruppen vanligen 4).",
        "9 different professionals in a year (usually 4 in the comparison group).",
    ),
    "named_professional": words(
        "Nimetty omatyöntekijä on ollut 11 kuukautta.",
        "En namngiven egen arbetstagare sedan 11 månader.",
        "A named own worker for 11 months.",
    ),
    "valid_client_plan": words(
        "Asiakassuunnitelma on voimassa 30.6.2025 asti.",
        "Klientplanen gäller till 30.6.2025.",
        "The client plan is valid until 30 Jun 2025.",
    ),
}


def reason(family: int, contribution: float, source: str = "Avohilmo") -> Reason:
    id_, fi, sv, en = FAMILIES[family]
    said = SAID.get(id_, words(f"{fi}: 2.", f"{sv}: 2.", f"{en}: 2."))
    name = words(fi, sv, en)
    return Reason(id_, name, "service_use", "risk", contribution, id_, 2.0, 0.0, source, said)


def likelihood(id_: str, name: Text, outcome: Text, shares: list[float], said: list[int], base: float) -> Likelihood:
    """Contributions that add up to the log-odds, as a real answer's do."""
    ordered = sorted((reason(i, share) for i, share in enumerate(shares)), key=lambda r: -abs(r.contribution))
    log_odds = base + math.fsum(shares)
    chosen = tuple(one for one in ordered if one.family in {FAMILIES[i][0] for i in said})
    return Likelihood(id_, name, outcome, 1 / (1 + math.exp(-log_odds)), log_odds, base, tuple(ordered), chosen)


def segment_answer(name: Text | None = None) -> SegmentAnswer:
    shares = {"network": 0.5812, "community": 0.2105, "cooperative": 0.1562, "self_managed": 0.0521}
    return SegmentAnswer(
        stamp=stamp("segmentation_suuntima_like"),
        status="answered",
        status_reason={},
        scheme="suuntima_like",
        scheme_version="1",
        client_flow="multi_sector",
        need_duration="long_term",
        segments=tuple(
            SegmentShare(id_, name or SEGMENTS[id_][0], SEGMENTS[id_][1], p, id_ == "network")
            for id_, p in shares.items()
        ),
        axes=(
            likelihood(
                "complexity",
                LAYOUT.horizontal.name,
                words("Tilanne on monimutkainen", "Situationen är komplex", "The situation is complex"),
                [0.82, 0.55, 0.43, 0.12, 0.2, -0.31, -0.18, 0.05, 0.1, 0.06, -0.04, 0.02, 0.03, -0.01, 0.01],
                [0, 1, 2, 5, 6],
                -0.72,
            ),
            likelihood(
                "resources",
                LAYOUT.vertical.name,
                words("Omat voimavarat ovat heikot", "De egna resurserna är svaga", "Own resources are weak"),
                [0.21, 0.74, 0.02, 0.33, 0.41, -0.22, -0.11, -0.35, 0.1, 0.06, 0.14, 0.02, 0.03, -0.01, 0.01],
                [1, 3, 4, 5, 7],
                -0.05,
            ),
        ),
        missing=(
            Missing("rai_age", words("RAI-arviointi", "RAI-bedömning", "RAI assessment"), "RAI"),
            Missing("life_satisfaction", words("Oma arvio elämästä", "Egen bedömning", "Own view of life"), "3X10D"),
        ),
        sources=("Avohilmo", "Hilmo", "Kotihoidon käynnit"),
        notice=MODEL_INFORMS,
    )


def refused_answer(status: str) -> SegmentAnswer:
    why = {
        "not_eligible": words(
            "Asiakkaan palvelutarve on ollut yksittäinen, ei pitkäkestoinen.",
            "Klientens servicebehov har varit enstaka, inte långvarigt.",
            "The client's need has been for a single service, not long-term.",
        ),
        "not_assessable": words(
            "Kirjauksia on alle 90 päivältä.", "Det finns anteckningar för under 90 dagar.", "Under 90 days of records."
        ),
    }
    full = segment_answer()
    return SegmentAnswer(
        full.stamp,
        status,  # type: ignore[arg-type]
        why[status],
        full.scheme,
        full.scheme_version,
        "health",
        "single_service",
        (),
        (),
        full.missing,
        full.sources,
        MODEL_INFORMS,
    )


def need_answer(answered: bool = True) -> NeedAnswer:
    heavier = likelihood(
        "heavier_home_care",
        words("Kotihoidon tarve kasvaa", "Behovet av hemvård ökar", "Home-care need grows"),
        words(
            "Siirtyy tiiviimpään kotihoitoon 6 kuukauden kuluessa",
            "Övergår till tätare hemvård inom 6 månader",
            "Moves to more intensive home care within 6 months",
        ),
        [0.62, 0.4, 0.1, 0.35, 0.5, -0.12, -0.28, -0.4, 0.2, 0.06, 0.04, 0.02, 0.13, -0.01, 0.01],
        [0, 3, 4, 6, 7],
        -2.1,
    )
    young = words("Asiakas on alle 18-vuotias.", "Klienten är under 18 år.", "The client is under 18.")
    return NeedAnswer(
        stamp("need_heavier_home_care_6m"),
        "answered" if answered else "not_eligible",
        {} if answered else young,
        "heavier_home_care_6m",
        182,
        0,
        heavier if answered else None,
        (),
        ("Avohilmo",),
        MODEL_INFORMS,
    )


def forecast_answer(points: int = 12, area: str = "Länsi") -> ForecastAnswer:
    first = date(2022, 7, 4)
    level = [1480 + 1.4 * week + 70 * math.sin(week / 52 * 6.283) + 25 * math.sin(week * 2.1) for week in range(160)]
    history = tuple(((first + timedelta(weeks=w)).isoformat(), round(level[w])) for w in range(130))
    made = tuple(
        ForecastPoint(
            (first + timedelta(weeks=130 + i)).isoformat(),
            level[130 + i],
            level[130 + i] - 40 - 5 * i,
            level[130 + i] + 40 + 5 * i,
            level[130 + i] - 75 - 9 * i,
            level[130 + i] + 75 + 9 * i,
            round(level[78 + i]),
        )
        for i in range(points)
    )
    return ForecastAnswer(
        stamp("demand_home_care"),
        f"{area}|75+|visits",
        words(f"Kotihoidon käynnit, {area}, 75+", f"Hemvårdsbesök, {area}, 75+", f"Home-care visits, {area}, 75+"),
        words("käyntiä", "besök", "visits"),
        "week",
        "lightgbm",
        {
            "mase": 0.812,
            "baseline_mase": 1.214,
            "wape": 0.0413,
            "baseline_wape": 0.0688,
            "coverage80": 0.81,
            "coverage95": 0.944,
        },
        history,
        made,
        MODEL_INFORMS,
    )
