"""Which fields a family cites: each must be in the source catalogue, or the build fails."""

from collections.abc import Iterator, Mapping

from configs.words import unknown
from features.catalogue.families import Family
from features.source_catalogue import SourceCatalogue
from features.tables import TABLES

ALSO = {"relations": ("other_id", "role", "valid_from"), "residents": ("municipality",)}
"""What a family reads of another table: the named professionals, and the home municipality behind `coverage`."""


def cited_fields(family: Family) -> tuple[str, ...]:
    """Every field the family reads, as `table.column`, the row's date first."""
    table = TABLES.get(family.table)
    if table is None:
        return ()
    columns = (family.at or table.time, *family.conditions, *family.cited)
    own = (f"{family.table}.{column}" for column in columns if column in table.by_name)
    also = (f"{other}.{column}" for other in family.also_reads for column in ALSO[other])
    return tuple(dict.fromkeys((*own, *also)))


def source_faults(families: Mapping[str, Family], sources: SourceCatalogue, shown: str) -> Iterator[str]:
    """Every field that is not catalogued, and every coverage of a source that is not."""
    for key, family in families.items():
        for field in cited_fields(family):
            if field not in sources.fields:
                yield f"family `{key}`: the field `{field}` is in no source of {shown}. Catalogue it or drop it."
        yield from coverage_faults(key, family, sources.sources)


def coverage_faults(key: str, family: Family, sources: Mapping[str, object]) -> Iterator[str]:
    """The sentence about a `coverage` that names no catalogued source."""
    if family.coverage is not None and family.coverage not in sources:
        yield f"family `{key}`: {unknown('source in `coverage`', family.coverage, sources)}"
