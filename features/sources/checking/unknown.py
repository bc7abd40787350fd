"""Codes that a mapping does not know: the row is kept and the code counted; too many of them refuse the file."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from configs.errors import DataError
from features.sources.checking.codes import is_unknown, load_codes
from features.sources.checking.freetext import MASK, masked
from features.sources.engine import Engine
from features.sources.expressions import raw_cell
from features.sources.mapping import ColumnMapping, SourceMapping

UNKNOWN = "unknown_code"
SHOWN = 5
"""Codes that a message names at most."""

_CODE_FORM = re.compile(r"(?=.*\d)[A-Za-z0-9._/-]{1,8}|[A-Za-z]{1,3}")
"""What a message may repeat: short, and no word; a shifted column may hold anything."""


@dataclass
class Unknown:
    """What was met so far in one column."""

    coded: int = 0
    unknown: int = 0
    codes: Counter[str] = field(default_factory=Counter)


def count_unknown(
    engine: Engine, mapping: SourceMapping, is_ascii: bool, found: Mapping[str, Unknown] | None = None
) -> dict[str, Unknown]:
    """Count the codes of the table `cells` that the mapping keeps without knowing them, on top of `found`."""
    totals = dict(found or {})
    for name, (given, known) in _kept_when_unknown(mapping).items():
        total = totals.setdefault(name, Unknown())
        text = raw_cell(given) if is_ascii else f"nfc_normalize({raw_cell(given)})"
        ((coded, unknown),) = engine.run(
            f"SELECT count({text}), count(*) FILTER (WHERE {is_unknown(known, text)}) FROM cells WHERE bad = 0"
        )
        total.coded, total.unknown = total.coded + coded, total.unknown + unknown
        if unknown:
            total.codes.update(dict(_most_frequent(engine, text, known)))
    return totals


def noted(found: Mapping[str, Unknown]) -> Counter[str]:
    """The counts as the report shows them."""
    return Counter({f"{UNKNOWN}:{name}": total.unknown for name, total in found.items() if total.unknown})


def refuse_unknown(name: str, mapping: SourceMapping, found: Mapping[str, Unknown]) -> None:
    """Raise DataError when the share of unknown codes of a column is above the mapping's `unknown_limit`."""
    for column, total in found.items():
        if total.unknown > mapping.unknown_limit * total.coded:
            raise DataError(
                f"{name}: {total.unknown} of {total.coded} codes of `{column}` ({total.unknown / total.coded:.1%}) are "
                f"unknown{_named(total.codes)}, more than the limit of {mapping.unknown_limit:.1%}. Add them to the "
                "mapping's codes, or raise its `unknown_limit`."
            )


def _kept_when_unknown(mapping: SourceMapping) -> dict[str, tuple[ColumnMapping, tuple[str, ...]]]:
    given = {**mapping.columns, "legacy_org": mapping.legacy_org}
    found = {}
    for name, column in given.items():
        if column.code_table is not None:
            found[name] = (column, load_codes(column.code_table).known)
        elif column.codes and column.unknown is not None:
            found[name] = (column, tuple(column.codes))
    return found


def _most_frequent(engine: Engine, text: str, known: tuple[str, ...]) -> Iterable[tuple[str, int]]:
    rows = engine.run(
        f"SELECT {text} AS code, count(*) AS n FROM cells WHERE bad = 0 AND {is_unknown(known, text)} "
        "GROUP BY code ORDER BY n DESC, code LIMIT 50"
    )
    return ((str(code), int(n)) for code, n in rows)


def _named(codes: Counter[str]) -> str:
    fit = [code for code, _ in codes.most_common() if _CODE_FORM.fullmatch(code) and MASK not in masked(code)]
    return f" ({', '.join(fit[:SHOWN])}{', …' if len(codes) > len(fit[:SHOWN]) else ''})" if fit else ""
