"""Identifiers and phone numbers that were typed into a text column: found, masked and counted before anything is kept.

A text column that is neither an identifier nor a declared code list may hold what somebody typed.  One regular
expression in SQL finds the few cells worth a look; the check character is then verified here.
"""

import re
from collections import Counter

import pyarrow as pa

from features.identity import IdentifierError, canonical_henkilotunnus
from features.sources.engine import Engine, cell, literal
from features.sources.mapping import ColumnMapping, SourceMapping

MASK = "***"
MASKED = "masked"

_DASH = "[-+A-FU-Ya-fu-y‐‑‒–—−]"
_HENKILOTUNNUS = re.compile(rf"(?<![0-9A-Za-z])\d{{6}} ?{_DASH} ?\d{{3}}[0-9A-Ya-y](?![0-9A-Za-z])", re.ASCII)
_PHONE = re.compile(
    r"(?<![0-9A-Za-z])(?:(?:\+|00)358[ -]?(?:\(0\))?\d{1,3}(?:[ -]?\d{2,4}){2,4}"  # with the country code
    r"|0(?:4\d|50|457)[ -]?\d{3}(?:[ -]?\d{2,4}){1,2}"  # mobile
    r"|0\d{1,2}[ -]\d{3,4}(?:[ -]?\d{2,4}){1,2})(?![0-9A-Za-z])",  # landline, written in parts
    re.ASCII,
)
SUSPICIOUS = rf"[0-9]{{6}} ?{_DASH} ?[0-9]{{3}}[0-9A-Ya-y]|(\+|00)358|(^|[^0-9A-Za-z])0[0-9]{{1,2}}[ -]?[0-9]{{3}}"
"""What a cell must contain to be looked at; wider than what is masked."""


def masked(text: str, with_phones: bool = True) -> str:
    """The text without identifiers (form, date and check character hold) and phone numbers."""
    hidden = _HENKILOTUNNUS.sub(lambda found: MASK if _is_identifier(found[0]) else found[0], text)
    return _PHONE.sub(MASK, hidden) if with_phones else hidden


def mask(engine: Engine, mapping: SourceMapping) -> Counter[str]:
    """Mask the text cells of the table `cells`.  Returns how many cells of which canonical column were changed.

    A column of the row key keeps its digits: the number of a matter may look like a phone number.  An identifier is
    masked there too, and rows that then share a key are refused as a conflict.
    """
    noted: Counter[str] = Counter()
    for name, given in text_columns(mapping).items():
        with_phones = name not in mapping.canonical.key
        for origin in given.origins:
            changed = _mask_column(engine, cell(origin), with_phones)
            if changed:
                noted[f"{MASKED}:{name}"] += changed
    return noted


def text_columns(mapping: SourceMapping) -> dict[str, ColumnMapping]:
    """The canonical columns that keep text as it was written."""
    given = {**mapping.columns, "legacy_org": mapping.legacy_org}
    return {
        name: column
        for name, column in given.items()
        if mapping.canonical.by_name[name].kind == "text" and not column.pseudonymise and column.codes is None
    }


def _mask_column(engine: Engine, column: str, with_phones: bool) -> int:
    suspects = engine.run(
        f"SELECT DISTINCT {column} FROM cells WHERE length({column}) >= 7 "
        f"AND regexp_matches({column}, {literal(SUSPICIOUS)})"
    )
    pairs = [(raw, hidden) for (raw,) in suspects if (hidden := masked(raw, with_phones)) != raw]
    if not pairs:
        return 0
    raws, hiddens = zip(*pairs, strict=True)
    engine.register("masks", pa.table({"raw": pa.array(raws, pa.string()), "hidden": pa.array(hiddens, pa.string())}))
    changed = engine.count(f"SELECT count(*) FROM cells WHERE {column} IN (SELECT raw FROM masks)")
    engine.run(f"UPDATE cells SET {column} = hidden FROM masks WHERE {column} = raw")
    engine.unregister("masks")
    return changed


def _is_identifier(text: str) -> bool:
    try:
        canonical_henkilotunnus(text.replace(" ", ""), "link")
    except IdentifierError:
        return False
    return True
