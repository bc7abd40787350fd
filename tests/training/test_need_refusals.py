"""Bad input to a need training or model: each is one clear sentence and nothing is saved."""

import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import yaml

from configs.errors import ConfigError, DataError, ModelError
from configs.loader import read_yaml, validate_config
from features.catalogue import Catalogue
from features.catalogue.specs import feature_specs
from features.histories import History
from models.learners.binary import BinaryModel
from models.learners.boosting import BoostedTrees
from models.learners.calibration import Calibration
from models.needs.need import NeedModel, load_task
from models.registry import connect
from tests.models.client_case import SMALL_TREES, catalogue, draw, labels, names, parts, vocabulary
from tests.training import small_training as usual
from tests.training.small_training import labelled
from training import need

NAME = "need_heavier_home_care_6m"
SNAPSHOT = usual.SNAPSHOT


@pytest.fixture
def county(tmp_path, monkeypatch):
    """An empty data folder beside the drawn history; `frame` may be changed before the training."""
    tables = {"episodes": usual.episodes(), "residents": usual.residents(), "contacts": usual.contacts()}
    frame = usual.FRAME.copy()
    monkeypatch.setenv("LUOTAIN_VAR", str(tmp_path / "var"))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.setattr(need, "open_snapshot", lambda _: SNAPSHOT)
    monkeypatch.setattr(need, "load_history", lambda *_: history(frame))
    monkeypatch.setattr(need, "read_table", lambda _, name, columns=None: tables[name])
    monkeypatch.setattr("training.needs.labelled.label_history", lambda _, *asked: labelled(tables, *asked))
    monkeypatch.setattr("evaluation.fairness.traits.read_table", lambda _, name, columns: tables[name])
    return SimpleNamespace(frame=frame, tables=tables, workspace=usual.Workspace.of("var"), folder=tmp_path)


def history(frame: np.ndarray) -> History:
    specs = feature_specs(catalogue(), vocabulary())
    return History(usual.ROWS, pd.DataFrame(frame, columns=list(names())), specs, catalogue(), vocabulary(), "a" * 64)


def config(**changes) -> need.NeedConfig:
    given = {"tasks": ["heavier_home_care_6m"], "tasks_where_enough": [], "fit": usual.FIT, "without_families": ["sex"]}
    return validate_config({**read_yaml("configs/need.yaml"), **given, **changes}, need.NeedConfig, "need.yaml")


def saved(county) -> tuple[str, ...]:
    return connect(county.workspace).names()


def overlapping(folder) -> str:
    """A task whose outcome is what one of its features already says of the same days."""
    values = {
        **read_yaml("configs/needs/heavier_home_care_6m.yaml"),
        "outcome": {"episode_start": ["home_care_regular"]},
    }
    file = folder / "overlapping.yaml"
    file.write_text(yaml.safe_dump({**values, "id": "overlapping"}, allow_unicode=True))
    return str(file)


@pytest.mark.parametrize(
    "changes,                                            error,       message",
    [
        ({"tasks": ["heavier_home_care_6mm"]},           ConfigError, "Did you mean `heavier_home_care_6m`"),
        ({"tasks": ["xyzzy"]},                           ConfigError, "Shipped tasks: .*home_care_change_6m"),
        ({"minimum_positives": 5000},                    DataError,   "at least 5000 are needed"),
    ],
)  # fmt: skip
def test_a_config_fault_saves_nothing(county, changes, error, message):
    with pytest.raises(error, match=message):
        need.train(config(**changes))
    assert saved(county) == ()


def test_a_task_whose_outcome_is_one_of_its_features_is_refused_before_anything_is_read(county, monkeypatch):
    monkeypatch.setattr("training.needs.labelled.label_history", lambda *_: pytest.fail("something was labelled"))
    with pytest.raises(
        ConfigError, match=r"start of `home_care_regular`, and the feature family `home_care_episode` says"
    ):
        need.train(config(tasks=[overlapping(county.folder)]))
    assert saved(county) == ()


def few_events(episodes: pd.DataFrame, clients: int) -> pd.DataFrame:
    """Only the first clients' steps up stay."""
    known = sorted(episodes["client_id"].unique())[:clients]
    return episodes[episodes["client_id"].isin(known) | (episodes["intensity"] == "light")]


def test_a_fold_with_one_class_only_is_refused(county):
    county.tables["episodes"] = few_events(county.tables["episodes"], 40)
    with pytest.raises(DataError, match=r"smaller class, 50 folds need at least 50: a fold would hold one class only"):
        need.train(config(fit={**usual.FIT, "folds": 50}, minimum_positives=2))
    assert saved(county) == ()


def test_the_refusal_says_how_many_were_found_and_how_many_are_needed(county):
    county.tables["episodes"] = few_events(county.tables["episodes"], 3)
    with pytest.raises(
        DataError, match=r"Task heavier_home_care_6m, \S+: \d+ rows with the outcome were found, at least 30"
    ):
        need.train(config())
    assert saved(county) == ()


def test_a_task_without_the_outcome_in_the_data_is_passed_over_where_it_may_be(county, capsys):
    county.tables["episodes"] = few_events(county.tables["episodes"], 0)
    with pytest.raises(DataError):
        need.train(config(tasks_where_enough=["heavier_home_care_6m"]))
    assert "was not trained" in capsys.readouterr().out
    assert saved(county) == ()


def test_a_column_that_nobody_knows_is_left_out_and_said(county, capsys):
    county.frame[:, names().index("rai_cps")] = np.nan
    need.train(config())
    assert "Left out, because no training row knows them: rai_cps." in capsys.readouterr().out
    registry = connect(county.workspace)
    version = registry.latest(NAME)
    fetched = registry.fetch(NAME, version.version, county.folder / "bundle")
    used = json.loads((fetched / "features.json").read_text())["used"]
    assert "rai_cps" not in used
    assert "emergency_contacts__90d" in used


def older_model(rows: np.ndarray) -> dict[str, bytes]:
    described = parts(rows)
    trees = BoostedTrees.fit(rows, labels(rows), described.used, SMALL_TREES)
    return NeedModel(described, load_task("heavier_home_care_6m"), BinaryModel(trees, Calibration(1, 0))).to_files()


def test_a_model_older_than_the_feature_catalogue_names_the_lost_feature():
    rows = draw(300)
    files = older_model(rows)
    families = json.loads(files["catalogue.json"])
    del families["families"]["rai_cps"]
    with pytest.raises(ModelError, match=r"uses 1 features that its catalogue does not give\. Train it again\."):
        NeedModel.from_files({**files, "catalogue.json": json.dumps(families).encode()})
    newer = replace(NeedModel.from_files(files).parts, catalogue=Catalogue.from_json(json.dumps(families)))
    with pytest.raises(ModelError, match=r"The feature rai_cps of the model is not in its feature catalogue\. Train"):
        newer.used_columns(rows[:1, [name != "rai_cps" for name in names()]])


def test_a_row_of_another_width_is_refused_with_both_widths():
    rows = draw(300)
    model = NeedModel.from_files(older_model(rows))
    with pytest.raises(ModelError, match=r"A row has 8 features, the model needs 9\. Rebuild the row\."):
        model.parts.used_columns(rows[0, :8])
