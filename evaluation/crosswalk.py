"""Compares two segmentation schemes by their cross-walk table, in counts of clients; small counts stay hidden.

`python -m evaluation.crosswalk --config configs/crosswalk.yaml`: clients whose segmentation is recorded in both schemes
are cross-tabulated; where nobody's is, the proposals of the first scheme's model are taken through the table.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd
from pydantic import Field

from configs.command import parse_config_path, run_command, say
from configs.errors import DataError
from configs.loader import StrictConfig, load_config
from configs.workspace import Workspace
from evaluation.held_out.stored import CLASSES_FILE, checked_classes
from evaluation.small_cells.shown import shown_by_name, shown_counts, shown_share
from features.frames import read_frame
from features.known import known_at
from features.store import open_snapshot, read_table
from features.tables import TABLES
from models.names import segmentation_model
from models.registry import Registry, connect
from models.segments.crosswalk import Crosswalk, load_crosswalk
from models.segments.scheme import Scheme

TABLE = "segment_records"
HIDDEN = "–"


class CrosswalkRun(StrictConfig):
    """configs/crosswalk.yaml."""

    var: str
    crosswalk: str
    within_days: int = Field(default=182, ge=0)
    """Two records of a client at most this far apart describe the same situation."""


@dataclass(frozen=True)
class Compared:
    """Clients segmented in both schemes, as shown: None = hidden."""

    counts: Mapping[tuple[str, str], int | None]
    allowed: float | None
    """Share of the clients whose pair the table has."""


@dataclass(frozen=True)
class Mapped:
    """Proposals taken through the table, as shown: None = hidden."""

    clients: Mapping[str, int | None]
    """Per segment of the first scheme."""
    ranges: Mapping[str, tuple[int, int] | None]
    """Per segment of the other: at least (those who can only be here) and at most (those who may be here)."""


def compare(records: pd.DataFrame, table: Crosswalk, as_of: date, within_days: int) -> Compared | None:
    """Cross-tabulate the newest segmentations of each client in both schemes; None when nobody has both.

    `records` is the table `segment_records`.  Raises DataError for a recorded segment that its scheme does not know.
    """
    known = known_at(TABLES[TABLE], records, as_of)
    first, other = (_newest(known, scheme) for scheme in (table.from_scheme, table.to_scheme))
    both = first.merge(other, on="client_id", suffixes=("", "_other"))
    near = (both["time"] - both["time_other"]).abs() <= pd.Timedelta(days=within_days)
    both = both[near]
    if both.empty:
        return None
    pairs = list(zip(both["segment"], both["segment_other"], strict=True))
    cells = [(one, two) for one in table.from_scheme.segment_ids for two in table.to_scheme.segment_ids]
    shown = shown_counts([pairs.count(cell) for cell in cells])
    agreeing = sum(table.allows(one, two) for one, two in pairs)
    return Compared(dict(zip(cells, shown, strict=True)), shown_share(agreeing, len(pairs)))


def take_through(proposed: Sequence[str], table: Crosswalk) -> Mapped:
    """Where the proposals of the first scheme lead in the other.  Only shown counts are added up."""
    counts = dict.fromkeys(table.from_scheme.segment_ids, 0)
    for segment in proposed:
        table.from_scheme.segment(segment)
        counts[segment] += 1
    shown = shown_by_name(counts)
    return Mapped(
        {segment: shown[segment] for segment in counts},
        {other: _range(table, other, shown) for other in table.to_scheme.segment_ids},
    )


def _range(table: Crosswalk, other: str, shown: Mapping[str, int | None]) -> tuple[int, int] | None:
    sources = [segment for segment in table.from_scheme.segment_ids if table.allows(segment, other)]
    found = {segment: shown[segment] for segment in sources}
    known = {segment: count for segment, count in found.items() if count is not None}
    if len(known) < len(found):
        return None
    only_here = sum(count for segment, count in known.items() if len(table.targets(segment)) == 1)
    return only_here, sum(known.values())


def _newest(known: pd.DataFrame, scheme: Scheme) -> pd.DataFrame:
    """client_id, time, segment: each client's newest whole record of the scheme and its version."""
    own = known[(known["scheme"] == scheme.id) & (known["scheme_version"] == scheme.version)]
    own = own.sort_values(["time", "recorded_at"], kind="stable")
    segments = own["segment"].astype(object)
    strange = ~segments.isin(scheme.segment_ids) & segments.notna()
    if strange.any():
        raise DataError(
            f"{int(strange.sum())} records of the scheme {scheme.id} have a segment that it does not know; "
            f"allowed: {', '.join(scheme.segment_ids)}. Map the codes in the source's YAML."
        )
    whole = pd.DataFrame({"client_id": own["client_id"].astype(str), "time": own["time"], "segment": segments})
    return whole.dropna(subset=["segment"]).drop_duplicates("client_id", keep="last")


def proposals(registry: Registry, scheme: Scheme) -> tuple[str, ...]:
    """The live (else newest) model's proposals for its hold-out clients, the latest of each.  Raises DataError."""
    name = segmentation_model(scheme.id)
    version = registry.champion(name) or registry.latest(name)
    if version is None:
        raise DataError(
            f"No client is segmented in both schemes and there is no model {name} whose proposals could be compared. "
            "Train it with `python -m training.segmentation`, or ingest segmentations of both schemes."
        )
    classes = checked_classes(read_frame(registry.artefact(version.run_id, CLASSES_FILE)))
    latest = classes.sort_values("as_of", kind="stable").drop_duplicates("client", keep="last")
    return tuple(latest["proposed"].astype(str))


def report(table: Crosswalk, found: Compared | Mapped) -> str:
    """What the command prints."""
    first, other = table.from_scheme, table.to_scheme
    head = [f"Cross-walk {table.config.id} version {table.config.version}: {first.id} to {other.id}"]
    body = _compared(table, found) if isinstance(found, Compared) else _mapped(table, found)
    notes = [f"  {pair.segment} -> {pair.to}: {pair.note.en}" for pair in table.config.pairs if pair.note]
    return "\n".join(
        [
            *head,
            *body,
            *notes,
            f"  {table.config.notice.en}",
            f"  {HIDDEN} = hidden (fewer than 5, or would give one away)",
        ]
    )


def _compared(table: Crosswalk, found: Compared) -> list[str]:
    columns = table.to_scheme.segment_ids
    lines = ["  clients segmented in both schemes", f"  {'':20}" + "".join(f"{name:>20}" for name in columns)]
    for row in table.from_scheme.segment_ids:
        lines.append(f"  {row:20}" + "".join(f"{_count(found.counts[row, column]):>20}" for column in columns))
    share = HIDDEN if found.allowed is None else f"{found.allowed:.0%}"
    return [*lines, f"  share whose pair the table has: {share}"]


def _mapped(table: Crosswalk, found: Mapped) -> list[str]:
    lines = ["  nobody is segmented in both schemes; proposals of the model for its hold-out clients"]
    for segment, clients in found.clients.items():
        lines.append(f"  {segment:20}{_count(clients):>8}  -> {', '.join(table.targets(segment))}")
    for segment, low_high in found.ranges.items():
        shown = HIDDEN if low_high is None else f"{low_high[0]} to {low_high[1]}"
        lines.append(f"  in {segment}: {shown}")
    return lines


def _count(count: int | None) -> str:
    return HIDDEN if count is None else str(count)


def run(config: CrosswalkRun) -> None:
    """Compare and print.  Raises ConfigError or DataError."""
    workspace, table = Workspace.of(config.var), load_crosswalk(config.crosswalk)
    snapshot = open_snapshot(workspace.store)
    as_of = snapshot.data_until + timedelta(days=1)
    found = compare(read_table(snapshot, TABLE), table, as_of, config.within_days)
    say(report(table, found or take_through(proposals(connect(workspace), table.from_scheme), table)))


def main(argv: Sequence[str] | None = None) -> int:
    """`python -m evaluation.crosswalk --config configs/crosswalk.yaml`."""
    path = parse_config_path(argv, "evaluation.crosswalk", "Compares two schemes.", "configs/crosswalk.yaml")
    return run_command(lambda: run(load_config(path, CrosswalkRun)))


if __name__ == "__main__":
    raise SystemExit(main())
