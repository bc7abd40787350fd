"""What the command prints: a table per task, how the past forecasts fared, and what was left out."""

from collections.abc import Mapping
from typing import Any


def told(report: Mapping[str, Any]) -> str:
    """The report in lines."""
    year = report["turnover"]
    share = "hidden" if year["new_share"] is None else f"{year['new_share']:.1%}"
    published = "" if year["published"] is None else f" (published: {year['published']:.0%}, {year['source']})"
    lines = [f"  {year['kind']}: {year['clients']} clients in a year, new of them {share}{published}"]
    for task in report["tasks"]:
        lines += [*_task(task, report["names"])]
    lines += [f"  {one['id']}: left out. {one['why']['en']}" for one in report["skipped"]]
    return "\n".join(lines)


def _task(task: Mapping[str, Any], names: Mapping[str, Any]) -> list[str]:
    head = f"{'area':<22}{'clients':>8}{'known':>9}{'new':>8}{'both':>9}  {'80 %':>13}  {'95 %':>13}"
    lines = [
        f"{task['model']} version {task['version']}, {task['horizon_days']} days from {names['county']['en']}:",
        head,
    ]
    lines += [_line(line, names[line["id"]]["en"]) for line in (*task["areas"], task["county"])]
    if task["demand"]["comparable"]:
        lines += [
            f"  gap to the demand forecast, {names[one['area']]['en']}: {one['gap']:+.1f}"
            for one in task["demand"]["lines"]
        ]
    else:
        lines.append(f"  {task['demand']['why']['en']}")
    tested = task["backtest"]
    lines.append(f"  clients of the service outside the task: {_count(task['outside'])}")
    lines.append(f"  known clients on the hold-out, area sums inside: {_coverage(task['holdout'])}")
    lines.append(
        f"  new clients, {tested['origins']} past origins: {_count(tested['observed'])} counted, {tested['value']:.1f} "
        f"forecast; area sums inside: {_coverage(tested['areas'])}; county inside: {_coverage(tested['county'])}"
    )
    return lines


def _line(line: Mapping[str, Any], name: str) -> str:
    if line["hidden"]:
        return f"{name:<22}  hidden: fewer than five people, or found by subtraction"
    known, new, total = (line[part]["value"] for part in ("known", "new", "total"))
    ranges = "  ".join(f"{line['total'][f'low{at}']:6.1f}–{line['total'][f'high{at}']:6.1f}" for at in (80, 95))
    return f"{name:<22}{line['clients']:>8,}{known:>9.1f}{new:>8.1f}{total:>9.1f}  {ranges}"


def _coverage(found: Mapping[str, float]) -> str:
    if not found["sums"]:
        return "none to test"
    return f"80 % {found['coverage80']:.0%}, 95 % {found['coverage95']:.0%} of {found['sums']:.0f}"


def _count(number: int | None) -> str:
    return "fewer than 5" if number is None else f"{number:,}"
