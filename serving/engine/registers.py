"""One snapshot of the registers as the service holds it: the index of care relationships and the list's facts."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pandas as pd

from configs.errors import DataError
from features.columnar import Columns
from features.packed import PackedClients, open_packed
from features.store import Snapshot, open_snapshot, read_client, read_table
from serving.desk.access import Tie
from serving.engine.clients.facts import CHANGES, CONTACT_COLUMNS, collect_facts
from serving.engine.clients.relations_index import RelationsIndex, index_everyone, index_relations
from serving.engine.contract import ClientFacts, DataStamp


@dataclass(frozen=True)
class Registers:
    """A snapshot and what was computed from it when it was opened."""

    snapshot: Snapshot
    stamp: DataStamp
    relations: RelationsIndex
    facts: dict[str, ClientFacts]
    packed: PackedClients | None = None
    """Every client's rows in one mapped file; None where the data folder cannot be written."""
    population: pd.DataFrame | None = None
    """The population by area, age and sex, which scenarios use; None where the store has none."""

    def tables_of(self, client_id: str) -> Mapping[str, Columns | pd.DataFrame]:
        """Every row of one client, by table."""
        if self.packed is not None:
            return self.packed.client(client_id)
        return read_client(self.snapshot, client_id)


logger = logging.getLogger("luotain.serving")
PUBLISHED = Tie("published_data", "published_data", date.min)
"""The tie of every client in a published, anonymous data set, which knows no care relationships."""


def open_registers(store: Path, published: bool = False) -> Registers:
    """Open the store's current snapshot.  Raises DataError."""
    snapshot = open_snapshot(store)
    as_of = snapshot.data_until + timedelta(days=1)
    residents = read_table(snapshot, "residents")
    contacts = (
        read_table(snapshot, "contacts", bucket, columns=list(CONTACT_COLUMNS)) for bucket in range(snapshot.n_buckets)
    )
    return Registers(
        snapshot,
        DataStamp(snapshot.sha256, snapshot.data_until, as_of),
        index_everyone(residents["client_id"], PUBLISHED)
        if published
        else index_relations(read_table(snapshot, "relations"), residents["client_id"], as_of),
        collect_facts(residents, read_table(snapshot, "plans"), contacts, as_of, _changing(snapshot)),
        population=_population(snapshot),
    )


def _changing(snapshot: Snapshot) -> dict[str, pd.DataFrame]:
    """The tables besides contacts and plans in which a new row is a change, with the columns that say when."""
    found = {}
    for name in CHANGES:
        if name != "plans":
            found[name] = read_table(snapshot, name)
    return found


def _population(snapshot: Snapshot) -> pd.DataFrame | None:
    try:
        return read_table(snapshot, "population")
    except DataError:
        return None


def packed_or_none(folder: Path, snapshot: Snapshot) -> PackedClients | None:
    """The packed file of the snapshot; None, and one line in the log, where it can be neither read nor made."""
    try:
        return open_packed(folder, snapshot)
    except (DataError, OSError) as error:
        said = str(error) if isinstance(error, DataError) else type(error).__name__
        logger.warning("packed file: %s Clients are read from the store, which takes longer.", said)
        return None


def differs(snapshot: Snapshot, store: Path) -> bool:
    """True when the store's newest snapshot is another one."""
    return open_snapshot(store).sha256 != snapshot.sha256
