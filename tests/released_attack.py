"""The linear-programming attack on every table that the reports release: each call of a hiding rule is one table.

`LUOTAIN_VAR=var python -m tests.released_attack` makes the reports of a data folder again and writes nothing.  It
attacks every table of them as somebody who knows all true totals, and says what was found.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import numpy as np
import pandas as pd

from configs.loader import load_config
from configs.workspace import Workspace
from evaluation.areas.settings import AreasConfig
from evaluation.client_groups import __main__ as client_groups
from evaluation.client_groups import report as client_report
from evaluation.client_groups.settings import ClientGroupsConfig
from evaluation.fairness import __main__ as fairness
from evaluation.fairness.comparing import parts
from evaluation.fairness.report import Found
from evaluation.fairness.settings import FairnessConfig
from evaluation.fairness.traits import TraitsConfig
from evaluation.guidance import __main__ as guidance
from evaluation.guidance import report as guidance_report
from evaluation.guidance.settings import GuidanceConfig
from evaluation.indicators import __main__ as indicators
from evaluation.indicators.settings import IndicatorsConfig
from evaluation.indicators.telling import lines as indicator_lines
from evaluation.small_cells.attack import Knowledge, Sum, is_told
from features.histories import HistoriesConfig
from features.store import open_snapshot
from models.segments.routing import RoutingTable
from models.segments.scheme import load_scheme

SMALLEST = 5


@dataclass(frozen=True)
class Table:
    """True counts of people, which of them are hidden, and the sums of them whose true value is known elsewhere."""

    name: str
    counts: tuple[int, ...]
    hidden: tuple[bool, ...]
    sums: tuple[tuple[int, ...], ...]

    def told(self) -> list[int]:
        """Places of hidden counts that the attack finds, or shows to be 1-4; none where nobody is shown at all."""
        counts, hidden = np.array(self.counts, float), np.array(self.hidden, bool)
        if not hidden.any() or not counts[~hidden].any():
            return []
        least = 0.0 if (counts[hidden] == 0).any() else 1.0  # where 0 is always shown, a hidden count is not 0
        low, high = np.where(hidden, least, counts), np.where(hidden, np.inf, counts)
        sums = [Sum(one, counts[list(one)].sum(), counts[list(one)].sum()) for one in self.sums]
        known = Knowledge(low, high, sums)
        return [int(place) for place in np.flatnonzero(hidden) if is_told(known.bounds([int(place)]), SMALLEST)]


def line(name: str, counts: Sequence[int], hidden: Sequence[bool]) -> Table:
    """Counts with one total."""
    return Table(name, tuple(counts), tuple(map(bool, hidden)), (tuple(range(len(counts))),))


def grid(name: str, counts: Sequence[Sequence[int]], hidden: Sequence[Sequence[bool]]) -> Table:
    """Counts with a total of every row and every column."""
    places = np.arange(sum(map(len, counts))).reshape(len(counts), -1)
    flat = [cell for row in counts for cell in row], [mark for row in hidden for mark in row]
    return Table(
        name, tuple(flat[0]), tuple(map(bool, flat[1])), tuple(tuple(one.tolist()) for one in [*places, *places.T])
    )


def released_grid(name: str, counts: Sequence[Sequence[int]], found: tuple[Sequence[Sequence[bool]], bool]) -> Table:
    """The same from what `protected` says."""
    return grid(name, counts, found[0])


def of_indicators(workspace: Workspace, config: IndicatorsConfig) -> list[Table]:
    """Every indicator, period and division."""
    found: list[Table] = []

    def hidden_lines(figures: Sequence[Any], unit: str, smallest: int) -> list[str]:
        marks = RULES["lines"](figures, unit, smallest)
        found.append(line(f"indicator {unit}", [one.n for one in figures], [mark == "few" for mark in marks]))
        if unit in ("share", "count"):
            for counts in ([one.cases for one in figures], [one.n - one.cases for one in figures]):
                found.append(line(f"indicator {unit}", counts, [bool(mark) for mark in marks]))
        return list(marks)

    with patch.object(indicator_lines, "hidden_lines", hidden_lines):
        indicators.made(open_snapshot(workspace.store), config.model_copy(update={"repeats": 2}))
    return found


def of_guidance(workspace: Workspace, config: GuidanceConfig) -> list[Table]:
    """Recommended and started, moves between classes, frequent users, and by what the guidance was chosen."""
    snapshot, scheme = open_snapshot(workspace.store), load_scheme(config.scheme)
    until = pd.Timestamp(snapshot.data_until + timedelta(days=1))
    wanted = guidance.Wanted(until, config, load_config(config.routing, RoutingTable), scheme.id)
    with recorded(guidance_report, "protected", released_grid, "guidance") as found:
        counted = guidance.count(snapshot, wanted)
        report = guidance.report_of(counted, wanted, None)
    by = counted.cases["by"].value_counts()
    return [*found, line("guidance by", by.tolist(), [report["by"][str(name)] is None for name in by.index])]


def of_client_groups(workspace: Workspace, config: ClientGroupsConfig) -> list[Table]:
    """The county's groups, area × age band × group, and residents without any event."""
    snapshot, areas = open_snapshot(workspace.store), load_config(config.areas, AreasConfig)
    rules = load_config(config.histories, HistoriesConfig).rules
    model, _ = client_groups._champion(workspace, config.segmentation)
    as_of = snapshot.data_until + timedelta(days=1)
    counts = client_groups.count(snapshot, client_groups.Wanted(as_of, config, rules, areas.area_of, model))
    names = {area: name.as_text() for area, name in areas.names.items()}
    with ExitStack() as stack:
        asked = [(client_report, "protected", released_grid), (client_report, "hidden_cells", line)]
        lists = [stack.enter_context(recorded(*one, "client groups")) for one in asked]
        silent = stack.enter_context(recorded_together(client_report))
        client_groups.report_of(counts, model.scheme, names, None)
    return [table for one in (*lists, silent) for table in one]


def of_fairness(workspace: Workspace, config: FairnessConfig) -> tuple[list[Table], Found]:
    """Every group of every output of every table: clients, and those of each kind; and what the command found."""
    found: list[Table] = []

    def hidden_groups(
        client: np.ndarray, groups: Mapping[Any, np.ndarray], kinds: Sequence[np.ndarray], smallest: int
    ) -> Any:
        marks = RULES["groups"](client, groups, kinds, smallest)
        found.extend(of_groups(client, groups, kinds, marks))
        return marks

    with patch.object(parts, "hidden_groups", hidden_groups):
        traits = load_config(config.traits, TraitsConfig)
        report = fairness.find(config.model_copy(update={"repeats": 100}), traits, workspace)
    return found, report


def of_groups(
    client: np.ndarray, groups: Mapping[Any, np.ndarray], kinds: Sequence[np.ndarray], marks: Mapping[Any, bool]
) -> Iterator[Table]:
    """Of a yes-or-no trait the others count too: nobody is shown beside a hidden yes."""
    for trait in dict.fromkeys(key[0] for key in groups):
        own = [key for key in groups if key[0] == trait]
        masks, hidden = [groups[key] for key in own], [marks[key] for key in own]
        if len(own) == 1:
            masks, hidden = [*masks, ~masks[0]], hidden * 2
        for kind in (np.ones(len(client), bool), *kinds):
            yield line(f"fairness {trait}", [np.unique(client[mask & kind]).size for mask in masks], hidden)


@contextmanager
def recorded(module: Any, name: str, made: Callable[..., Table], of: str) -> Iterator[list[Table]]:
    """Every call of a module's hiding rule as a table."""
    rule, found = getattr(module, name), list[Table]()

    def watched(counts: Any, *rest: Any) -> Any:
        marks = rule(counts, *rest)
        found.append(made(of, counts, marks))
        return marks

    with patch.object(module, name, watched):
        yield found


@contextmanager
def recorded_together(module: Any) -> Iterator[list[Table]]:
    """The same for lines that are hidden as a whole."""
    rule, found = module.hidden_together, list[Table]()

    def watched(*counts: Sequence[int], **rest: Any) -> list[bool]:
        marks: list[bool] = rule(*counts, **rest)
        found.extend(line("client groups", one, marks) for one in counts)
        return marks

    with patch.object(module, "hidden_together", watched):
        yield found


RULES: Mapping[str, Callable[..., Any]] = {"lines": indicator_lines.hidden_lines, "groups": parts.hidden_groups}


def without_fairness(workspace: Workspace) -> dict[str, list[Table]]:
    """Report → its tables, with the shipped configs."""
    return {
        "indicators": of_indicators(workspace, load_config("configs/indicators.yaml", IndicatorsConfig)),
        "guidance": of_guidance(workspace, load_config("configs/guidance.yaml", GuidanceConfig)),
        "client_groups": of_client_groups(workspace, load_config("configs/client_groups.yaml", ClientGroupsConfig)),
    }


def main() -> None:
    """Attack every table of a data folder."""
    workspace, figures = Workspace.of("var"), {}
    fair, _ = of_fairness(workspace, load_config("configs/fairness.yaml", FairnessConfig))
    for report, tables in {**without_fairness(workspace), "fairness": fair}.items():
        hidden, told = sum(sum(one.hidden) for one in tables), sum(len(one.told()) for one in tables)
        print(f"{report:<16}{len(tables):>8} tables{hidden:>8} hidden counts{told:>8} found")
        figures[report] = {"tables": len(tables), "hidden": hidden, "found": told}
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
