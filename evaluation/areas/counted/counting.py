"""One need task counted over the whole store, bucket by bucket: likelihoods of clients, and the past of others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import pandas as pd

from evaluation.areas.counted.known import probabilities
from evaluation.areas.counted.people import Look, cells_of, joined, origins, residents_of
from evaluation.areas.settings import Newcomers
from features.catalogue import Catalogue
from features.cohort import Rule
from features.outcomes import OutcomeRule, Step, Window, label_history
from features.store import Snapshot
from models.needs.need import NeedModel, NeedTask, main_level

HEAVIER, BEYOND = 2, 3
"""Places in the levels of an ordered change."""


@dataclass(frozen=True)
class Counted:
    """What the store and the model say of one task."""

    clients: pd.DataFrame
    """area, p: clients inside the task's cohort today."""
    outside: int
    """Clients of the service who are outside the cohort: in neither part of the figure."""
    exposed: pd.DataFrame
    """area, band, exposed: residents today who are not clients."""
    cells: pd.DataFrame
    """origin, area, band, exposed, events: the past of people who were not clients."""


def count(
    snapshot: Snapshot,
    model: NeedModel,
    rules: Sequence[Rule],
    catalogue: Catalogue,
    area_of: Mapping[str, str],
    past: Newcomers,
) -> Counted:
    """Walk the buckets once."""
    today = np.datetime64(snapshot.data_until + timedelta(days=1))
    first = np.datetime64(past.first_origin)
    reach = model.task.horizon_days + model.task.gap_days
    before = origins(today, first, reach, past.settle_days, past.step_days)
    look = Look((today, *before), tuple(rules), model.task.cohort.open_episode, area_of)
    parts = [_bucket(snapshot, bucket, look, model, catalogue) for bucket in range(snapshot.n_buckets)]
    clients = pd.concat([part.clients for part in parts], ignore_index=True)
    exposed = pd.concat([part.exposed for part in parts], ignore_index=True)
    return Counted(
        clients=clients,
        outside=sum(part.outside for part in parts),
        exposed=exposed.groupby(["area", "band"], as_index=False)[["exposed"]].sum(),
        cells=joined([part.cells for part in parts], past.observed_days),
    )


def newcomers_rule(task: NeedTask) -> OutcomeRule:
    """The task's rule as asked of somebody without a service: the first step of an order is a step up from none."""
    order = task.outcome.ordered_change
    if order is None:
        return task.outcome
    if main_level(task) == order.levels[BEYOND]:
        return OutcomeRule(episode_start=order.beyond, new_only=True)
    return OutcomeRule(heavier=(*order.steps, *(Step(kind=kind) for kind in order.beyond)))


def newcomers_problem(task: NeedTask) -> dict[str, str] | None:
    """Why nobody outside the cohort can have this outcome, or None."""
    order = task.outcome.ordered_change
    if task.outcome.minutes_change is None and (order is None or main_level(task) in order.levels[HEAVIER:]):
        return None
    return {
        "fi": "Lopputulos on muutos asiakkaan omaan palveluun, jota uudella asiakkaalla ei vielä ole.",
        "en": "The outcome is a change of the client's own service, which a new client does not have yet.",
    }


def _bucket(snapshot: Snapshot, bucket: int, look: Look, model: NeedModel, catalogue: Catalogue) -> Counted:
    people = residents_of(snapshot, bucket, look, catalogue)
    today = (people["as_of"] == look.days[0]).to_numpy()
    is_client, of_age = people["is_client"].to_numpy(bool), model.task.ages.hold(people["age"].to_numpy())
    clients = people[today & is_client].reset_index(drop=True)
    p = probabilities(model, snapshot, clients[["client_id", "as_of"]])
    inside = ~np.isnan(p)
    others = people[~is_client & of_age].reset_index(drop=True)
    still = others[others["as_of"] == look.days[0]].assign(exposed=1.0)
    were = others[others["as_of"] != look.days[0]].reset_index(drop=True)
    return Counted(
        clients=clients[["area"]].assign(p=p)[inside],
        outside=int((~inside).sum()),
        exposed=still.groupby(["area", "band"], as_index=False)[["exposed"]].sum(),
        cells=cells_of(were, _counted(snapshot, were, model.task)),
    )


def _counted(snapshot: Snapshot, rows: pd.DataFrame, task: NeedTask) -> np.ndarray:
    """True for the rows to which the outcome happened; those who left or whose outcome was there before did not."""
    happened = np.zeros(len(rows), bool)
    if len(rows):
        window = Window(task.horizon_days, task.gap_days)
        labels = label_history(snapshot, rows[["client_id", "as_of"]], newcomers_rule(task), window)
        happened[labels.kept] = labels.label == 1
    return happened
