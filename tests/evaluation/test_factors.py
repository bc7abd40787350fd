"""Factors by group: means worked by hand, small groups hidden, nothing of one client."""

import json
from pathlib import Path

import numpy as np
import pandas as pd

from evaluation.report.factors import group_factors, rendered, write_factor_report
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


def test_a_client_whose_age_band_changed_is_counted_once() -> None:
    """Eleven rows of ten clients: the first was 65-74 before and is 75-84 now."""
    groups = pd.DataFrame({"group_age_band": ["65-74", *["75-84"] * 5, *["65-74"] * 5], "group_municipality": "901"})
    shares, clients = np.tile([1.0, 0.5, -2.0], (11, 1)), np.array([0, *range(10)])
    found = group_factors(shares, SPECS, groups, clients, CONCEPTS, CATALOGUE)
    assert {line["group"]: line["clients"] for line in found} == {"all": 10, "65-74 · 901": 5, "75-84 · 901": 5}


def test_a_minus_is_written_in_figures_only() -> None:
    [line, *_] = lines({"65-74": 10})
    dashed = {**line, "factors": [{**line["factors"][0], "name": {"fi": "Etä- ja digiasiointi, 0.5"}}]}
    page = rendered({"fi": "Sosiaalityö"}, {}, [dashed])
    assert "Etä- ja digiasiointi, 0.5 −1,50" in page


def test_the_report_is_one_page_and_one_json(tmp_path: Path) -> None:
    name = {"fi": "Sosiaalityö", "sv": "Socialarbete", "en": "Social work"}
    write_factor_report(tmp_path, "social", name, {"auroc": 0.84}, lines({"65-74": 10}))
    stored = json.loads((tmp_path / "factors_social.json").read_text())
    assert stored["groups"][0]["clients"] == 10
    page = (tmp_path / "factors_social.html").read_text()
    assert "−1,50" in page
    assert "http" not in page
