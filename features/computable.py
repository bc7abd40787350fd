"""For which share of a history's rows each feature is computable, and which families the data switched off."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from features.catalogue import Catalogue
from features.catalogue.specs import feature_specs
from features.catalogue.vocabulary import Vocabulary

SHOWN_BELOW = 0.95
"""A family computable for nearly every row is not worth a line."""


def share_computable(parts: Iterable[Path], names: Iterable[str]) -> dict[str, float]:
    """Feature to the share of rows in which it is not unknown; 0 for a history without rows."""
    rows, known = 0, dict.fromkeys(names, 0)
    for part in parts:
        table = pq.ParquetFile(part)
        rows += table.metadata.num_rows
        for name in known:
            known[name] += int(np.count_nonzero(~np.isnan(table.read([name])[name].to_numpy())))
    return {name: count / rows if rows else 0.0 for name, count in known.items()}


def described(parts: Iterable[Path], catalogue: Catalogue, vocabulary: Vocabulary) -> dict[str, Any]:
    """What meta.json says: families switched off with the completeness found, and each feature's share computable."""
    names = [spec.name for spec in feature_specs(catalogue, vocabulary)]
    return {"switched_off": switched_off(catalogue, vocabulary), "share_computable": share_computable(parts, names)}


def switched_off(catalogue: Catalogue, vocabulary: Vocabulary) -> list[dict[str, Any]]:
    """The families switched off: what was found and what is needed.  For meta.json, model cards and reports."""
    families = catalogue.families
    return [
        {
            "family": family,
            "name": families[family].name.as_text(),
            "completeness": round(found, 4),
            "minimum": families[family].minimum_completeness,
        }
        for family, found in sorted(vocabulary.off.items())
        if family in families
    ]


def lines(meta: Mapping[str, Any]) -> Iterator[str]:
    """The report of one history: what is off, and the families that are often not computable."""
    for one in meta.get("switched_off", []):
        found = f"{one['completeness']:.0%} of rows complete" if one["completeness"] else "nothing recorded"
        yield f"switched off: {one['family']:<34} {found}, needs {one['minimum']:.0%}"
    lowest: dict[str, float] = {}
    for name, share in meta.get("share_computable", {}).items():
        family = name.split("__")[0]
        lowest[family] = min(share, lowest.get(family, 1.0))
    seldom = sorted((share, family) for family, share in lowest.items() if share < SHOWN_BELOW)
    if seldom:
        yield "computable in less than 95 % of the rows (the family's least computable feature; all are in meta.json):"
        yield from (f"  {family:<44} {share:>6.1%}" for share, family in seldom)
