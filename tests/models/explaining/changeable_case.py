"""A small catalogue with the shipped levers, drawn clients and a model of them, for what would change an answer."""

import json

import numpy as np
import yaml

from configs.loader import resolve_path
from features.catalogue import load_catalogue
from features.catalogue.specs import feature_specs
from features.catalogue.vocabulary import Vocabulary
from models.explaining.comparison import Comparison
from models.explaining.supposing.changeable import Changeable, ChangeRanges, ChangeRules
from models.explaining.wording.sentences import load_sentences
from models.parts import ClientParts

RULES = "configs/changeable.yaml"
SHIPPED = load_catalogue("configs/features.yaml")
FAMILIES = [
    *("age", "sex", "language", "observed_history", "emergency_contacts", "days_since_emergency", "home_care_visits"),
    *("home_care_minutes", "missed_contacts", "memory_disorder", "fall_injury", "rai_drs", "whodas"),
    *("home_care_episode", "valid_care_plan", "named_professional", "home_care_many_visits", "home_care_few_visits"),
    *("lapsed_care_plan", "rai_change", "whodas_change"),
]
CATALOGUE = SHIPPED.model_copy(update={"families": {name: SHIPPED.families[name] for name in FAMILIES}})
CODES = Vocabulary.from_json('{"codes": {}, "until": "2024-01-01"}')
SPECS = feature_specs(CATALOGUE, CODES)
NAMES = tuple(spec.name for spec in SPECS)


def draw(rows: int, seed: int = 1) -> np.ndarray:
    """Rows whose tied features agree with each other, as the kernel makes them."""
    rng = np.random.default_rng(seed)
    cared = rng.random(rows) < 0.5
    held: dict[str, np.ndarray] = {"age": rng.integers(60, 100, rows), "sex__female": rng.integers(0, 2, rows)}
    for family, rate in (("emergency_contacts", 1.5), ("home_care_visits", 40.0), ("missed_contacts", 1.0)):
        rings = rng.poisson(rate / 3, (rows, 3)) * (cared | (family != "home_care_visits"))[:, None]
        for place, days in enumerate((30, 90, 365)):
            held[f"{family}__{days}d"] = rings[:, : place + 1].sum(axis=1)
    for days in (30, 90, 365):
        held[f"home_care_minutes__{days}d"] = held[f"home_care_visits__{days}d"] * 25
    held["days_since_emergency"] = _since(held, rng)
    held["home_care_many_visits__30d"] = held["home_care_visits__30d"] >= 60
    held["home_care_few_visits__30d"] = (held["home_care_visits__30d"] >= 1) & (held["home_care_visits__30d"] <= 9)
    held["home_care_episode"] = cared
    for name in ("valid_care_plan", "named_professional", "memory_disorder"):
        held[name] = rng.integers(0, 2, rows)
    held["lapsed_care_plan"] = 1 - held["valid_care_plan"]
    held["rai_drs"] = np.where(cared, rng.integers(0, 12, rows), np.nan)
    held["whodas"] = np.where(rng.random(rows) < 0.5, rng.integers(0, 101, rows), np.nan)
    columns = [held.get(name, rng.integers(0, 3, rows)) for name in NAMES]
    return np.column_stack(columns).astype(np.float32)


def _since(held: dict[str, np.ndarray], rng: np.random.Generator) -> np.ndarray:
    far = np.where(rng.random(len(held["age"])) < 0.5, np.nan, 500)
    found = np.where(held["emergency_contacts__365d"] > 0, 200, far)
    found = np.where(held["emergency_contacts__90d"] > 0, 60, found)
    return np.where(held["emergency_contacts__30d"] > 0, 10, found)


ROWS = draw(500)


def rules(**change: object) -> ChangeRules:
    """The shipped rules for the families of this small catalogue."""
    values = yaml.safe_load(resolve_path(RULES).read_text(encoding="utf-8"))
    values["levers"] = {name: lever for name, lever in values["levers"].items() if name in FAMILIES}
    return ChangeRules.model_validate_json(json.dumps({**values, **change}))


def changeable(**change: object) -> Changeable:
    own = [place for place, spec in enumerate(SPECS) if spec.family in rules().levers]
    named = [NAMES[place] for place in own]
    begun = [name for name in named if name.startswith("home_care_visits")]
    held = rules(**change)
    return Changeable(held, ChangeRanges.fit(ROWS[:, own], named, np.arange(len(ROWS)), held.quantiles, begun))


def parts() -> ClientParts:
    comparison = Comparison.fit(ROWS, NAMES, ROWS[:, 0], np.arange(len(ROWS)))
    return ClientParts(CATALOGUE, CODES, NAMES, comparison, load_sentences("configs/sentences.yaml"), changeable())


HELD, PARTS = changeable(), parts()

E30, E90, E365 = (f"emergency_contacts__{days}d" for days in (30, 90, 365))
