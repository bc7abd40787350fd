"""Need and segmentation trained on a small drawn county: registers, configs, and what is registered of it."""

from datetime import date
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import yaml

from configs.loader import read_yaml, validate_config
from configs.workspace import Workspace
from features.catalogue.specs import feature_specs
from features.histories import History
from features.outcomes import label_rows
from models.answers import ModelStamp
from models.bundles.bundle import read_bundle
from models.bundles.signing import trusted_keys
from models.registry import connect
from tests.models.client_case import catalogue, draw, labels, names, vocabulary
from training import need, segmentation

CLIENTS, DATES = 160, pd.to_datetime(["2023-01-01", "2023-04-01", "2023-07-01", "2023-10-01", "2024-01-01"])
SNAPSHOT = SimpleNamespace(sha256="a" * 64, data_until=date(2024, 12, 31))
STAMP = ModelStamp("x", "1", "0" * 64, "2024-12-31", "2025-01-01")
FIT = {
    "folds": 3,
    "boosting": {"trees": 20, "minimum_rows": 10, "threads": 1},
    "directions": {"emergency_contacts": "rises", "rai_cps": "rises"},
}
ROWS = pd.DataFrame(
    {"client_id": np.repeat([f"{n:032x}" for n in range(CLIENTS)], len(DATES)), "as_of": np.tile(DATES, CLIENTS)}
)
FRAME = draw(len(ROWS), seed=6)
FRAME[:, names().index("home_care_episode")] = 1
LABEL = labels(FRAME, seed=5)


def history() -> History:
    specs = feature_specs(catalogue(), vocabulary())
    frame = pd.DataFrame(FRAME, columns=list(names()))
    return History(ROWS, frame, specs, catalogue(), vocabulary(), SNAPSHOT.sha256)


def episodes() -> pd.DataFrame:
    """Every client has light home care from 2022; a row with the label steps up 40 days later, and back down."""
    base = pd.DataFrame({"client_id": ROWS["client_id"].unique(), "start": pd.Timestamp("2022-01-01")})
    base = base.assign(end=pd.NaT, intensity="light")
    steps = ROWS[LABEL == 1]
    start = steps["as_of"] + pd.Timedelta(days=40)
    heavier = pd.DataFrame({"client_id": steps["client_id"], "start": start, "intensity": "regular"})
    heavier["end"] = start + pd.Timedelta(days=20)
    both = pd.concat([base, heavier], ignore_index=True)
    both["end"] = pd.to_datetime(both["end"])
    return both.assign(
        kind="home_care_regular", recorded_at=both["start"], end_recorded_at=both["end"], superseded_at=pd.NaT
    )


def records() -> pd.DataFrame:
    """One recorded segmentation per client, at one of the dates."""
    chosen = np.arange(CLIENTS) * len(DATES) + np.arange(CLIENTS) % len(DATES)
    return pd.DataFrame(
        {
            "client_id": ROWS["client_id"].to_numpy()[chosen],
            "time": ROWS["as_of"].to_numpy()[chosen],
            "scheme": "suuntima_like",
            "scheme_version": "1",
            "axis1_level": np.where(LABEL[chosen] == 1, "high", "low"),
            "axis2_level": np.where(labels(FRAME, seed=6)[chosen] == 1, "weak", "strong"),
            "superseded_at": pd.NaT,
        }
    )


def residents() -> pd.DataFrame:
    clients = ROWS["client_id"].unique()
    number = np.arange(len(clients))
    return pd.DataFrame(
        {
            "client_id": clients,
            "sex": np.where(number % 2, "female", "male"),
            "language": "fi",
            "municipality": np.where(number % 3, "901", "902"),
            "postal_area": np.where(number % 3, "90110", "90210"),
            "source": "population",
            "valid_from": pd.Timestamp("2020-01-01"),
            "valid_to": pd.NaT,
            "died_on": pd.NaT,
            "superseded_at": pd.NaT,
        }
    )


def contacts() -> pd.DataFrame:
    """Odd clients are of one legacy organisation, even ones of the other."""
    clients = ROWS["client_id"].unique()
    odd = np.arange(len(clients)) % 2 == 1
    return pd.DataFrame(
        {
            "client_id": clients,
            "time": pd.Timestamp("2024-06-01"),
            "service": "nurse_visit",
            "legacy_org": np.where(odd, "west", "east"),
            "source": np.where(odd, "avohilmo/instance_a", "avohilmo/instance_b"),
            "superseded_at": pd.NaT,
        }
    )


def build(_snapshot, rows, _catalogue, _vocabulary) -> History:
    keyed = {pair: place for place, pair in enumerate(zip(ROWS["client_id"], ROWS["as_of"], strict=True))}
    places = [keyed[pair] for pair in zip(rows["client_id"], pd.to_datetime(rows["as_of"]), strict=True)]
    whole = history()
    return History(rows, whole.frame.iloc[places], whole.specs, whole.catalogue, whole.vocabulary, SNAPSHOT.sha256)


@pytest.fixture(scope="module")
def patched():
    tables = {
        "episodes": episodes(),
        "segment_records": records(),
        "residents": residents(),
        "contacts": contacts(),
    }
    with pytest.MonkeyPatch.context() as patch:
        for module in (need, segmentation):
            patch.setattr(module, "open_snapshot", lambda _: SNAPSHOT)
            patch.setattr(module, "load_history", lambda *_: history())
            patch.setattr(module, "read_table", lambda _, name, columns=None: tables[name])
        patch.setattr("training.needs.labelled.label_history", lambda _, *asked: labelled(tables, *asked))
        patch.setattr("training.rows.records.read_table", lambda _, name: tables[name])
        patch.setattr("evaluation.fairness.traits.read_table", lambda _, name, columns: tables[name])
        patch.setattr(segmentation, "build", build)
        yield patch


def labelled(tables, rows, rule, window, kinds):
    return label_rows(rows, tables, tables["residents"], rule, window, SNAPSHOT.data_until, kinds)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory, patched) -> Workspace:
    root = tmp_path_factory.mktemp("var")
    patched.setenv("LUOTAIN_VAR", str(root))
    patched.delenv("MLFLOW_TRACKING_URI", raising=False)
    return Workspace.of("var")


@pytest.fixture(scope="module")
def eligibility(tmp_path_factory) -> str:
    rules = {
        "version": "1",
        "social": [{"feature": "social_contacts__365d", "at_least": 1}],
        "health": [{"feature": "emergency_contacts__365d", "at_least": 1}],
        "long_term": [{"feature": "contact_months__365d", "at_least": 4}],
    }
    file = tmp_path_factory.mktemp("configs") / "eligibility.yaml"
    file.write_text(yaml.safe_dump(rules))
    return str(file)


def need_config(**changes) -> need.NeedConfig:
    tasks = {"tasks": ["heavier_home_care_6m"], "tasks_where_enough": []}
    values = {**read_yaml("configs/need.yaml"), "fit": FIT, "without_families": ["sex"], **tasks, **changes}
    return validate_config(values, need.NeedConfig, "need.yaml")


def segmentation_config(eligibility: str, **changes) -> segmentation.SegmentationConfig:
    given = {"eligibility": eligibility, "fit": FIT, "without_families": ["sex"], "minimum_positives": 5}
    given["comparisons"] = {"boosting_machine": False, "repeats": 20}
    values = {**read_yaml("configs/segmentation.yaml"), **given, **changes}
    return validate_config(values, segmentation.SegmentationConfig, "segmentation.yaml")


@pytest.fixture(scope="module")
def trained(workspace, eligibility):
    need.train(need_config())
    segmentation.train(segmentation_config(eligibility))
    return connect(workspace)


def bundle(trained, workspace, tmp_path, name):
    folder = trained.fetch(name, trained.latest(name).version, tmp_path / name)
    return read_bundle(folder, trusted_keys(workspace.keys))
