"""The champion asked once more about the candidate's hold-out, where its stored predictions are of other rows.

No row of a client is kept for this: the hold-out is cut again from the store, exactly as the candidate's training cut
it, and its labels must be the stored ones.  A champion of sums runs its own recipe on the candidate's windows.
"""

from functools import partial
from typing import TypeVar

import numpy as np
import pandas as pd
from pydantic import ValidationError

from configs.errors import ModelError
from configs.loader import StrictConfig
from configs.workspace import Workspace
from evaluation.backtest import rolled
from evaluation.flow.backtest import choose_recipe, judged, rolling_flows
from evaluation.flow.chances import chance_losses, choose_chances
from features.histories import build, load_history
from features.store import Snapshot, open_snapshot, read_table
from models.demand.config import DemandConfig
from models.demand.forecasters.members import forecast_members
from models.flow.config import FlowConfig
from models.needs.need import NeedModel
from models.registry import RegisteredBundle, Registry
from models.segments.segmentation import SegmentationModel
from training.demand.cold_start import standing_of
from training.demand.fitting import judged_windows
from training.demand.panel import driver_book_of, read_panel, shown
from training.flow import observe
from training.need import NeedConfig
from training.needs.labelled import cohort
from training.needs.sampling import whole_clients
from training.promotion.pairing import CHAMPION_P
from training.publishing.publish import answering
from training.rows.holdout import numbered
from training.rows.records import recorded_segmentations
from training.rows.splits import temporal_client_holdout, temporal_holdout
from training.segments.config import SegmentationConfig

ClientModel = NeedModel | SegmentationModel
C = TypeVar("C", bound=StrictConfig)


def client_rows(
    stored: pd.DataFrame, candidate: RegisteredBundle, models: tuple[ClientModel, ClientModel],
    registry: Registry, workspace: Workspace,
) -> pd.DataFrame:  # fmt: skip
    """The candidate's stored predictions with `champion_p` beside them; `models` are (candidate, champion).

    Raises ModelError when the store has changed since, or the champion answers none of the candidate's questions.
    """
    snapshot = open_snapshot(workspace.store)
    if snapshot.sha256 != candidate.snapshot_sha256:
        raise ModelError("the registers have changed since the candidate was trained, so its hold-out is gone")
    held = _held_out(candidate, models[0], registry, workspace, snapshot)
    champion, ours = models[1], stored[stored["output"].isin(answering(models[1]))]
    if ours.empty:
        raise ModelError("the champion answers none of the candidate's questions")
    rows = build(snapshot, held[["client_id", "as_of"]], champion.catalogue, champion.vocabulary)
    used = champion.parts.used_columns(rows.frame.to_numpy(dtype=np.float32))
    place = pd.Series(np.arange(len(held)), index=held["row"].to_numpy())
    parts = [
        part.assign(**{CHAMPION_P: answering(champion)[str(name)].probabilities(used[_places(place, part)])})
        for name, part in ours.groupby("output", observed=True)
    ]
    return pd.concat(parts, ignore_index=True)


def _places(place: pd.Series, part: pd.DataFrame) -> np.ndarray:
    found = place.reindex(part["row"].to_numpy())
    if found.isna().any():
        raise ModelError("the candidate's hold-out cannot be cut again from the store as it is now")
    return found.to_numpy(dtype=np.intp)


def _held_out(
    candidate: RegisteredBundle, model: ClientModel, registry: Registry, workspace: Workspace, snapshot: Snapshot
) -> pd.DataFrame:
    """client_id, as_of and the random `row` number of the candidate's hold-out, as its training drew them."""
    if isinstance(model, NeedModel):
        return _held_out_need(_config(registry, candidate, NeedConfig), model, workspace, snapshot)
    config = _config(registry, candidate, SegmentationConfig)
    records = recorded_segmentations(snapshot, model.scheme)
    split = temporal_client_holdout(records.as_of, records.clients, config.holdout_share, config.train_from)
    return _numbered(records.rows[split.test], snapshot, config.fit.seed)


def _held_out_need(config: NeedConfig, model: NeedModel, workspace: Workspace, snapshot: Snapshot) -> pd.DataFrame:
    labelled = cohort(model.task, snapshot, load_history(workspace, config.histories))
    split = temporal_holdout(labelled.as_of, config.holdout_share, model.task.horizon_days + model.task.gap_days)
    tested = whole_clients(labelled.clients, split.test, config.bounds.max_holdout_rows, config.fit.seed)
    return _numbered(labelled.rows[tested], snapshot, config.fit.seed)


def _numbered(rows: pd.DataFrame, snapshot: Snapshot, seed: int) -> pd.DataFrame:
    residents = read_table(snapshot, "residents")
    drawn = numbered(rows, np.full(len(rows), np.nan), residents, seed).numbers
    return rows.reset_index(drop=True).assign(row=drawn["row"].to_numpy())


def demand_table(
    candidate: RegisteredBundle, config: DemandConfig, champion: DemandConfig, workspace: Workspace
) -> pd.DataFrame:
    """The report windows of the champion's recipe on the series that the candidate was trained on.

    `config` is the candidate's, from its bundle: the run's own copy has lost the order of the counting rules.
    """
    panel = read_panel(config, workspace)
    if panel.source_sha256 != candidate.snapshot_sha256:
        raise ModelError("the counted series have changed since the candidate was trained")
    standing = standing_of(champion, panel, workspace)
    published, _ = shown(champion, panel, standing.borrowed)
    own = standing.among(published).own
    book = driver_book_of(champion, panel, workspace)
    tested = rolled(panel.frame, own, champion, partial(forecast_members, book=book), forecast_members)
    return judged_windows(tested, own, champion)


def flow_table(candidate: RegisteredBundle, champion: FlowConfig, workspace: Workspace) -> pd.DataFrame:
    """The report windows of the champion's recipe on the weeks that the candidate was trained on."""
    snapshot = open_snapshot(workspace.store)
    if snapshot.sha256 != candidate.snapshot_sha256:
        raise ModelError("the registers have changed since the candidate was trained")
    history = observe(champion, snapshot).history
    table = rolling_flows(champion, history)
    recipe = choose_recipe(table, choose_chances(chance_losses(champion, history)))
    return judged(table, recipe, champion.horizon)


def _config(registry: Registry, version: RegisteredBundle, kind: type[C]) -> C:
    """The config that a version's run stored.  Raises ModelError when this code cannot read it any more."""
    text = registry.artefact(version.run_id, "config.json").read_bytes()
    try:
        return kind.model_validate_json(text)
    except ValidationError:
        raise ModelError("the candidate was trained with settings that the present code does not know") from None
