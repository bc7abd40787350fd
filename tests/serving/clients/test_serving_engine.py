"""The answering part: who is whose client, what the list shows, and which model is live."""

from datetime import date

import lightgbm
import numpy as np
import pandas as pd
import pytest

from configs.errors import ModelError
from configs.workspace import Workspace
from features.tables import TABLES
from models.bundles import golden
from models.bundles.bundle import read_bundle, write_bundle
from models.bundles.signing import load_or_create_signing_key
from models.bundles.verify import BareBooster
from models.oversight.facts import Stopped
from models.segments.scheme import load_scheme
from serving.desk.access import Tie
from serving.engine import shelf as shelf_module
from serving.engine.catalogue import known_until, layout_of
from serving.engine.clients.facts import collect_facts
from serving.engine.clients.relations_index import index_everyone, index_relations
from serving.engine.contract import ClientFacts
from serving.engine.registers import PUBLISHED
from serving.engine.shelf import Shelf
from tests.serving.fake_registry import Registered, Registry

AS_OF = date(2025, 1, 1)
A, B = "a" * 32, "b" * 32


def frame(table, *rows):
    """Rows of a canonical table; columns that are not drawn are empty."""
    columns = {}
    for column in TABLES[table].columns:
        values = [row.get(column.name) for row in rows]
        columns[column.name] = (
            pd.to_datetime(pd.Series(values)) if column.kind == "time" else pd.Series(values, dtype=object)
        )
    return pd.DataFrame(columns)


def relation(client, unit, start, recorded, end=None, end_recorded=None, superseded=None, role="care_relationship"):
    return {
        "client_id": client,
        "other_kind": "unit",
        "other_id": unit,
        "role": role,
        "service_task": "older_people",
        "valid_from": start,
        "recorded_at": recorded,
        "valid_to": end,
        "valid_to_recorded_at": end_recorded,
        "superseded_at": superseded,
    }


def test_relations_are_known_by_their_own_clocks():
    relations = frame(
        "relations",
        relation(A, "keski", "2024-01-01", "2024-01-02"),
        relation(A, "lansi", "2024-12-30", "2025-01-01"),  # recorded at as_of: not known
        relation(A, "ita", "2024-01-01", "2024-01-02", end="2024-12-01", end_recorded="2024-12-02"),
        relation(B, "keski", "2024-01-01", "2024-01-02", end="2024-12-01", end_recorded="2025-01-05"),  # end not known
        relation(B, "lansi", "2024-01-01", "2024-01-02", superseded="2024-06-01"),  # corrected away
        relation(B, "ita", "2024-01-01", "2024-01-02", role="own_worker"),
    )
    index = index_relations(relations, pd.Series([A, B, "c" * 32]), AS_OF)
    assert index.by_client[A].ties == (
        Tie("keski", "older_people", date(2024, 1, 1)),
        Tie("ita", "older_people", date(2024, 1, 1), date(2024, 12, 1)),
    )
    assert index.by_client[B].ties == (Tie("keski", "older_people", date(2024, 1, 1)),)
    assert index.by_client["c" * 32].ties == ()  # known, but nobody's client
    assert {unit: [one.client_id for one in found] for unit, found in index.by_unit.items()} == {
        "keski": [A, B],
        "ita": [A],
    }


def test_in_a_published_data_set_every_client_is_the_one_units():
    index = index_everyone(pd.Series([B, A, B]), PUBLISHED)
    assert [one.client_id for one in index.by_unit["published_data"]] == [A, B]
    assert index.by_client[A].ties == (PUBLISHED,)


def contact(client, time, recorded=None, status="done"):
    return {"client_id": client, "time": time, "recorded_at": recorded or time, "status": status}


def plan(client, start, end=None, end_recorded=None):
    return {
        "client_id": client,
        "valid_from": start,
        "recorded_at": start,
        "valid_to": end,
        "valid_to_recorded_at": end_recorded,
    }


def test_facts_of_the_list():
    residents = frame("residents", {"client_id": A, "birth_year": 1940, "sex": "female", "valid_from": "2020-01-01",
                                    "recorded_at": "2020-01-01"})  # fmt: skip
    plans = frame(
        "plans",
        plan(A, "2023-01-01", "2024-01-01", "2023-12-01"),  # ended
        plan(A, "2024-01-01", "2025-06-30", "2024-01-01"),  # agreed to last beyond as_of
        plan(B, "2022-01-01", "2024-01-01", "2024-01-01"),
    )
    contacts = frame(
        "contacts",
        contact(A, "2024-12-20"),
        contact(A, "2024-12-02"),  # 30 days before as_of: new
        contact(A, "2024-12-01"),  # 31 days: not new
        contact(A, "2024-12-30", status="no_show"),
        contact(A, "2024-12-31", recorded="2025-01-02"),  # not known yet
    )
    facts = collect_facts(residents, plans, [contacts], AS_OF)
    assert facts[A] == ClientFacts(date(2025, 6, 30), True, date(2024, 12, 20), 2, 1940, "female", facts[A].changes)
    assert facts[A].changes[0] == (date(2024, 12, 20), "contact")
    assert [kind for _, kind in facts[A].changes] == ["contact"] * 3  # the plans were known long before
    assert facts[B] == ClientFacts(date(2024, 1, 1), False, None, 0)


def test_the_picture_of_the_scheme():
    layout = layout_of(load_scheme("configs/schemes/suuntima_like.yaml"))
    assert layout.cells == (("community", "network"), ("self_managed", "cooperative"))
    assert [level["en"] for level in layout.vertical.levels] == ["weak", "strong"]


class Demand:
    """A demand model as far as the service asks it."""

    forecast = pd.DataFrame({"ds": pd.to_datetime(["2025-01-13", "2025-01-06"])})


def test_until_when_a_demand_model_knew():
    assert known_until(Demand()) == (date(2025, 1, 5), date(2025, 1, 6))


@pytest.fixture(scope="module")
def booster():
    rows = np.arange(200, dtype=np.float64).reshape(100, 2)
    settings = {"objective": "binary", "verbosity": -1, "num_threads": 1, "min_data_in_leaf": 5}
    return lightgbm.train(settings, lightgbm.Dataset(rows, label=rows[:, 0] > 100), num_boost_round=3)


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path)


@pytest.fixture
def registry(workspace, booster, tmp_path, monkeypatch):
    """Versions 1 and 2 of the model "one"; checking in a child process has its own tests, one of them here."""
    found = Registry()
    key = load_or_create_signing_key(workspace.keys)
    for version in ("1", "2"):
        rows = golden.draw_rows(np.arange(200, dtype=np.float32).reshape(100, 2), count=4)
        outputs = BareBooster(booster).golden_outputs(rows)
        files = {"booster.txt": booster.model_to_string().encode()}
        files = golden.with_golden(files, ("x", f"y{version}"), rows, outputs)
        folder = tmp_path / f"registered-{version}"
        found.add("one", version, folder, write_bundle(folder, "booster", files, key))
    found.live["one"] = Registered("one", "1", "run-1", read_sha(tmp_path / "registered-1", workspace))

    def connect(_workspace):
        if found.down:
            raise ModelError("The model registry cannot be reached.")
        return found

    monkeypatch.setattr(shelf_module, "connect", connect)
    monkeypatch.setattr(shelf_module, "verify_bundle", read_bundle)
    return found


def read_sha(folder, workspace):
    return read_bundle(folder, shelf_module.trusted_keys(workspace.keys)).sha256


def promote(registry, workspace, tmp_path, version):
    registry.live["one"] = Registered(
        "one", version, f"run-{version}", read_sha(tmp_path / f"registered-{version}", workspace)
    )


def filled(workspace):
    shelf = Shelf(workspace, ("one",))
    shelf.refresh()
    return shelf


def test_F1_a_name_without_a_champion_is_missing(workspace, registry):
    registry.live.clear()
    shelf = filled(workspace)
    assert (shelf.missing(), shelf.get("one")) == (("one",), None)
    assert "no version was promoted" in shelf.faults["one"]


def test_the_champion_is_live_and_a_new_one_is_swapped_in(workspace, registry, tmp_path):
    shelf = filled(workspace)
    assert (shelf.missing(), shelf.get("one").chosen.version) == ((), "1")
    promote(registry, workspace, tmp_path, "2")
    shelf.refresh()
    assert shelf.get("one").chosen.version == "2"
    assert (shelf.run_of("one", "1"), shelf.run_of("one", "2")) == ("run-1", "run-2")


def test_a_new_model_is_checked_in_a_child_process(workspace, registry, monkeypatch):
    monkeypatch.undo()
    monkeypatch.setattr(shelf_module, "connect", lambda _workspace: registry)
    assert filled(workspace).get("one").chosen.version == "1"


def test_a_bundle_is_checked_once_for_all_workers(workspace, registry, monkeypatch):
    filled(workspace)

    def refuse(folder, keys):
        raise ModelError("checked again")

    monkeypatch.setattr(shelf_module, "verify_bundle", refuse)
    assert filled(workspace).missing() == ()


def test_F2_F3_a_damaged_bundle_is_refused_and_the_last_good_one_stays(workspace, registry, tmp_path):
    shelf = filled(workspace)
    promote(registry, workspace, tmp_path, "2")
    file = tmp_path / "registered-2" / "booster.txt"
    file.write_bytes(file.read_bytes().replace(b"tree", b"Tree", 1))
    shelf.refresh()
    assert shelf.get("one").chosen.version == "1"
    assert "refused" in shelf.faults["one"]


def test_F3_a_bundle_that_is_not_the_registered_one_is_refused(workspace, registry):
    registry.live["one"] = Registered("one", "2", "run-2", "0" * 64)
    shelf = filled(workspace)
    assert shelf.missing() == ("one",)
    assert "not the registered one" in shelf.faults["one"]


def test_F5_with_the_registry_down_at_start_the_last_good_copy_is_served(workspace, registry):
    filled(workspace)
    registry.down = True
    shelf = filled(workspace)
    assert shelf.get("one").chosen.version == "1"
    assert "registry" in shelf.faults


def test_F6_with_the_registry_down_later_nothing_changes(workspace, registry):
    shelf = filled(workspace)
    registry.down = True
    shelf.refresh()
    assert shelf.get("one").chosen.version == "1"


def test_a_damaged_local_copy_is_fetched_anew(workspace, registry):
    filled(workspace)
    (copy,) = [folder for folder in (workspace.bundles / "one").iterdir() if folder.is_dir()]
    (copy / "booster.txt").write_bytes(b"damaged")
    assert filled(workspace).missing() == ()
    registry.down = True
    (copy / "booster.txt").write_bytes(b"damaged")
    shelf = filled(workspace)
    assert shelf.missing() == ("one",)
    assert "changed or cut" in shelf.faults["one"]


def test_a_stopped_model_gives_no_answer_and_the_service_stays_ready(workspace, registry):
    shelf = filled(workspace)
    why = Stopped("2026-11-21T12:00:00", "antti", "the register is broken")
    shelf.stops.stop("one", why)
    assert (shelf.get("one"), shelf.stopped("one"), shelf.missing()) == (None, why, ())
    shelf.stops.lift("one")
    assert shelf.get("one").chosen.version == "1"
