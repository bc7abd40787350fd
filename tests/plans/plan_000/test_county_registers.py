"""Rows of the Varsinais-Suomi plan about registers and measures, on the small county.

What a report or a series says is counted once more from the store's rows, plainly and without the code that made it.
"""

import io
from typing import Any

import numpy as np
import pandas as pd
import pytest

from configs.loader import load_config
from evaluation.guidance.followed.intensity import intensities, intensity_lines
from evaluation.indicators.compute import Found, readiness_of
from evaluation.indicators.settings import IndicatorsConfig
from evaluation.indicators.telling.report import as_csv, as_parquet
from evaluation.quality.counting import count_store
from evaluation.quality.summary import Limits, Material, summarise
from evaluation.readiness import indicators_told
from evaluation.reconcile.matching import reconciled, refused
from evaluation.reconcile.settings import ReconcileConfig
from features.catalogue import load_catalogue
from features.frames import read_frame
from features.source_catalogue import load_source_catalogue
from features.store import Snapshot
from models.segments.scheme import load_scheme
from tests.plans import covers
from tests.plans.conftest import Guided
from tests.plans.county import QUARTER, ends, indicators_of, inside, known, line_of

pytestmark = pytest.mark.xdist_group("county")  # one process builds it
MEASURED = (
    *("followed_up_in_person", "followed_up_by_phone", "followed_up_digitally", "needs_assessment_start_days"),
    *("visible_debt_count", "visible_debt_share", "latent_debt_primary", "remote_share_with_phone"),
)
WEEK = pd.Timestamp("2024-10-07")
SOURCES = load_source_catalogue("configs/catalogue.yaml")


@pytest.fixture(scope="module")
def own(county: Snapshot) -> tuple[Found, dict[str, Any]]:
    """The indicators that these tests look at."""
    return indicators_of(county, MEASURED)


@pytest.fixture(scope="module")
def quality(county: Snapshot) -> dict[str, Any]:
    """What the data-quality report says of the county's registers."""
    counts = count_store(county, SOURCES.sources)
    catalogue = load_catalogue("configs/features.yaml")
    material = Material(county.sha256, county.data_until, counts, county.batches, SOURCES, catalogue, None)
    return summarise(material, Limits(40, 50))


def done(county: Snapshot) -> pd.DataFrame:
    contacts = known(county, "contacts")
    return contacts[contacts["status"] == "done"]


@covers("000-2", county=True)
def test_clients_followed_up_by_channel(county: Snapshot, own: tuple[Found, dict[str, Any]]) -> None:
    ways = {
        "followed_up_in_person": ("in_person", "home"),
        "followed_up_by_phone": ("phone",),
        "followed_up_digitally": ("video", "chat", "digital"),
    }
    contacts = done(county)
    here = contacts[inside(contacts["time"])]
    everybody = here.loc[here["channel"].isin([one for way in ways.values() for one in way]), "client_id"].nunique()
    for id, way in ways.items():
        line = line_of(own[1], id)
        mine = here.loc[here["channel"].isin(way), "client_id"].nunique()
        assert (line["n"], line["value"]) == (everybody, pytest.approx(mine / everybody))
        by = {one["group"] for one in own[1]["lines"] if one["id"] == id and one["by"] == "segment"}
        assert by & {"self_managed", "cooperative", "community", "network"}


@covers("000-6", county=True)
def test_guidance_is_reported_by_its_intensity(guided: Guided) -> None:
    scheme, cases = load_scheme("configs/schemes/suuntima_like.yaml"), guided[0].cases
    of_segment = {one.id: one.guidance_intensity for one in scheme.segments}
    found = intensities(scheme)
    assert {id for id, said in found.items() if said == "light"} == {
        id for id, said in of_segment.items() if said == "light"
    }
    often = pd.concat([cases] * 10)  # few were guided here: ten times over, nothing is hidden
    lines = {line["intensity"]: line for line in intensity_lines(often, found)}
    sizes = cases["segment"].map(found).fillna("unknown").value_counts()
    assert {name: line["n"] for name, line in lines.items()} == {name: 10 * n for name, n in sizes.items()}
    assert len(lines) > 1
    for line in intensity_lines(cases, found):  # as they are, small cells hidden
        assert line["n"] is None or line["n"] >= 5


@covers("000-11", county=True)
def test_the_wait_for_an_assessment_of_service_need(county: Snapshot, own: tuple[Found, dict[str, Any]]) -> None:
    requests = known(county, "requests")
    asked = requests[requests["service"] == "service_need_assessment"]
    assessed = ends(county, asked, "assessed_at", "assessed_recorded_at")
    days = (assessed.dt.normalize() - asked["requested_at"].dt.normalize()).dt.days[inside(assessed)]
    line = line_of(own[1], "needs_assessment_start_days")
    assert line["n"] == asked.loc[inside(assessed), "client_id"].nunique()
    assert line["value"] == pytest.approx(days.mean())


@covers("000-38", county=True)
def test_an_indicator_carries_its_definition_and_is_compared_with_the_same_definition_only(
    own: tuple[Found, dict[str, Any]],
) -> None:
    config, report = load_config("configs/reconcile.yaml", ReconcileConfig), own[1]
    assert {one["id"] for one in report["indicators"]} == set(MEASURED)
    assert all(one["version"] >= 1 and one["fingerprint"] and one["sources"] for one in report["indicators"])
    lines = reconciled(report, report, config, 2)
    assert {one["difference"] for one in lines} <= {0.0, None}
    assert any(one["difference"] == 0.0 for one in lines)
    told = [{**one, "fingerprint": "other"} if one["id"] == MEASURED[0] else one for one in report["indicators"]]
    changed = {**report, "indicators": told}
    assert set(refused(report, changed)) == {MEASURED[0]}
    apart = [one for one in reconciled(report, changed, config, 2) if one["id"] == MEASURED[0]]
    assert {(one["difference"], one["reason"]) for one in apart} == {(None, "definition")}


@covers("000-39", county=True)
def test_what_the_county_can_measure_now_and_what_waits_for_a_source(county: Snapshot) -> None:
    config = load_config("configs/indicators.yaml", IndicatorsConfig)
    told = {one.id: one for one in indicators_told(config, readiness_of(county, config))}
    for id in MEASURED:
        assert told[id].readiness == "usable_now"
    waiting = {id for id, one in told.items() if one.readiness == "usable_later"}
    assert waiting
    assert all(told[id].reason.startswith("waits for ") for id in waiting)


@covers("000-59", county=True)
def test_the_visible_debt_is_who_has_waited_over_three_months(
    county: Snapshot, own: tuple[Found, dict[str, Any]]
) -> None:
    requests, last = known(county, "requests"), QUARTER[1] - pd.Timedelta(days=1)
    begun = ends(county, requests, "started_at", "started_recorded_at")
    over = ends(county, requests, "ended_at", "ended_recorded_at")
    open_ = requests[(requests["requested_at"] < QUARTER[1]) & ~(begun < QUARTER[1]) & ~(over < QUARTER[1])]
    died = known(county, "residents").set_index("client_id")["died_on"]
    open_ = open_[~(open_["client_id"].map(died) < QUARTER[1])]  # the dead wait for nothing
    late = open_[(last - open_["requested_at"].dt.normalize()).dt.days > 91]
    (span,) = (span for id, span in own[0].frames if id == "visible_debt_share")
    told = own[0].parts("visible_debt_share", span)
    assert (told["den"].sum(), told["num"].sum()) == (open_["client_id"].nunique(), late["client_id"].nunique())
    assert told["den"].sum() > 0
    assert line_of(own[1], "visible_debt_count")["value"] == late["client_id"].nunique()
    assert line_of(own[1], "latent_debt_primary")["value"] is not None


@covers("000-78", "000-80", county=True)
def test_every_instance_has_its_own_quality_profile(county: Snapshot, quality: dict[str, Any]) -> None:
    told = {(one["source"], one["table"]): one for one in quality["registers"]}
    shares = {}
    contacts = known(county, "contacts")
    for source in ("avohilmo/instance_a", "avohilmo/instance_b"):
        rows = contacts[contacts["source"] == source]
        (reason,) = [one for one in told[source, "contacts"]["fields"] if one["field"] == "reason"]
        shares[source] = reason["completeness"]
        assert abs(reason["completeness"] - rows["reason"].notna().mean()) < 0.02
        assert told[source, "contacts"]["owner"] == SOURCES.sources[source].owner
    assert shares["avohilmo/instance_b"] < 0.75 < shares["avohilmo/instance_a"]  # as the catalogue says of them
    assert quality["worst"]


@covers("000-82", "000-89", county=True)
def test_every_row_comes_from_a_catalogued_source_with_its_purposes(county: Snapshot) -> None:
    catalogue, used = load_catalogue("configs/features.yaml"), set()
    for table in catalogue.tables:
        rows = known(county, table)
        for source in set(rows["source"]):
            declared = SOURCES.sources[source]
            assert "care" in declared.purposes
            assert declared.owner
            assert table in declared.fields
            used.add(source)
    assert len(used) > 5
    for family in catalogue.families.values():
        assert all(family.name.as_text().values()) if hasattr(family.name, "as_text") else family.name
        assert family.source
        assert family.sensitivity


@covers("000-86", county=True)
def test_the_export_tables_hold_what_the_report_says(own: tuple[Found, dict[str, Any]]) -> None:
    report = own[1]
    table, frame = pd.read_csv(io.StringIO(as_csv(report))), read_frame(io.BytesIO(as_parquet(report)))
    assert {"id", "period", "by", "group", "value", "n", "completeness"} <= set(table.columns)
    assert list(table.columns) == list(frame.columns)
    assert len(table) == len(frame) == len(report["lines"])
    wanted = np.array([np.nan if one["value"] is None else one["value"] for one in report["lines"]], float)
    for said in (table["value"], frame["value"]):
        assert said.to_numpy(float) == pytest.approx(wanted, nan_ok=True)
    assert np.isfinite(wanted).sum() > 10
