"""Every client with a care relationship at once: proposals, rules and lists, for the work list and the random sample.

Worked out in the background and held in memory; nothing of it is stored, and nothing is shown without an audit entry.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import numpy as np
import pandas as pd

from features.kernel import build_features
from features.kernel.plan import plan_of
from features.outcomes import Window, label_history
from features.rules.fire import FIRES, verdicts
from features.rules.run import RuleWork
from features.segment_records import known_answers
from features.store import bucket_of, read_table
from models.answers import AxisAnswer, Status
from models.needs.need import NeedModel
from models.needs.need import main_place as place_of
from models.segments.overviews import Proposal, list_line, need_shares, proposals
from models.segments.questionnaire import recorded_answers
from models.segments.segmentation import SegmentationModel
from models.similar import Reference
from serving.engine.registers import Registers

Rows = np.ndarray
KINDS = {"alerts": "alert", "groups": "target_group", "suggestions": "suggestion"}
"""Field of a line → the kind of the rules whose ids it holds."""


@dataclass(frozen=True)
class ClientLine:
    """What is known of one client without opening her page."""

    status: Status
    segment: str | None = None
    alerts: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()
    """Need tasks whose list line the client reaches."""
    suggestions: tuple[str, ...] = ()
    """Rules that suggest a service in the place of a part of the present one; people decide."""


@dataclass(frozen=True)
class Overview:
    """One line per client; what it was made of is in `made_of`."""

    made_of: frozenset[tuple[str, str]]
    lines: Mapping[str, ClientLine]
    list_lines: Mapping[str, float] = field(default_factory=dict)
    reference: Reference | None = None
    """Clients a horizon ago and what happened to them; None without need models."""
    reference_as_of: date | None = None


@dataclass(frozen=True)
class Live:
    """The models that an overview is made of."""

    segmentation: SegmentationModel | None
    needs: Mapping[str, NeedModel]


def look_over(
    registers: Registers, live: Live, rules: RuleWork, made_of: frozenset[tuple[str, str]], today: date
) -> Overview:
    """The overview of everybody who has or had a care relationship with some unit."""
    clients = sorted({one.client_id for unit in registers.relations.by_unit.values() for one in unit})
    then = _reference_day(registers, live)
    built = [
        _part(tables, own, _Asked(live, rules, registers.stamp.as_of, today, then))
        for tables, own in _buckets(registers, clients, _wanted(live, rules))
    ]
    everyone = [client for part in built for client in part.clients]
    shares = {task: np.concatenate([part.shares[task] for part in built]) for task in live.needs} if built else {}
    tops = {task: list_line(shares[task], max(live.needs[task].task.capacity)) for task in shares}
    lists = [tuple(task for task in shares if shares[task][row] >= tops[task]) for row in range(len(everyone))]
    found = (line for part in built for line in part.lines)
    lines = {client: replace(line, lists=own) for client, line, own in zip(everyone, found, lists, strict=True)}
    return Overview(made_of, lines, tops, _reference(registers, live, built, then), then)


@dataclass(frozen=True)
class _Asked:
    live: Live
    rules: RuleWork
    as_of: date
    today: date
    then: date | None


@dataclass(frozen=True)
class _Part:
    clients: list[str]
    lines: list[ClientLine]
    shares: Mapping[str, np.ndarray]
    before: np.ndarray | None


def _part(tables: Mapping[str, pd.DataFrame], own: np.ndarray, asked: _Asked) -> _Part:
    """One bucket's clients: never more than one bucket of rows is held."""
    rows, rules = _Built(tables, own, asked.as_of), asked.rules
    found, fired = _proposals(asked, rows, tables, own), _fired(rules, rows)
    lines = [
        ClientLine(one.status, one.segment, **{field: _of_kind(rules, names, kind) for field, kind in KINDS.items()})
        for one, names in zip(found, fired, strict=True)
    ]
    needs = asked.live.needs.items()
    shares = {task: need_shares(model, rows.of(model), asked.as_of, asked.today) for task, model in needs}
    return _Part([str(client) for client in own], lines, shares, _rows_before(tables, own, asked))


def _rows_before(tables: Mapping[str, pd.DataFrame], own: np.ndarray, asked: _Asked) -> np.ndarray | None:
    model = asked.live.segmentation
    if model is None or asked.then is None:
        return None
    return model.parts.used_columns(_Built(tables, own, asked.then).of(model))


class _Built:
    """Rows of one bucket's clients, built once for models with the same features."""

    def __init__(self, tables: Mapping[str, pd.DataFrame], clients: np.ndarray, as_of: date) -> None:
        self._tables, self.clients = tables, clients
        self._as_of = np.full(len(clients), np.datetime64(as_of, "D"))
        self._rows: dict[tuple[str, str], Rows] = {}

    def of(self, model: SegmentationModel | NeedModel | RuleWork) -> Rows:
        """The rows that a model reads."""
        key = plan_of(model.catalogue, model.vocabulary).key
        if key not in self._rows:
            self._rows[key] = build_features(
                self._tables, self.clients, self._as_of, model.catalogue, model.vocabulary, threads=1
            )
        return self._rows[key]


def _buckets(
    registers: Registers, clients: Sequence[str], wanted: set[str]
) -> Iterator[tuple[dict[str, pd.DataFrame], np.ndarray]]:
    snapshot = registers.snapshot
    by_bucket: dict[int, list[str]] = {}
    for client in clients:
        by_bucket.setdefault(bucket_of(client, snapshot.n_buckets), []).append(client)
    for bucket, own in sorted(by_bucket.items()):
        yield {name: read_table(snapshot, name, bucket) for name in sorted(wanted)}, np.array(own, object)


def _wanted(live: Live, rules: RuleWork) -> set[str]:
    catalogues = [rules.catalogue, *(model.catalogue for model in live.needs.values())]
    catalogues += [live.segmentation.catalogue] if live.segmentation else []
    tables = {name for catalogue in catalogues for name in catalogue.tables}
    return tables | {"residents", "segment_records"}


def _proposals(
    asked: _Asked, rows: _Built, tables: Mapping[str, pd.DataFrame], clients: np.ndarray
) -> tuple[Proposal, ...]:
    model = asked.live.segmentation
    if model is None:
        return tuple(Proposal("not_assessable", None) for _ in clients)
    own = dict(tuple(tables["segment_records"].groupby("client_id", observed=True, sort=False)))
    answers = [_answers(model, own.get(client), asked.as_of) for client in clients]
    return proposals(model, rows.of(model), answers, asked.as_of, asked.today)


def _answers(model: SegmentationModel, records: pd.DataFrame | None, as_of: date) -> tuple[AxisAnswer, ...]:
    if records is None:
        return ()
    return recorded_answers(model.scheme, known_answers({"segment_records": records}, as_of), as_of)


def _fired(rules: RuleWork, rows: _Built) -> list[tuple[str, ...]]:
    """For each client the rules that fire; what cannot be told is not among them."""
    frame = dict(zip(rules.specs, rows.of(rules).T, strict=True))
    found = verdicts(rules.book, frame, len(rows.clients))
    return [tuple(name for name, said in found.items() if said[place] == FIRES) for place in range(len(rows.clients))]


def _of_kind(rules: RuleWork, names: tuple[str, ...], kind: str) -> tuple[str, ...]:
    return tuple(name for name in names if rules.book.rules[name].kind == kind)


def _reference_day(registers: Registers, live: Live) -> date | None:
    """One longest horizon ago: the latest day from which every outcome is known by now."""
    if live.segmentation is None or not live.needs:
        return None
    reach = max(one.task.horizon_days + one.task.gap_days for one in live.needs.values())
    return registers.stamp.as_of - timedelta(days=reach + 1)


def _reference(registers: Registers, live: Live, built: Sequence[_Part], then: date | None) -> Reference | None:
    """The clients as they were known then, and what happened within each task's horizon."""
    rows = [part.before for part in built if part.before is not None]
    if then is None or not rows:
        return None
    everyone = np.array([client for part in built for client in part.clients], object)
    asked = pd.DataFrame({"client_id": everyone, "as_of": np.datetime64(then, "ns")})
    outcomes = {task: outcomes_of(registers, one, asked) for task, one in live.needs.items()}
    return Reference(everyone, np.concatenate(rows), outcomes)


def outcomes_of(registers: Registers, model: NeedModel, asked: pd.DataFrame) -> np.ndarray:
    """float64 per row of `asked` (client_id, as_of): 1 the main outcome happened, 0 it did not, NaN not to be told."""
    task = model.task
    window = Window(task.horizon_days, task.gap_days)
    labels = label_history(registers.snapshot, asked, task.outcome, window, task.cohort.open_episode)
    found = np.full(len(asked), np.nan)
    least = place_of(task) if model.steps else 1
    found[labels.kept] = labels.label >= least
    return found
