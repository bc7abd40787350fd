"""Every definition's parts for every period, bucket by bucket, and which tables and areas the store really covers."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

import pandas as pd
from tqdm import tqdm

from evaluation.areas.settings import OTHER
from evaluation.indicators.coverage import Coverage
from evaluation.indicators.kinds import (
    Change,
    Continuity,
    Covered,
    LatestMean,
    Measure,
    NthFree,
    PerClient,
    Repeat,
    RowCount,
    RowShare,
    Shortfall,
    SlotWait,
    UnitsWith,
    Wait,
    Waiting,
    narrowed,
    reads,
)
from evaluation.indicators.measures import groups, rows, supply, waits
from evaluation.indicators.measures.world import NO_SEGMENT, World
from evaluation.indicators.periods import Span, spans
from evaluation.indicators.settings import Definition, IndicatorsConfig
from features.known import known_at
from features.store import Snapshot, read_table
from features.tables import TABLES

SLOTS = "appointment_slots"
ALWAYS = ("residents", "segment_records")
Parts = Mapping[tuple[str, Span], pd.DataFrame]


@dataclass
class Found:
    """Parts by (definition, period): who, num, den, missing, area, band, segment; and what the store covers."""

    as_of: pd.Timestamp
    coverage: Coverage
    frames: dict[tuple[str, Span], list[pd.DataFrame]] = field(default_factory=lambda: defaultdict(list))

    def parts(self, id: str, span: Span) -> pd.DataFrame:
        """One definition's rows of one period."""
        return pd.concat(self.frames[id, span], ignore_index=True)

    def divided(self, id: str, column: str, codes: Iterable[str], span: Span) -> pd.DataFrame:
        """The parts of each code, with the code under the column's name."""
        own = [self.parts(split_id(id, column, code), span).assign(**{column: code}) for code in codes]
        return pd.concat(own, ignore_index=True)


def split_id(id: str, column: str, code: str) -> str:
    """The name under which the parts of one code are kept."""
    return f"{id}/{column}={code}"


def as_of_day(snapshot: Snapshot, config: IndicatorsConfig) -> pd.Timestamp:
    """The midnight before which everything must have happened and been recorded."""
    return pd.Timestamp(config.as_of or snapshot.data_until + timedelta(days=1))


def told_spans(definition: Definition, as_of: pd.Timestamp, config: IndicatorsConfig) -> list[Span]:
    """The periods of the report, oldest first."""
    return spans(definition.grain, as_of - pd.Timedelta(days=config.reporting_lag_days), config.periods)


def needed_spans(definition: Definition, as_of: pd.Timestamp, config: IndicatorsConfig) -> list[Span]:
    """The report's periods and the earlier ones that they are set against."""
    told, measure = told_spans(definition, as_of, config), definition.measure
    if isinstance(measure, Change):
        told += [span.earlier(measure.years) for span in told]
    elif isinstance(measure, Shortfall):
        told += [reference_span(measure, span) for span in told]
    return list(dict.fromkeys(told))


def reference_span(measure: Shortfall, span: Span) -> Span:
    """The same part of the reference year."""
    return span.earlier(span.start.year - measure.reference_year)


def compute(snapshot: Snapshot, config: IndicatorsConfig, area_of: Mapping[str, str]) -> Found:
    """All parts of all measured definitions."""
    as_of = as_of_day(snapshot, config)
    measured = config.measured
    found = Found(as_of, Coverage(config.silent_source_days))
    names = sorted({*ALWAYS, *(table for one in measured.values() for table, _ in reads(_measure(one)))} - {SLOTS})
    for bucket in tqdm(range(snapshot.n_buckets), desc="indicators", disable=None, leave=False):
        tables = {name: read_table(snapshot, name, bucket) for name in names}
        add_world(found, World(tables, as_of.date(), area_of, config.segmentation_scheme), config)
    add_slots(found, known_slots(read_table(snapshot, SLOTS), as_of.date()), config)
    return found


def known_slots(slots: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """The slots known at a date; the day of a slot is agreed ahead, so it is known with the slot."""
    known = known_at(TABLES[SLOTS], slots, as_of)
    return known.assign(slot_at=slots.loc[known.index, "slot_at"]).reset_index(drop=True)


def add_world(found: Found, world: World, config: IndicatorsConfig) -> None:
    """The parts of one bucket of clients."""
    for id, definition in config.measured.items():
        measure = _measure(definition)
        for table, of in reads(measure):
            if table != SLOTS:
                found.coverage.see(world, table, of)
        if any(table == SLOTS for table, _ in reads(measure)):
            continue
        for name, own, span in _asked(id, definition, found.as_of, config):
            made = _of_clients(world, own, span, definition)
            found.frames[name, span].append(_homed(made, world, span, config.unit_areas))
    found.coverage.see_areas(world, {table for one in config.measured.values() for table, _ in reads(_measure(one))})


def add_slots(found: Found, slots: pd.DataFrame, config: IndicatorsConfig) -> None:
    """The parts of the appointment books."""
    for id, definition in config.measured.items():
        measure = _measure(definition)
        own = [(table, of) for table, of in reads(measure) if table == SLOTS]
        for table, of in own:
            found.coverage.see_rows(slots, table, of, slots["unit"].astype(object).map(config.unit_areas).fillna(OTHER))
        if own:
            for name, part, span in _asked(id, definition, found.as_of, config):
                made = _of_slots(slots, part, span, definition, found.as_of)
                found.frames[name, span].append(_placed(made, config.unit_areas))


def _asked(
    id: str, definition: Definition, as_of: pd.Timestamp, config: IndicatorsConfig
) -> Iterator[tuple[str, Measure, Span]]:
    """The measure on every period, and on the latest one also code by code of what it is divided by."""
    measure = _measure(definition)
    for span in needed_spans(definition, as_of, config):
        yield id, measure, span
    latest = told_spans(definition, as_of, config)[-1]
    for column, codes in definition.split.items():
        for code in codes:
            yield split_id(id, column, code), narrowed(measure, column, code), latest


def _measure(definition: Definition) -> Measure:
    assert definition.measure is not None
    return definition.measure


def _of_clients(world: World, measure: Measure, span: Span, definition: Definition) -> pd.DataFrame:
    match measure:
        case RowShare():
            return rows.row_share(world, measure, span)
        case RowCount():
            return rows.row_count(world, measure, span)
        case PerClient():
            return rows.per_client(world, measure, span)
        case Wait():
            return waits.wait(world, measure, span, definition.clock)
        case Waiting():
            return waits.waiting(world, measure, span, definition.clock)
        case Continuity():
            return rows.continuity(world, measure, span)
        case Repeat():
            return rows.repeats(world, measure, span)
        case Covered():
            return groups.covered(world, measure, span)
        case LatestMean():
            return groups.latest_mean(world, measure, span)
        case Change():
            return _of_clients(world, measure.of, span, definition)
        case Shortfall():
            return rows.contacts_of_residents(world, measure, span)
        case UnitsWith():
            return supply.units_with(world.table(measure.table), measure, span)
    raise TypeError(measure.kind)


def _of_slots(
    slots: pd.DataFrame, measure: Measure, span: Span, definition: Definition, as_of: pd.Timestamp
) -> pd.DataFrame:
    match measure:
        case SlotWait():
            return supply.slot_wait(slots, measure, span, definition.clock)
        case NthFree():
            return supply.nth_free(slots, measure, span, as_of)
        case UnitsWith():
            return supply.units_with(slots, measure, span)
    raise TypeError(measure.kind)


def _homed(made: pd.DataFrame, world: World, span: Span, unit_areas: Mapping[str, str]) -> pd.DataFrame:
    """The parts with each client's area, age band and recorded segment on the last day of the period."""
    if "place" in made:
        return _placed(made, unit_areas)
    homes = world.homes(span.end)[["client_id", "area", "band", "segment"]]
    joined = made.merge(homes, left_on="who", right_on="client_id", how="left").drop(columns="client_id")
    return joined.fillna({"area": OTHER, "band": "unknown", "segment": NO_SEGMENT})


def _placed(made: pd.DataFrame, unit_areas: Mapping[str, str]) -> pd.DataFrame:
    if "place" not in made:
        return made.assign(area="", band="", segment="")
    area = made["place"].map(unit_areas).fillna(OTHER)
    return made.drop(columns="place").assign(area=area, band="", segment="")


def readiness_of(snapshot: Snapshot, config: IndicatorsConfig) -> dict[str, tuple[str, str]]:
    """Measured definition → ("computable", what it reads) or ("needs", what the store lacks), without any value."""
    as_of, coverage = as_of_day(snapshot, config), Coverage(config.silent_source_days)
    wanted = [(table, of) for one in config.measured.values() for table, of in reads(_measure(one))]
    slots = known_slots(read_table(snapshot, SLOTS), as_of.date())
    for table, of in wanted:
        if table == SLOTS:
            coverage.see_rows(slots, table, of, slots["unit"].astype(object))
    for bucket in range(snapshot.n_buckets):
        tables = {name: read_table(snapshot, name, bucket) for name in {table for table, _ in wanted} - {SLOTS}}
        world = World(tables, as_of.date(), {}, "")
        for table, of in wanted:
            if table != SLOTS:
                coverage.see(world, table, of)
    return {id: coverage.readiness(_measure(one)) for id, one in config.measured.items()}
