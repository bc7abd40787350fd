"""Every text stands in three languages, is a translation, and fills the same places."""

import re
from pathlib import Path
from typing import get_args

import pytest
from babel.messages.catalog import Message
from babel.messages.pofile import read_po

from configs.errors import ConfigError
from configs.loader import PROJECT_ROOT, read_yaml
from features.tables import PATH_PHASES
from models.planning.channels.suitability import Level
from models.planning.sheets.columns import ALLOWED
from serving.coordinator.own_view import AGREEMENT
from serving.desk.asking import Respondent
from serving.pages.coordinator.history_chart import LANES
from serving.pages.coordinator.services import ChangeKind, Finding, NextStep, OutcomeKind, ReviewReason
from serving.pages.emergency import Finding as EmergencyFinding
from serving.pages.language import CATALOGUES, LANGUAGES, language
from serving.pages.papers import REPORTS
from serving.pages.planner.flow_views import MEASURES
from serving.pages.planner.scenario_form import BANDS
from serving.pages.services import Choice, Role
from serving.pages.views.front import NAVIGATION
from serving.pages.views.oversight import CODED, METRICS
from serving.pages.views.statement import GAPS, TESTED
from serving.records.entries import Event
from serving.replaying.planned import PLANNED
from serving.replaying.recompute import PARTS, RUNTIME

PAGES = Path(CATALOGUES).parent
SAME_IN_TWO = {
    "stamp.by",
    "column.plan",
    "column.period",
    "column.version",
    "metric.auroc",
    "band.under65",
    "band.65to74",
    "band.75plus",
    "groups.service",
    "proof.value",
}
"""Texts that two languages may write alike.  Everything else that is alike was forgotten."""
USED = re.compile(r"""\b(?:t|n|words|text|count)\(\s*["']([a-z0-9_.-]+[a-z0-9_-])["']""")
FAMILIES = {
    "nav": {item for items in NAVIGATION.values() for item in items},
    "role": set(get_args(Role)),
    "role.does": set(get_args(Role)),
    "choice": set(get_args(Choice)),
    "decision": set(get_args(Choice)),
    "sure": {"clear", "fairly_clear", "unsure"},
    "status.not_eligible": {"title", "means"},
    "status.not_assessable": {"title", "means"},
    "needs": {"not_eligible", "not_assessable"},
    "choose": {"model", "area", "age_group", "measure"},
    "standing": {"borrowed", "not_enough_data"},
    "override.state": {"in_use", "replaced", "taken_back", "past"},
    "allowed": set(ALLOWED),
    "sheet": {"forecast", "refused"},
    "scenario.band": set(BANDS),
    "staffing.contacts": {"week", "other"},
    "channels.clients": {"everyone", "excluded", "reachable"},
    "suitability.level": set(get_args(Level)),
    "flow.measure": set(MEASURES),
    "flow.deviation": {"began_at", "skipped", "went_back", "ended_at", "left_path_for", "came_back_to"},
    "flow.refused": {"per_client", "not_known"},
    "flow.by": {"area", "segment"},
    "flow.value": {"yes", "no", "unknown"},
    "phase": set(PATH_PHASES),
    "assumption": {
        *("matters", "digitally_excluded", "digitally_suitable", "minutes", "first_contact_resolution", "contacts"),
        *("hours", "smallest_digital_share", "largest_change", "wait", "wait_by_group", "largest_wait"),
    },
    "event": set(get_args(Event)),
    "finding": set(get_args(Finding)) | set(get_args(EmergencyFinding)),
    "leading_on": {f"{key}.{part}" for key in ("signed_in", "signed_out") for part in ("title", "lead", "button")},
    "emergency.fault": {"reason", "review"},
    "tile.total": {"week", "month"},
    "known.periods": {f"{period}{ending}" for period in ("day", "week", "month") for ending in ("", ".label")},
    "backtest": {"wape", "mase", "coverage80", "coverage95"},
    "models.published": set(REPORTS),
    "metric": set(METRICS),
    "outcome": {"ok", "denied", "error"},
    "column": set(CODED) | {"model", "seq", "time", "actor", "unit", "reason", "answer", "request"},
    "error": {"better", "same", "worse"},
    "fault": {f"{kind}.{part}" for kind in (400, 403, 404, 500, 503) for part in ("title", "what", "do")},
    "segment": {"self_managed", "cooperative", "community", "network"},
    "search": {"empty", "not_found"},
    "credible": {"some", "some.means", "all", "all.means"},
    "basis": {"model", "answers", "both", "by_hand.answers", "by_hand.both"},
    "respondent": set(get_args(Respondent)),
    "plan_type": {"care_plan", "client_plan", "rehab_plan"},
    "guidance": {"light", "regular", "intensive"},
    "alternatives": {"for", "against", "unknown"},
    "list.filter": {"alert", "group"},
    "list.filter.segment": {"not_answered", "ask_first"},
    "list.status": {"not_eligible", "not_assessable"},
    "changes": set(get_args(ChangeKind)),
    "history": {"contacts", *LANES},
    "earlier": set(get_args(OutcomeKind)),
    "review_reason": set(get_args(ReviewReason)),
    "next_step": set(get_args(NextStep)),
    "counts": set(AGREEMENT),
    "answer_kind": {"segment", "need", "counterfactual", *PLANNED},
    "replay.part": {*PARTS, "computation"},
    "replay.what": set(RUNTIME),
    "letter.basis": {"answers", "both"},
    "accessibility.gap": set(GAPS),
    "accessibility.tested": set(TESTED),
}
"""Texts whose key is put together on the page: family → codes that must have one."""


def messages(code: str) -> dict[str, Message]:
    with (CATALOGUES / f"{code}.po").open("rb") as file:
        found = read_po(file, abort_invalid=True)
    return {(m.id if isinstance(m.id, str) else m.id[0]): m for m in found if m.id}


def strings(message: Message) -> tuple[str, ...]:
    return (message.string,) if isinstance(message.string, str) else tuple(message.string)


def used_keys() -> set[str]:
    files = [*PAGES.rglob("*.html"), *PAGES.rglob("*.py")]
    found = {key for file in files for key in USED.findall(file.read_text(encoding="utf-8"))}
    return found | {f"{family}.{code}" for family, codes in FAMILIES.items() for code in codes}


def test_every_key_that_a_page_uses_has_a_text_in_every_language() -> None:
    used = used_keys()
    assert len(used) > 200
    for code in LANGUAGES:
        assert used - set(messages(code)) == set(), code


def test_the_three_catalogues_have_the_same_keys_and_no_empty_text() -> None:
    fi, sv, en = (messages(code) for code in ("fi", "sv", "en"))
    assert set(fi) == set(sv) == set(en)
    assert [key for found in (fi, sv, en) for key, m in found.items() if not all(strings(m))] == []


def test_no_text_is_its_own_key_and_no_two_languages_say_the_same() -> None:
    found = {code: messages(code) for code in LANGUAGES}
    assert [key for texts in found.values() for key, m in texts.items() if key in strings(m)] == []
    alike = {
        key
        for key in found["fi"]
        for one, other in (("fi", "sv"), ("fi", "en"), ("sv", "en"))
        if strings(found[one][key]) == strings(found[other][key])
    }
    assert alike - SAME_IN_TWO == set()


def test_translations_fill_the_same_places() -> None:
    found = {code: messages(code) for code in LANGUAGES}
    for key in found["fi"]:
        places = {code: {frozenset(re.findall(r"\{(\w+)\}", s)) for s in strings(found[code][key])} for code in found}
        assert places["fi"] == places["sv"] == places["en"], key


def test_every_text_is_used_somewhere() -> None:
    open_families = (
        "model.",
        "task.",
        "member.",
        "event.",
        "ground.",
        "purpose.",
        "source.",
        "segment.",
        "decision_point.",
        "code.",
        "backtest.",
        "period.",
        "why.",  # tests/serving/pages/test_pages_planner_words.py: every one is the code of a phrase
        "point.",
        "grouping.",
        "group.",
        "band.",
        "act.",
        "access.",
        "verdict.",
        "oversight.link.",
        "answer_kind.",
        "log_name.",
        "replay.outcome.",
        "service_asked.",
        "time_limit.",
        "groups.",
        "plan_indicators.",
        "models.paper.",
        "switch.",
        "own_log.",
        "live_on.",
        "statistics.",
        "stop.",
        "replay.",
    )
    sources = "".join(file.read_text(encoding="utf-8") for file in (*PAGES.rglob("*.html"), *PAGES.rglob("*.py")))
    unused = {key for key in set(messages("fi")) - used_keys() if f'"{key}"' not in sources}
    assert {key for key in unused if not key.startswith((*open_families, "metric."))} == set()


def test_every_source_of_a_feature_has_a_name_in_every_language() -> None:
    declared = read_yaml("configs/features.yaml")
    families = declared["families"]
    sources = {family["source"] for family in (families.values() if isinstance(families, dict) else families)}
    assert len(sources) > 5
    for code in LANGUAGES:
        assert {source for source in sources if f"source.{source}" not in messages(code)} == set()


def test_the_log_calls_the_segments_by_the_schemes_own_names() -> None:
    schemes = [read_yaml(str(file)) for file in sorted((PROJECT_ROOT / "configs/schemes").glob("*.yaml"))]
    assert len(schemes) > 2
    for segment in (segment for scheme in schemes for segment in scheme["segments"]):
        for code in LANGUAGES:
            assert language(code).label("segment", segment["id"]) == segment["name"][code]


def test_a_missing_text_is_an_error_that_names_the_file() -> None:
    with pytest.raises(ConfigError, match=r"no\.such\.key.*sv\.po"):
        language("sv").text("no.such.key")


@pytest.mark.parametrize(
    "code, number, said",
    [
        ("fi", 1, "1 asiakas"),
        ("fi", 0, "0 asiakasta"),
        ("fi", 7, "7 asiakasta"),
        ("sv", 1, "1 klient"),
        ("sv", 7, "7 klienter"),
        ("en", 1, "1 client"),
        ("en", 7, "7 clients"),
    ],
)
def test_plurals(code: str, number: int, said: str) -> None:
    assert language(code).count("list.count", number) == said


def test_an_unknown_language_is_finnish_and_an_unknown_code_is_shown_as_it_is() -> None:
    assert language("xx").code == "fi"
    assert language("fi").label("role", "<b>") == "<b>"
