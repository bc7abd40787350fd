"""Expected needs by area on past days: the client-level heads-up that a demand config may name as a driver.

`python -m training.heads_up --config configs/heads_up.yaml` writes `area, as_of, expected, recorded_at`: the sum of a
need model's likelihoods over the clients of each area, from what was recorded before each day.
"""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
from pydantic import Field

from configs.command import parse_config_path, run_command, say
from configs.errors import ModelError
from configs.loader import StrictConfig, load_config
from configs.workspace import Workspace
from evaluation.areas.counted.known import load_need, probabilities, stored_predictions
from evaluation.areas.counted.people import Look, residents_of
from evaluation.small_cells.hiding import too_few
from features.catalogue import load_catalogue
from features.histories import HistoriesConfig
from features.manifest import write_atomically
from features.store import Snapshot, open_snapshot, read_table
from models.names import need_model
from models.needs.need import NeedModel, load_task
from models.registry import connect

COLUMNS = ["area", "as_of", "expected", "recorded_at"]


class HeadsUpConfig(StrictConfig):
    """configs/heads_up.yaml."""

    var: str
    histories: str
    """Its rules say who is a client that the models know."""
    task: str
    """The need task whose likelihoods are summed."""
    step_days: int = Field(default=28, ge=1)
    days_back: int = Field(default=364, ge=0)
    file: str = "heads_up.csv"
    """Written into the data folder."""


def make(config: HeadsUpConfig) -> Path:
    """Sum, and write the file.  Raises ModelError when the task has no registered model."""
    workspace = Workspace.of(config.var)
    snapshot, registry, task = open_snapshot(workspace.store), connect(workspace), load_task(config.task)
    version = registry.latest(need_model(task.id))
    if version is None:
        raise ModelError(f"No model {need_model(task.id)} is registered. Type `python -m training.need` first.")
    model = load_need(workspace, registry, version)
    learned_until = pd.Timestamp(stored_predictions(registry, version, task.id)["as_of"].min())
    today = snapshot.data_until + timedelta(days=1)
    days = [today - timedelta(days=back) for back in range(0, config.days_back + 1, config.step_days)]
    rules = load_config(config.histories, HistoriesConfig)
    catalogue = load_catalogue(rules.catalogue)
    codes = read_table(snapshot, "residents", columns=("municipality",))["municipality"].astype(str).unique()
    of_itself = {code: code for code in codes}  # the areas of a demand config are municipalities
    look = Look(tuple(map(np.datetime64, days)), tuple(rules.rules), model.task.cohort.open_episode, of_itself)
    parts = []
    for bucket in range(snapshot.n_buckets):
        people = residents_of(snapshot, bucket, look, catalogue)
        parts.append(_likelihoods(model, snapshot, people[people["is_client"]]))
    table = summed(pd.concat(parts, ignore_index=True), learned_until)
    path = workspace.root / config.file
    write_atomically(path, table.to_csv(index=False, date_format="%Y-%m-%d").encode())
    return path


def summed(clients: pd.DataFrame, learned_until: pd.Timestamp) -> pd.DataFrame:
    """`area, as_of, expected, recorded_at` from `area, as_of, p` of clients; areas with 1–4 clients are left out.

    The sum of a day before `learned_until` counts as known only then: the model learned from outcomes up to that day.
    """
    known = clients[clients["p"].notna()]
    cells = known.groupby(["area", "as_of"], as_index=False).agg(expected=("p", "sum"), clients=("p", "size"))
    shown = cells[~cells["clients"].map(too_few)]
    return shown.assign(recorded_at=shown["as_of"].where(shown["as_of"] > learned_until, learned_until))[
        COLUMNS
    ].reset_index(drop=True)


def _likelihoods(model: NeedModel, snapshot: Snapshot, people: pd.DataFrame) -> pd.DataFrame:
    rows = people.reset_index(drop=True)
    p = probabilities(model, snapshot, rows[["client_id", "as_of"]]) if len(rows) else np.empty(0)
    return rows[["area", "as_of"]].assign(p=p)


def main(argv: Sequence[str] | None = None) -> int:
    """The command."""
    purpose = "Writes the expected needs of known clients by area."
    path = parse_config_path(argv, "training.heads_up", purpose, "configs/heads_up.yaml")

    def action() -> None:
        say(f"Written: {make(load_config(path, HeadsUpConfig)).name} in the data folder.")

    return run_command(action)


if __name__ == "__main__":
    raise SystemExit(main())
