"""Made-up answers with everything an answer may hold: sets, own answers, levels, amounts, alternatives, ages."""

from dataclasses import replace

from configs.loader import load_config
from models.answers import (
    MODEL_INFORMS,
    Arrangement,
    AxisAnswer,
    Change,
    Counterfactual,
    DimensionShare,
    SegmentAnswer,
    SegmentShare,
    SourceAge,
)
from models.planning.channels.suitability import channel_suitability
from models.planning.channels.suitability_config import SuitabilityRules
from serving.desk.asking import AxisQuestion, Explored, GivenAnswer, axis_answers
from serving.pages.services import Axis, Layout
from tests.serving.pages.faked.answers import LAYOUT, SEGMENTS, likelihood, segment_answer, stamp, words

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


CHANNEL_RULES = load_config("configs/channel_suitability.yaml", SuitabilityRules)
CHANNELS = channel_suitability(CHANNEL_RULES, {"digital_contacts__365d": 0.0, "home_care_episode": 1.0})


def rich_segment(shares: dict[str, float], credible: tuple[str, ...]) -> SegmentAnswer:
    """A segment answer with a conformal set, an arrangement and the age of the data."""
    plain = segment_answer()
    best = max(shares, key=lambda one: shares[one])
    sums = (DimensionShare("service_use", "risk", 1.48), DimensionShare("service_use", "protective", -0.54))
    dated = tuple(
        replace(axis, dimensions=sums, reasons=tuple(_dated(one) for one in axis.reasons)) for axis in plain.axes
    )
    return replace(
        plain,
        segments=tuple(SegmentShare(id_, *SEGMENTS[id_], p, id_ == best) for id_, p in shares.items()),
        axes=dated,
        credible=credible,
        coverage=0.9,
        arrangement=replace(ARRANGEMENT, segment=best),
        freshness=AGES,
        channels=CHANNELS,
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
    answer, axes = (answer, answer.axes) if answer.status == "answered" else (SURE, ())
    segments = tuple(
        replace(one, probability=0.82 if one.segment == best else 0.06, proposed=one.segment == best)
        for one in answer.segments
    )
    return replace(
        answer,
        axes=axes,
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
