"""One file into scratch, piece by piece: good rows typed and divided by client, bad rows noted with their reason."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from configs.errors import DataError
from features.schema.rules import Rule, rules_of
from features.sources.checking.notes import Notes
from features.sources.checking.plausible import delivery_rules
from features.sources.engine import Engine, literal, quoted
from features.sources.expressions import all_faults, clocked, expressions_of
from features.sources.fetching.fetch import Fetched
from features.sources.identities import Identities, joins
from features.sources.mapping import SourceMapping
from features.sources.reading.read import STRUCTURAL, Read, read_pieces
from features.sources.reading.scan import Scan
from features.sources.settling.parts import Staged, bucket_sql, names_of


@dataclass(frozen=True)
class Delivery:
    """One file to ingest: its number in this run, its mapping, its place and what its marker promises."""

    number: int
    fetched: Fetched
    mapping: SourceMapping
    scan: Scan
    covers_until: date | None = None
    promised_rows: int | None = None
    others: tuple[SourceMapping, ...] = ()
    """Mappings that read other rows of the same file."""

    @property
    def name(self) -> str:
        return self.fetched.name

    @property
    def sha256(self) -> str:
        """The checksum of the delivery as it came."""
        return self.fetched.sha256 or self.scan.sha256

    @property
    def identity(self) -> tuple[str, ...]:
        """What makes the same delivery the same: its bytes, and what it is read as."""
        return (self.sha256, self.mapping.source, self.mapping.table, *([self.valid_from] if self.valid_from else []))

    @property
    def valid_from(self) -> str | None:
        """The first day of the mapping, where several mappings share the file."""
        start = self.mapping.valid_from
        return start.isoformat() if start and self.others else None


@dataclass(frozen=True)
class Taken:
    """What was read of one file: its rows, those that the mapping's `where` left out, and what was noted of others."""

    rows: int
    filtered: int
    noted: Mapping[str, int] = field(default_factory=dict)


def prepare(engine: Engine) -> None:
    """Make the empty table of refused rows."""
    engine.run("CREATE TEMP TABLE rejects (file INTEGER, line BIGINT, lines INTEGER, reason VARCHAR, col VARCHAR)")


def stage(
    engine: Engine, delivery: Delivery, identities: Identities, staged: Staged, n_buckets: int, piece_bytes: int
) -> Taken:
    """Read, check and stage one file.  Every row lands in `staged` or in `rejects`, or was filtered."""
    rows = filtered = 0
    notes = Notes(delivery.mapping, delivery.others)
    for read in read_pieces(engine, delivery.fetched, delivery.mapping, delivery.scan, piece_bytes):
        left = notes.take_piece(engine, read.is_ascii)
        _take_piece(engine, delivery, identities, staged, n_buckets, read)
        rows, filtered = rows + read.rows, filtered + read.filtered + left
    _compare_rows(delivery, rows)
    return Taken(rows, filtered, notes.conclude(delivery.name))


def _take_piece(
    engine: Engine, delivery: Delivery, identities: Identities, staged: Staged, n_buckets: int, read: Read
) -> None:
    """The rows of the table `cells`."""
    mapping = delivery.mapping
    identities.learn(mapping)
    expressions = expressions_of(mapping, read.is_ascii)
    rules = (*rules_of(mapping.canonical), *delivery_rules(mapping, delivery.covers_until))
    cell_faults = (*STRUCTURAL, *all_faults(expressions))
    typed = ", ".join(f"{expression.value} AS {quoted(expression.name)}" for expression in expressions)
    engine.run(
        "CREATE OR REPLACE TEMP TABLE checked AS "
        f"WITH typed AS (SELECT line, {_cell_fault(cell_faults)} AS cell_fault, {typed} FROM cells {joins(mapping)}), "
        f"timed AS (SELECT * REPLACE ({_clocks(mapping)}) FROM typed) "
        f"SELECT *, {_row_fault(rules, len(cell_faults))} AS fault FROM timed",
        what=delivery.name,
    )
    engine.run("DROP TABLE cells")
    _keep(engine, delivery, staged, n_buckets)
    _reject(engine, delivery, (*cell_faults, *rules))
    engine.run("DROP TABLE checked")


def _compare_rows(delivery: Delivery, rows: int) -> None:
    if delivery.promised_rows not in (None, rows):
        raise DataError(
            f"{delivery.name} has {rows} rows, its marker promised {delivery.promised_rows}. Fetch it again."
        )


def _cell_fault(faults: Sequence[Rule]) -> str:
    structural = len(STRUCTURAL)
    whens = " ".join(
        f"WHEN {fault.broken} THEN {structural + place}" for place, fault in enumerate(faults[structural:], 1)
    )
    return f"(CASE WHEN bad > 0 THEN bad {whens} ELSE 0 END)::SMALLINT"


def _row_fault(rules: Sequence[Rule], before: int) -> str:
    whens = " ".join(f"WHEN {rule.broken} THEN {before + place}" for place, rule in enumerate(rules, 1))
    return f"(CASE WHEN cell_fault > 0 THEN cell_fault {whens} ELSE 0 END)::SMALLINT"


def _clocks(mapping: SourceMapping) -> str:
    clocks = clocked(mapping.canonical, mapping.recording_delay_days)
    return ", ".join(f"{sql} AS {quoted(name)}" for name, sql in clocks.items())


def _keep(engine: Engine, delivery: Delivery, staged: Staged, n_buckets: int) -> None:
    table = delivery.mapping.canonical
    lineage = f"{delivery.number}::INTEGER AS file, line, 1::INTEGER AS lines, 0::INTEGER AS nth"
    staged.add(
        engine,
        f"SELECT {lineage}, {bucket_sql(table, n_buckets)} AS bucket, {names_of(table)} FROM checked WHERE fault = 0",
        engine.count("SELECT count(*) FROM checked WHERE fault = 0"),
    )


def _reject(engine: Engine, delivery: Delivery, faults: Sequence[Rule]) -> None:
    words = ", ".join(f"({n}, {literal(f.reason)}, {literal(f.column or None)})" for n, f in enumerate(faults, 1))
    engine.run(
        f"INSERT INTO rejects SELECT {delivery.number}, line, 1, w.word, w.col FROM checked "
        f"JOIN (VALUES {words}) AS w(number, word, col) ON w.number = fault WHERE fault > 0"
    )
