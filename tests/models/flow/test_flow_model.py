"""The whole of a flow model: trained from a store, judged, registered, read back, and asked."""

import io
import json
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from configs.errors import ConfigError, DataError, ModelError
from configs.loader import load_config
from configs.workspace import Workspace
from evaluation.flow.backtest import choose_recipe, coverage, fit_widths, judged, metrics, rolling_flows, scaled_error
from features.store import Snapshot, open_snapshot
from models.answers import ModelStamp
from models.bundles.bundle import Bundle, read_bundle
from models.bundles.golden import GOLDEN_FILE, check, golden_rows
from models.bundles.signing import trusted_keys
from models.flow.config import FlowConfig
from models.flow.model import FlowModel
from models.registry import connect
from serving.planning.hashing import answer_sha256
from serving.replaying.planned import PLANNED
from tests.features.histories_data import store_of, table_of
from tests.models.flow.flow_data import (
    ASSESSMENT,
    CARE,
    DECISION,
    client,
    config,
    episode,
    request,
    steady_spells,
    words,
)
from tests.plans import covers
from tests.serving.serving_parts import SETTINGS
from training import flow

STAMP = ModelStamp("flow_small", "1", "0" * 64, "2024-12-31", "2025-01-01")
SMALL = {
    "fewest_weeks": 30, "horizon": 3, "samples": 60, "hazard_weeks": [26], "recent_weeks": 12, "bootstrap": 100,
    "country": None, "backtest": {"selection_windows": 2, "report_windows": 2, "step": 3, "samples": 50},
}  # fmt: skip
CAPACITY = [
    {"unit": "team", "period_start": "2023-12-01", "period_end": "2026-01-01", "staffed_hours": 12.0 * 762 / 7,
     "recorded_at": "2023-11-01"}
]  # fmt: skip


def small_store(folder: Path, weeks: int = 48) -> Snapshot:
    """The steady chain as registers: requests and episodes of the last `weeks` weeks of 2024, and staffed hours."""
    shift = pd.Timestamp("2024-12-30") - pd.Timedelta(weeks=weeks) - pd.Timestamp("2022-01-03")
    found = steady_spells(weeks)
    matters: dict[int, dict] = {}
    care = []
    for row in found.itertuples():
        entered, left = (str((day + shift).date()) if pd.notna(day) else None for day in (row.entered, row.left))
        if row.stage == "assessment":
            matters[row.client_id] = request(row.client_id, entered, left)
        elif row.stage == "decision":
            goes_on = row.went_to != "exit"
            name = "started" if goes_on else "ended"
            matters[row.client_id] |= {f"{name}_at": left, f"{name}_recorded_at": left}
        else:
            care.append(episode(row.client_id, entered, left))
    capacity = table_of("capacity", CAPACITY).assign(client_id=client(0))
    people = [{"client_id": client(number)} for number in matters]
    tables = {"requests": table_of("requests", list(matters.values())), "episodes": table_of("episodes", care),
              "residents": table_of("residents", people), "capacity": capacity}  # fmt: skip
    return store_of(folder, tables)


def written(folder: Path, **more: object) -> Path:
    """A flow YAML with staffed assessments."""
    staffed = {**ASSESSMENT, "capacity": {"filter": {"unit": "team"}}}
    chain = {"id": "small", "name": words("small"), "reporting_lag_days": 0, "stages": [staffed, DECISION, CARE],
             "path": ["assessment", "decision", "care"], "may_end_at": ["decision"]}  # fmt: skip
    values = {"id": "small", "version": "1", "notice": words("notice"), "chain": chain, **SMALL, **more}
    file = folder / "small.yaml"
    file.write_text(yaml.safe_dump(values, allow_unicode=True), encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, str, FlowModel]:
    """A chain trained by the command; what it printed; the model read back from its registered bundle."""
    folder = tmp_path_factory.mktemp("flow")
    workspace = Workspace(folder / "var")
    said: list[str] = []
    small_store(workspace.store)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LUOTAIN_VAR", str(workspace.root))
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        patch.setattr(flow, "say", lambda text="": said.append(text))
        file = folder / "flow.yaml"
        file.write_text(yaml.safe_dump({"var": "var", "flows": [str(written(folder))]}), encoding="utf-8")
        assert flow.main(["--config", str(file)]) == 0
    registry = connect(workspace)
    version = registry.latest("flow_small")
    assert version is not None
    fetched = registry.fetch(version.name, version.version, folder / "bundle")
    bundle = read_bundle(fetched, trusted_keys(workspace.keys))
    return workspace, "\n".join(said), FlowModel.from_bundle(bundle)


def test_training_prints_its_judgement_and_registers_what_it_measured(trained: tuple) -> None:
    workspace, said, _ = trained
    registry = connect(workspace)
    version = registry.latest("flow_small")
    logged = registry.metrics(version.run_id)
    assert version.kind == "flow"
    assert f"MASE {logged['mase']:.3f}, last week carried forward {logged['baseline_mase']:.3f}" in said
    assert logged["mase"] < logged["baseline_mase"]
    assert logged["people_lost"] < 1e-9
    assert "Registered flow_small version 1" in said
    backtest = pd.read_parquet(registry.artefact(version.run_id, "backtest.parquet"))
    assert scaled_error(backtest, "value") == pytest.approx(logged["mase"])
    assert coverage(backtest)["coverage80"] == pytest.approx(logged["coverage80"])


def test_the_answer_says_what_a_page_needs(trained: tuple) -> None:
    model = trained[2]
    answer = model.answer(STAMP)
    assert [one.id for one in answer.stages] == ["assessment", "decision", "care"]
    assert len(answer.points) == 3 * 3 * 3
    assert len(answer.history) == 3 * 12
    last = {(one.stage, one.week): one for one in answer.history}[("care", answer.history[-1].week)]
    assert answer.stages[2].clients == last.stock_end
    naive = {(one.stage, one.measure): one.naive for one in answer.points}
    assert naive["care", "stock_end"] == last.stock_end
    finnish = [note["fi"] for note in answer.notes]
    assert "Vaiheen ”decision fi” henkilöstötunteja ei tiedetä, joten sen käyttöastetta ei voi laskea." in finnish
    assert all(set(note) == {"fi", "sv", "en"} for note in answer.notes)
    assert answer.first_week == "2024-12-30"


@covers("002-A5")
def test_the_forecast_of_the_bundle_conserves_people(trained: tuple) -> None:
    assert flow.people_lost(trained[2]) < 1e-9


def test_a_bundle_read_back_is_the_same_model(trained: tuple) -> None:
    model = trained[2]
    files = model.to_files()
    again = FlowModel.from_bundle(Bundle("flow", "0" * 64, files))
    assert again.to_files() == files
    drawn = [one.fit.futures(2, 50, 3) for one in (model, again)]
    assert np.array_equal(drawn[0].stock_end, drawn[1].stock_end)
    golden = np.array([[0, 3], [1, 20], [2, 400]], np.float32)
    assert model.golden_outputs(golden).keys() == {"stock_end", "forecast"}
    changed = json.loads(files["fit.json"])
    changed["arrivals"]["assessment"]["mean"][0] += 5
    other = FlowModel.from_bundle(Bundle("flow", "0" * 64, {**files, "fit.json": json.dumps(changed).encode()}))
    assert not np.array_equal(other.golden_outputs(golden)["stock_end"], model.golden_outputs(golden)["stock_end"])


def test_no_client_is_in_the_bundle(trained: tuple) -> None:
    for name, content in trained[2].to_files().items():
        assert client(1).encode() not in content, name
        assert not name.endswith(".parquet") or "client_id" not in pd.read_parquet(io.BytesIO(content)).columns


def test_what_if_is_answered_from_the_bundle_or_refused(trained: tuple) -> None:
    model = trained[2]
    if model.fit.queue_days:
        assert model.what_if("assessment", 1.0).shorter_line >= 0
        assert model.report.what_ifs[0] == model.what_if("assessment", 1.0)
    with pytest.raises(ModelError, match="the stage `care` have no answer: its departures are not known"):
        model.what_if("care", 1.0)


def test_a_short_history_is_refused(tmp_path: Path) -> None:
    settings = load_config(written(tmp_path), FlowConfig)
    observed = flow.observe(settings, small_store(tmp_path / "store", weeks=20))
    with pytest.raises(DataError, match="complete weeks and its back-test needs 42"):
        rolling_flows(settings, observed.history)


def test_an_empty_stage_is_named(tmp_path: Path) -> None:
    chain = yaml.safe_load(written(tmp_path).read_text())["chain"]
    chain["stages"][2]["rows"]["filter"] = {"kind": "home_care_regularr"}
    file = written(tmp_path, chain=chain)
    snapshot = small_store(tmp_path / "store", weeks=20)
    with pytest.raises(DataError, match="Nobody ever entered the stage care of the chain small"):
        flow.observe(load_config(file, FlowConfig), snapshot)


@pytest.mark.parametrize("name", ["home_care", "hospital"])
def test_the_shipped_chains_are_valid(name: str) -> None:
    shipped = load_config(f"configs/flows/{name}.yaml", FlowConfig)
    assert shipped.chain.path[0] == shipped.chain.ids[0]


def test_an_unknown_key_is_named() -> None:
    with pytest.raises(ConfigError, match=r"unknown key `horizont`\. Did you mean `horizon`"):
        config(horizont=4)


def test_the_recipe_is_chosen_on_the_selection_windows_only() -> None:
    """`b` is better where it is reported, `a` where the choice is made."""
    rows = [
        {"stage": "x", "measure": measure, "step": 1, "recipe": recipe, "reported": reported, "y": 10.0, "sd": 1.0,
         "value": 10.0 + error, "naive": 13.0, "scale": 2.0, "origin": 1, "ds": date(2024, 1, 1)}
        for recipe, reported, error in (("a", False, 1), ("a", True, 4), ("b", False, 2), ("b", True, 0))
        for measure in ("arrivals", "departures", "stock_end")
    ]  # fmt: skip
    table = pd.DataFrame(rows)
    assert choose_recipe(table) == "a"
    assert scaled_error(table[table["recipe"] == "a"], "value") == pytest.approx((1 + 4) / 2 / 2.0)
    shown = judged(table, "a", 1)
    width = fit_widths(table[(table["recipe"] == "a") & ~table["reported"]], 1)["arrivals"][0.8][0]
    assert shown["high80"].tolist() == [14 + width] * 3
    assert metrics(shown)["baseline_mase"] == pytest.approx(3 / 2.0)


def test_golden_rows_are_synthetic_and_repeat(trained: tuple, tmp_path: Path) -> None:
    workspace, _, model = trained
    registry = connect(workspace)
    version = registry.latest("flow_small")
    bundle = read_bundle(registry.fetch(version.name, version.version, tmp_path / "b"), trusted_keys(workspace.keys))
    content = bundle.bytes_of(GOLDEN_FILE)
    check(content, model.golden_outputs(golden_rows(content)))
    assert open_snapshot(workspace.store).sha256 == version.snapshot_sha256


def test_a_logged_answer_of_the_chain_is_computed_again_bit_for_bit(trained: tuple) -> None:
    workspace, _, model = trained
    version = connect(workspace).latest("flow_small")
    said = {"model": version.name, "version": version.version, "bundle_sha256": version.sha256}
    settings = SETTINGS.model_copy(update={"var": str(workspace.root)})
    stamp = ModelStamp(version.name, version.version, version.sha256, "2024-12-29", "2024-12-30")
    answer, _ = PLANNED["flow"](settings, {}, said)
    assert answer_sha256(answer) == answer_sha256(model.answer(stamp))
    with pytest.raises(ModelError, match="have no answer"):  # as the service said it, asked of the same bundle
        PLANNED["what_if"](settings, {}, {**said, "stage": "assessment", "hours": 3.0})
    with pytest.raises(DataError, match="did not note everything"):
        PLANNED["what_if"](settings, {}, said)
