"""The rule behind the auditor's first screen: a missing fact is never taken for a good one."""

from dataclasses import replace

import pytest

from models.oversight.facts import DataQuality, ModelFacts, Promotion, Stopped
from models.oversight.impact import Impact
from models.oversight.verdict import verdict

SHA = "ab" * 32
GATE = ({"rule": "auroc better than the baseline's", "passed": True, "said": ""},)
PROMOTED = Promotion("promote", "2026-11-20T10:00:00+00:00", "anna", "scheduled retraining", "3", SHA, GATE, {})
GROUP = {
    "grouping": "sex",
    "group": "female",
    "flag": "",
    "observed_to_expected": 1.0,
    "auroc_high": 0.8,
    "gap_is_sure": False,
    "auroc_difference": 0.0,
}


def output(slope=1.0, ratio=1.0, auroc=0.85, baseline=0.80, gain_low=0.01, events=500, group=None, agreement=0.0):
    figures = {"value": auroc, "baseline": baseline, "gain": auroc - baseline, "gain_low": gain_low}
    return {
        "id": "x",
        "name": {"fi": "x", "sv": "x", "en": "x"},
        "events": events,
        "metrics": {
            "auroc": figures,
            "calibration_slope": {"value": slope},
            "observed_to_expected": {"value": ratio},
        },
        "groups": [{**GROUP, **(group or {})}],
        "explanation": {"additivity_max_error": 0.0, "agreement_max_difference": agreement},
    }


SIGNED = Impact("signed")
GOOD = ModelFacts("client", "3", SHA, PROMOTED, True, True, (output(),), 30, DataQuality(0, 0), impact=SIGNED)


def told(facts: ModelFacts) -> tuple[str, str]:
    found = verdict(facts)
    return found.outcome, found.weakest[0].code


def test_a_model_with_nothing_against_it_may_be_used_and_its_signer_is_the_ledgers() -> None:
    found = verdict(GOOD)
    assert (found.outcome, found.signed_by, found.reason) == ("may_be_used", "anna", "scheduled retraining")
    assert [point.code for point in found.weakest] == ["own_county"]


@pytest.mark.parametrize(
    "change, outcome, code",
    [
        ({"impact": Impact("broken")}, "not_to_be_used", "impact_broken"),
        ({"impact": Impact("overdue", 12)}, "with_conditions", "impact_overdue"),
        ({"impact": Impact("unsigned")}, "with_conditions", "impact_unsigned"),
        ({"impact": None}, "with_conditions", "impact_unsigned"),
        ({"stopped": Stopped("2026-11-22", "antti", "why")}, "not_to_be_used", "stopped"),
        ({"ledger_intact": False}, "not_to_be_used", "ledger_broken"),
        ({"log_intact": False}, "not_to_be_used", "log_broken"),
        ({"bundle_sha256": "cd" * 32}, "not_to_be_used", "other_version"),
        ({"outputs": (output(slope=0.6),)}, "not_to_be_used", "wrong_size"),
        ({"outputs": (output(auroc=0.79),)}, "not_to_be_used", "no_better_than_simple"),
        ({"outputs": (output(agreement=0.1),)}, "not_to_be_used", "reasons_differ"),
        ({"days_old": 366}, "not_to_be_used", "old"),
        ({"promotion": None}, "cannot_tell", "not_in_ledger"),
        ({"promotion": replace(PROMOTED, checks=())}, "cannot_tell", "no_gate"),
        ({"ledger_intact": None}, "cannot_tell", "ledger_unverified"),
        ({"log_intact": None}, "cannot_tell", "log_unverified"),
        ({"outputs": None}, "cannot_tell", "no_report"),
        ({"outputs": (output(slope=None),)}, "cannot_tell", "slope_unknown"),
        ({"days_old": None}, "cannot_tell", "age_unknown"),
        ({"days_old": 184}, "with_conditions", "old"),
        ({"quality": None}, "with_conditions", "no_quality_report"),
        ({"quality": DataQuality(1, 0)}, "with_conditions", "undeclared_changes"),
        ({"outputs": (output(slope=0.79),)}, "with_conditions", "too_extreme"),
        ({"outputs": (output(slope=1.26),)}, "with_conditions", "too_timid"),
        ({"outputs": (output(ratio=1.26),)}, "with_conditions", "observed_to_expected"),
        ({"outputs": (output(events=199),)}, "with_conditions", "few_events"),
        ({"outputs": (output(gain_low=0.0),)}, "with_conditions", "gain_by_chance"),
        ({"outputs": (output(group={"flag": "under-predicted"}),)}, "with_conditions", "under_predicted"),
        ({"promotion": replace(PROMOTED, metrics={"conformal_coverage": 0.80})}, "with_conditions", "set_coverage"),
        ({"days_old": 183, "outputs": (output(slope=1.25, ratio=1.25, events=200),)}, "may_be_used", "own_county"),
    ],
)
def test_one_fact_decides(change: dict, outcome: str, code: str) -> None:  # type: ignore[type-arg]
    assert told(replace(GOOD, **change)) == (outcome, code)


def test_a_roll_back_stands_on_the_gate_that_its_version_passed_before() -> None:
    back = replace(PROMOTED, act="rollback", checks=(), gates_passed_earlier=True)
    assert told(replace(GOOD, promotion=back))[0] == "may_be_used"


@pytest.mark.parametrize(
    "metrics, outcome, code",
    [
        ({"mase": 0.6, "baseline_mase": 1.1, "coverage80": 0.79}, "may_be_used", "no_shap_of_sums"),
        ({"mase": 0.6, "baseline_mase": 1.1, "coverage80": 0.74}, "with_conditions", "interval_coverage"),
        ({"mase": 1.1, "baseline_mase": 1.1, "coverage80": 0.79}, "not_to_be_used", "no_better"),
        ({"mase": 0.6, "baseline_mase": 1.1}, "cannot_tell", "no_figures"),
    ],
)
def test_a_forecast_of_sums_is_judged_by_its_back_test(metrics, outcome, code) -> None:  # type: ignore[no-untyped-def]
    facts = replace(GOOD, kind="planning", outputs=None, promotion=replace(PROMOTED, metrics=metrics))
    assert told(facts) == (outcome, code)


def test_the_three_heaviest_points_come_first_and_the_rest_are_counted() -> None:
    faults = replace(GOOD, outputs=(output(slope=0.6, ratio=1.5, events=10),), days_old=200, quality=None)
    found = verdict(faults)
    assert [point.weight for point in found.weakest] == [4, 2, 2]
    assert found.points == 6
