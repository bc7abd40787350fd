"""Made-up answers with everything an answer may hold: sets, own answers, levels, amounts, alternatives, ages."""

from dataclasses import replace

from models.answers import (
    MODEL_INFORMS,
    Alternative,
    Arrangement,
    AxisAnswer,
    Change,
    Counterfactual,
    Evidence,
    Expected,
    LevelShare,
    NeedAnswer,
    SegmentAnswer,
    SegmentShare,
    SourceAge,
)
from serving.asking import AxisQuestion, Explored, GivenAnswer, axis_answers
from serving.pages.services import Axis, Layout
from tests.pages.answers import (
    LAYOUT,
    SEGMENTS,
    likelihood,
    need_answer,
    reason,
    segment_answer,
    stamp,
    words,
)

QUESTIONS = (
    AxisQuestion(
        "complexity",
        LAYOUT.horizontal.name,
        "professional",
        tuple(zip(("low", "high"), LAYOUT.horizontal.levels, strict=True)),
    ),
    AxisQuestion(
        "resources",
        LAYOUT.vertical.name,
        "client",
        tuple(zip(("strong", "weak"), reversed(LAYOUT.vertical.levels), strict=True)),
    ),
)
ARRANGEMENT = Arrangement(
    segment="network",
    path=words("Verkoston yhteinen suunnitelma", "En gemensam plan i nätverket", "A joint plan of the network"),
    channel=words(
        "Nimetty yhteyshenkilö puhelimitse tai kotona",
        "En namngiven kontaktperson per telefon eller hemma",
        "A named contact by phone or at home",
    ),
    plan_type="client_plan",
    guidance_intensity="intensive",
    responsible_role=words("Asiakasvastaava", "Klientansvarig", "Case manager"),
    case_manager_proposed=True,
    follow_up=(
        words("Puhelu kuukausittain", "Ett samtal varje månad", "A call every month"),
        words("Kotikäynti puolivuosittain", "Hembesök varje halvår", "A home visit every six months"),
    ),
)
AGES = (
    SourceAge("contact registers", "2024-12-29", 3),
    SourceAge("home-care visits", "2024-09-03", 120),
    SourceAge("RAI assessments", "2022-11-14", 779),
    SourceAge("client's own assessments", None, None),
)


def rich_segment(shares: dict[str, float], credible: tuple[str, ...]) -> SegmentAnswer:
    """A segment answer with a conformal set, an arrangement and the age of the data."""
    plain = segment_answer()
    best = max(shares, key=lambda one: shares[one])
    dated = tuple(replace(axis, reasons=tuple(_dated(one) for one in axis.reasons)) for axis in plain.axes)
    return replace(
        plain,
        segments=tuple(SegmentShare(id_, *SEGMENTS[id_], p, id_ == best) for id_, p in shares.items()),
        axes=dated,
        credible=credible,
        coverage=0.9,
        arrangement=replace(ARRANGEMENT, segment=best),
        freshness=AGES,
    )


def _dated(one):  # type: ignore[no-untyped-def]
    return replace(one, date="2024-12-29" if one.family == "emergency_contacts" else None)


SURE = rich_segment({"network": 0.86, "community": 0.07, "cooperative": 0.05, "self_managed": 0.02}, ("network",))
TWO = rich_segment(
    {"network": 0.48, "community": 0.37, "cooperative": 0.1, "self_managed": 0.05}, ("network", "community")
)
NO_TELLING = rich_segment(
    {"network": 0.29, "community": 0.27, "cooperative": 0.23, "self_managed": 0.21},
    ("network", "community", "cooperative", "self_managed"),
)
RECORDED = replace(
    SURE,
    basis="both",
    answers=(
        AxisAnswer(
            "complexity", "high", LAYOUT.horizontal.levels[1], "professional", "recorded", "2024-10-02", decides=True
        ),
        AxisAnswer("complexity", "low", LAYOUT.horizontal.levels[0], "client", "recorded", "2024-10-02", decides=False),
    ),
)


def tried(answer: SegmentAnswer, given: tuple[GivenAnswer, ...]) -> SegmentAnswer:
    """The answer with by-hand levels: weak resources and low complexity make the community segment, and so on."""
    by_hand = axis_answers(given, QUESTIONS)
    levels = {"complexity": "high", "resources": "weak"} | {one.axis: one.level for one in by_hand}
    cells = {
        ("high", "weak"): "network",
        ("high", "strong"): "cooperative",
        ("low", "weak"): "community",
        ("low", "strong"): "self_managed",
    }
    best = cells[levels["complexity"], levels["resources"]]
    known = {one.axis for one in by_hand if one.decides}
    segments = tuple(
        replace(one, probability=0.82 if one.segment == best else 0.06, proposed=one.segment == best)
        for one in answer.segments
    )
    return replace(
        answer,
        segments=segments,
        credible=(best,),
        answers=by_hand,
        basis="answers" if len(known) == len(QUESTIONS) else "both",
        arrangement=replace(ARRANGEMENT, segment=best),
    )


THREE_SEGMENTS = {
    "a": words("Omatoimiasiakkuus", "Självständig klient", "Self-managed"),
    "b": words("Tukiasiakkuus", "Stödklient", "Supported"),
    "c": words("Yhteistyöasiakkuus", "Samarbetsklient", "Cooperative"),
    "d": words("Huolenpitoasiakkuus", "Omsorgsklient", "Cared for"),
    "e": words("Verkostoasiakkuus", "Nätverksklient", "Network"),
}
THREE_LAYOUT = Layout(
    Axis(
        "risk",
        words("Hyvinvoinnin riskit", "Risker för välbefinnandet", "Risks to wellbeing"),
        (
            words("vähäiset", "små", "small"),
            words("kohtalaiset", "måttliga", "moderate"),
            words("suuret", "stora", "large"),
        ),
    ),
    Axis(
        "coping",
        words("Arjessa pärjääminen", "Att klara vardagen", "Coping"),
        (words("heikko", "svag", "weak"), words("kohtalainen", "måttlig", "fair"), words("hyvä", "god", "good")),
    ),
    (("b", "d", "e"), ("b", "c", "e"), ("a", "c", "c")),
)
"""Three levels on both axes and five groups, some of which hold several cells, one of them no rectangle."""


def three_level_segment() -> SegmentAnswer:
    """A proposal in a scheme with three levels: two groups are credible."""
    shares = {"c": 0.44, "e": 0.31, "d": 0.13, "b": 0.09, "a": 0.03}
    return replace(
        TWO,
        scheme="three_levels",
        segments=tuple(
            SegmentShare(id_, name, SEGMENTS["network"][1], shares[id_], id_ == "c")
            for id_, name in THREE_SEGMENTS.items()
        ),
        credible=("c", "e"),
        axes=(
            likelihood(
                "risk_high",
                THREE_LAYOUT.horizontal.name,
                words("Riskit ovat suuret", "Riskerna är stora", "Risks are large"),
                [0.3, 0.2, -0.4],
                [0, 1, 2],
                -0.4,
            ),
        ),
        arrangement=None,
    )


def ordered_need() -> NeedAnswer:
    """Home care lighter, stable, heavier or round the clock, with the minutes that go with it."""
    plain = need_answer()
    main = plain.likelihood
    assert main is not None
    around = likelihood(
        "home_care_change_24h",
        main.name,
        words("Siirtyy ympärivuorokautiseen", "Övergår till vård dygnet runt", "Moves to 24-hour care"),
        [0.4, 0.3, -0.2],
        [0, 1],
        -2.9,
    )
    names = {
        "lighter": words("Kevyempi kotihoito", "Lättare hemvård", "Lighter home care"),
        "stable": words("Ennallaan", "Oförändrad", "Unchanged"),
        "heavier": words("Tiiviimpi kotihoito", "Tätare hemvård", "Heavier home care"),
        "24h": words("Ympärivuorokautinen hoito", "Vård dygnet runt", "24-hour care"),
    }
    shares = dict(zip(names, (0.11, 0.51, 0.29, 0.09), strict=True))
    minutes = tuple(reason(place, share) for place, share in enumerate((61.0, 28.5, -17.5, 12.0)))
    return replace(
        plain,
        task="home_care_change",
        likelihoods=(main, around),
        levels=tuple(LevelShare(id_, name, shares[id_]) for id_, name in names.items()),
        expected=Expected(
            "home_care_minutes",
            words("Kotihoidon ajan muutos", "Ändring i hemvårdens tid", "Change in home-care time"),
            words("minuuttia viikossa", "minuter i veckan", "minutes a week"),
            96.0,
            -24.0,
            231.0,
            12.0,
            minutes,
        ),
    )


def alternatives_need() -> NeedAnswer:
    """Five services side by side with evidence and no choice."""
    names = [
        words("Tuettu asuminen", "Stödboende", "Supported housing"),
        words("Kotihoito", "Hemvård", "Home care"),
        words("Sosiaalinen kuntoutus kotiin", "Social rehabilitering hemma", "Social rehabilitation at home"),
        words("Tavoitteellinen sosiaalityö", "Målinriktat socialt arbete", "Goal-directed social work"),
        words(
            "Päihde- ja mielenterveystyö kotiin",
            "Missbruks- och mentalvård hemma",
            "Substance and mental-health care at home",
        ),
    ]
    fall = Evidence(
        "emergency_contacts",
        words("Päivystys", "Jour", "Emergency"),
        "for",
        3.0,
        words("3 päivystyskäyntiä 90 päivän aikana.", "3 jourbesök under 90 dagar.", "3 emergency visits in 90 days."),
        "contact registers",
    )
    helper = replace(
        fall,
        family="informal_care",
        direction="against",
        sentence=words("Läheinen hoitaa päivittäin.", "En närstående vårdar dagligen.", "A relative cares daily."),
        source="informal-care register",
    )
    unknown = replace(
        fall,
        family="rai_adlh",
        direction="unknown",
        value=None,
        sentence=words("RAI-arviota ei ole.", "RAI-bedömning saknas.", "No RAI assessment."),
        source="RAI assessments",
    )
    sides = [(fall,), (fall, helper), (unknown,), (), (helper, unknown)]
    return replace(
        need_answer(),
        task="home_support",
        alternatives=tuple(
            Alternative(f"alternative_{place}", name, evidence)
            for place, (name, evidence) in enumerate(zip(names, sides, strict=True))
        ),
    )


TOO_OLD = NeedAnswer(
    stamp("need_frequent_emergency"),
    "not_assessable",
    words(
        "Arvion tiedot ovat 31.12.2024 loppuun, ja arvio on voimassa 90 päivää. Sitä vanhempaa ei näytetä.",
        "Uppskattningens uppgifter går till 31.12.2024 och den gäller i 90 dagar. En äldre visas inte.",
        "The estimate's data end on 31 Dec 2024 and it holds for 90 days. An older one is not shown.",
    ),
    "frequent_emergency",
    365,
    0,
    None,
    (),
    (),
    MODEL_INFORMS,
)


def many_needs() -> tuple[NeedAnswer, ...]:
    """More needs than are shown open, and one that is too old to be shown."""
    return (ordered_need(), alternatives_need(), need_answer(), TOO_OLD)


def explored(reached: bool = True) -> Explored:
    """What would change an axis: one visit fewer and a plan, or nothing at all."""
    change = Change(
        "emergency_contacts",
        words("Päivystyskäynnit", "Jourbesök", "Emergency visits"),
        "emergency_contacts__90d",
        3.0,
        1.0,
        words(
            "1 päivystyskäynti 90 päivän aikana (nyt 3).",
            "1 jourbesök under 90 dagar (nu 3).",
            "1 emergency visit in 90 days (3 now).",
        ),
    )
    found = Counterfactual(
        "complexity", reached, 0.74, 0.47 if reached else 0.74, 0.5, (change,) if reached else (), MODEL_INFORMS
    )
    outcome = words("Tilanne on monimutkainen", "Situationen är komplex", "The situation is complex")
    return Explored(stamp("segmentation_suuntima_like"), LAYOUT.horizontal.name, outcome, found)
