"""Rows of Kanta-Häme's and Keski-Suomi's plans about what is known of a client, on the small county.

Each feature is counted once more from the store's rows with plain pandas, client by client.
"""

import numpy as np
import pandas as pd
import pytest

from features.histories import History
from features.outcomes import Window, label_history
from features.store import Snapshot
from models.needs.need_task import load_task
from tests.plans import covers
from tests.plans.county import ends, known, until
from tests.plans.plan_001.learnt import history_of

pytestmark = pytest.mark.xdist_group("county")  # one process builds it
YEAR = pd.Timedelta(days=365)
PAIR = ("named_doctor", "named_nurse")


@pytest.fixture(scope="module")
def history(county: Snapshot) -> History:
    """Every feature of everybody who has lived in the county for two years, on the last day."""
    return history_of(county)


def feature(history: History, name: str) -> pd.Series:
    """client_id → value."""
    return pd.Series(history.frame[name].to_numpy(), index=history.rows["client_id"])


def visits(county: Snapshot) -> pd.DataFrame:
    """Visits to doctors and nurses in the year, with somebody named as met."""
    contacts = known(county, "contacts")
    mine = contacts["service"].isin(("gp_visit", "nurse_visit")) & (contacts["status"] == "done")
    recent = (contacts["time"] >= until(county) - YEAR) & (contacts["time"] < until(county))
    return contacts[mine & recent & contacts["professional_id"].notna()]


def same(found: pd.Series, expected: pd.Series, least: int) -> None:
    """Equal for everybody, unknown for the others, and not by having nobody."""
    wanted = expected.reindex(found.index)
    assert wanted.notna().sum() >= least
    pd.testing.assert_series_equal(found, wanted, check_names=False, check_dtype=False, rtol=1e-5)


@covers("001-B5", county=True)
def test_the_share_of_visits_with_the_named_doctor_and_nurse(county: Snapshot, history: History) -> None:
    ties = known(county, "relations")
    over = ends(county, ties, "valid_to", "valid_to_recorded_at")
    now = ties[ties["role"].isin(PAIR) & (ties["valid_from"] < until(county)) & ~(over < until(county))]
    pairs = now.groupby("client_id")["other_id"].agg(set)
    met = visits(county)
    met = met[met["client_id"].isin(pairs.index)]
    own = [who in pairs[client] for client, who in zip(met["client_id"], met["professional_id"], strict=True)]
    same(feature(history, "named_pair_share__365d"), pd.Series(own).groupby(met["client_id"].to_numpy()).mean(), 10)


@covers("001-B5", county=True)
def test_different_professionals_are_counted_once_each(county: Snapshot, history: History) -> None:
    contacts = known(county, "contacts")
    recent = contacts[(contacts["time"] >= until(county) - YEAR) & (contacts["status"] == "done")]
    expected = recent.groupby("client_id")["professional_id"].nunique()
    same(feature(history, "distinct_professionals__365d"), expected.reindex(history.rows["client_id"]).fillna(0), 50)


@covers("001-D5", county=True)
def test_continuity_is_the_chance_that_two_visits_are_with_the_same_professional(
    county: Snapshot, history: History
) -> None:
    met = visits(county)
    alike = {}
    for client, own in met.groupby("client_id")["professional_id"]:
        who = own.to_list()
        pairs = [one == other for place, one in enumerate(who) for other in who[:place]]
        if len(who) >= 3:
            alike[client] = float(np.mean(pairs))
    same(feature(history, "continuity_index__365d"), pd.Series(alike), 30)


@covers("001-C3", county=True)
def test_the_memory_disorder_flag_is_on_for_those_with_the_code(county: Snapshot, history: History) -> None:
    codes = known(county, "diagnoses")
    memory = codes["code"].astype(str).str.match(r"G30|F0[0-3]") & (codes["time"] < until(county))
    flagged = feature(history, "memory_disorder")
    assert set(flagged.index[flagged == 1]) == set(codes.loc[memory, "client_id"]) & set(flagged.index)
    assert 5 < (flagged == 1).sum() < len(flagged) / 2


@covers("001-G1", county=True)
def test_whodas_is_the_newest_total_and_its_change_that_since_the_one_before(
    county: Snapshot, history: History
) -> None:
    own = known(county, "assessments").query("instrument == 'WHODAS' and scale == 'total'").sort_values("time")
    own = own[own["time"] < until(county)]
    newest = own.drop_duplicates("client_id", keep="last").set_index("client_id")["value"]
    same(feature(history, "whodas"), newest, 20)
    changed = own.groupby("client_id")["value"].agg(lambda values: values.iloc[-1] - values.iloc[-2:-1].mean())
    recent = own[own["time"] >= until(county) - 2 * YEAR]["client_id"]
    same(feature(history, "whodas_change__730d"), changed[changed.index.isin(recent)], 10)


@covers("001-G1", county=True)
@pytest.mark.parametrize("scale", ["CPS", "ADLH", "IADL"])
def test_the_same_fields_hold_rai_scales(county: Snapshot, history: History, scale: str) -> None:
    own = known(county, "assessments")
    own = own[(own["instrument"] == "RAI-HC") & (own["scale"] == scale) & (own["time"] < until(county))]
    newest = own.sort_values("time").drop_duplicates("client_id", keep="last").set_index("client_id")["value"]
    same(feature(history, f"rai_{scale.lower()}"), newest, 30)


@covers("001-C6", county=True)
def test_who_moves_to_24_hour_care_within_the_year(county: Snapshot) -> None:
    task, day = load_task("configs/needs/move_to_24h_care_12m.yaml"), pd.Timestamp("2023-07-01")
    episodes = known(county, "episodes")
    over = ends(county, episodes, "end", "end_recorded_at")
    open_then = (episodes["start"] < day) & ~(over <= day)
    care, housing = (episodes["kind"] == kind for kind in ("home_care_regular", "residential_24h"))
    clients = set(episodes.loc[open_then & care, "client_id"]) - set(episodes.loc[open_then & housing, "client_id"])
    asked = pd.DataFrame({"client_id": np.array(sorted(clients), object), "as_of": np.datetime64(day, "ns")})
    labels = label_history(county, asked, task.outcome, Window(task.horizon_days, task.gap_days), ())
    moved = set(episodes.loc[housing & (episodes["start"] >= day) & (episodes["start"] < day + YEAR), "client_id"])
    told = pd.Series(np.asarray(labels.label, bool), index=asked["client_id"].to_numpy()[labels.kept])
    assert set(told.index[told]) == moved & set(told.index)
    assert 0 < told.sum() < len(told)
