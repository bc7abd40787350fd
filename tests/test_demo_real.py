"""`make demo-real`: its configs, what it says where a file is missing, and the clients it asks about."""

from collections.abc import Mapping
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from configs.errors import ConfigError, DataError
from configs.loader import PROJECT_ROOT, StrictConfig, load_config, read_yaml
from configs.workspace import Workspace
from evaluation.evaluate import EvaluateConfig
from evaluation.monitoring.settings import MonitorConfig
from evaluation.quality.__main__ import QualityConfig
from features.catalogue import load_catalogue
from features.histories import HistoriesConfig, load_history
from features.histories import main as histories_main
from features.ingest.__main__ import main as ingest_main
from features.ingest.settings import IngestConfig
from features.store import open_snapshot
from models.demand.config import DemandConfig
from models.needs.need import load_task
from serving import ask
from serving.desk.access import User
from serving.engine.clients.relations_index import index_everyone
from serving.engine.contract import ClientFacts, DataStamp
from serving.engine.registers import PUBLISHED, Registers
from serving.settings import load_settings
from tests.demo_real_asker import ASKER
from tests.features.deliveries.extracts import real_file
from training import retrain
from training.demand import __main__ as demand
from training.demand.__main__ import DemandCommand
from training.demand.panel import read_panel
from training.need import NeedConfig, cohort
from training.promotion.desk import PromoteConfig

REAL = PROJECT_ROOT / "configs" / "real"
SOURCES = PROJECT_ROOT / "configs" / "sources" / "real"
LOG, SHEET = "hospital_log_2005_2008.parquet", "ae_attendances_monthly.csv"
LOG_SHA256 = "336e75235755d81a2b942b276b1e970d74a51ca433ecfa4e502081fa8d13dbd5"
SHEET_SHA256 = "f572799fcd2da45256d39272a80b3ef092c4b5f8d4cbe3ae9631c91ab196eb7c"
MODELS: Mapping[str, type[StrictConfig]] = {
    "ingest": IngestConfig,
    "histories": HistoriesConfig,
    "quality": QualityConfig,
    "need": NeedConfig,
    "demand": DemandCommand,
    "evaluate": EvaluateConfig,
    "promote": PromoteConfig,
    "monitor": MonitorConfig,
}

# ---- the road


def test_every_step_has_a_config_of_the_real_input_and_one_data_folder() -> None:
    road = load_config(REAL / "retrain.yaml", retrain.RetrainConfig)
    names = ["ingest", "histories", "quality", "need", "demand", "evaluate", "promote"]
    assert [step.step for step in road.steps] == names
    assert [step.step for step in road.reports] == ["monitor"]
    for step in (*road.steps, *road.reports):
        assert load_config(step.config, MODELS[step.step]).model_dump()["var"] == "var/real", step.config
    assert load_settings("configs/real/serving.yaml").var == "var/real"
    assert load_config(REAL / "promote.yaml", PromoteConfig).gates == "configs/gates.yaml"  # the same as a county's


def test_the_service_serves_what_the_road_trains() -> None:
    served = load_settings("configs/real/serving.yaml").models.needs
    tasks = load_config(REAL / "hospital_need.yaml", NeedConfig).tasks
    assert list(served) == [f"need_{load_task(task).id}" for task in tasks]


def test_no_code_knows_the_real_input() -> None:
    """Mapping, catalogue and task YAML only."""
    words = ("hospital_log", "hospital_ward", "ae_attendances", "ae_monthly", "eventdata", "nursing_ward")
    packages = ("configs", "features", "models", "training", "evaluation", "serving")
    files = [file for package in packages for file in (PROJECT_ROOT / package).rglob("*.py")]
    assert len(files) > 100
    found = [(file.name, word) for file in files for word in words if word in file.read_text(encoding="utf-8")]
    assert found == []


def test_figures_measured_before_stand_beside_the_models() -> None:
    config = load_config(REAL / "hospital_need.yaml", NeedConfig)
    assert sorted(config.floors.values()) == [0.788, 0.885, 0.905]
    assert config.compare_with == "days_since_ward"
    for path in load_config(REAL / "ae_demand.yaml", DemandCommand).forecasts:
        assert len(load_config(path, DemandConfig).published) >= 4


def test_the_age_that_selects_on_the_future_is_not_asked_for() -> None:
    task = load_task("configs/needs/hospital_ward_90d.yaml")
    assert task.ages.unknown_belongs
    assert task.without_families == ("age",)
    assert "Age is left out" in task.notice.en


def test_every_code_name_is_a_code_of_the_mapping() -> None:
    names = load_catalogue(REAL / "features_hospital.yaml").code_names
    codes = read_yaml(SOURCES / "hospital_contacts.yaml")["columns"]["service"]["codes"].values()
    assert set(names["service"]) - {"other"} <= set(codes)
    assert names["service"]["nursing_ward"].as_text() == {"fi": "vuodeosasto", "sv": "vårdavdelning", "en": "ward"}


# ---- a missing file


@pytest.mark.parametrize(
    "main,          config,          name,  origin,         digest",
    [
        (retrain.main, "retrain.yaml", LOG, "eventdataR", LOG_SHA256),
        (demand.main, "ae_demand.yaml", SHEET, "NHSRdatasets", SHEET_SHA256),
    ],
)  # fmt: skip
def test_a_missing_file_says_origin_sha256_and_where_to_put_it(
    main: Any, config: str, name: str, origin: str, digest: str,
    var: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setenv("LUOTAIN_DATA", str(tmp_path))
    assert main(["--config", str(REAL / config)]) == DataError.exit_code
    said = capsys.readouterr().err
    assert said.startswith(f"luotain: The file {name} is missing")
    assert said.count("\n") == 1
    assert all(word in said for word in (origin, digest, "../shared/data", "LUOTAIN_DATA"))
    assert not list(var.rglob("*.*"))


# ---- the files themselves


@pytest.mark.real
def test_the_log_becomes_the_cohort_of_the_task(var: Path) -> None:
    real_file(LOG)
    assert ingest_main(["--config", str(REAL / "hospital_ingest.yaml")]) == 0
    assert histories_main(["--config", str(REAL / "hospital_histories.yaml")]) == 0
    workspace = Workspace.of("var/real")
    history = load_history(workspace, "configs/real/hospital_histories.yaml")
    labelled = cohort(load_task("configs/needs/hospital_ward_90d.yaml"), open_snapshot(workspace.store), history)
    later = labelled.rows["as_of"] >= "2007-07-01"
    assert (int(later.sum()), int(labelled.label[later.to_numpy()].sum())) == (4370, 320)
    codes, named = history.vocabulary.codes, history.catalogue.code_names
    assert {*codes["contacts_by_service"], *codes["days_since_service"]} <= set(named["service"])
    assert set(codes["contacts_by_reason"]) <= set(named["reason"])


@pytest.mark.real
def test_the_sheet_has_the_series_that_were_measured_before() -> None:
    file = real_file(SHEET)
    config = load_config("configs/demand/ae_monthly_6.yaml", DemandConfig)
    assert sha256(file.read_bytes()).hexdigest() == SHEET_SHA256
    assert read_panel(config, Workspace.of("var/real")).frame["unique_id"].nunique() == 281


def registers(facts: Mapping[str, ClientFacts]) -> Registers:
    stamp = DataStamp("0" * 64, date(2008, 3, 20), date(2008, 3, 21))
    return Registers(None, stamp, index_everyone(pd.Series(["a", "b", "c"]), PUBLISHED), dict(facts))  # type: ignore[arg-type]


def seen(day: int, new: int) -> ClientFacts:
    return ClientFacts(last_contact=date(2008, 3, day), new_contacts=new)


@pytest.mark.parametrize(
    "facts,                                                    latest",
    [
        ({"a": seen(19, 9), "b": seen(20, 1), "c": seen(18, 5)}, "b"),  # the most recent contact
        ({"a": seen(20, 1), "b": seen(20, 7), "c": seen(20, 3)}, "b"),  # of several, most contacts
        ({"a": ClientFacts(), "c": seen(1, 0)}, "c"),  # without a contact comes last
    ],
)
def test_the_same_registers_give_the_same_client(facts: Mapping[str, ClientFacts], latest: str) -> None:
    assert ask.choose(registers(facts), ASKER, "latest") == latest
    assert ask.choose(registers(facts), ASKER, "first") == "a"


def test_a_unit_without_clients_cannot_ask() -> None:
    stranger = User("x", "X", "coordinator", "elsewhere", {}, ("published_data",))
    with pytest.raises(DataError, match="no clients"):
        ask.choose(registers({}), stranger, "latest")


def test_an_unserved_task_names_the_served_ones() -> None:
    with pytest.raises(ConfigError, match="--task hospital_ward_90d"):
        ask.chosen_task(load_settings("configs/real/serving.yaml"), "hospital_ward")


def test_nothing_live_is_one_sentence(var: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ask.main(["--config", "configs/real/serving.yaml"]) == DataError.exit_code
    assert "features.ingest" in capsys.readouterr().err


def test_the_makefile_asks_last_and_goes_on_after_a_refusal() -> None:
    recipe = (PROJECT_ROOT / "Makefile").read_text(encoding="utf-8").split("\ndemo-real:")[1].split("\n\n")[0]
    assert recipe.index("training.retrain") < recipe.index("test $$code = 5") < recipe.index("serving.ask")
