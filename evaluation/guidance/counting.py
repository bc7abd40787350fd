"""Goes through the store bucket by bucket; what is kept of a person is a case, a move between classes or a count."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd
from tqdm import tqdm

from evaluation.guidance.cases import followed, guided
from evaluation.guidance.followed.around_plan import around_plans
from evaluation.guidance.followed.providers import with_change
from evaluation.guidance.groups import frequent_users, light_clients, profile, traits_of
from evaluation.guidance.outcomes import first_started
from evaluation.guidance.settings import GuidanceConfig
from evaluation.guidance.transitions import moves, quarter_starts
from evaluation.guidance.uses import begun, spells
from features.known import known_at
from features.panel.dimensions import stays_at
from features.store import Snapshot, read_table
from features.tables import TABLES
from models.segments.routing import RoutingTable

READ: Mapping[str, tuple[str, ...] | None] = {
    "contacts": (
        "client_id", "time", "sector", "service", "channel", "urgency", "status", "recorded_at", "superseded_at",
    ),
    "episodes": None,
    "decisions": None,
    "segment_records": None,
    "residents": None,
    "plans": None,
    "relations": None,
}  # fmt: skip


@dataclass(frozen=True)
class Counted:
    """cases: one row a followed guidance; plans: one a frequent user; moves, profile: counts; light: by service."""

    cases: pd.DataFrame
    moves: pd.DataFrame
    profile: pd.DataFrame
    light: Mapping[str, int]
    plans: pd.DataFrame


@dataclass(frozen=True)
class Wanted:
    """What is counted, and as of when (everything known strictly before it)."""

    until: pd.Timestamp
    config: GuidanceConfig
    routing: RoutingTable
    scheme: str


def count(snapshot: Snapshot, wanted: Wanted) -> Counted:
    """Every bucket's counts together."""
    buckets = tqdm(range(snapshot.n_buckets), desc="guidance", disable=None)
    parts = [of_people(_known(snapshot, bucket, wanted.until), wanted) for bucket in buckets]
    light = pd.DataFrame([part.light for part in parts]).sum()
    return Counted(
        cases=pd.concat([part.cases for part in parts], ignore_index=True),
        moves=_summed([part.moves for part in parts], ["quarter", "before", "after"]),
        profile=_summed([part.profile for part in parts], ["trait", "group"]),
        light={str(name): int(n) for name, n in light.items()},
        plans=pd.concat([part.plans for part in parts], ignore_index=True),
    )


def of_people(tables: Mapping[str, pd.DataFrame], wanted: Wanted) -> Counted:
    """The counts of the people whose known rows these are."""
    config, until = wanted.config, wanted.until
    found = spells(tables["contacts"], tables["episodes"], config.classes, until)
    cases = guided(tables["decisions"], tables["segment_records"], wanted.routing, wanted.scheme)
    cases = stays_at(
        cases, tables["residents"].assign(client_id=tables["residents"]["client_id"].astype(object)), "time"
    )
    cases = first_started(
        followed(cases, config.follow_days, until), begun(found, config.quiet_days), config.follow_days
    )
    cases["heavy"] = cases["started"] >= config.heavy_from
    cases = with_change(cases, found, config.follow_days)
    frequent = frequent_users(tables["contacts"], config.frequent_users, until)
    starts = quarter_starts(until.date(), config.quarters)
    return Counted(
        cases=cases,
        moves=moves(found, tables["residents"], starts, [one.id for one in config.classes]),
        profile=profile(frequent, traits_of(tables, config.frequent_users, until)),
        light=light_clients(tables["contacts"], tables["episodes"], config.light_clients, until),
        plans=around_plans(dict(tables), config.frequent_users, config.around_plan, config.quarters, until),
    )


def _known(snapshot: Snapshot, bucket: int, until: pd.Timestamp) -> dict[str, pd.DataFrame]:
    return {
        name: known_at(TABLES[name], read_table(snapshot, name, bucket, columns), until.date())
        for name, columns in READ.items()
    }


def _summed(parts: list[pd.DataFrame], keys: list[str]) -> pd.DataFrame:
    return pd.concat(parts, ignore_index=True).groupby(keys, as_index=False).sum()
