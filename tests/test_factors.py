"""Factors by group: means worked by hand, small groups hidden, nothing of one client."""

import json
from pathlib import Path

import numpy as np
import pandas as pd

from evaluation.factors import group_factors, write_factor_report
from features.catalogue import load_catalogue
from features.catalogue.specs import FeatureSpec
from models.explaining.concepts import load_concepts

CATALOGUE = load_catalogue("configs/features.yaml")
CONCEPTS = load_concepts("configs/concepts.yaml", CATALOGUE)
SPECS = (
    FeatureSpec("age", "age"),
    FeatureSpec("rai_cps", "rai_cps"),
    FeatureSpec("memory_disorder", "memory_disorder"),
)


def lines(sizes: dict[str, int]) -> list[dict]:
    """One row per client; the shares of age are 1, those of the two memory families .5 and −2."""
    bands = [band for band, size in sizes.items() for _ in range(size)]
    groups = pd.DataFrame({"group_age_band": bands, "group_municipality": "901"})
    shares = np.tile([1.0, 0.5, -2.0], (len(bands), 1))
    return group_factors(shares, SPECS, groups, np.arange(len(bands)), CONCEPTS, CATALOGUE)


def test_families_of_one_concept_are_summed() -> None:
    first = lines({"65-74": 10})[0]
    assert [(one["concept"], one["mean"], one["weight"]) for one in first["factors"]] == [
        ("memory", 0.5 - 2.0, 2.0 - 0.5),
        ("age", 1.0, 1.0),
    ]


def test_a_small_group_is_hidden_and_cannot_be_found_by_subtraction() -> None:
    found = {line["group"]: line["clients"] for line in lines({"18-29": 3, "65-74": 20, "75-84": 40})}
    assert found == {"all": 63, "18-29 · 901": None, "65-74 · 901": None, "75-84 · 901": 40}
    hidden = [line for line in lines({"18-29": 3, "65-74": 20, "75-84": 40}) if line["clients"] is None]
    assert all(line["factors"] == [] for line in hidden)


def test_the_report_is_one_page_and_one_json(tmp_path: Path) -> None:
    name = {"fi": "Sosiaalityö", "sv": "Socialarbete", "en": "Social work"}
    write_factor_report(tmp_path, "social", name, {"auroc": 0.84}, lines({"65-74": 10}))
    stored = json.loads((tmp_path / "factors_social.json").read_text())
    assert stored["groups"][0]["clients"] == 10
    page = (tmp_path / "factors_social.html").read_text()
    assert "−1,50" in page
    assert "http" not in page
