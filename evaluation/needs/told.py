"""Need reports as compact tables for the person who typed a command."""

from collections.abc import Mapping, Sequence
from typing import Any

TITLES = {
    "auroc": "AUROC",
    "auprc": "AUPRC",
    "brier": "Brier",
    "log_loss": "log loss",
    "calibration_slope": "cal. slope",
    "calibration_intercept": "cal. intercept",
    "observed_to_expected": "O/E",
    "macro_f1": "macro-F1",
    "accuracy": "accuracy",
    "kappa": "kappa",
    "quadratic_kappa": "quadratic kappa",
    "mean_absolute_error": "mean abs. error",
    "median_absolute_error": "median abs. error",
    "bias": "bias",
    "root_mean_squared_error": "RMSE",
    "r_squared": "R squared",
}
BAND_FIGURES = ("auroc", "calibration_slope", "observed_to_expected")
_WIDTH = 24


def told(report: Mapping[str, Any]) -> str:
    """A `need_report` as text: every figure of all rows, the main ones by age band, and the early warning."""
    return "\n".join(line for name, output in report["outputs"].items() for line in _output(name, output))


def told_levels(report: Mapping[str, Any]) -> str:
    """A `level_report` as text."""
    bands = _bands(report["age_bands"], ("macro_f1", "quadratic_kappa"))
    return "\n".join([_size("levels " + ", ".join(report["levels"]), report["all"]), *_sides(report["all"]), *bands])


def told_amounts(report: Mapping[str, Any]) -> str:
    """An `amount_report` as text."""
    whole = report["all"]
    single = [
        f"  {title:<{_WIDTH}}{shown(block.get(name))}"
        for title, block, name in (
            ("no change: mean abs. error", whole["no_change"], "mean_absolute_error"),
            ("80 % interval: coverage", whole["interval"], "coverage"),
            ("80 % interval: width", whole["interval"], "width"),
        )
    ]
    bands = _bands(report["age_bands"], ("mean_absolute_error", "bias"))
    return "\n".join([_size("amount", whole), *_sides(whole), *single, *bands])


def told_slopes(slopes: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    """The lines of `municipality_slopes` as text."""
    said = {True: "meets .9-1.1", False: "outside .9-1.1", None: ""}
    lines = []
    for output, rows in slopes.items():
        lines.append(f"{output}: calibration slope by municipality")
        for row in rows:
            events = f"{_count(row['events']):>8} events"
            lines.append(f"  {_place(row):<{_WIDTH}}{events}  {shown(row['slope'])}  {said[row['meets']]}".rstrip())
    return "\n".join(lines)


def shown(figure: Mapping[str, float | None] | None) -> str:
    """`0.812 (0.790 .. 0.833)`; a dash for what is hidden or undefined."""
    if not figure or figure["value"] is None:
        return "–"
    bounds = f" ({figure['low']:.3f} .. {figure['high']:.3f})" if figure["low"] is not None else ""
    return f"{figure['value']:.3f}{bounds}"


def _output(name: str, output: Mapping[str, Any]) -> list[str]:
    whole = output["all"]
    offered = [
        f"  {f'offered to all at {threshold}':<{_WIDTH}}{shown(figure)}"
        for threshold, figure in whole["treat_all"].items()
    ]
    early = [_early(line) for line in output["lead_time"]]
    heading = [f"  {'early warning':<{_WIDTH}}{'events':>8}{'no score':>10}  share foreseen"] if early else []
    return [_size(name, whole), *_sides(whole), *offered, *_bands(output["age_bands"], BAND_FIGURES), *heading, *early]


def _size(name: str, block: Mapping[str, Any]) -> str:
    events = f", {_count(block['events'])} with the outcome" if "events" in block else ""
    return f"{name}: {_count(block['clients'])} clients, {_count(block['rows'])} rows{events}"


def _sides(block: Mapping[str, Any]) -> list[str]:
    """A line per figure: model, baseline, difference."""
    if not block["figures"]:
        return ["  (hidden: too few people)"]
    heading = f"  {'':<{_WIDTH}}{'model':<26}{'baseline':<26}difference"
    return [heading] + [
        f"  {_title(name):<{_WIDTH}}"
        + "".join(f"{shown(one[side]):<26}" for side in ("model", "baseline", "difference"))
        for name, one in block["figures"].items()
    ]


def _bands(bands: Mapping[str, Mapping[str, Any]], names: Sequence[str]) -> list[str]:
    """A line per age band with the main figures of the model."""
    if not bands:
        return []
    lines = [f"  {'age':<10}{'clients':>8}{'events' if _with_events(bands) else 'rows':>8}  " + _heading(names)]
    for band, block in bands.items():
        values = "".join(f"{shown(block['figures'].get(name, {}).get('model')):<26}" for name in names)
        amount = block["events"] if "events" in block else block["rows"]
        lines.append(f"  {band:<10}{_count(block['clients']):>8}{_count(amount):>8}  {values}".rstrip())
    return lines


def _with_events(bands: Mapping[str, Mapping[str, Any]]) -> bool:
    return all("events" in block for block in bands.values())


def _heading(names: Sequence[str]) -> str:
    return "".join(f"{_title(name):<26}" for name in names).rstrip()


def _early(line: Mapping[str, Any]) -> str:
    title = f"top {line['capacity']:.0%}, {line['lead_days']} days before"
    recall = line["recall"]
    beside = f"  baseline {shown(recall['baseline'])}" if recall else ""
    counts = f"{_count(line['events']):>8}{_count(line['no_score_yet']):>10}"
    return f"  {title:<{_WIDTH}}{counts}  {shown(recall.get('model'))}{beside}"


def _title(name: str) -> str:
    """`recall at 0.1` for recall_at_0.1, and the name itself for what has no title."""
    return TITLES.get(name, name.replace("_", " "))


def _place(row: Mapping[str, Any]) -> str:
    pooled = f" ({row['municipalities']})" if row["municipalities"] > 1 else ""
    return f"{row['municipality']}{pooled}"


def _count(number: int | None) -> str:
    return "–" if number is None else str(number)
