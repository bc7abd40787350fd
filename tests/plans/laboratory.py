"""A laboratory that begins to deliver late: the health-benefit measures, which the small county's registers lack.

Its file is drawn for the county's invented people and taken in beside what is there.
"""

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from configs.loader import load_config
from features.catalogue import load_catalogue
from features.catalogue.vocabulary import fit_vocabulary
from features.histories import build
from features.ingest.run import ingest
from features.ingest.settings import IngestConfig
from features.store import Snapshot, open_snapshot
from tests.plans.county import known, until

Measured = tuple[Snapshot, pd.DataFrame]
"""A store with the laboratory's rows, and those rows as they were drawn."""
USUAL = {"systolic": 135, "diastolic": 80, "ldl": 2.6, "hba1c": 50, "bmi": 27, "smoking": 0}
MAPPING: dict[str, Any] = {
    "source": "laboratorio",
    "table": "assessments",
    "files": "extracts/laboratorio.csv",
    "complete_marker": True,
    "format": {"type": "csv", "encoding": "utf-8", "separator": ";", "decimal": "."},
    "recording_delay_days": 1,
    "legacy_org": {"value": "keskus"},
    "columns": {
        "client_id": {"from": "hetu", "pseudonymise": "henkilotunnus"},
        "time": {"from": "aika", "format": "%Y-%m-%d %H:%M:%S"},
        "recorded_at": {"from": "aika", "format": "%Y-%m-%d %H:%M:%S"},
        "instrument": {"from": "mittari", "codes": {"M": "measurement", "BDI": "BDI"}},
        "scale": {"from": "asteikko", "codes": {**{one: one for one in USUAL}, "total": "total"}},
        "value": {"from": "arvo"},
        "respondent": {"value": "professional"},
    },
}


def drawn(people: pd.Series) -> pd.DataFrame:
    """Two visits of every other person: everything measured at the first, blood pressure and mood at the second."""
    rng = np.random.default_rng(8)
    rows = []
    for who in sorted(people)[::2]:
        days = pd.Timestamp("2023-02-01") + pd.to_timedelta(np.sort(rng.integers(0, 640, 2)), unit="D")
        for place, day in enumerate(days):
            at = day + pd.Timedelta(hours=9)
            kept = USUAL if place == 0 else {"systolic": 135}
            rows += [(who, at, "M", scale, round(usual * rng.uniform(0.8, 1.3), 1)) for scale, usual in kept.items()]
            rows.append((who, at, "BDI", "total", int(rng.integers(0, 40))))
    found = pd.DataFrame(rows, columns=["hetu", "aika", "mittari", "asteikko", "arvo"])
    return found.drop_duplicates(["hetu", "aika", "mittari", "asteikko"])


def measured_at(county: Snapshot, var: Path) -> Measured:
    """A copy of the county's store in `var`, with the laboratory's rows."""
    shutil.copytree(county.root.parent, var)
    folder = var / "extracts"
    people = pd.read_csv(folder / "directory.csv")["henkilotunnus"]
    rows = drawn(people)
    wrong = rows.head(3).assign(asteikko="systolic", mittari="M", arvo=20.0)  # no living person's blood pressure
    text = pd.concat([rows, wrong]).to_csv(index=False, sep=";", date_format="%Y-%m-%d %H:%M:%S")
    (folder / "laboratorio.csv").write_text(text)
    marker = {"sha256": hashlib.sha256(text.encode()).hexdigest(), "rows": len(rows) + 3, "covers_until": "2024-12-31"}
    (folder / "laboratorio.csv.complete").write_text(json.dumps(marker))
    mapping = Path(var.parent / "laboratorio.yaml")
    mapping.write_text(yaml.safe_dump(MAPPING))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LUOTAIN_VAR", str(var))
        config = load_config("configs/ingest.yaml", IngestConfig)
        changed = {"n_buckets": county.n_buckets, "sources": (*config.sources, str(mapping)), "quarantine_limit": 0.2}
        outcome = ingest(config.model_copy(update=changed))
        (report,) = [one for one in outcome.files if one.source == "laboratorio"]
        assert report.quarantined["out_of_range"] == 3
        assert set(report.quarantined) <= {"out_of_range", "after_death", "orphan"}  # some drawn people had died
    return open_snapshot(var / "store"), rows


def features_of(county: Snapshot, day: pd.Timestamp | None = None) -> tuple[pd.DataFrame, frozenset[str]]:
    """The features of everybody with an assessment on a day (the last one), and the families that are switched off."""
    catalogue, day = load_catalogue("configs/features.yaml"), day or until(county)
    vocabulary = fit_vocabulary(county, catalogue, day.date())
    clients = np.array(sorted(set(known(county, "assessments")["client_id"])), object)
    found = build(county, pd.DataFrame({"client_id": clients, "as_of": np.datetime64(day, "s")}), catalogue, vocabulary)
    return found.frame.set_index(clients), frozenset(vocabulary.off)
