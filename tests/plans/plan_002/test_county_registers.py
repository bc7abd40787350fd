"""Rows 002 about the registers themselves, on the small county: recording, contract, catalogue, purpose, the break.

What the simulator was told (habits of the recording instances, the years of less care) is the measure of what is found.
"""

import contextlib
import io
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from configs.errors import ConfigError
from configs.loader import PROJECT_ROOT, load_config, read_yaml
from evaluation.quality.counting import count_store
from evaluation.quality.summary import Limits, Material, summarise
from features.catalogue import load_catalogue
from features.ingest.run import ingest
from features.ingest.settings import IngestConfig
from features.schema.frames import schema_of
from features.simulator.load import load_county
from features.source_catalogue import load_source_catalogue
from features.store import Snapshot, open_snapshot, read_table
from models.demand.regimes import Regime, treated
from tests.plans import covers
from tests.plans.county import COUNTY, inside, known, line_of

pytestmark = pytest.mark.xdist_group("county")  # one process builds it
DEMO = "configs/catalogue.yaml"


@pytest.fixture(scope="module")
def quality(county: Snapshot) -> dict[str, Any]:
    sources = load_source_catalogue(DEMO)
    counts = count_store(county, sources.sources, ("contacts",))
    catalogue = load_catalogue("configs/features.yaml")
    material = Material(county.sha256, county.data_until, counts, county.batches, sources, catalogue, vocabulary=None)
    return summarise(material, Limits(worst=400, smallest_rows=50))


def register(quality: dict[str, Any], source: str) -> dict[str, Any]:
    (found,) = [one for one in quality["registers"] if one["source"] == source]
    return dict(found)


@covers("002-D1", county=True)
def test_the_two_recording_instances_differ_as_they_were_made_to(county: Snapshot, quality: dict[str, Any]) -> None:
    """`instances` of the county: one writes a reason of .86 of its contacts, the other of .58, and later."""
    habits = load_county(COUNTY).instances
    shares, delays = {}, {}
    for letter, habit in habits.items():
        found = register(quality, f"avohilmo/instance_{letter}")
        (reason,) = [one for one in found["fields"] if one["field"] == "reason"]
        shares[letter], delays[letter] = reason["completeness"], found["timeliness"]["p90_days"]
        assert shares[letter] == pytest.approx(habit.reason_share, abs=0.04)
    assert delays["b"] > delays["a"]
    merger = register(quality, "avohilmo/instance_a")["breaks"]
    assert [(one["date"], one["comparable"]) for one in merger] == [("2023-01-01", False)]


@covers("002-D1", county=True)
def test_every_unit_has_its_completeness_structure_and_delay(county: Snapshot, quality: dict[str, Any]) -> None:
    contacts = known(county, "contacts")
    own = contacts[contacts["source"] == "avohilmo/instance_b"]
    days = np.ceil((own["recorded_at"] - own["time"]).dt.total_seconds() / 86_400)
    limit = load_source_catalogue(DEMO).sources["avohilmo/instance_b"].recording_delay_days
    late = (days > limit).groupby(own["unit"]).mean()
    told = {one["unit"]: one for one in register(quality, "avohilmo/instance_b")["timeliness"]["units"]}
    assert set(told) == set(own["unit"])
    for unit, line in told.items():
        assert line["rows"] == (own["unit"] == unit).sum()
        assert line["late"] is None or line["late"] == pytest.approx(late[unit], abs=1e-4)
    reasons = {
        one["unit"]: one
        for one in quality["worst"]
        if (one["source"], one["field"]) == (own["source"].iloc[0], "reason")
    }
    assert len(reasons) > 2
    for unit, line in reasons.items():
        mine = own.loc[own["unit"] == unit, "reason"]
        assert line["completeness"] == pytest.approx(mine.notna().mean(), abs=1e-4)


@covers("002-D5", county=True)
def test_every_delivered_contact_is_kept_by_the_contract_or_put_aside_with_its_reason(county: Snapshot) -> None:
    contacts = read_table(county, "contacts")
    schema_of("contacts").validate(contacts)
    schema_of("requests").validate(read_table(county, "requests"))
    done = known(county, "contacts")
    assert done[["channel", "unit", "time", "status"]].notna().all().all()
    assert {"in_person", "phone", "home", "digital"} <= set(done["channel"])
    assert "emergency" in set(done["urgency"])
    assessed = known(county, "requests").dropna(subset=["assessed_at"])
    assert (assessed["assessed_at"] >= assessed["requested_at"]).all()
    files = [file for batch in county.batches for file in batch.files if file.table == "contacts"]
    assert sum(file.accepted for file in files) == len(contacts)
    planted = {"bad_identifier", "future_event", "duplicate", "too_few_fields"}
    reasons = {reason for file in files for reason, count in file.quarantined.items() if count}
    assert reasons & planted
    assert all(0 < sum(file.quarantined.values()) < 0.05 * file.rows for file in files)


@covers("002-D5", county=True)
def test_the_contact_mode_code_gives_the_remote_share(county: Snapshot, indicators: dict[str, Any]) -> None:
    contacts = known(county, "contacts")
    care = contacts[(contacts["status"] == "done") & inside(contacts["time"]) & (contacts["sector"] != "social")]
    spoken = care[care["channel"].isin(("in_person", "home", "phone", "video", "chat", "digital"))]
    electronic = care["channel"].isin(("video", "chat", "digital"))
    told = {one: line_of(indicators, f"remote_share_{one}_phone")["value"] for one in ("with", "without")}
    assert told["without"] == pytest.approx(electronic.mean())
    assert told["with"] == pytest.approx((~spoken["channel"].isin(("in_person", "home"))).mean())
    assert 0 < electronic.sum() < len(care)


@covers("002-A11", county=True)
def test_what_the_catalogue_declares_of_each_register_is_true_of_the_county(county: Snapshot) -> None:
    catalogue = load_source_catalogue(DEMO)
    for table in county.tables:
        rows = known(county, table)
        for source, own in rows.groupby("source"):
            declared = catalogue.source(str(source))
            filled = {str(name) for name in own.columns[own.notna().any()]} - {"superseded_at", "source", "legacy_org"}
            assert filled <= set(declared.fields[table]), (source, table)
            assert declared.owner
            assert declared.purposes
    contacts = known(county, "contacts").merge(
        known(county, "residents")[["client_id", "municipality"]], on="client_id"
    )
    digital = contacts[contacts["source"].str.startswith("kotihoito")]
    for (source, town), first in digital.groupby(["source", "municipality"])["recorded_at"].min().items():
        covered = catalogue.source(str(source)).first_days.get(str(town))
        assert covered is None or first.date() >= covered


@covers("002-A11", county=True)
def test_the_county_s_features_are_refused_without_a_field_that_they_cite(tmp_path: Path) -> None:
    shown = (PROJECT_ROOT / DEMO).read_text(encoding="utf-8")
    (tmp_path / "catalogue.yaml").write_text(shown.replace(" urgency,", ""), encoding="utf-8")
    values = {**read_yaml("configs/features.yaml"), "sources": str(tmp_path / "catalogue.yaml")}
    (tmp_path / "features.yaml").write_text(yaml.safe_dump(values), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"the field `contacts.urgency` is in no source of"):
        load_catalogue(tmp_path / "features.yaml")
    assert load_catalogue("configs/features.yaml").sources_version == load_source_catalogue(DEMO).sha256


@covers("002-D2", county=True)
def test_a_store_for_research_has_the_same_county_under_other_names(
    county: Snapshot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(county.root.parent / "extracts", tmp_path / "var" / "extracts")
    monkeypatch.setenv("LUOTAIN_VAR", str(tmp_path / "var"))
    config = load_config("configs/ingest.yaml", IngestConfig)
    identity = config.identity.model_copy(update={"purpose": "research"})
    with contextlib.redirect_stderr(io.StringIO()):
        ingest(config.model_copy(update={"n_buckets": 2, "identity": identity}))
    research = open_snapshot(tmp_path / "var" / "store")
    assert (county.purpose, research.purpose) == ("care", "research")
    care, other = (known(one, "contacts") for one in (county, research))
    assert not set(care["client_id"]) & set(other["client_id"])
    assert sorted(care.groupby("client_id").size()) == sorted(other.groupby("client_id").size())


@covers("002-A20", county=True)
def test_the_years_of_less_care_are_filled_to_the_level_of_need(county: Snapshot) -> None:
    """`pandemic` of the county: until 30.6.2022 contacts in person were cut, need was not."""
    settings = load_county(COUNTY)
    contacts = known(county, "contacts")
    old = known(county, "residents")
    whole = set(old.loc[old["history_start"] < pd.Timestamp("2021-02-01"), "client_id"])
    mine = contacts[
        contacts["client_id"].isin(whole) & (contacts["status"] == "done") & (contacts["service"] != "home_care")
    ]
    mine = mine[(mine["sector"] == "primary") & (mine["channel"] == "in_person")]
    months = mine["time"].dt.to_period("M").dt.start_time.value_counts().sort_index()
    panel = pd.DataFrame({"unique_id": "primary", "ds": months.index, "y": months.to_numpy(float)})
    span = Regime.model_validate({"name": "pandemic", "from": "2020-03-01", "to": "2022-07-01", "treatment": "exclude"})
    filled = treated(panel, [span], 12)
    there = span.holds(panel["ds"])
    cut = panel.loc[there, "y"].sum() / filled.loc[there, "y"].sum()
    assert cut == pytest.approx(settings.pandemic.in_person, abs=0.1)
    assert (filled.loc[~there, "y"] == panel.loc[~there, "y"]).all()
