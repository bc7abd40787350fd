"""What the command prints: scenarios beside the base, people, channels."""

from collections.abc import Mapping, Sequence
from typing import Any

from models.planning.base import PlanSeries

CUT = 27


def told(report: Mapping[str, Any], series: Sequence[PlanSeries]) -> str:
    """The report in lines; of the series only the widest of each measure."""
    stamp = report["stamp"]
    lines = [
        f"Planning with {stamp['name']} version {stamp['version']}, registers until {stamp['data_until']}, "
        f"{report['periods']} {report['period']}s ahead",
        *(f"  {text['en']}" for text in report["said"]),
    ]
    for one in series:
        lines += _scenarios(report["scenarios"], one, report["periods"])
    for one in report["scenarios"]:
        lines += _beside(one)
    lines += [f"  {one['id']}: left out. {one['why']}" for one in report["skipped"]]
    lines += _staffing(report["staffing"]) if report["staffing"] else []
    lines += _by_scenario(report["staffing_by_scenario"])
    lines += _channels(report["channels"]) if report["channels"] else []
    return "\n".join(lines)


def _scenarios(scenarios: Sequence[Mapping[str, Any]], series: PlanSeries, periods: int) -> list[str]:
    if not scenarios:
        return []
    head = f"{'base':>11}{'scenario':>11}{'difference':>12}{'80 %':>19}{'share':>8}"
    lines = [f"  {series.name['en']} (mean, {series.unit['en']})", f"  {'':<30}{head}"]
    for one in scenarios:
        row = next(row for row in one["compared"] if row["series_id"] == series.series_id)
        base, total, gap = (row[name] / periods for name in ("base", "total", "difference"))
        low, high = (row[f"difference_{end}80"] / periods for end in ("low", "high"))
        between = f"{low:+,.0f} .. {high:+,.0f}"
        numbers = f"{base:>11,.0f}{total:>11,.0f}{gap:>+12,.0f}{between:>19}{row['share']:>+8.1%}"
        lines.append(f"    {one['name']['en'][:CUT]:<28}{numbers}")
    return lines


def _beside(scenario: Mapping[str, Any]) -> list[str]:
    name, lines = scenario["id"], []
    if scenario["need"]:
        need = scenario["need"]
        lines.append(
            f"  {name}: need {need['per_person']:,.0f} -> {need['per_person_after']:,.0f} € a person and year, "
            f"{need['euros'] / 1e6:,.1f} -> {need['euros_after'] / 1e6:,.1f} million € by its last year (THL)"
        )
    lines += [
        f"  {name}: {row['value']:,.0f} {row['measure']} in the horizon outside the series ({row['what']})"
        for row in scenario["outside"]
    ]
    short = [row for row in scenario["capacity"] if row["hours"] is not None and row["demand"] > row["hours"]]
    if scenario["capacity"]:
        lines.append(
            f"  {name}: demand above staffed hours in {len(short)} of {len(scenario['capacity'])} area periods"
        )
    return lines


def _staffing(found: Mapping[str, Any]) -> list[str]:
    lines = []
    for one in found["teams"]:
        head = f"{'hours':>9}{'planned':>9}{'FTE':>8}{'planned':>9}"
        lines += [f"  {one['name']['en']}: people on the highest period".ljust(48) + head, *map(_area, one["peaks"])]
        if one["pool"]:
            top = max(one["pool"], key=lambda row: row["apart"])
            lines.append(
                f"    areas apart {top['apart']:.1f} FTE, as one pool {top['together']:.1f}: {top['gain']:.1f} fewer "
                f"(correlation of the areas' errors {top['correlation']:.2f})"
            )
    for one in found["queues"]:
        needs = one["peaks"].items()
        told = (f"{area} {need['agents']} answering, {need['rostered']} on the roster" for area, need in needs)
        lines.append(f"  {one['name']['en']}, busiest hour: {'; '.join(told)}")
    missing = ", ".join(found["missing"])
    return [*lines, f"  not in this forecast, so not staffed: {missing}"] if missing else lines


def _area(row: Mapping[str, Any]) -> str:
    hours = f"{row['hours']:>9,.0f}{row['hours_planned']:>9,.0f}"
    return f"    {row['area']:<44}{hours}{row['fte']:>8.1f}{row['fte_planned']:>9.1f}"


def _by_scenario(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """The county's people, or the first area's, by scenario."""
    if not rows:
        return []
    area = rows[0]["area"]
    shown = [f"{row['scenario']} {row['fte']:.1f}" for row in rows if row["area"] == area]
    return [f"  mean FTE, {area}: {', '.join(shown)}"]


def _channels(found: Mapping[str, Any]) -> list[str]:
    lines = [f"  channels: staff hours{'':<29}{'today':>9}{'plan':>9}{'moved':>8}{'has':>9}"]
    for row in found["professions"]:
        plan = "-" if row["hours"] is None else f"{row['hours']:,.0f}"
        moved = "-" if row["moved"] is None else f"{row['moved']:+,.0f}"
        lines.append(
            f"    {row['profession']:<46}{row['hours_today']:>9,.0f}{plan:>9}{moved:>8}{row['capacity']:>9,.0f}"
        )
    if found["solved"]:
        lines.append(f"    digitally excluded matters that keep a non-digital channel: {found['excluded_kept']:.0%}")
    texts = (*found["in_the_way"], *found["waited"], *found["prices"], *found["apart"])
    return [*lines, *(f"    {text['en']}" for text in texts)]
