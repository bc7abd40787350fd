"""A small model whose explanation is known, its stored predictions and their report."""

from typing import Any

import lightgbm
import numpy as np
import pandas as pd
import pytest

from evaluation.report.explanation import ExplainedOutput
from evaluation.report.report_summary import summarise
from evaluation.report.shap_report import ReportIdentity
from features.catalogue import Catalogue
from features.catalogue.families import Family, Words
from features.catalogue.specs import FeatureSpec

SLOPE, INTERCEPT = 0.8, -0.2
FEATURES = ("visits__90d", "visits__365d", "age", "noise")
SPECS = tuple(FeatureSpec(name, name.split("__")[0]) for name in FEATURES)


def words(text: str) -> Words:
    return Words(fi=text, sv=text, en=text)


def family(name: str, shown: str) -> Family:
    return Family(
        id=name, table="contacts", aggregate="count", name=words(shown), dimension="health", role="risk",
        source="Avohilmo", unit="count",
    )  # fmt: skip


CATALOGUE = Catalogue(
    dimensions={"health": words("Terveys")},
    families={
        "visits": family("visits", "Käynnit <b>"),
        "age": family("age", "Ikä"),
        "noise": family("noise", "Kohina"),
    },
)
IDENTITY = ReportIdentity(
    name="need_demo",
    kind="need",
    snapshot_sha256="a" * 64,
    data_until="2024-12-31",
    label_source={"fi": "jaksot", "en": "episodes"},
    training_rows=1500,
    training_clients=1500,
    holdout="the last year",
    config={"seed": 1, "trees": 40},
)


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def data(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(n, 4)).astype(np.float32)
    rows[:, 0] = rng.poisson(1.0, n)
    rows[rng.random(n) < 0.2, 2] = np.nan
    truth = 1.2 * rows[:, 0] + 0.8 * np.nan_to_num(rows[:, 2]) - 2
    return rows, (rng.random(n) < sigmoid(truth)).astype(int)


def trained() -> lightgbm.Booster:
    rows, label = data(1500, 1)
    settings = {"objective": "binary", "num_threads": 2, "verbosity": -1, "seed": 1, "num_leaves": 7, "max_depth": 4}
    return lightgbm.train(settings, lightgbm.Dataset(rows, label), 40)


def explained(booster: lightgbm.Booster, rows: np.ndarray, slope: float = SLOPE) -> ExplainedOutput:
    """What the service would say of `rows`."""
    shares = np.asarray(booster.predict(rows, pred_contrib=True, num_threads=2))
    served, base = slope * shares[:, :-1], INTERCEPT + slope * shares[0, -1]
    p = sigmoid(base + served.sum(axis=1))
    return ExplainedOutput("demo", words("Raskas tarve").as_text(), booster, slope, INTERCEPT, rows, base, served, p)


def stored(booster: lightgbm.Booster, rows: np.ndarray, label: np.ndarray) -> pd.DataFrame:
    n, rng = len(rows), np.random.default_rng(9)
    p = explained(booster, rows).probabilities
    visits = rows[:, 0] / 4
    frame = {"row": np.arange(n), "client": np.arange(n) // 2, "as_of": pd.Timestamp("2024-06-01"), "output": "demo"}
    groups = {"group_sex": rng.choice(["male", "female"], n), "group_municipality": ["901"] * (n - 2) + ["902"] * 2}
    return pd.DataFrame({**frame, "label": label, "p": p, "baseline_p": sigmoid(visits - 1), **groups})


@pytest.fixture(scope="module")
def booster() -> lightgbm.Booster:
    return trained()


@pytest.fixture(scope="module")
def hold_out() -> tuple[np.ndarray, np.ndarray]:
    return data(1200, 2)


@pytest.fixture(scope="module")
def summary(booster: lightgbm.Booster, hold_out: tuple[np.ndarray, np.ndarray]) -> dict[str, Any]:
    rows, label = hold_out
    segments = np.where(label == 1, "network", "self_managed")
    keys = {"row": np.arange(len(rows)), "client": np.arange(len(rows)), "as_of": pd.Timestamp("2024-06-01")}
    classes = pd.DataFrame({**keys, "label": segments, "proposed": segments[::-1], "baseline_proposed": "network"})
    steps = [{"step": "all", "rows": 3000}, {"step": "adults", "rows": 2700}]
    predictions, output = stored(booster, rows, label), explained(booster, rows[:400])
    return summarise(IDENTITY, predictions, [output], SPECS, CATALOGUE, classes, steps)
