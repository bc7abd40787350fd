"""What the flow training prints: the back-test beside the naive forecast, the ranking, the path, the forecast."""

from collections.abc import Mapping

import pandas as pd

from evaluation.flow.backtest import choose_recipe, scaled_error
from evaluation.flow.chances import choose_chances, loss_table
from models.flow.measured.bottlenecks import Bottleneck, Measured
from models.flow.measured.breakdown import ALL
from models.flow.model import FlowModel

NOT_KNOWN = "–"
MOST_DELAYS = 4
TOLD = {"line": "measured", "assumed": "assumed: {hours:g} h a client, the longest waiting first"}


def loss_lines(losses: pd.DataFrame) -> list[str]:
    """Whose transition chances told the weeks after the earlier origins better."""
    chosen, table = choose_chances(losses), loss_table(losses)
    weeks = int(losses.drop_duplicates(["origin", "stage"])["person_weeks"].sum())
    return [
        f"  log loss of who leaves for where in a week, {weeks} person-weeks after the {losses['origin'].nunique()} "
        "earlier origins:",
        *(
            f"    {_starred(f'{name} weeks, {chances}', f'{name} weeks, {chosen}'):24}{loss:.5f}   "
            + ", ".join(f"{stage} {value:.4f}" for stage, value in by_stage.items())
            for (name, chances), loss, by_stage in table
        ),
        f"  * chances of the kind that is served: {chosen}",
    ]


def backtest_lines(table: pd.DataFrame, recipe: str, metrics: Mapping[str, float]) -> list[str]:
    """Every recipe on the selection windows, the chosen one on the report windows."""
    judged = table[~table["reported"]]
    rows = [
        f"    {_starred(str(name), recipe):28}MASE {scaled_error(own, 'value'):.3f}"
        for name, own in judged.groupby("recipe")
    ]
    naive = scaled_error(judged[judged["recipe"] == recipe], "naive")
    measures = ("arrivals", "departures", "stock_end")
    later = table[table["reported"]]
    others = [choose_recipe(table, kind) for kind in sorted(set(table["chances"]))]
    beside = ", ".join(
        f"{name} {scaled_error(later[later['recipe'] == name], 'value'):.3f}" for name in others if name != recipe
    )
    errors = "   ".join(
        f"{name} {metrics[f'mae_{name}']:.2f} ({metrics[f'naive_mae_{name}']:.2f})" for name in measures
    )
    return [
        f"  transitions learned from, on {judged['origin'].nunique()} earlier origins "
        f"(last week carried forward: MASE {naive:.3f}):",
        *rows,
        f"  * served; on {table['origin'].nunique() - judged['origin'].nunique()} later origins MASE "
        f"{metrics['mase']:.3f}, last week carried forward {metrics['baseline_mase']:.3f}",
        *([f"    not served, on the same later origins: MASE {beside}"] if beside else []),
        f"    mean error in clients (of last week carried forward): {errors}",
        f"    intervals: 80 % cover {metrics['coverage80']:.3f}, 95 % cover {metrics['coverage95']:.3f}",
    ]


def report_lines(model: FlowModel) -> list[str]:
    """Bottlenecks, what one more hour does, and how the path is followed."""
    report = model.report
    found = [
        f"  bottlenecks, last {report.ranking.weeks} weeks, by {', '.join(report.ranking.parts)} "
        f"({'the first one is clear' if report.ranking.clear else 'no clear first'}):",
        f"    {'stage':16}{'score':>24}{'utilisation':>16}{'growth':>9}{'delay share':>13}{'days of delay':>15}",
        *(_ranked(one) for one in report.ranking.stages),
    ]
    grows = f"{report.grows_first} (week {report.grows_in_weeks})" if report.grows_first else "none surely"
    found.append(f"  the line that grows first: {grows}")
    for one in report.what_ifs:
        basis = TOLD[one.basis].format(hours=one.hours_each)
        found.append(
            f"  one more staffed hour a week at {one.stage}: {one.shorter_line:.1f} clients fewer there in "
            f"{model.config.horizon} weeks, {one.saved_client_days:.0f} client-days of waiting saved ({basis})"
        )
    return [*found, *_delays(model), *_path(model)]


def _delays(model: FlowModel) -> list[str]:
    """Where clients are delayed most, by area and group; cells of fewer than five stay out."""
    known = [line for line in model.report.lines if line.dimension != ALL and line.delay_days is not None]
    worst = sorted(known, key=lambda line: -(line.delay_days or 0.0))[:MOST_DELAYS]
    told = ", ".join(f"{line.stage} {line.dimension} {line.value} {line.delay_days:.1f}" for line in worst)
    return [f"  most days of delay a client: {told}"] if told else []


def _path(model: FlowModel) -> list[str]:
    way, through = model.report.conformance, model.report.throughput
    share = NOT_KNOWN if way.following is None else f"{way.following:.0%}"
    ways = ", ".join(f"{one.kind} {one.stage} {one.cases}" for one in way.deviations)
    leads = ", ".join(f"{one.start} → {one.end} {one.median:.0f} d" for one in way.lead_times if one.median is not None)
    lines = [f"  {way.cases} finished cases, {share} as described; departures: {ways or 'none'}", f"  median {leads}"]
    if through.median is not None:
        lines.append(
            f"  to {model.config.chain.path[-1]}: median {through.median:.0f} d, nine of ten in {through.p90:.0f} d"
        )
    return lines


def forecast_lines(model: FlowModel) -> list[str]:
    """The last week ahead, stage by stage."""
    last = model.forecast[model.forecast["step"] == model.config.horizon]
    now = {one.id: one.clients for one in model.stages()}
    rows = last.set_index(["stage", "measure"])
    return [
        f"  week {model.config.horizon} ahead:",
        f"    {'stage':16}{'now':>7}{'clients then':>14}{'80 %':>18}{'in a week':>12}{'out a week':>12}",
        *(
            f"    {stage:16}{now[stage]:7d}{rows['value'][stage, 'stock_end']:14.1f}"
            f"{_range(rows['low80'][stage, 'stock_end'], rows['high80'][stage, 'stock_end']):>18}"
            f"{rows['value'][stage, 'arrivals']:12.1f}{rows['value'][stage, 'departures']:12.1f}"
            for stage in model.config.chain.ids
        ),
    ]


def _ranked(one: Bottleneck) -> str:
    used = NOT_KNOWN if one.utilisation is None else f"{one.utilisation.value:.2f}"
    return (
        f"    {one.stage:16}{_with_interval(one.score):>24}{used:>16}{one.growth.value:9.2f}"
        f"{one.delay_share.value:13.2f}{one.delay_days:15.1f}"
    )


def _with_interval(one: Measured) -> str:
    return f"{one.value:.2f} ({one.low:.2f} .. {one.high:.2f})"


def _range(low: float, high: float) -> str:
    return f"{low:.1f} .. {high:.1f}"


def _starred(name: str, chosen: str) -> str:
    return f"{name} *" if name == chosen else name
