"""What a model's own figures say against it: of a client model from its published report, of sums from the ledger."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from models.oversight import limits
from models.oversight.facts import CARE, NOTE, STOP, UNKNOWN, ModelFacts, Point
from models.segments.conformal import DEFAULT_COVERAGE

Output = Mapping[str, Any]


def client_points(facts: ModelFacts) -> Iterator[Point]:
    """Calibration, discrimination, groups, explanations and sets of a model about clients."""
    if not facts.outputs:
        yield Point(UNKNOWN, "no_report", size=1.0)
        return
    yield from _as_a_whole(facts.outputs)
    for output in facts.outputs:
        named = output["name"] if len(facts.outputs) > 1 else None
        for point in _points(output):
            yield Point(point.weight, point.code, point.values, named, point.size)
    metrics = facts.promotion.metrics if facts.promotion else {}
    if "conformal_coverage" in metrics:
        yield from _coverage("set_coverage", metrics["conformal_coverage"], DEFAULT_COVERAGE)


def planning_points(facts: ModelFacts) -> Iterator[Point]:
    """Error and intervals of a model of sums; groups of people are no part of it."""
    metrics = facts.promotion.metrics if facts.promotion else {}
    error, naive, inside = metrics.get("mase"), metrics.get("baseline_mase"), metrics.get("coverage80")
    if error is None or naive is None or inside is None:
        yield Point(UNKNOWN, "no_figures", size=1.0)
        return
    if error >= naive:
        yield Point(STOP, "no_better", {"value": error, "baseline": naive}, size=error - naive)
    elif error >= 1:
        yield Point(CARE, "weak_forecast", {"value": error}, size=error - 1)
    yield from _coverage("interval_coverage", inside, 0.8)
    yield Point(NOTE, "no_shap_of_sums", size=0.1)


def _coverage(code: str, seen: float, promised: float) -> Iterator[Point]:
    apart = abs(seen - promised)
    if apart > limits.COVERAGE_SLACK:
        yield Point(CARE, code, {"seen": seen, "promised": promised}, size=apart / limits.COVERAGE_SLACK - 1)
    else:
        yield Point(NOTE, f"{code}_good", {"seen": seen, "promised": promised})


def _as_a_whole(outputs: Sequence[Output]) -> Iterator[Point]:
    """As the gate does: better than the baseline in the mean over the outputs, else the simpler model should serve."""
    figures = [output["metrics"]["auroc"] for output in outputs]
    if any(figure["value"] is None or figure["baseline"] is None for figure in figures):
        yield Point(UNKNOWN, "not_measured", size=1.0)
        return
    is_baseline = all(output.get("is_baseline", False) for output in outputs)
    gain = sum(figure["value"] - figure["baseline"] for figure in figures) / len(figures)
    if not is_baseline and gain <= 0:
        yield Point(STOP, "no_better_than_simple", {"gain": gain}, size=-gain)


def _points(output: Output) -> Iterator[Point]:
    yield from _explained(output["explanation"])
    if output["events"] < limits.FEW_EVENTS:
        short = 1 - output["events"] / limits.FEW_EVENTS
        yield Point(CARE, "few_events", {"line": limits.FEW_EVENTS}, size=short)
    yield from _discrimination(output)
    yield from _calibration(output["metrics"])
    yield from _groups(output["groups"])


def _explained(quality: Mapping[str, Any]) -> Iterator[Point]:
    if quality["additivity_max_error"] > limits.ADDITIVITY:
        yield Point(STOP, "reasons_do_not_add_up", size=1.0)
    checked = quality["agreement_max_difference"]
    if checked is None:
        yield Point(CARE, "reasons_unchecked", size=0.2)
    elif checked > limits.AGREEMENT:
        yield Point(STOP, "reasons_differ", size=1.0)


def _discrimination(output: Output) -> Iterator[Point]:
    figure = output["metrics"]["auroc"]
    if figure["value"] is None or figure["baseline"] is None:
        return  # said of the model as a whole
    if not output.get("is_baseline", False):
        yield from _gain(figure)
    if figure["value"] < limits.WEAK_AUROC:
        yield Point(CARE, "weak_auroc", {"value": figure["value"]}, size=10 * (limits.WEAK_AUROC - figure["value"]))


def _gain(figure: Mapping[str, Any]) -> Iterator[Point]:
    if figure["value"] <= figure["baseline"]:
        yield Point(CARE, "output_no_better", {"value": figure["value"], "baseline": figure["baseline"]}, size=0.5)
    elif figure["gain_low"] is None or figure["gain_low"] <= 0:
        yield Point(CARE, "gain_by_chance", {"gain": figure["gain"]}, size=0.3)


def _calibration(metrics: Mapping[str, Any]) -> Iterator[Point]:
    slope, ratio = metrics["calibration_slope"]["value"], metrics["observed_to_expected"]["value"]
    if slope is None:
        yield Point(UNKNOWN, "slope_unknown")
    elif not limits.WIDE_SLOPE[0] <= slope <= limits.WIDE_SLOPE[1]:
        yield Point(STOP, "wrong_size", {"slope": slope}, size=abs(slope - 1))
    elif not limits.NARROW_SLOPE[0] <= slope <= limits.NARROW_SLOPE[1]:
        yield Point(CARE, "too_extreme" if slope < 1 else "too_timid", {"slope": slope}, size=abs(slope - 1))
    low, high = limits.OBSERVED_TO_EXPECTED
    if ratio is not None and not low <= ratio <= high:
        yield Point(CARE, "observed_to_expected", {"ratio": ratio}, size=abs(ratio - 1))


def _groups(lines: Sequence[Mapping[str, Any]]) -> Iterator[Point]:
    """Small groups have no figures and are never named."""
    for line in lines:
        told = {"grouping": line["grouping"], "group": line["group"]}
        if line["flag"]:
            code = "under_predicted" if line["flag"] == "under-predicted" else "over_predicted"
            ratio = line["observed_to_expected"]
            yield Point(CARE, code, {**told, "ratio": ratio}, size=abs(ratio - 1) + 0.5)
        elif line["auroc_high"] is not None and line["gap_is_sure"] and line["auroc_difference"] < -limits.GROUP_GAP:
            yield Point(CARE, "worse_in_group", told, size=-10 * line["auroc_difference"])
