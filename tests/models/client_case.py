"""A small catalogue and drawn rows, for tests of the models of one client."""

import json

import numpy as np

from features.catalogue import Catalogue
from features.catalogue.specs import feature_specs
from features.catalogue.vocabulary import Vocabulary
from models.explaining.comparison import Comparison
from models.explaining.wording.sentences import load_sentences
from models.learners.boosting import BoostingSettings
from models.parts import ClientParts, column_names

SMALL_TREES = BoostingSettings(trees=25, minimum_rows=5, threads=1)
DIMENSIONS = (
    "home_municipality age health social_situation economic_situation functional_capacity service_use continuity_access"
)


def words(text: str) -> dict[str, str]:
    return {"fi": f"{text} fi", "sv": f"{text} sv", "en": f"{text} en"}


def family(id: str, table: str, aggregate: str, dimension: str, role: str, **more: object) -> dict[str, object]:
    base = {"id": id, "table": table, "aggregate": aggregate, "dimension": dimension, "role": role}
    return {**base, "name": words(id), "source": f"register of {table}", "unit": "count", **more}


def catalogue() -> Catalogue:
    """Eight families, nine features."""
    declared = [
        family("age", "residents", "age_years", "age", "context", value="birth_year"),
        family("sex", "residents", "is", "age", "context", value="sex", codes=["female"]),
        family("observed_history", "residents", "observed_days", "service_use", "context"),
        family("emergency_contacts", "contacts", "count", "service_use", "risk", windows=[90, 365]),
        family("social_contacts", "contacts", "count", "social_situation", "context", windows=[365]),
        family("contact_months", "contacts", "distinct", "service_use", "context", value="month", windows=[365]),
        family("rai_cps", "assessments", "last", "functional_capacity", "risk", value="value"),
        family("home_care_episode", "episodes", "valid_on", "service_use", "context"),
    ]
    values = {
        "dimensions": {name: words(name) for name in DIMENSIONS.split()},
        "families": {str(one["id"]): one for one in declared},
    }
    return Catalogue.from_json(json.dumps(values))


def vocabulary() -> Vocabulary:
    return Vocabulary.from_json('{"codes": {}, "until": "2024-01-01"}')


def names() -> tuple[str, ...]:
    return tuple(spec.name for spec in feature_specs(catalogue(), vocabulary()))


def draw(rows: int, seed: int = 1) -> np.ndarray:
    """Rows with holes: RAI is known for about half."""
    rng = np.random.default_rng(seed)
    columns = {
        "age": rng.integers(18, 100, rows),
        "sex__female": rng.integers(0, 2, rows),
        "observed_history": rng.integers(100, 900, rows),
        "emergency_contacts__90d": rng.poisson(0.5, rows),
        "emergency_contacts__365d": rng.poisson(1.5, rows),
        "social_contacts__365d": rng.poisson(2.0, rows),
        "contact_months__365d": rng.integers(4, 13, rows),
        "rai_cps": np.where(rng.random(rows) < 0.5, rng.integers(0, 7, rows), np.nan),
        "home_care_episode": rng.integers(0, 2, rows),
    }
    return np.column_stack([columns[name] for name in names()]).astype(np.float32)


def labels(rows: np.ndarray, seed: int = 2) -> np.ndarray:
    """A label that emergency use and RAI raise and that age hardly moves."""
    rng = np.random.default_rng(seed)
    column = {name: rows[:, index].astype(np.float64) for index, name in enumerate(names())}
    score = 0.8 * column["emergency_contacts__90d"] + 0.5 * np.nan_to_num(column["rai_cps"]) - 1.5
    return (rng.random(len(rows)) < 1 / (1 + np.exp(-score))).astype(np.int8)


def parts(rows: np.ndarray, without: tuple[str, ...] = ()) -> ClientParts:
    """Bundle parts as training would make them from `rows`, one client per row."""
    used = column_names(feature_specs(catalogue(), vocabulary()), without)
    places = [names().index(name) for name in used]
    ages = rows[:, names().index("age")]
    comparison = Comparison.fit(rows[:, places], used, ages, np.arange(len(rows)))
    return ClientParts(catalogue(), vocabulary(), used, comparison, load_sentences("configs/sentences.yaml"))
