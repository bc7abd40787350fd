"""What the training of a scheme prints: every way of answering beside the served one, calibrations, sets."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from evaluation.held_out.rivals import SERVED, direct_is_better

NAMES = {
    "prior": "prior (class shares)",
    "logistic": "logistic regression",
    "lightgbm": "LightGBM",
    "blend": "blend",
    "direct": "direct multi-class LightGBM",
    "boosting_machine": "explainable boosting machine",
}
FIGURES = {"auroc": "AUROC", "log_loss": "log loss", "brier": "Brier", "calibration_slope": "cal. slope"}
CLASS_FIGURES = {"macro_f1": "macro-F1", "kappa": "kappa", "macro_log_loss": "macro loss"}
METHODS = {"affine": "affine (served)", "isotonic": "isotonic", "beta": "beta", "venn_abers": "Venn–Abers"}
WIDTH = 32


def rivals_table(comparison: Mapping[str, Any], served: Mapping[str, str]) -> str:
    """Per output and for the segment: every model with 95 % intervals, below it served minus that model, paired.

    `served` names the kind of learner that each output serves.
    """
    lines: list[str] = []
    for output, rivals in comparison["outputs"].items():
        lines += _block(f"{output}: {NAMES[served[output]]}", rivals, FIGURES)
    lines += _block("segment: two axes, as served", comparison["segment"], CLASS_FIGURES)
    return "\n".join([*lines, *_direct_said(comparison), *_machine_said(comparison)])


def _block(title: str, rivals: Mapping[str, Any], figures: Mapping[str, str]) -> Iterator[str]:
    yield f"  {'':{WIDTH}}{'folds':>7}" + "".join(f"{name:>24}" for name in figures.values())
    for name, found in rivals.items():
        loss = found["out_of_fold_log_loss"]
        shown = title if name == SERVED else f"  {NAMES[name]}"
        yield f"  {shown:{WIDTH}}{_number(loss):>7}" + "".join(f"{_told(found[key]):>24}" for key in figures)
        if name != SERVED:
            difference = found["difference"]
            yield f"  {'    served minus this':{WIDTH}}{'':7}" + "".join(
                f"{_signed(difference[key]):>24}" for key in figures
            )


def _told(figure: Mapping[str, float | None]) -> str:
    if figure["value"] is None:
        return "–"
    bounds = f" ({figure['low']:.3f} .. {figure['high']:.3f})" if figure["low"] is not None else ""
    return f"{figure['value']:.3f}{bounds}"


def _signed(figure: Mapping[str, float | None]) -> str:
    return "–" if figure["low"] is None else f"{figure['low']:+.3f} .. {figure['high']:+.3f}"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _direct_said(comparison: Mapping[str, Any]) -> list[str]:
    better = direct_is_better(comparison)
    if better is None:
        return []
    said = "lower" if better else "not lower"
    return [f"  The direct model's out-of-fold macro log loss is {said} than that of the two axes, which are served."]


def _machine_said(comparison: Mapping[str, Any]) -> list[str]:
    if "boosting_machine" in comparison["segment"]:
        return []
    return ["  Explainable boosting machine: not measured (switched off, or interpret-core is not installed)."]


def choices_said(
    losses: Mapping[str, Mapping[str, float]], served: Mapping[str, str], wanted: Mapping[str, str]
) -> str:
    """Out-of-fold log loss of each learner that could be served, and which one is."""
    lines = ["  out-of-fold log loss of training rows"]
    for output, found in losses.items():
        shown = ", ".join(f"{NAMES[kind]} {loss:.4f}" for kind, loss in found.items())
        lines.append(f"    {output}: {shown}; served: {NAMES[served[output]]}{_why(wanted[output])}")
    return "\n".join(lines)


def _why(wanted: str) -> str:
    return " (the lowest)" if wanted == "auto" else " (as configured)"


def calibrations_table(compared: Mapping[str, Mapping[str, Any]]) -> str:
    """One line per output and method: on held-out folds and on the hold-out."""
    titles = "".join(f"{title:>10}" for title in ("log loss", "Brier", "slope", "ECE"))
    lines = [f"  {'calibrations':{WIDTH}}{'folds:':>8}{titles}{'hold-out:':>12}{titles}"]
    for output, methods in compared.items():
        lines.append(f"  {output}")
        for name, found in methods.items():
            lines.append(f"    {METHODS[name]:{WIDTH - 2}}{'':8}{_row(found['folds'])}{'':12}{_row(found['hold_out'])}")
    return "\n".join(lines)


def _row(figures: Mapping[str, float | None]) -> str:
    values = (figures[name] for name in ("log_loss", "brier", "calibration_slope", "ece"))
    return "".join(f"{'–' if value is None else f'{value:.3f}':>10}" for value in values)


def sets_table(told: Mapping[str, Any]) -> str:
    """Coverage, size and singletons of the served sets and of the others; groups that get less than promised."""
    title = f"sets, {told['nominal']:.0%} promised"
    lines = [f"  {title:{WIDTH}}{'coverage':>10}{'mean size':>11}{'singletons':>12}"]
    names = {"served": "as served", "logistic": "logistic regression", "one_limit_for_all": "one limit for all"}
    for key, title in names.items():
        found = told["figures"][key]
        lines.append(
            f"    {title:{WIDTH - 2}}{found['coverage']:10.3f}{found['size']:11.2f}{found['singletons']:12.1%}"
        )
    low, high = told["overall"]["low"], told["overall"]["high"]
    of = f"of {len(told['limits'])} segments; coverage as served, 95 %: {low:.3f} .. {high:.3f}"
    lines.append(f"    {of}{_flags(told['groups'])}")
    return "\n".join(lines)


def _flags(groups: Sequence[Mapping[str, Any]]) -> str:
    short = [f"{line['grouping']} {line['group']} {line['share']:.3f}" for line in groups if line["flag"]]
    return f"; too low for {', '.join(short)}" if short else "; no large group surely below .88"
