"""Which columns of a table the kernel reads: nothing else needs to leave the store."""

from collections.abc import Iterable

from features.catalogue.families import Family
from features.known import INTERVAL_ENDS
from features.tables import TABLES


def needed_columns(table: str, families: Iterable[Family]) -> tuple[str, ...]:
    """The client, the clocks, and whatever a family of this table counts, filters or sums, in the table's order."""
    own = [family for family in families if family.table == table]
    wanted = {"client_id", "recorded_at", "superseded_at", TABLES[table].time, INTERVAL_ENDS.get(table)}
    wanted |= {name for family in own for name in (family.at, *family.cited, *family.conditions)}
    if table == "residents":
        wanted |= {"history_start", "birth_year", "died_on", "municipality"}
    if table == "relations":
        wanted |= {"role", "other_id"}
    clocks = {TABLES[table].by_name[name].clock for name in wanted if name in TABLES[table].by_name}
    return tuple(column.name for column in TABLES[table].columns if column.name in wanted | clocks)
