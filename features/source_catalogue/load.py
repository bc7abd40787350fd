"""Reads `configs/catalogue.yaml`: strict, every fault in one sentence, all faults at once."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from datetime import date
from itertools import pairwise
from pathlib import Path

from pydantic import Field

from configs.errors import ConfigError
from configs.loader import StrictConfig, load_config
from configs.words import unknown
from features.source_catalogue.entries import Source, SourceBreak
from features.tables import TABLES

MUNICIPALITY = re.compile(r"\d{3}")


class SourceCatalogue(StrictConfig):
    """Every source that features and reports may use."""

    sources: Mapping[str, Source] = Field(min_length=1)

    @property
    def coverage(self) -> dict[str, dict[str, date]]:
        """For each source and municipality the first day from which absence means zero."""
        return {name: source.first_days for name, source in sorted(self.sources.items())}

    @property
    def fields(self) -> frozenset[str]:
        """Every catalogued field as `table.column`."""
        tables = (pair for source in self.sources.values() for pair in source.fields.items())
        return frozenset(f"{table}.{column}" for table, columns in tables for column in columns)

    @property
    def sha256(self) -> str:
        """The version: changes with any statement of the catalogue, not with its comments or line breaks."""
        text = json.dumps(self.model_dump(mode="json", by_alias=True), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()

    def source(self, name: str) -> Source:
        """One source by id.  Raises ConfigError that names the nearest one."""
        if name not in self.sources:
            raise ConfigError(unknown("source", name, self.sources))
        return self.sources[name]

    def breaks_between(self, source: str, first: date, last: date) -> tuple[SourceBreak, ...]:
        """The source's change points on days first <= day < last, in order."""
        return tuple(one for one in self.source(source).source_breaks if first <= one.date < last)


def load_source_catalogue(path: str | Path) -> SourceCatalogue:
    """Read and check a source catalogue.  Raises ConfigError with every fault."""
    catalogue = load_config(path, SourceCatalogue)
    faults = [f"source `{name}`: {fault}" for name, one in catalogue.sources.items() for fault in _faults(one)]
    faults += [f"source `{name}`: {fault}" for name in catalogue.sources for fault in _part_faults(catalogue, name)]
    if faults:
        raise ConfigError(f"{path}: {' '.join(faults)}")
    return catalogue


def _faults(source: Source) -> Iterator[str]:
    yield from _coverage_faults(source)
    yield from _field_faults(source)
    yield from _break_faults(source)


def _coverage_faults(source: Source) -> Iterator[str]:
    for code, period in source.coverage.items():
        if not MUNICIPALITY.fullmatch(code):
            yield f"`{code}` is no municipality code; write three digits in quotes, e.g. `'091'`."
        if period.to is not None and period.to <= period.from_:
            yield f"the coverage of {code} ends on {period.to}, before it begins; `to` is the first day after."


def _field_faults(source: Source) -> Iterator[str]:
    columns: set[str] = set()
    for name, given in source.fields.items():
        if name not in TABLES:
            yield unknown("table", name, TABLES)
            continue
        table = TABLES[name]
        columns |= set(table.by_name)
        yield from (unknown(f"column of {name}", word, table.by_name) for word in given if word not in table.by_name)
        if twice := sorted({word for word in given if given.count(word) > 1}):
            yield f"{name} names `{twice[0]}` twice; keep one."
    if columns:
        yield from (unknown("column in `keys`", key, columns) for key in source.keys if key not in columns)


def _break_faults(source: Source) -> Iterator[str]:
    for earlier, later in pairwise(source.source_breaks):
        if later.date < earlier.date:
            yield f"the break of {later.date} stands after that of {earlier.date}; write the earliest first."
    for one in source.source_breaks:
        for code in one.municipalities:
            if code not in source.coverage:
                yield f"the break of {one.date}: {unknown('municipality', code, source.coverage)}"


def _part_faults(catalogue: SourceCatalogue, name: str) -> Iterator[str]:
    for whole in catalogue.sources[name].part_of:
        if whole not in catalogue.sources or whole == name:
            yield unknown("source in `part_of`", whole, set(catalogue.sources) - {name})
