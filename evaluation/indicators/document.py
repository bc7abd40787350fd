"""Writes every definition as Markdown: `python -m evaluation.indicators.document > docs/indicators.md`."""

import re
from collections.abc import Mapping, Sequence

from configs.command import parse_config_path, run_command, say
from configs.loader import load_config
from configs.workspace import Workspace
from evaluation.indicators.compute import readiness_of
from evaluation.indicators.settings import Definition, IndicatorsConfig
from features.store import open_snapshot

DEFAULT = "configs/indicators.yaml"
State = tuple[str, str]
"""computable or needs, and the tables that are read or lacking."""
TITLES = {
    "computable": "Computable on the demo county",
    "needs": "Not available: what each waits for, by name",
    "published": "Published by another command",
    "setting": "Numbers of the plans that are settings, not indicators",
}
HEAD = """# Indicators of the county plans

Made by `python -m evaluation.indicators.document` from `configs/indicators.yaml` and the demo county's store; tests
keep this page equal to both. `python -m evaluation.indicators --config configs/indicators.yaml` computes the values
and publishes `indicators.json`, `.csv`, `.parquet` and `.html` in `var/published/<snapshot>/`; the manager's page
shows the county's values. `python -m evaluation.reconcile --config configs/reconcile.yaml` sets an old and a new
source side by side, each difference with its reason.

* **Point in time.** An event counts when it happened in the period and was recorded before `as_of`. Earlier periods
  are read again with the same knowledge, so a trend is not an effect of late recording. A period is told when it ended
  `reporting_lag_days` before `as_of`.
* **Missing is not 0.** A source without rows, an area before its history or after its source fell silent, and rows
  that cannot be judged give "not available" (`why`: `source_missing`, `not_covered`, `no_rows`) or lower the
  completeness. A count of 0 is told only of a delivered source in a covered area.
* **Completeness.** Judged rows over rows that ought to count; the county's is also multiplied with the share of
  residents who live in covered areas. "Cannot tell" is 1 − completeness.
* **Interval**, 95 %: `wilson` for shares of people, `bootstrap` for everything with several rows per client (whole
  clients are drawn again; of T3, the days that were looked at). `count`: a complete count has no sampling interval.
* **Protection.** Fewer than five people, cases or others, and what a total would give away, are `few`; a share of
  nobody or of everybody is `uniform`. The ends of a range are the fifth smallest and the fifth largest. Units and days
  of an appointment book are not people and are not hidden.
* **Clocks.** Working days skip Saturdays, Sundays and Finland's days off (`holidays`); the day of asking is day 0.
* **Versions.** Values of different definitions, or of two versions of one, are never set against each other: the
  attempt ends in one sentence. The definitions of one `family` answer one question under different rules.
* Each value also stands by age band and by recorded segment, and by profession or service where the definition has a
  `split` (latest period); `variation` says how the areas differ.
"""


def page(config: IndicatorsConfig, states: Mapping[str, State]) -> str:
    """The whole page; `states` of the measured definitions come from a store."""
    told = {id: _state(id, one, states) for id, one in config.definitions.items()}
    parts = [HEAD, _counts(told)]
    for state, title in TITLES.items():
        ids = [id for id, (found, _) in told.items() if found == state]
        parts.append(f"\n## {title}\n\n{_table(config.definitions, ids, told)}")
    return "".join(parts)


def _counts(told: Mapping[str, State]) -> str:
    found = [state for state, _ in told.values()]
    return f"\n{len(found)} definitions: {', '.join(f'{found.count(state)} {state}' for state in TITLES)}.\n"


def _state(id: str, definition: Definition, states: Mapping[str, State]) -> State:
    if definition.measure is not None:
        return states[id]
    for state, told in (("published", definition.published), ("needs", definition.needs)):
        if told:
            return state, told
    return "setting", definition.setting


def _table(definitions: Mapping[str, Definition], ids: Sequence[str], told: Mapping[str, State]) -> str:
    head = (
        "| id, version | name | numerator | denominator | unit, clock, grain | target | source row "
        "| reads / waits for |\n"
        "|---|---|---|---|---|---|---|---|\n"
    )
    return head + "".join(_row(id, definitions[id], told[id][1]) for id in ids)


def _row(id: str, one: Definition, reads: str) -> str:
    denominator = one.denominator + (f". *{one.note}*" if one.note else "")
    cells = (
        f"`{id}` v{one.version}",
        f"{one.name.fi} · {one.name.en}",
        one.numerator,
        denominator,
        ", ".join((one.unit, one.clock, one.grain)),
        _targets(one),
        "; ".join(one.sources),
        reads,
    )
    return "| " + " | ".join(cell.replace("|", "/") for cell in cells) + " |\n"


def _targets(one: Definition) -> str:
    if one.target is None:
        return "none"
    sign = {"higher": "≥ ", "lower": "≤ ", None: ""}[one.better]
    return "; ".join(f"{sign}{target.value:g}" + (f" by {target.by}" if target.by else "") for target in one.target)


def summary_of(text: str) -> dict[str, State]:
    """What a page says of each definition's readiness."""
    found: dict[str, State] = {}
    state = ""
    for line in text.splitlines():
        if line.startswith("## "):
            state = next((one for one, title in TITLES.items() if line == f"## {title}"), "")
        elif match := re.match(r"\| `(\w+)` v\d+ \|.*\| ([^|]*) \|$", line):
            found[match[1]] = state, match[2]
    return found


def main(argv: Sequence[str] | None = None) -> int:
    """Print the page."""
    path = parse_config_path(argv, "evaluation.indicators.document", "Prints the definitions as Markdown.", DEFAULT)

    def action() -> None:
        config = load_config(path, IndicatorsConfig)
        snapshot = open_snapshot(Workspace.of(config.var).store)
        say(page(config, readiness_of(snapshot, config)).rstrip())

    return run_command(action)


if __name__ == "__main__":
    raise SystemExit(main())
