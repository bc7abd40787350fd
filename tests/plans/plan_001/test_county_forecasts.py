"""Rows of Kanta-Häme's and Keski-Suomi's plans about counts ahead, paths and practice, on the small county."""

import csv
import io
import math
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from openpyxl import load_workbook

from configs.loader import load_config
from configs.workspace import Workspace
from evaluation.demand_reports import beside
from evaluation.demand_reports.page import as_csv
from evaluation.demand_reports.settings import CaseloadConfig
from evaluation.guidance import baseline
from evaluation.guidance.baseline import held_against
from evaluation.guidance.effect import compared
from evaluation.guidance.report import figures_of
from features.flow import reached_phases, read_chain, spells_at
from features.outcomes import Window, label_history
from features.store import Snapshot
from models.answers import ModelStamp
from models.demand.config import DemandConfig
from models.demand.forecasters import boosted
from models.demand.hierarchy import aggregate, published_series
from models.demand.model import DemandModel
from models.demand.series_config import SeriesSource
from models.flow.config import FlowConfig
from models.flow.measured.conformance import lead_times
from models.needs.need_task import load_task
from serving.pages.excel import forecast_workbook
from serving.pages.format import Format
from serving.pages.language import language
from serving.planning.kept.records import SeriesPicture
from tests.plans import covers
from tests.plans.conftest import Guided
from tests.plans.county import ends, known, until
from training.demand.series import counted_series

pytestmark = pytest.mark.xdist_group("county")  # one process builds it
SEGMENTS = "configs/demand/counted/clients_by_segment_monthly.yaml"
MONTH = (pd.Timestamp("2024-10-01"), pd.Timestamp("2024-11-01"))
YEAR = pd.Timedelta(days=365)
FORMAT = Format(language("fi"))


def here(county: Snapshot, clients: set[str], day: pd.Timestamp) -> set[str]:
    """Those of the clients who live in the county on a day."""
    stays = known(county, "residents")
    left = ends(county, stays, "valid_to", "valid_to_recorded_at")
    return clients & set(stays.loc[(stays["valid_from"] <= day) & ~(left <= day), "client_id"])


def segments_before(county: Snapshot, day: pd.Timestamp) -> pd.Series:
    """client_id → the newest segment that was recorded before a day."""
    records = known(county, "segment_records")
    mine = records[(records["time"] < day) & (records["recorded_at"] < day)].sort_values("time")
    return mine.drop_duplicates("client_id", keep="last").set_index("client_id")["segment"]


def series_of(path: str) -> pd.DataFrame:
    """unique_id, ds, y of a shipped demand config, and the parts of the id."""
    config = load_config(path, DemandConfig)
    assert isinstance(config.source, SeriesSource)
    found = counted_series(config, config.source, Workspace.of("var"))
    whole = pd.concat([found.frame, found.short], ignore_index=True)
    whole[["area", "measure", "group"]] = whole["unique_id"].str.split("|", expand=True)
    return whole


@covers("001-A6", "001-A8", county=True)
def test_the_share_of_each_segment_month_by_month(county: Snapshot) -> None:
    panel = series_of(SEGMENTS)
    contacts = known(county, "contacts")
    done = contacts[contacts["status"] == "done"]
    shares = {}
    for month in pd.date_range("2024-06-01", "2024-10-01", freq="MS"):
        inside = (done["time"] >= month) & (done["time"] < month + pd.DateOffset(months=1))
        clients = set(done.loc[inside, "client_id"])
        own = segments_before(county, month).reindex(sorted(clients)).fillna("none").value_counts()
        told = panel[panel["ds"] == month].groupby("group")["y"].sum()
        for segment, n in told.items():
            assert n == pytest.approx(own.get(segment, 0), abs=max(1, 0.02 * n)), (month, segment)  # moved in the month
        shares[month] = told["self_managed"] / told.drop("none").sum()
    assert all(0 < share < 1 for share in shares.values())


@pytest.fixture(scope="module")
def segments(county: Snapshot) -> DemandModel:
    """The shipped config's trees on the county's own series, with drawn intervals."""
    shipped = load_config(SEGMENTS, DemandConfig)
    config = shipped.model_copy(update={"lightgbm": shipped.lightgbm.model_copy(update={"rounds": 20})})
    panel = series_of(SEGMENTS)[["unique_id", "ds", "y"]].sort_values(["unique_id", "ds"], ignore_index=True)
    forecaster = boosted.fit(panel, config.lightgbm, config.freq, config.season_length)
    ahead = boosted.predict(forecaster, config.horizon).rename(columns={boosted.MEMBER: "value"})
    ahead["value"] = ahead["value"].clip(lower=0)
    table = aggregate(ahead, published_series(config, sorted(panel["unique_id"].unique())), ["ds"])
    table["step"] = table.groupby("series_id")["ds"].rank(method="first").astype(int)
    for level, width in (("80", 0.1), ("95", 0.2)):
        table[f"low{level}"], table[f"high{level}"] = table["value"] * (1 - width), table["value"] * (1 + width)
    return DemandModel(config, "lightgbm", forecaster.models_[boosted.MEMBER].booster_, panel, table, {}, {})  # type: ignore[arg-type]


@covers("001-A5", county=True)
def test_the_countys_network_clients_ahead_become_whole_case_managers(county: Snapshot, segments: DemandModel) -> None:
    asked = load_config("configs/caseload.yaml", CaseloadConfig)
    lines = [one for one in beside.case_managers(segments, asked).lines if one["area"] == "county"]
    assert len(lines) == segments.config.horizon
    contacts = known(county, "contacts")
    inside = (contacts["time"] >= MONTH[0]) & (contacts["time"] < MONTH[1]) & (contacts["status"] == "done")
    own = segments_before(county, MONTH[0]).reindex(sorted(set(contacts.loc[inside, "client_id"])))
    network = int((own == "network").sum())
    for line in lines:
        assert line["clients"] == pytest.approx(network, rel=0.6)  # what it forecasts are those clients
        assert line["managers"] == math.ceil(float(str(line["clients"])) / 30)
        assert line["fewest"] <= line["managers"] <= line["most"]  # type: ignore[operator]
    assert network > 5


@covers("001-C14", county=True)
def test_a_forecast_of_the_county_is_handed_over_as_flat_rows_and_as_numbers(
    county: Snapshot, segments: DemandModel
) -> None:
    stamp = ModelStamp("demand_clients_by_segment_monthly", "1", "0" * 64, str(county.data_until), str(until(county)))
    answer = segments.answer("county|clients|total", stamp)
    book = load_workbook(BytesIO(forecast_workbook(SeriesPicture(answer), FORMAT)))
    rows = list(book["Ennuste"].iter_rows(min_row=2, values_only=True))
    points = [(one.period_start, one.value, one.low80, one.high80) for one in answer.points]
    assert [(f"{row[0]:%Y-%m-%d}", *row[2:5]) for row in rows] == [(day, *map(pytest.approx, n)) for day, *n in points]
    seen = list(book["Toteutunut"].iter_rows(min_row=2, values_only=True))
    contacts = known(county, "contacts")
    inside = (contacts["time"] >= MONTH[0]) & (contacts["time"] < MONTH[1]) & (contacts["status"] == "done")
    (october,) = [row[1] for row in seen if f"{row[0]:%Y-%m}" == "2024-10"]
    assert october == pytest.approx(contacts.loc[inside, "client_id"].nunique(), abs=3)  # a few had moved away
    lines = beside.last_year("m", segments).lines
    flat = list(csv.DictReader(io.StringIO(as_csv(lines))))
    assert len(flat) == len(segments.forecast) == len(lines)
    assert {one["series"].split("|")[0] for one in flat} >= {"county", "901", "904"}
    told = {(one["series"], one["period"]): float(one["forecast"]) for one in flat}
    assert told["county|clients|total", points[0][0]] == pytest.approx(points[0][1])


@covers("001-C1", county=True)
def test_home_care_clients_of_a_month_by_visits_received_in_it(county: Snapshot) -> None:
    told = series_of("configs/demand/counted/home_care_clients_monthly.yaml")
    episodes, contacts = known(county, "episodes"), known(county, "contacts")
    over = ends(county, episodes, "end", "end_recorded_at")
    care = (episodes["kind"] == "home_care_regular") & (episodes["start"] < MONTH[1]) & ~(over <= MONTH[0])
    clients = here(county, set(episodes.loc[care, "client_id"]), MONTH[0])
    visits = contacts[(contacts["service"] == "home_care") & (contacts["status"] == "done")]
    month = visits[(visits["time"] >= MONTH[0]) & (visits["time"] < MONTH[1])].groupby("client_id").size()
    often = clients & set(month.index[month >= 60])
    now = told[told["ds"] == MONTH[0]].groupby("group")["y"].sum()
    assert now["frequent"] == pytest.approx(len(often), abs=1)
    assert now.sum() == pytest.approx(len(clients), abs=2)
    assert 0 < now["frequent"] < now.sum()


@covers("001-B2", county=True)
def test_the_phases_of_a_clients_path_and_the_days_between_them(county: Snapshot) -> None:
    chain = load_config("configs/flows/home_care.yaml", FlowConfig).chain
    rows, day = read_chain(county, chain), until(county).date()
    spells = spells_at(chain, rows, day).frame
    reached = reached_phases(chain, rows, spells, day)
    assert set(reached) == {"contact", "need_assessment", "planning", "service", "follow_up", "ending"}
    asked = known(county, "requests").query("service == 'home_care_request'")
    asked = asked[asked["requested_at"] < until(county)]
    assert len(reached["contact"]) == len(asked)
    clients = spells.groupby("case")["client_id"].first()
    pairs = pd.DataFrame({"begun": reached["contact"], "assessed": reached["need_assessment"]}).dropna()
    told = sorted((clients[case], (row.assessed - row.begun).days) for case, row in pairs.iterrows())
    met = ends(county, asked, "assessed_at", "assessed_recorded_at")
    lags = (met.dt.normalize() - asked["requested_at"].dt.normalize()).dt.days
    expected = sorted((client, int(lag)) for client, lag in zip(asked["client_id"], lags, strict=True) if lag == lag)
    assert len(expected) > 30
    assert [one for one in expected if one not in told] == []
    first = lead_times(chain, reached, pairs.index.to_numpy())[0]
    assert (first.start, first.end, first.cases) == ("contact", "need_assessment", len(pairs))
    assert first.median == pytest.approx(float(np.median([days for _, days in told])))


@covers("001-B8", county=True)
def test_who_needs_a_multi_professional_team_is_told_by_events_alone(county: Snapshot) -> None:
    task, day = load_task("configs/needs/multi_professional_team_12m.yaml"), pd.Timestamp("2023-07-01")
    stays = known(county, "residents")
    there = (stays["history_start"] < day) & (stays["valid_from"] < day) & stays["valid_to"].isna()
    clients = np.array(sorted(set(stays.loc[there & stays["died_on"].isna(), "client_id"])), object)
    asked = pd.DataFrame({"client_id": clients, "as_of": np.datetime64(day, "ns")})
    labels = label_history(county, asked, task.outcome, Window(task.horizon_days, task.gap_days), ())
    kept = clients[labels.kept]
    told = set(kept[np.asarray(labels.label, bool)])
    contacts, requests = known(county, "contacts"), known(county, "requests")
    inside = contacts[(contacts["time"] >= day) & (contacts["time"] < day + YEAR)]
    asking = (requests["service"] == "concern_notification") & (requests["requested_at"] >= day)
    alarmed = set(requests.loc[asking & (requests["requested_at"] < day + YEAR), "client_id"])
    alarmed |= set(inside.loc[(inside["urgency"] == "emergency") & (inside["status"] == "done"), "client_id"])
    teams = {client for client, own in inside[inside["status"] == "done"].groupby("client_id") if met_a_team(own)}
    assert told == teams & alarmed & set(kept)
    assert 0 < len(told) < len(kept) / 2


GROUPS = {
    **{"physician": "doctors", "psychiatric_nurse": "mental", "psychologist": "mental"},
    **dict.fromkeys(("nurse", "public_health_nurse"), "nurses"),
    **dict.fromkeys(("physiotherapist", "occupational_therapist"), "therapists"),
    **dict.fromkeys(("social_worker", "counsellor", "care_coordinator"), "social work"),
    "practical_nurse": "home care",
}


def met_a_team(own: pd.DataFrame) -> bool:
    """Within some 90 days four groups of professions, one of them social."""
    seen = own[own["profession"].isin(GROUPS)]
    met = set(zip(seen["time"].dt.normalize(), seen["profession"].map(GROUPS), strict=True))  # one a day of each group
    for first, _ in met:
        groups = {group for when, group in met if 0 <= (when - first).days < 90}
        social = groups & {"social work", "home care"}
        if len(groups) >= 4 and social and groups - social:
            return True
    return False


@covers("001-G7", county=True)
def test_present_practice_is_kept_and_a_later_month_is_held_against_it(
    county: Snapshot, guided: Guided, tmp_path: Path
) -> None:
    counted, wanted = guided
    cases = counted.cases
    assert wanted.config.effect is not None
    changed = pd.Timestamp(wanted.config.effect.changed_on)
    early = replace(counted, cases=cases[cases["time"] < changed])
    baseline.store(tmp_path, "present_practice", {"data_until": "2023-12-31", "figures": figures_of(early)})
    then = baseline.stored(tmp_path, "present_practice")
    assert then is not None
    rows = {one["id"]: one for one in held_against(figures_of(counted), then)}
    for name, begun in (("started", cases["started"] >= 0), ("started_within_7_days", cases["days"] <= 7)):
        before = begun[cases["time"] < changed].mean()
        assert rows[name]["then"] == pytest.approx(before)
        assert rows[name]["change"] == pytest.approx(begun.mean() - before)
        assert rows[name]["low"] <= rows[name]["change"] <= rows[name]["high"]
    effect = compared(cases, wanted.config.effect, repeats=20)
    span = pd.Timedelta(days=wanted.config.effect.days)
    near = cases[(cases["time"] >= changed - span) & (cases["time"] < changed + span)]
    west = near["municipality"].isin(("901", "902", "903"))
    sizes = {
        f"{who}_{when}": near.loc[own & part, "client_id"].nunique()
        for who, own in (("concerned", west), ("others", ~west))
        for when, part in (("before", near["time"] < changed), ("after", near["time"] >= changed))
    }
    assert effect["clients"] == {name: n if n >= 5 or n == 0 else None for name, n in sizes.items()}
    assert (effect["figures"]["started"] is None) == (min(sizes.values()) < 5)
