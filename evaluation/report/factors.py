"""Which factors weigh in a group: the report of a task that answers about groups only, never about one client.

Mean contributions by concept over age band x municipality; a group of fewer than SMALLEST_CELL clients, and the ones
that would give it away by subtraction, are hidden.  (Varsinais-Suomi plan: long-term social-work clienthood is told by
group.)
"""

import html
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from evaluation.charts import number_text
from evaluation.held_out.groups import SMALLEST_CELL, hidden_cells
from features.catalogue import Catalogue
from features.catalogue.specs import FeatureSpec
from features.manifest import write_atomically
from models.explaining.concepts import Concepts

Text = Mapping[str, str]
SHOWN = 5
BY = ("group_age_band", "group_municipality")


def group_factors(
    shares: np.ndarray,
    specs: Sequence[FeatureSpec],
    groups: pd.DataFrame,
    clients: np.ndarray,
    concepts: Concepts,
    catalogue: Catalogue,
    smallest: int = SMALLEST_CELL,
) -> list[dict[str, Any]]:
    """One line per group of age band x municipality, and first one for everybody.

    shares: rows x features, log-odds; groups: the group_* columns of the rows; clients: whose rows they are.
    A line: group, clients (None = hidden), factors [{concept, name, mean, weight}], largest weight first; mean is the
    mean contribution (above 0 = more likely), weight the mean of its size.  Hidden lines have no factors.
    """
    names, sums = _by_concept(shares, specs, concepts)
    kinds = [column for column in BY if column in groups]
    key = groups[kinds].astype(str).agg(" · ".join, axis=1).to_numpy() if kinds else np.full(len(shares), "")
    key = _one_group_each(key, clients)
    labels = sorted(set(key))
    counts = [len(pd.unique(clients[key == label])) for label in labels]
    hidden = hidden_cells(counts, smallest)
    lines = [_line("all", sums, names, clients, np.ones(len(shares), bool), concepts, catalogue, False)]
    lines += [
        _line(label, sums, names, clients, key == label, concepts, catalogue, hide)
        for label, hide in zip(labels, hidden, strict=True)
    ]
    return lines


def write_factor_report(
    folder: Path, task: str, name: Text, metrics: Mapping[str, float], lines: Sequence[Mapping[str, Any]]
) -> None:
    """Write factors_<task>.json and factors_<task>.html into a published folder."""
    folder.mkdir(parents=True, exist_ok=True)
    content = {"format": 1, "task": task, "name": dict(name), "metrics": dict(metrics), "groups": list(lines)}
    text = json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
    write_atomically(folder / f"factors_{task}.json", text.encode())
    write_atomically(folder / f"factors_{task}.html", rendered(name, metrics, lines).encode())


def rendered(name: Text, metrics: Mapping[str, float], lines: Sequence[Mapping[str, Any]]) -> str:
    """The page: one table, nothing fetched from elsewhere."""
    rows = "".join(_row(line) for line in lines)
    figures = ", ".join(f"{key} {value:.3f}".replace(".", ",") for key, value in metrics.items())
    return (
        '<!doctype html><html lang="fi"><head><meta charset="utf-8">'
        f"<title>{html.escape(name['fi'])}</title><style>body{{font-family:sans-serif;margin:2rem;max-width:70rem}}"
        "table{border-collapse:collapse}td,th{border-bottom:1px solid #767676;padding:.4rem;text-align:left;"
        "vertical-align:top}</style></head><body>"
        f"<h1>{html.escape(name['fi'])}: tekijät ryhmittäin</h1>"
        "<p>Raportti kertoo ryhmistä eikä kenestäkään yksittäisestä asiakkaasta. Pienet ryhmät on piilotettu. "
        "Tekijä kertoo mallin toiminnasta, ei syystä ja seurauksesta.</p>"
        f"<p>{html.escape(figures)}</p><table><thead><tr><th scope=col>Ryhmä (ikä · kunta)</th>"
        "<th scope=col>Asiakkaita</th><th scope=col>Painavimmat tekijät (keskimääräinen vaikutus, log-odds)</th></tr>"
        f"</thead><tbody>{rows}</tbody></table></body></html>\n"
    )


def _row(line: Mapping[str, Any]) -> str:
    factors = "<br>".join(
        f"{html.escape(one['name']['fi'])} {'+' if one['mean'] > 0 else ''}{number_text(one['mean'])}"
        for one in line["factors"]
    )
    group = "Kaikki" if line["group"] == "all" else str(line["group"])
    clients = "piilotettu" if line["clients"] is None else str(line["clients"])
    return f"<tr><th scope=row>{html.escape(group)}</th><td>{clients}</td><td>{factors}</td></tr>"


def _line(
    label: str,
    sums: np.ndarray,
    names: Sequence[str],
    clients: np.ndarray,
    rows: np.ndarray,
    concepts: Concepts,
    catalogue: Catalogue,
    hide: bool,
) -> dict[str, Any]:
    if hide:
        return {"group": label, "clients": None, "factors": []}
    mean, weight = sums[rows].mean(axis=0), np.abs(sums[rows]).mean(axis=0)
    factors = [
        {
            "concept": names[place],
            "name": concepts.described(names[place], catalogue)[0].as_text(),
            "mean": float(mean[place]),
            "weight": float(weight[place]),
        }
        for place in np.argsort(-weight, kind="stable")[:SHOWN]
    ]
    return {"group": label, "clients": len(pd.unique(clients[rows])), "factors": factors}


def _one_group_each(key: np.ndarray, clients: np.ndarray) -> np.ndarray:
    """Every row of a client in the group of the last one: hiding rests on counts that add up."""
    return pd.Series(key, dtype=object).groupby(np.asarray(clients)).transform("last").to_numpy()


def _by_concept(shares: np.ndarray, specs: Sequence[FeatureSpec], concepts: Concepts) -> tuple[list[str], np.ndarray]:
    own = [concepts.of(spec) for spec in specs]
    names = list(dict.fromkeys(own))
    sums = np.zeros((len(shares), len(names)))
    for column, concept in enumerate(own):
        sums[:, names.index(concept)] += shares[:, column]
    return names, sums
