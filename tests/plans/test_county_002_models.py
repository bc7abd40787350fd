"""Rows 002 about models, trained on the small county: sums of clients, groups, gates, fairness and what came of it.

What a report says is summed once more from single clients' answers, or held against what the simulator knows.
"""

import contextlib
import io
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from configs.loader import load_config, read_yaml, validate_config
from configs.workspace import Workspace
from evaluation import crosswalk
from evaluation.areas.__main__ import make as areas_report
from evaluation.areas.counted.known import load_need
from evaluation.areas.settings import AreasConfig
from evaluation.client_groups.counting import NO_GROUP, Wanted, count
from evaluation.client_groups.settings import ClientGroupsConfig
from evaluation.clusters.__main__ import proposing_model
from evaluation.fairness.comparing.figures import Certainty
from evaluation.fairness.subjects.encoded import Asked as Encoded
from evaluation.fairness.subjects.encoded import encoding_report
from evaluation.fairness.subjects.waiting import waiting_table
from evaluation.fairness.traits import TraitsConfig, homes, stays_of, traits_of
from features.histories import HistoriesConfig, build, build_grid
from features.rules.run import RulesConfig  # noqa: F401
from features.segment_records import known_answers
from features.store import Snapshot, read_table
from models.answers import ModelStamp
from models.needs.need import NeedModel
from models.needs.need_task import load_task
from models.registry import Registry, connect
from models.segments.crosswalk import load_crosswalk
from models.segments.questionnaire import by_hand, recorded_answers
from models.segments.scheme import load_scheme
from models.segments.segmentation import SegmentationModel
from tests.plans import covers
from tests.plans.county import born, ends, known, living, until
from tests.training.feedback_rows import answers as shown_answers
from tests.training.feedback_rows import decisions as made_decisions
from training import need, segmentation
from training.feedback.joining import Asked as FeedbackAsked
from training.feedback.joining import join

pytestmark = pytest.mark.xdist_group("county")  # one process builds it
FIT = {"folds": 2, "boosting": {"trees": 15, "minimum_rows": 10, "threads": 1}}
SMALL = {"fit": FIT, "minimum_positives": 5}
TASK = "home_care_change_6m"
YEAR = pd.Timedelta(days=365)
STAMP = ModelStamp("m", "1", "0" * 64, "2024-12-31", "2025-01-01")


@dataclass(frozen=True)
class Trained:
    """What the county's models are, and every client's whole row on the day after the data."""

    workspace: Workspace
    registry: Registry
    need: NeedModel
    segmentation: SegmentationModel
    clients: np.ndarray
    rows: np.ndarray


@pytest.fixture(scope="module")
def trained(county: Snapshot, empty_registry: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trained]:
    root = tmp_path_factory.mktemp("models") / "var"
    shutil.copytree(empty_registry, root)
    shutil.copytree(county.root.parent, root, dirs_exist_ok=True)
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stderr(io.StringIO()):
        patch.setenv("LUOTAIN_VAR", str(root))
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        workspace = Workspace.of("var")
        build_grid(
            workspace, load_config("configs/histories.yaml", HistoriesConfig).model_copy(update={"processes": 1})
        )
        tasks = {"tasks": [TASK], "tasks_where_enough": []}
        need.train(validate_config({**read_yaml("configs/need.yaml"), **SMALL, **tasks}, need.NeedConfig, "need.yaml"))
        few = {**SMALL, "comparisons": {"boosting_machine": False, "repeats": 20}}
        asked = {**read_yaml("configs/segmentation.yaml"), **few}
        segmentation.train(validate_config(asked, segmentation.SegmentationConfig, "segmentation.yaml"))
        registry = connect(workspace)
        version = registry.latest(f"need_{TASK}")
        assert version is not None
        model = load_need(workspace, registry, version)
        _, proposing = proposing_model(workspace, registry, "suuntima_like", None)
        clients = np.array(sorted(living_today(county)), object)
        asked_rows = pd.DataFrame({"client_id": clients, "as_of": until(county)})
        frame = build(county, asked_rows, model.catalogue, model.vocabulary).frame.to_numpy(np.float32)
        yield Trained(workspace, registry, model, proposing, clients, frame)


def living_today(county: Snapshot) -> set[str]:
    """Who lives in the county after the last day of data."""
    stays = known(county, "residents")
    died = ends(county, stays, "died_on", "died_recorded_at")
    left = ends(county, stays, "valid_to", "valid_to_recorded_at")
    return set(stays.loc[~(died < until(county)) & ~(left < until(county)), "client_id"])


def seen_lately(county: Snapshot) -> set[str]:
    """Adults with a contact within the year: the clients that models know."""
    contacts = known(county, "contacts")
    recent = contacts[(contacts["time"] >= until(county) - YEAR) & (contacts["time"] < until(county))]
    return set(recent["client_id"])


@pytest.fixture(scope="module")
def likely(county: Snapshot, trained: Trained) -> pd.Series:
    """client_id → the likelihood that one client's answer tells; those whom the task asks about."""
    found = {}
    for client, row in zip(trained.clients, trained.rows, strict=True):
        answer = trained.need.answer(row.reshape(1, -1), STAMP)
        if answer.status == "answered" and client in seen_lately(county):
            assert answer.likelihood is not None
            found[client] = answer.likelihood.probability
            assert sum(level.probability for level in answer.levels) == pytest.approx(1)
    return pd.Series(found)


@covers("002-A1", "002-A7", county=True)
def test_the_clients_answers_add_up_to_the_figures_of_the_areas(
    county: Snapshot, trained: Trained, likely: pd.Series
) -> None:
    config = load_config("configs/areas.yaml", AreasConfig)
    _, report = areas_report(config.model_copy(update={"tasks": (f"configs/needs/{TASK}.yaml",)}))
    (task,) = report["tasks"]
    stays = known(county, "residents").drop_duplicates("client_id", keep="last").set_index("client_id")
    by_area = likely.groupby(stays["municipality"].reindex(likely.index)).agg(["sum", "size"])
    shown = [line for line in task["areas"] if not line["hidden"]]
    assert len(shown) >= 2
    for line in shown:
        own = by_area.loc[line["id"]]
        assert (line["known"]["value"], line["clients"]) == (pytest.approx(own["sum"]), own["size"])
    whole = task["county"]["known"]
    assert whole["value"] == pytest.approx(likely.sum())
    assert whole["low95"] <= whole["low80"] < whole["value"] < whole["high80"] <= whole["high95"]
    assert task["demand"]["why"]["en"]  # no forecast counts the same people: said, and not compared


@covers("002-A1", county=True)
def test_only_those_in_home_care_are_asked_and_get_four_likelihoods(county: Snapshot, likely: pd.Series) -> None:
    episodes = known(county, "episodes")
    over = ends(county, episodes, "end", "end_recorded_at")
    home = episodes[(episodes["kind"] == "home_care_regular") & (episodes["start"] < until(county))]
    now = set(home.loc[~(over.reindex(home.index) < until(county)), "client_id"])
    adults = born(county)
    adults = set(adults.index[adults <= until(county).year - 19])
    assert set(likely.index) == now & adults & seen_lately(county) & living_today(county)


def recorded(county: Snapshot, client: str) -> tuple:  # type: ignore[type-arg]
    day = until(county).date()
    records = known(county, "segment_records")
    own = records[records["client_id"] == client]
    tables = {"segment_records": read_table(county, "segment_records")}
    tables = {"segment_records": tables["segment_records"][tables["segment_records"]["client_id"] == client]}
    if own.empty:
        return ()
    return tuple(recorded_answers(load_scheme("configs/schemes/suuntima_like.yaml"), known_answers(tables, day), day))


@pytest.fixture(scope="module")
def proposed(county: Snapshot, trained: Trained) -> dict[str, Any]:
    """client_id → one client's own answer, with the recorded answers."""
    stored = read_table(county, "segment_records")
    by_client = dict(tuple(stored.groupby("client_id", observed=True)))
    day, scheme = until(county).date(), trained.segmentation.scheme
    found = {}
    for client, row in zip(trained.clients, trained.rows, strict=True):
        records = by_client.get(client)
        told = () if records is None else known_answers({"segment_records": records}, day)
        answers = () if records is None else recorded_answers(scheme, told, day)
        found[client] = trained.segmentation.answer(row, STAMP, answers=answers)
    return found


@covers("002-B4", county=True)
def test_the_groups_of_the_report_hold_the_clients_whose_answers_say_so(
    county: Snapshot, trained: Trained, proposed: dict[str, Any]
) -> None:
    config = load_config("configs/client_groups.yaml", ClientGroupsConfig)
    areas = load_config(config.areas, AreasConfig)
    rules = load_config(config.histories, HistoriesConfig).rules
    wanted = Wanted(until(county).date(), config, rules, areas.area_of, trained.segmentation, trained.need)
    counts = count(county, wanted)
    adults = born(county).reindex(list(proposed))
    clients = {one for one in proposed if adults[one] <= until(county).year - 19} & seen_lately(county)
    told = counts.segments.groupby("segment")["n"].sum().to_dict()
    mine: dict[str, int] = {}
    for client in clients:
        answer = proposed[client]
        best = max(answer.segments, key=lambda one: one.probability).segment if answer.segments else NO_GROUP
        mine[best] = mine.get(best, 0) + 1
    assert {name: n for name, n in told.items() if n} == mine
    contacts = known(county, "contacts")
    assert counts.residents["silent"].sum() <= len(living_today(county) - seen_lately(county))
    assert counts.segments["expected"].sum() > 0
    assert len(contacts) > 0


@covers("002-G9", county=True)
def test_old_or_short_records_are_not_assessable_with_the_reason(
    county: Snapshot, trained: Trained, proposed: dict[str, Any]
) -> None:
    contacts = known(county, "contacts")
    done = contacts[(contacts["time"] < until(county)) & (contacts["status"] == "done")]
    newest = (until(county) - done.groupby("client_id")["time"].max()).dt.days
    episodes = known(county, "episodes")
    over = ends(county, episodes, "end", "end_recorded_at")
    going_on = set(episodes.loc[(episodes["start"] < until(county)) & ~(over < until(county)), "client_id"])
    old = {str(one) for one in newest.index[newest > 366]} - going_on
    stays = known(county, "residents").set_index("client_id")["history_start"]
    old = {one for one in old & set(proposed) if (until(county) - stays[one]).days > 400}
    assert old
    for client in old:
        if proposed[client].basis != "answers":
            assert proposed[client].status == "not_assessable", client
            assert "365" in proposed[client].status_reason["en"]
    answered = [client for client, one in proposed.items() if one.status == "answered" and one.basis == "model"]
    assert answered
    assert not set(answered) & old
    client = next(iter(sorted(old)))
    scheme = trained.segmentation.scheme
    hand = (by_hand(scheme, "complexity", "low"), by_hand(scheme, "resources", "strong"))
    row = trained.rows[list(trained.clients).index(client)]
    told = trained.segmentation.answer(row, STAMP, answers=hand)
    assert told.status in ("answered", "not_eligible")


@covers("002-B1", "002-B2", county=True)
def test_every_whole_record_has_the_segment_of_its_scheme_and_version(county: Snapshot) -> None:
    records = known(county, "segment_records")
    scheme = load_scheme("configs/schemes/suuntima_like.yaml")
    assert set(zip(records["scheme"], records["scheme_version"], strict=True)) == {(scheme.id, scheme.version)}
    whole = records.dropna(subset=["axis1_level", "axis2_level", "segment"])
    axes = [axis.id for axis in scheme.axes]
    for row in whole.itertuples():
        levels = dict(zip(axes, (row.axis1_level, row.axis2_level), strict=True))
        assert scheme.segment_of(levels) == row.segment
    assert set(whole["segment"]) == set(scheme.segment_ids)


@covers("002-B2", county=True)
def test_the_county_s_segments_are_taken_into_the_neighbours_scheme(county: Snapshot) -> None:
    table = load_crosswalk("configs/crosswalks/suuntima_like_vantaa_kerava.yaml")
    stored = read_table(county, "segment_records")
    assert crosswalk.compare(stored, table, until(county).date(), 182) is None  # nobody has both
    newest = known(county, "segment_records").sort_values("time").drop_duplicates("client_id", keep="last")
    segments = newest["segment"].dropna()
    found = crosswalk.take_through(list(segments), table)
    sizes = segments.value_counts()
    assert dict(found.clients) == {name: int(sizes[name]) for name in table.from_scheme.segment_ids}
    shown = {name: both for name, both in found.ranges.items() if both is not None}
    for other, (low, high) in shown.items():
        sources = [name for name in table.from_scheme.segment_ids if other in table.targets(name)]
        assert high == sum(sizes[name] for name in sources)
        assert low == sum(sizes[name] for name in sources if list(table.targets(name)) == [other])
    assert shown


@covers("002-B14", county=True)
def test_waits_are_told_by_group_and_the_east_is_flagged(county: Snapshot) -> None:
    """`waits.area` of the county: everything takes 1.25 times as long in the east, and a request for home care more."""
    table = waiting_table(county, 1460, Certainty(repeats=100), 5)
    assert table is not None
    requests = known(county, "requests")
    stays = known(county, "residents").drop_duplicates("client_id", keep="last").set_index("client_id")
    days = (requests["assessed_at"] - requests["requested_at"]).dt.total_seconds() / 86_400
    town = stays["municipality"].reindex(requests["client_id"]).to_numpy()
    own = days.groupby(town).mean()
    lines = [row for row in table.rows if (row.output, row.trait) == ("days_to_assessment", "municipality")]
    told = {row.group: row for row in lines if not row.hidden}
    assert len(told) >= 4
    for code, row in told.items():
        assert row.metrics["mean_days"].value == pytest.approx(own[code], rel=0.02)
    east = [row.metrics["wait_to_usual"].value for code, row in told.items() if code in ("906", "907", "908")]
    west = [row.metrics["wait_to_usual"].value for code, row in told.items() if code not in ("906", "907", "908")]
    assert min(east) > max(west)
    traits = {row.trait for row in table.rows}
    assert {"sex", "language", "municipality", "age_band", "legacy_org"} <= traits


@covers("002-B14", county=True)
def test_the_registered_groups_are_those_of_the_records(county: Snapshot, trained: Trained) -> None:
    config = load_config("configs/traits.yaml", TraitsConfig)
    columns = dict(zip(trained.need.feature_names, trained.rows.T, strict=True))
    asked = pd.DataFrame({"client_id": trained.clients, "as_of": until(county)})
    found = traits_of(county, config, asked, columns)
    assert {f"trait_{name}" for name in config.groups} <= set(found.columns)
    contacts = known(county, "contacts")
    recent = contacts[(contacts["time"] >= until(county) - YEAR) & (contacts["time"] < until(county))]
    for trait, service in (("low_income", "income_support"), ("substance_client", "substance_care")):
        mine = set(recent.loc[recent["service"] == service, "client_id"]) & set(trained.clients)
        assert set(trained.clients[found[f"trait_{trait}"].to_numpy(bool)]) == mine
        assert mine
    carers = known(county, "relations")
    over = ends(county, carers, "valid_to", "valid_to_recorded_at")
    caring = carers[(carers["role"] == "cared_for") & (carers["valid_from"] < until(county)) & ~(over < until(county))]
    held = set(trained.clients[found["trait_informal_carer"].to_numpy(bool)])
    assert held == set(caring["client_id"]) & set(trained.clients)


@covers("002-D14", county=True)
def test_a_score_that_tracks_the_former_organisation_is_found_and_one_that_does_not_is_not(
    county: Snapshot, trained: Trained
) -> None:
    """The planted score is .9 of the organisation; the other is the clients' age."""
    contacts = read_table(county, "contacts")
    home = homes(contacts[contacts["superseded_at"].isna()], stays_of(county))["legacy_org"]
    org = pd.Series(trained.clients).map(home).fillna("unknown").to_numpy()
    names = ("age", "habit")
    place = trained.need.feature_names.index("age")
    age = np.nan_to_num(trained.rows[:, place].astype(float), nan=60.0)
    counts = pd.Series(org).value_counts()
    largest = str(counts.index[0])
    assert counts.iloc[0] >= 100
    habit = (org == largest) + np.random.default_rng(1).normal(0, 0.5, len(org))
    label = (age > np.median(age)).astype(int)
    rows = np.arange(len(org))
    asked = Encoded(np.column_stack([age, habit]), names, trained.clients, {"legacy_org": org})
    scorers = {
        "planted": (rows, label, lambda used: 1 / (1 + np.exp(-3 * (used[:, 1] - 0.5)))),
        "plain": (rows, label, lambda used: 1 / (1 + np.exp(-(used[:, 0] - 70) / 10))),
    }
    report = encoding_report(asked, scorers, 1)
    told = {one["output"]: one for one in report["adversaries"] if one["group"] == largest}
    assert told["planted"]["from_score_at_same_outcome"] > 0.8
    assert told["plain"]["from_score_at_same_outcome"] < 0.65
    pairs = habit[org == largest][:, None] - habit[org != largest][None, :]
    area = float((pairs > 0).mean())
    assert told["planted"]["from_score"] == pytest.approx(area, abs=1e-6)
    assert set(org) - {"unknown"} <= set(known(county, "contacts")["legacy_org"])


@covers("002-G2", county=True)
def test_what_was_answered_a_year_ago_is_joined_with_what_came(county: Snapshot) -> None:
    task = load_task("configs/needs/frequent_emergency_12m.yaml")
    day = pd.Timestamp("2023-10-01")
    here = sorted(living(county) & seen_lately(county))
    told = {"as_of": "2023-10-01", "shown_at": "2023-10-01T09:00:00", "task": task.id, "model": "need_f"}
    shown = shown_answers(*({"client_id": one, **told} for one in here))
    scheme = load_scheme("configs/schemes/suuntima_like.yaml")
    contacts = known(county, "contacts")
    emergency = contacts[(contacts["urgency"] == "emergency") & (contacts["status"] == "done")]
    within = emergency[(emergency["time"] >= day) & (emergency["time"] < day + YEAR)]
    visits = within.groupby("client_id").size()

    def rows_at(midnight: date) -> pd.DataFrame:
        asked = FeedbackAsked(county, midnight, {("need_f", "1"): task}, scheme, 100, 1.0)
        return join(shown, made_decisions(), asked).rows.set_index("client_id")

    early, late = rows_at(date(2024, 6, 1)), rows_at(until(county).date())
    assert set(early["state"]) == {"not_due"}
    scored = late[late["state"] == "scored"]
    assert len(scored) > 100
    expected = (visits.reindex(scored.index).fillna(0) >= 4).astype(int)
    assert (scored["outcome"].astype(int) == expected).all()
    assert 0 < expected.sum() < len(expected)
