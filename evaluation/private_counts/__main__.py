"""County counts for publication, with noise.  `python -m evaluation.private_counts` reads configs/private_counts.yaml.

Every client counts in one cell only, so that one person moves one count by 1.  Writes `private_counts.json` into
`var/published/<snapshot>/`.  Off unless a county runs it: hidden and rounded cells are the default everywhere else.
"""

import json
import math
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

from pydantic import Field

from configs.command import parse_config_path, run_command, say
from configs.loader import StrictConfig, load_config
from configs.workspace import Workspace
from evaluation.private_counts.budget import Budget, Release
from evaluation.private_counts.noise import Draw, discrete_laplace
from evaluation.published import PRIVATE_COUNTS, published_folder
from features.manifest import write_atomically
from features.store import Snapshot, open_snapshot, read_table

DEFAULT = "configs/private_counts.yaml"
EPSILON = r"^[0-9]+(\.[0-9]+)?$"


class CountedTable(StrictConfig):
    """Clients with a row in a canonical table, by municipality of residence."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    of: str
    """The canonical table."""
    epsilon: str = Field(pattern=EPSILON)
    """What the release costs: 0.5 = 95 of 100 counts within 6 of the true one, 1 = within 3."""


class PrivateCountsConfig(StrictConfig):
    """configs/private_counts.yaml."""

    var: str
    municipalities: tuple[str, ...] = Field(min_length=1)
    """The cells, whether anybody lives there or not: which cells there are must not depend on the clients."""
    tables: tuple[CountedTable, ...] = Field(min_length=1)
    per_year: str = Field(pattern=EPSILON)
    """The budget of one calendar year over every release together."""


def make(config: PrivateCountsConfig, now: datetime, draw: Draw = secrets.randbelow) -> dict[str, Any]:
    """Release every table that the budget holds, and publish.  Raises GateError at the first one that it does not."""
    workspace = Workspace.of(config.var)
    snapshot = open_snapshot(workspace.store)
    budget = Budget(workspace.records, Fraction(config.per_year))
    told = [_release(one, config, snapshot, budget, now, draw) for one in config.tables]
    left = Fraction(config.per_year) - budget.spent(now.year)
    content = {"snapshot_sha256": snapshot.sha256, "tables": told, "budget_left": float(left), "year": now.year}
    folder = published_folder(workspace, snapshot.sha256)
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(folder / PRIVATE_COUNTS, json.dumps(content, ensure_ascii=False, indent=1).encode())
    return content


def _release(
    one: CountedTable, config: PrivateCountsConfig, snapshot: Snapshot, budget: Budget, now: datetime, draw: Draw
) -> dict[str, Any]:
    epsilon = Fraction(one.epsilon)

    def noisy() -> Mapping[str, int]:
        true = counted(snapshot, one.of, config.municipalities)
        return {name: max(0, count + discrete_laplace(epsilon, draw)) for name, count in true.items()}

    cells = budget.released(Release(one.id, snapshot.sha256, epsilon), now, noisy)
    return {"id": one.id, "epsilon": float(epsilon), "within": within(epsilon), "cells": dict(cells)}


def counted(snapshot: Snapshot, table: str, municipalities: Sequence[str]) -> dict[str, int]:
    """Clients with a row of the table by the municipality of their latest stay; others are in no cell."""
    stays = read_table(snapshot, "residents", columns=["client_id", "municipality", "valid_from"])
    latest = stays.sort_values("valid_from", kind="stable").drop_duplicates("client_id", keep="last")
    seen = set(read_table(snapshot, table, columns=["client_id"])["client_id"].astype(object))
    found = latest[latest["client_id"].astype(object).isin(seen)]["municipality"].astype(object).value_counts()
    return {name: int(found.get(name, 0)) for name in municipalities}


def within(epsilon: Fraction) -> int:
    """The distance from the true count that 95 of 100 published ones keep."""
    step = float(epsilon)
    return max(0, math.ceil(math.log(2 / (0.05 * (1 + math.exp(-step)))) / step - 1))


def main(argv: Sequence[str] | None = None) -> int:
    """Release and publish."""
    path = parse_config_path(argv, "evaluation.private_counts", "Publishes county counts with noise.", DEFAULT)

    def action() -> None:
        content = make(load_config(path, PrivateCountsConfig), datetime.now(UTC))
        for table in content["tables"]:
            cells = ", ".join(f"{name} {count}" for name, count in table["cells"].items())
            say(f"{table['id']} (95 of 100 within {table['within']}): {cells}")
        say(f"Left of the privacy budget of {content['year']}: {content['budget_left']:g}.")

    return run_command(action)


if __name__ == "__main__":
    raise SystemExit(main())
