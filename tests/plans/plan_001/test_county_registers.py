"""Rows of Kanta-Häme's and Keski-Suomi's plans about registers and recording, on the small county.

The truth is what the simulator let the registers record, before it was written, delivered and read.
"""

import re
from typing import Any

import pandas as pd
import pytest

from configs.loader import PROJECT_ROOT, load_config
from evaluation.quality.__main__ import QualityConfig, make
from evaluation.quality.counting import count_store
from evaluation.quality.summary import Limits, Material, summarise
from features.catalogue import load_catalogue
from features.catalogue.vocabulary import fit_vocabulary
from features.simulator.county import simulate
from features.simulator.load import load_county
from features.source_catalogue import load_source_catalogue
from features.store import Snapshot, read_table
from tests.plans import covers
from tests.plans.county import COUNTY, RESIDENTS, known, until
from training.retraining.steps import RetrainConfig

pytestmark = pytest.mark.xdist_group("county")  # one process builds it
VISIT = ["time", "recorded_at", "sector", "service", "channel", "profession", "urgency", "reason", "status", "unit"]
SOURCES = "configs/catalogue.yaml"


@pytest.fixture(scope="module")
def recorded() -> dict[str, pd.DataFrame]:
    """The registers as the simulated county kept them."""
    return simulate(load_county(COUNTY).model_copy(update={"residents": RESIDENTS})).registers


@pytest.fixture(scope="module")
def quality(county: Snapshot) -> dict[str, Any]:
    """The data-quality report."""
    sources, catalogue = load_source_catalogue(SOURCES), load_catalogue("configs/features.yaml")
    vocabulary = fit_vocabulary(county, catalogue, until(county).date())
    counts = count_store(county, sources.sources)
    material = Material(county.sha256, county.data_until, counts, county.batches, sources, catalogue, vocabulary)
    return summarise(material, Limits(worst=400, smallest_rows=50))


def plain(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows in an order of their own, as words."""
    words = rows[VISIT].astype(object).where(rows[VISIT].notna(), "-").astype(str)
    return words.sort_values(VISIT, ignore_index=True)


def field(quality: dict[str, Any], source: str, table: str, name: str) -> dict[str, Any]:
    """One field of one register."""
    (register,) = [one for one in quality["registers"] if (one["source"], one["table"]) == (source, table)]
    (line,) = [one for one in register["fields"] if one["field"] == name]
    return dict(line)


@covers("001-H1", county=True)
@pytest.mark.parametrize(("place", "instance"), [(0, "a"), (1, "b")])
def test_every_visit_of_primary_care_is_in_the_store_as_it_was_recorded(
    county: Snapshot, recorded: dict[str, pd.DataFrame], place: int, instance: str
) -> None:
    """Date, service line, profession, contact type, urgency, reason and unit, from files of two different forms."""
    kept = recorded["avohilmo"]
    contacts = known(county, "contacts")
    stored = contacts[contacts["source"] == f"avohilmo/instance_{instance}"]
    own = kept[kept["instance"] == place]
    pd.testing.assert_frame_equal(plain(stored), plain(own))
    visits, true = stored["client_id"].value_counts(), own["person"].value_counts()
    assert visits.to_list() == true.to_list()  # a pseudonym is a person
    assert len(stored) > 2_000


@covers("001-H2", county=True)
def test_every_row_says_which_system_of_which_organisation_it_came_from(county: Snapshot) -> None:
    catalogue = load_source_catalogue(SOURCES)
    for table in sorted(set(county.tables) - {"population"}):
        rows = read_table(county, table, columns=["source", "legacy_org"])
        assert rows.notna().all(axis=None), table
        for source in rows["source"].unique():
            assert table in catalogue.source(str(source)).fields, (table, source)


@covers("001-H2", county=True)
def test_a_break_of_a_source_is_where_the_rows_begin(county: Snapshot) -> None:
    """Two municipalities' registers were merged into others' in 2023: their earlier rows are unknown, not zero."""
    contacts, stays = known(county, "contacts"), known(county, "residents")
    towns = stays.drop_duplicates("client_id").set_index("client_id")["municipality"]
    own = contacts[contacts["source"].str.startswith("sosiaali/")]
    first = own.groupby([own["source"], own["client_id"].map(towns)])["time"].min()
    for source, entry in load_source_catalogue(SOURCES).sources.items():
        for broken in entry.source_breaks if source.startswith("sosiaali/") else ():
            others = [town for town in entry.coverage if town not in broken.municipalities]
            assert all(first[source, town] < pd.Timestamp(broken.date) for town in others)
            assert all(first[source, town] >= pd.Timestamp(broken.date) for town in broken.municipalities)


@covers("001-G4", county=True)
def test_the_completeness_of_a_structured_field_by_unit_is_that_of_the_stored_rows(
    county: Snapshot, quality: dict[str, Any]
) -> None:
    contacts = known(county, "contacts")
    own = contacts[contacts["source"].str.startswith(("avohilmo/", "sosiaali/"))]
    whole = own.groupby(["source", "unit"])["reason"].agg(["size", "count"])
    lines = [one for one in quality["worst"] if one["field"] == "reason" and one["table"] == "contacts"]
    told = {(one["source"], one["unit"]): one["completeness"] for one in lines}
    assert len(told) > 10
    for place, share in told.items():
        assert share == pytest.approx(whole.loc[place, "count"] / whole.loc[place, "size"], abs=0.005), place
    shares = [one["completeness"] for one in quality["worst"]]
    assert shares == sorted(shares)  # the emptiest first


@covers("001-G4", "001-G5", county=True)
def test_the_instance_that_records_fewer_reasons_is_told_apart(quality: dict[str, Any]) -> None:
    """The county file lets instance A record nearly every reason and instance B six of ten."""
    instances = load_county(COUNTY).instances
    for one, habits in instances.items():
        told = field(quality, f"avohilmo/instance_{one}", "contacts", "reason")["completeness"]
        assert told == pytest.approx(habits.reason_share, abs=0.03)
    assert instances["b"].reason_share < instances["a"].reason_share - 0.2


@covers("001-G5", county=True)
def test_a_family_whose_field_this_county_seldom_records_is_switched_off_and_named(
    county: Snapshot, quality: dict[str, Any]
) -> None:
    lines = {one["family"]: one for one in quality["families"]["lines"]}
    kept = set(known(county, "contacts")["service"])
    assert "medication_review" not in kept
    assert lines["medication_review_age"]["off"]
    reasons = known(county, "contacts").query("service != 'home_care' and status == 'done'")["reason"].notna().mean()
    assert reasons > lines["visits_by_reason"]["minimum"]
    assert not lines["visits_by_reason"]["off"]


@covers("001-H10", county=True)
def test_every_stored_value_is_one_that_the_data_contract_allows(county: Snapshot) -> None:
    """The contract is read from its page, as a county's data steward reads it."""
    page = (PROJECT_ROOT / "docs/data-contract.md").read_text(encoding="utf-8")
    for section in page.split("\n## ")[1:]:
        table, lines = section.split("\n", 1)[0], [one for one in section.splitlines() if one.startswith("| `")]
        cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
        if table not in county.tables or not county.tables[table]:
            continue
        rows = read_table(county, table)
        assert set(rows.columns) == {one[0].strip("`") for one in cells}, table
        for name, kind, _, _, allowed, *_ in cells:
            values = rows[name.strip("`")]
            assert "may be empty" in kind or values.notna().all(), (table, name)
            codes = re.findall(r"`([^`]+)`", allowed)
            if codes:
                assert set(values.dropna().astype(str)) <= set(codes), (table, name)
            elif "–" in allowed:
                low, high = (float(one) for one in allowed.split("–"))
                assert values.dropna().between(low, high).all(), (table, name)


@covers("001-H10", county=True)
def test_a_training_run_makes_the_quality_report_of_the_snapshot_it_learns_from(county: Snapshot) -> None:
    steps = [one.step for one in load_config("configs/retrain.yaml", RetrainConfig).steps]
    assert steps.index("histories") < steps.index("quality") < steps.index("segmentation")
    folder, summary = make(load_config("configs/quality.yaml", QualityConfig))
    assert {"quality.html", "quality.json"} <= {file.name for file in folder.iterdir()}
    assert county.sha256.startswith(folder.name)
    told = {(one["source"], one["table"]): one["rows"] for one in summary["registers"]}
    contacts = known(county, "contacts")["source"].value_counts()
    assert {source: n for (source, table), n in told.items() if table == "contacts"} == contacts.to_dict()
    text = (folder / "quality.html").read_text(encoding="utf-8")
    assert not set(known(county, "residents")["client_id"]) & set(re.findall(r"\b[0-9a-f]{32}\b", text))
