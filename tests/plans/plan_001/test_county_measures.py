"""The seven health-benefit measures (Keski-Suomi and Kanta-Häme), delivered late to the small county.

The county's own registers hold none of them.  A laboratory begins to deliver: its file is drawn here for the county's
invented people and taken in beside what is there.
"""

import hashlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from configs.loader import load_config
from evaluation.areas.settings import AreasConfig
from evaluation.indicators.compute import compute
from evaluation.indicators.settings import IndicatorsConfig
from evaluation.indicators.telling.report import report_of
from features.catalogue import load_catalogue
from features.catalogue.vocabulary import fit_vocabulary
from features.histories import build
from features.ingest.run import ingest
from features.ingest.settings import IngestConfig
from features.store import Snapshot, open_snapshot
from tests.plans import covers
from tests.plans.county import QUARTER, known, line_of, until

pytestmark = pytest.mark.xdist_group("county")  # one process builds it
USUAL = {"systolic": 135, "diastolic": 80, "ldl": 2.6, "hba1c": 50, "bmi": 27, "smoking": 0}
FAMILIES = ("bmi", "smoking", "blood_pressure", "ldl", "hba1c", "bdi", "health_measures_age")
TOLD = ("blood_pressure_missing_or_late", "hba1c_missing_or_late", "ldl_missing_or_late")
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


@pytest.fixture(scope="module")
def measured(county: Snapshot, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Snapshot, pd.DataFrame]]:
    """A copy of the county's store with the laboratory's rows, and those rows as they were drawn."""
    var = tmp_path_factory.mktemp("measured") / "var"
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
        yield open_snapshot(var / "store"), rows


def features_of(county: Snapshot) -> tuple[pd.DataFrame, frozenset[str]]:
    """The features of everybody with an assessment, and the families that are switched off."""
    catalogue, day = load_catalogue("configs/features.yaml"), until(county)
    vocabulary = fit_vocabulary(county, catalogue, day.date())
    clients = np.array(sorted(set(known(county, "assessments")["client_id"])), object)
    found = build(county, pd.DataFrame({"client_id": clients, "as_of": np.datetime64(day, "s")}), catalogue, vocabulary)
    return found.frame.set_index(clients), frozenset(vocabulary.off)


@covers("001-F2", county=True)
def test_measures_that_nobody_delivers_are_switched_off_and_not_zero(county: Snapshot) -> None:
    frame, off = features_of(county)
    assert set(FAMILIES) <= off
    assert not [name for name in frame if name.split("__")[0] in FAMILIES]


@covers("001-F2", county=True)
def test_the_last_value_its_age_and_its_trend(measured: tuple[Snapshot, pd.DataFrame]) -> None:
    county, _ = measured
    frame, off = features_of(county)
    assert not set(FAMILIES) & off
    own = known(county, "assessments").query("instrument in ('measurement', 'BDI')").sort_values("time")
    for scale, name in (("bmi", "bmi"), ("smoking", "smoking"), ("systolic", "blood_pressure__systolic"),
                        ("diastolic", "blood_pressure__diastolic"), ("ldl", "ldl"), ("hba1c", "hba1c"),
                        ("total", "bdi")):  # fmt: skip
        newest = own[own["scale"] == scale].drop_duplicates("client_id", keep="last").set_index("client_id")["value"]
        wanted = newest.reindex(frame.index)  # whom nobody measured: unknown
        assert wanted.notna().sum() > 100
        assert wanted.isna().sum() > 10
        pd.testing.assert_series_equal(frame[name], wanted, check_names=False, check_dtype=False, rtol=1e-5)
    last = own.groupby("client_id")["time"].max().reindex(frame.index)
    ages = (until(county) - last.dt.normalize()).dt.days
    assert (frame["health_measures_age"].fillna(-1) - ages.fillna(-1)).abs().max() <= 1
    pressure = own[own["scale"] == "systolic"]
    recent = pressure[pressure["time"] >= until(county) - pd.Timedelta(days=730)]
    changes = recent.groupby("client_id")["value"].agg(lambda values: np.sign(values.iloc[-1] - values.iloc[0]))
    twice = recent.groupby("client_id").size()
    trend = np.sign(frame["blood_pressure_trend__730d"]).reindex(twice.index[twice == 2])
    assert (trend == changes.reindex(trend.index)).mean() > 0.95
    assert len(trend) > 50


@covers("001-F2", county=True)
def test_how_many_of_those_who_should_be_measured_are(measured: tuple[Snapshot, pd.DataFrame]) -> None:
    county, _ = measured
    whole = load_config("configs/indicators.yaml", IndicatorsConfig)
    plain = {"smallest_cell": 2, "periods": 1, "repeats": 20, "side_by_side": {}, "compared": {}}
    config = whole.model_copy(update={**plain, "definitions": {id: whole.definitions[id] for id in TOLD}})
    areas = load_config(config.areas, AreasConfig)
    report = report_of(compute(county, config, areas.area_of), config, {}, {})
    codes = known(county, "diagnoses")
    codes = codes[codes["time"] < QUARTER[1]]
    own = known(county, "assessments")
    year = own[(own["time"] >= QUARTER[1] - pd.Timedelta(days=365)) & (own["time"] < QUARTER[1])]
    line = line_of(report, "hba1c_missing_or_late")
    stays = known(county, "residents")
    here = set(stays.loc[stays["valid_to"].isna() & stays["died_on"].isna(), "client_id"])
    sick = set(codes.loc[codes["code"].astype(str).str.match("E1[01]"), "client_id"])
    without = sick - set(year.loc[year["scale"] == "hba1c", "client_id"])
    assert line["value"] == pytest.approx(len(without & here) / len(sick & here), abs=0.03)
    assert 0.1 < line["value"] < 0.95
