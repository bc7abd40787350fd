"""Identifiers of a file become pseudonyms: each distinct identifier is checked and hashed once."""

from collections.abc import Iterable, Mapping

import pyarrow as pa

from features.identity import (
    IdentifierError,
    TestRange,
    canonical_henkilotunnus,
    is_pseudonym,
    pseudonymise,
    pseudonymise_plain,
)
from features.sources.engine import Engine
from features.sources.expressions import identifier_columns, identity_alias, raw_cell
from features.sources.mapping import SourceMapping

KINDS = ("henkilotunnus", "plain", "already")
_SCHEMA = pa.schema([("raw", pa.string()), ("id", pa.string()), ("reason", pa.string())])


class Identities:
    """The pseudonyms made so far in this run, in scratch tables that are never stored."""

    def __init__(
        self, engine: Engine, key: bytes, test_range: TestRange, renamed: Mapping[str, str] | None = None
    ) -> None:
        self._engine, self._key, self._test_range = engine, key, test_range
        self._renamed = renamed or {}
        for kind in KINDS:
            engine.run(f"CREATE TEMP TABLE ids_{kind} (raw VARCHAR, id VARCHAR, reason VARCHAR)")

    def learn(self, mapping: SourceMapping) -> None:
        """Make pseudonyms for every identifier of the table `cells` that was not met before."""
        for given in identifier_columns(mapping).values():
            kind = str(given.pseudonymise)
            new = self._engine.run(
                f"SELECT DISTINCT {raw_cell(given)} AS raw FROM cells WHERE bad = 0 AND raw IS NOT NULL "
                f"AND raw NOT IN (SELECT raw FROM ids_{kind})"
            )
            if new:
                self._keep(kind, (row[0] for row in new))

    def _keep(self, kind: str, identifiers: Iterable[str]) -> None:
        make = {"henkilotunnus": self._henkilotunnus, "plain": self._plain, "already": self._already}[kind]
        made = pa.Table.from_pylist([make(raw) for raw in identifiers], schema=_SCHEMA)
        self._engine.register("made", made)
        self._engine.run(f"INSERT INTO ids_{kind} SELECT raw, id, reason FROM made")
        self._engine.unregister("made")

    def _henkilotunnus(self, raw: str) -> dict[str, str | None]:
        try:
            canonical = canonical_henkilotunnus(raw, self._test_range)
        except IdentifierError as error:
            return {"raw": raw, "id": None, "reason": error.reason}
        return {"raw": raw, "id": pseudonymise(self._key, canonical), "reason": None}

    def _plain(self, raw: str) -> dict[str, str | None]:
        return {"raw": raw, "id": pseudonymise_plain(self._key, raw), "reason": None}

    def _already(self, raw: str) -> dict[str, str | None]:
        """A pseudonym that came back from the service, perhaps of before a change of key."""
        if not is_pseudonym(raw):
            return {"raw": raw, "id": None, "reason": "bad_identifier"}
        return {"raw": raw, "id": self._renamed.get(raw, raw), "reason": None}


def joins(mapping: SourceMapping) -> str:
    """SQL that joins each pseudonymised column of `cells` to its pseudonyms."""
    return " ".join(
        f"LEFT JOIN ids_{given.pseudonymise} AS {identity_alias(name)} "
        f"ON {identity_alias(name)}.raw = ({raw_cell(given)})"
        for name, given in identifier_columns(mapping).items()
    )
