"""THL's need model: its 2023 figures to 1e-6 where the files are, its arithmetic by hand where they are not."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from configs.errors import ConfigError, DataError
from configs.loader import load_config
from models.planning.age_profile import AgeProfile
from models.planning.ages import EVERYWHERE, Ages, growth_by_age
from models.planning.scenarios.applied import apply
from models.planning.thl_need import COUNTRY, SECTORS, NeedModel
from tests.features.deliveries.extracts import real_file
from tests.models.planning.planning_data import population, scenario, small_base

PUBLISHED = {
    "health": ("th_kokonaistarve", "th_tarvekerroin"),
    "social": ("sh_kokonaistarve", "sh_tarvekerroin"),
    "older_people": ("vh_kokonaistarve", "vh_tarvekerroin"),
}


@pytest.fixture(scope="module")
def model() -> NeedModel:
    coefficients = pd.read_csv(real_file("thl_tarve_regressiokertoimet.csv"))
    return NeedModel(coefficients, pd.read_csv(real_file("thl_tarvemuuttujat_hva_2018_2023.csv")))


@pytest.fixture(scope="module")
def published() -> pd.DataFrame:
    table = pd.read_csv(real_file("thl_tarvekertoimet_hva_2018_2023.csv"))
    return table[table["vuosi"] == 2023].set_index("alue").sort_index()


@pytest.mark.real
def test_the_2023_need_of_all_areas_is_reproduced(model: NeedModel, published: pd.DataFrame) -> None:
    assert len(published) == 23
    for sector in SECTORS:
        need = model.need(sector, 2023).sort_index()
        assert list(need.index) == list(published.index)
        assert np.abs(need - published[PUBLISHED[sector][0]]).max() < 1e-6


@pytest.mark.real
def test_the_2023_coefficients_are_reproduced(model: NeedModel, published: pd.DataFrame) -> None:
    table = model.published_coefficients(2023, newest=model.newest()).sort_index()
    for sector in SECTORS:
        assert np.abs(table[sector] - published[PUBLISHED[sector][1]]).max() < 1e-6
    assert np.abs(table["total"] - published["kokonaistarvekerroin"]).max() < 1e-6
    assert round(float(table["total"]["Päijät-Hämeen hyvinvointialue"]), 4) == 1.0857


@pytest.mark.real
@pytest.mark.parametrize("sector", SECTORS)
def test_persons_times_need_by_age_is_the_whole_need(model: NeedModel, sector: Any) -> None:
    for area in ("Päijät-Hämeen hyvinvointialue", "Etelä-Savon hyvinvointialue", COUNTRY):
        persons = model.persons_by_age(sector, area, 2023)
        need = float((persons * np.nan_to_num(model.by_age(sector, area, 2023))).sum() / persons.sum())
        assert need == pytest.approx(float(model.need(sector, 2023)[area]), abs=1e-4)


@pytest.mark.real
def test_a_population_scenario_moves_demand_by_the_model(model: NeedModel) -> None:
    area = "Päijät-Hämeen hyvinvointialue"
    growing = scenario(population=[{"ages": "75plus", "growth": {2025: 0.1}}])
    by_need = apply(growing, small_base(), model.structure("older_people", area, 2023, population()))
    assert any("THL" in text["fi"] and area in text["fi"] for text in by_need.said)
    moved = model.moved("older_people", area, 2023, 0.1 * np.tile(Ages.of("75plus").mask, (2, 1)))
    assert moved.euros_after > moved.euros
    assert moved.per_person_after > moved.per_person  # the old grew, and their need is above the mean


@pytest.mark.real
def test_without_a_population_table_the_workbooks_own_people_are_used(model: NeedModel) -> None:
    found = model.structure("older_people", "Päijät-Hämeen hyvinvointialue", 2023)
    assert found.count([EVERYWHERE], Ages.of("65plus")) == pytest.approx(57906)


@pytest.mark.real
def test_an_unknown_area_or_year_is_named(model: NeedModel) -> None:
    with pytest.raises(DataError, match=r"Did you mean `Päijät-Hämeen hyvinvointialue`\?"):
        model.structure("older_people", "Päijät-Häme", 2023)
    with pytest.raises(DataError, match="Its newest year is 2023"):
        model.need("health", 2031)


def tiny() -> NeedModel:
    """Two areas; older people's care: 1,000 + 500 × (women of 81–85) + 2,000 × (dementia), and half the weight."""
    columns = ("kerroin_terveydenhuolto", "kerroin_sosiaalihuolto", "kerroin_vanhustenhuolto")
    rows = [
        ("vh", "81-85-vuotias, nainen", None, None, 500.0),
        ("vh", "Muistisairaudet", None, None, 2000.0),
        ("th_sh", "Nainen", 10.0, 20.0, None),
        ("vakiotermi", "Vakiotermi", 100.0, 200.0, 1000.0),
        ("sektoripaino", "Sektoripaino", 0.25, 0.25, 0.5),
    ]
    shares = [
        ("vh", "81-85-vuotias, nainen", "A", 0.2),
        ("vh", "81-85-vuotias, nainen", COUNTRY, 0.1),
        ("vh", "Muistisairaudet", "A", 0.1),
        ("vh", "Muistisairaudet", COUNTRY, 0.1),
        *[("th_sh", "Nainen", area, 0.5) for area in ("A", COUNTRY)],
        *[
            ("summary", name, area, value)
            for area in ("A", COUNTRY)
            for name, value in (("Väkiluku", 400.0), ("Yli 64-vuotias", 100.0))
        ],
        ("summary", "Vanhusten suhteellinen osuus", "A", 0.3),
        ("summary", "Vanhusten suhteellinen osuus", COUNTRY, 0.25),
    ]
    variables = [(year, *row) for year in (2022, 2023) for row in shares]
    return NeedModel(
        pd.DataFrame(rows, columns=["lohko", "muuttuja", *columns]),
        pd.DataFrame(variables, columns=["vuosi", "lohko", "muuttuja", "alue", "arvo"]),
    )


def test_need_and_coefficients_by_hand() -> None:
    model = tiny()
    assert model.need("older_people", 2023)["A"] == 1000 + 500 * 0.2 + 2000 * 0.1
    ratios = model.ratios(2023).loc["A"]
    assert ratios["older_people"] == pytest.approx(1300 * 0.3 / (1250 * 0.25))
    assert ratios["total"] == pytest.approx(0.25 + 0.25 + 0.5 * ratios["older_people"])


def test_need_by_age_by_hand() -> None:
    need = tiny().by_age("older_people", "A", 2023)
    assert need[0, 83] == 1000 + 200 + 500  # the area's dementia is spread over every age
    assert need[1, 67] == 1000 + 200  # the reference ages
    change = tiny().moved("older_people", "A", 2023, 0.1 * np.tile(Ages.of("81to85").mask, (2, 1)))
    assert change.euros == pytest.approx(80 * 1200 + 20 * 1700)
    assert change.euros_after - change.euros == pytest.approx(2 * 1700)


def test_the_age_profile_stands_in_and_says_so() -> None:
    profile = load_config("configs/age_profile.yaml", AgeProfile)
    structure = profile.structure(population())
    assert structure.need[0, 88] == 3507 + 8318  # women of 86–90
    assert structure.need[1, 97] == 3507 + 10587
    result = apply(scenario(population=[{"ages": "75plus", "growth": {2025: 0.1}}]), small_base(), structure)
    assert "ikäprofiililla" in result.said[0]["fi"]


def test_growth_stands_between_the_years() -> None:
    dates = pd.DatetimeIndex(["2024-07-01", "2025-07-01", "2025-12-31", "2031-01-01"])
    found = growth_by_age({2025: 0.1, 2026: 0.2}, 2024, dates, Ages.of("all"))[:, 50]
    assert found == pytest.approx([0.0, 0.1, 0.15, 0.2], abs=5e-4)


def test_an_area_without_population_is_named() -> None:
    with pytest.raises(DataError, match="no area 903"):
        population().of_area("903")
    with pytest.raises(ConfigError, match="divide the population's last band 75"):
        population().check(Ages.of("85plus"))
