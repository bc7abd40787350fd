"""The replay: history built as of any date from the full tables equals history built from what was recorded by then.

The filter is tests/features/kernel/recorded.py, which shares no code with the kernel.  It covers late rows,
corrections, ends, outcomes and deaths; each clock taken away in turn must be noticed.
"""

import json
import random
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from configs.loader import load_config
from configs.workspace import Workspace
from features import cohort, known
from features.catalogue import Catalogue, load_catalogue
from features.catalogue.families import AGGREGATES
from features.catalogue.specs import feature_names
from features.catalogue.vocabulary import Vocabulary, vocabulary_of
from features.histories import build_client
from features.ingest.run import ingest
from features.ingest.settings import IngestConfig
from features.kernel import build_features
from features.kernel.build import numbered_rows
from features.kernel.events import Tables
from features.outcomes import is_open
from features.simulator.county import simulate
from features.simulator.delivery.deliver import deliver, load_mappings
from features.simulator.load import load_county
from features.store import open_snapshot, read_table
from features.tables import TABLES
from tests.counts import count
from tests.features.deliveries.extracts import real_file
from tests.features.histories_data import catalogue_of, family, store_of
from tests.features.kernel.kernel_world import EVERYTHING, KEPT, any_tables
from tests.features.kernel.recorded import (
    LATER_DATES,
    OWN_DATE,
    RECORDED_WITH_ROW,
    Frames,
    recorded_by,
    with_corrections,
    without_clock,
)

RULES = (
    cohort.Rule(rule="alive"),
    cohort.Rule(rule="lives_in_county"),
    cohort.Rule(rule="age", at_least=18),
    cohort.Rule(rule="observed_days", at_least=30),
    cohort.Rule(rule="event_within", table="contacts", days=60),
)
EVERY_DATE = catalogue_of(
    *(
        family(f"{table}_{date}", table, "days_since", at=date)
        for table, dates in LATER_DATES.items()
        for date in dates
    ),
    family("ended", "requests", "count", at="ended_at", by="outcome", codes=["y", "n"], windows=[60]),
    family("contact", "contacts", "count", windows=[60]),
)
CLOCKS = (
    "recorded_at",
    "superseded_at",
    *sorted({clock for dates in LATER_DATES.values() for clock in dates.values()}),
)


@dataclass(frozen=True)
class World:
    """Tables, the clients and dates asked about, and the features asked for."""

    tables: Frames
    clients: np.ndarray
    days: np.ndarray
    catalogue: Catalogue
    vocabulary: Vocabulary

    def features(self, tables: Frames, days: np.ndarray) -> np.ndarray:
        """Every client on every one of `days`: [days, clients, features]."""
        clients, as_of = np.tile(self.clients, len(days)), np.repeat(days, len(self.clients))
        found = build_features(tables, clients, as_of, self.catalogue, self.vocabulary)
        return found.reshape(len(days), len(self.clients), -1)

    def differing(self, full: Frames | None = None) -> list[str]:
        """The features that the full tables give otherwise than what had been recorded by the date."""
        whole = self.features(self.tables if full is None else full, self.days)
        replayed = np.concatenate([self.features(self.recorded(day), day[None]) for day in self.days])
        same = (whole == replayed) | (np.isnan(whole) & np.isnan(replayed))
        names = feature_names(self.catalogue, self.vocabulary)
        return [names[place] for place in np.flatnonzero(~same.all(axis=(0, 1)))]

    def cohort(self, tables: Frames, day: np.datetime64) -> dict[str, list[bool]]:
        """Which clients each rule alone keeps on a day, and which all of them together."""
        rows, order = numbered_rows(*cohort.grid(list(self.clients), [day.item()]))
        asked = {"all": RULES, **{rule.shown: (rule,) for rule in RULES}}
        packed = Tables(tables, order)
        return {
            name: cohort.keep(packed, rows, "residents", rules, self.catalogue)[0].tolist()
            for name, rules in asked.items()
        }

    def recorded(self, day: np.datetime64) -> Frames:
        return recorded_by(self.tables, pd.Timestamp(day))


def some_days(first: str, last: str) -> np.ndarray:
    """Days spread over the whole period, the first and the last among them."""
    days = np.arange(np.datetime64(first), np.datetime64(last) + 1)
    return days[np.linspace(0, len(days) - 1, count("replay_dates", small=8, full=100)).round().astype(int)]


@pytest.fixture(scope="module")
def invented() -> World:
    """Random tables in which anything may be late, corrected or still open; every aggregate."""
    clients = [f"c{number}" for number in range(40)]
    days = np.arange("2024-02-16", "2024-04-02", dtype="datetime64[D]")
    return World(any_tables(clients, random.Random(5).choice), np.array(clients, object), days, EVERYTHING, KEPT)


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The simulated county with made-up corrections; every family of configs/features.yaml, sensitive ones too."""
    var = tmp_path_factory.mktemp("var")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LUOTAIN_VAR", str(var))
        county = load_county("configs/county/tiny.yaml").model_copy(update={"residents": 250})
        deliver(simulate(county), load_mappings(county.sources), Workspace(var))
        ingest(load_config("configs/ingest.yaml", IngestConfig))
        tables = _stored(var / "store")
    everything = _all_enabled(load_catalogue("configs/features.yaml"))
    tables = with_corrections(tables, seed=11)
    vocabulary = _learned(tables, everything, "2023-07-01")
    clients = np.array(sorted(tables["residents"]["client_id"].unique()), object)
    return World(tables, clients, some_days("2021-02-01", "2024-12-31"), everything, vocabulary)


def test_the_worlds_cover_every_aggregate_and_the_filter_every_date() -> None:
    assert {one.aggregate for one in EVERYTHING.enabled} == set(AGGREGATES)
    for name, table in TABLES.items():
        if table.has_client:
            known_dates = {OWN_DATE[name], *RECORDED_WITH_ROW.get(name, ()), *LATER_DATES.get(name, {})}
            assert {column.name for column in table.dates} == known_dates
            assert {column.name: column.clock for column in table.dates if column.clock != "recorded_at"} == (
                LATER_DATES.get(name, {})
            )


def test_replay_of_invented_tables_gives_the_same_features(invented: World) -> None:
    assert invented.differing() == []


@pytest.mark.proof("replay_dates")
def test_replay_of_the_simulated_county_gives_the_same_features(simulated: World) -> None:
    assert {spec.id for spec in simulated.catalogue.enabled} == set(simulated.catalogue.families)
    assert simulated.differing() == []


@pytest.mark.proof("replay_dates")
@pytest.mark.parametrize("name", ["invented", "simulated"])
def test_replay_keeps_the_same_rows_in_the_cohort(name: str, request: pytest.FixtureRequest) -> None:
    world: World = request.getfixturevalue(name)
    kept = {str(day): world.cohort(world.tables, day) for day in world.days}
    assert kept == {str(day): world.cohort(world.recorded(day), day) for day in world.days}
    for rule in ("alive", "lives_in_county", "age >= 18"):
        assert len({one for of_day in kept.values() for one in of_day[rule]}) == 2  # somebody stays, somebody goes


def test_replay_learns_the_same_codes(simulated: World) -> None:
    for day in simulated.days[::3]:
        full = vocabulary_of([simulated.tables], simulated.catalogue, day.item())
        assert full == vocabulary_of([simulated.recorded(day)], simulated.catalogue, day.item())


def test_replay_finds_the_same_open_services(simulated: World) -> None:
    kinds = ["home_care_regular", "ward_stay", "residential_24h"]
    opened = 0
    for day in simulated.days:
        rows = pd.DataFrame({"client_id": simulated.clients, "as_of": np.datetime64(day, "s")})
        now = is_open(rows, simulated.tables["episodes"], kinds)
        np.testing.assert_array_equal(now, is_open(rows, simulated.recorded(day)["episodes"], kinds))
        opened += int(now.sum())
    assert opened > 0


def test_replay_answers_one_client_the_same(simulated: World, tmp_path: Path) -> None:
    full = store_of(tmp_path / "full", simulated.tables)
    for day in simulated.days[[len(simulated.days) // 2, -1]]:
        then = store_of(tmp_path / str(day), simulated.recorded(day))
        for client in simulated.clients[::60]:
            asked = (client, day.item(), simulated.catalogue, simulated.vocabulary)
            np.testing.assert_array_equal(build_client(full, *asked), build_client(then, *asked))


@pytest.fixture(scope="module")
def dated(invented: World) -> World:
    """A feature for every date that a row may hold."""
    return World(invented.tables, invented.clients, invented.days, EVERY_DATE, Vocabulary({}, KEPT.until))


def test_replay_of_every_date_gives_the_same_features(dated: World) -> None:
    assert dated.differing() == []


@pytest.mark.parametrize("clock", CLOCKS)
def test_a_clock_that_is_ignored_is_noticed(dated: World, clock: str) -> None:
    assert dated.differing(without_clock(dated.tables, clock))


@pytest.mark.parametrize("clock", ["recorded_at", "superseded_at", "end_recorded_at", "valid_to_recorded_at"])
def test_the_simulated_county_notices_an_ignored_clock(simulated: World, clock: str) -> None:
    assert simulated.differing(without_clock(simulated.tables, clock))


@pytest.mark.parametrize(
    "name, clock",
    [
        ("simulated", "recorded_at"),
        ("simulated", "died_recorded_at"),
        ("invented", "superseded_at"),
        ("invented", "valid_to_recorded_at"),
    ],
)
def test_the_cohort_notices_an_ignored_clock(name: str, clock: str, request: pytest.FixtureRequest) -> None:
    world: World = request.getfixturevalue(name)
    blind = without_clock(world.tables, clock)
    assert any(world.cohort(blind, day) != world.cohort(world.recorded(day), day) for day in world.days)


def test_a_kernel_that_reads_one_clock_only_is_noticed(invented: World, monkeypatch: pytest.MonkeyPatch) -> None:
    masked = known.first_known
    monkeypatch.setattr(known, "first_known", lambda *days: masked(days[0]))
    assert len(invented.differing()) > len(feature_names(EVERYTHING, KEPT)) / 2


@pytest.mark.real
@pytest.mark.proof("replay_dates")
def test_replay_of_the_hospital_log_gives_the_same_features(var: Path) -> None:
    real_file("hospital_log_2005_2008.parquet")
    ingest(load_config("configs/real/hospital_ingest.yaml", IngestConfig))
    catalogue = _all_enabled(load_catalogue("configs/real/features_hospital.yaml"))
    tables = with_corrections(_stored(var / "real" / "store"), seed=12)
    vocabulary = _learned(tables, catalogue, "2007-01-01")
    clients = np.array(sorted(tables["contacts"]["client_id"].unique()), object)
    days = some_days("2005-02-01", "2008-03-20")
    world = World(tables, clients, days, catalogue, vocabulary)
    assert world.differing() == []
    assert world.differing(without_clock(tables, "recorded_at"))
    assert world.differing(without_clock(tables, "superseded_at"))


def _stored(store: Path) -> dict[str, pd.DataFrame]:
    snapshot = open_snapshot(store)
    return {name: read_table(snapshot, name) for name in OWN_DATE}


def _learned(tables: Frames, catalogue: Catalogue, until: str) -> Vocabulary:
    """The codes; no family is switched off because this source does not fill it."""
    return Vocabulary(vocabulary_of([tables], catalogue, pd.Timestamp(until).date()).codes, pd.Timestamp(until).date())


def _all_enabled(catalogue: Catalogue) -> Catalogue:
    """Every family, the sensitive ones too."""
    held = json.loads(catalogue.to_json())
    for one in held["families"].values():
        one["enabled"] = True
    return Catalogue.from_json(json.dumps(held))
