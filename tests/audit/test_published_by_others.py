"""What other commands publish is told when it is there, and is an explained gap until then."""

import json
from typing import Any

import pytest

from evaluation.audit.against.evidence import BY_KEY
from evaluation.audit.page import render
from evaluation.audit.sections.compared import published
from evaluation.audit.summary import _fairness, _monitor, summarise
from evaluation.monitoring.alarms import drifted, fell, narrow
from tests.audit.conftest import BOOK, CONFIG, NEED, TODAY, World

FAIRNESS = {
    "models": [
        {
            "name": NEED,
            "version": "1",
            "encoding": {
                "adversaries": [
                    {
                        **{"output": "x", "trait": "instance", "group": "instance_b", "from_score": 0.5342},
                        **{"from_score_at_same_outcome": 0.5111, "from_features": 0.8026},
                    }
                ],
                "ablations": [],
            },
            "true_need": {
                "not_available": "",
                "table": {
                    "rows": [
                        {"output": "x", "trait": "age_band", "group": "85+", "verdict": ["need_to_predicted"]},
                        {"output": "x", "trait": "age_band", "group": "75-84", "verdict": []},
                    ]
                },
            },
            "tables": [
                {
                    "rows": [
                        {
                            "output": "x",
                            "trait": "municipality",
                            "group": "902",
                            "hidden": False,
                            "verdict": ["recall"],
                        },
                        {"output": "x", "trait": "sex", "group": "female", "hidden": False, "verdict": []},
                        {"output": "x", "trait": "language", "group": "sv", "hidden": True, "verdict": []},
                    ]
                }
            ],
        }
    ]
}
QUALITY = {
    "changes": [{"declared": None}, {"declared": {"en": "a merged register"}}],
    "worst": [{"source": "r", "unit": "u", "table": "contacts", "field": "reason", "rows": 90, "completeness": 0.25}],
}
FACTS = {
    "made": "2025-01-01",
    "chains": [{"log": "audit_log", "entries": 12, "first_bad": None}],
    "promotions": [
        {
            "act": "promote", "at": "2024-12-31T10:00:00+00:00", "name": NEED, "version": "1", "who": "anna",
            "why": "scheduled", "bundle_sha256": "ab", "metrics": {"auroc": 0.8}, "metrics_before": {"auroc": 0.7},
            "checks": [{"rule": "auroc", "passed": False, "waiver": {"rule": "auroc", "who": "antti", "why": "w"}}],
        }
    ],
    "access": {
        "events": 12, "denied": 1, "errors": 0, "break_glass": 0, "out_of_hours": 2,
        "by_event": [["answer", 12]], "denied_by_ground": [["no_such_client", 1]],
    },
    "decisions": {
        "answers": 12, "decisions": 10, "decided_share": 0.8, "override_share": 0.5, "median_seconds": 40.0,
        "own_views": 0, "reasons": [["records_old", 5]], "reviews": [["need_found", 6]],
        "usability": [{"unit": "west", "listed_clients": 40, "opened_clients": 30, "opened": 0.75, "decided": None,
                       "accepted": 0.7, "overridden": 0.3, "not_enough_data": 0.0, "median_seconds": 67.0}],
        "alerts": [{"alert": "rai_decline", "unit": "west", "confirmed": 12, "dismissed": None, "total": 14}],
    },
}  # fmt: skip
SCORE_LINE = {
    **{"name": f"score of {NEED}", "label": {"fi": f"Pisteet: {NEED}", "en": f"Score: {NEED}"}, "alarm": False},
    **{"change": 0.06, "error": 0.02, "p": 0.191, "psi": 0.004, "ks": 0.01, "jensen_shannon": 0.03},
}
REALISED = {"as_of": "2024-07-01", "clients": 1034, "events": 229, "auroc": 0.8198, "observed_to_expected": 0.979}
MOVED = {
    **{"name": "emergency_contacts__90d", "label": {"fi": "Päivystys", "sv": "Jour", "en": "Emergency"}},
    **{"alarm": True, "change": 0.4, "p": 0.01},
}
MONITOR = {
    **{"alarm": True, "as_of": "2025-01-01", "reference": "2024-01-01", "data_until": "2024-12-31", "forecasts": []},
    "format": 2,
    "alarms": [one.as_dict() for one in (fell(NEED, 0.07), fell("need_another_12m", 0.09), *drifted([MOVED]))],
    "features": [SCORE_LINE, {**SCORE_LINE, "name": "score of need_another_12m"}],
    "models": [
        {"name": NEED, "estimated": {"auroc": 0.7892}, "estimated_fall": 0.07, "realised": REALISED},
        {"name": "need_another_12m", "estimated": {"auroc": 0.6}, "estimated_fall": 0.09, "realised": REALISED},
    ],
}
FILES = {
    "fairness.json": FAIRNESS,
    "quality.json": QUALITY,
    "service_facts.json": FACTS,
    "monitor.json": MONITOR,
}
EVIDENCE = {
    "fairness.json": ("fairness_tables",),
    "quality.json": ("quality_report",),
    "service_facts.json": ("logs", "chains", "ledger", "decisions", "reviews"),
    "monitor.json": ("monitoring",),
}


@pytest.fixture(scope="module")
def fuller(world: World, report: dict[str, Any]) -> dict[str, Any]:
    """The same figures with everything published."""
    read, folder = world.read(NEED), world.material(NEED).folder
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in FILES.items():
        (folder / name).write_text(json.dumps(content))
    try:
        return summarise(read, CONFIG, BOOK, TODAY)
    finally:
        for name in FILES:
            (folder / name).unlink()


@pytest.mark.parametrize("file", FILES)
def test_a_published_file_is_evidence_and_its_absence_a_gap(
    report: dict[str, Any], fuller: dict[str, Any], file: str
) -> None:
    for key in EVIDENCE[file]:
        assert not BY_KEY[key].present(report), key
        assert BY_KEY[key].present(fuller), key
        assert BY_KEY[key].fi in render(report)
        assert BY_KEY[key].fi not in render(fuller)


def test_what_they_say_is_on_the_page(fuller: dict[str, Any]) -> None:
    text = render(fuller)
    assert fuller["fairness"]["flagged"] == [
        {"output": "x", "trait": "municipality", "group": "902", "verdict": ["recall"]}
    ]
    assert (fuller["fairness"]["groups"], fuller["fairness"]["hidden"]) == (3, 1)
    for said in (
        "Kunta: 902",
        "r u contacts.reason",
        "auroc 0,700 → 0,800",
        "antti",
        "records_old",
        "need_found",
        "instance_b",
        "0,80",
        "Todellista tarvetta vasten verrattiin 2 ryhmää, joista 1 sai huomautuksen.",
        "tarve / ennustettu",
    ):
        assert said in text, said


def test_without_a_simulator_the_report_says_that_true_need_is_not_known() -> None:
    reason = "real data has no true need"
    model = {**FAIRNESS["models"][0], "true_need": {"table": None, "not_available": reason}}
    told = _fairness({"models": [model]}, NEED, "1")
    assert told is not None
    assert told["true_need"] == {"groups": 0, "flagged": [], "not_available": reason}
    (said,) = [block for block in published(told) if getattr(block, "en", "") == reason]
    assert said.fi.startswith("Todellista tarvetta ei tiedetä")


def test_the_monitoring_of_this_model_is_told_and_its_alarm_is_a_weak_point(fuller: dict[str, Any]) -> None:
    told = fuller["monitor"]
    assert [one["name"] for one in told["models"]] == [NEED]
    assert [one["name"] for one in told["scores"]] == [f"score of {NEED}"]
    assert told["alarms"] == [MONITOR["alarms"][0], MONITOR["alarms"][2]]
    text = render(fuller)
    section = text.split('id="s13"')[1].split("</section>")[0]
    for said in ("Hälytys koskee tätä mallia", "0,789", "−0,070", "229", "0,820", "0,98", "0,191"):
        assert said in section, said
    assert "need_another_12m" not in section
    said = [point["en"] for point in fuller["verdict"]["points"]]
    assert f"The monitoring has an alarm: {NEED}: estimated AUROC fell by 0.070." in said
    assert f"{NEED}: arvioitu erottelukyky (AUROC) laski 0,070" in section
    assert f"{NEED}: den uppskattade särskiljningsförmågan (AUROC) sjönk med 0,070" in section
    assert "The fairness report flags 1 group, the first municipality 902." in said


def test_an_alarm_of_a_feature_does_not_concern_a_forecast() -> None:
    own = narrow("demand_x", 0.5, 60).as_dict()
    told = _monitor({**MONITOR, "alarms": [*MONITOR["alarms"], own]}, "demand_x")
    assert told is not None
    assert told["alarms"] == [own]
    assert (told["models"], told["scores"]) == ([], [])
    assert _monitor(None, "demand_x") is None
    earlier = {**MONITOR, "format": 1, "alarms": ["demand_x: the 80 % interval held 0.50"]}
    assert _monitor(earlier, "demand_x") is None  # of an earlier format: the command is typed again


def test_waived_reviewed_and_decided_the_rules_pass(report: dict[str, Any], fuller: dict[str, Any]) -> None:
    gaps = {line["id"] for line in report["matrix"] if line["state"] == "gap"}
    still = {line["id"] for line in fuller["matrix"] if line["state"] == "gap"}
    assert {"aia_12", "aia_14", "dpa_nonselected", "aia_10_2f", "aia_72", "aia_iv_6"} <= gaps - still
    assert still <= gaps
