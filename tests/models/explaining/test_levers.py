"""What a lever may move: windows stay nested, directions and ranges hold, rules that may never be are refused."""

import re

import numpy as np
import pytest
import yaml

from configs.errors import ConfigError
from configs.loader import resolve_path
from features.catalogue.specs import feature_specs
from models.explaining.supposing.changeable import ChangeRanges, fit_changeable, load_changeable, relative_target
from models.explaining.supposing.levers import Levers
from models.explaining.supposing.suppositions import Supposed, Supposer
from tests.models.explaining.changeable_case import (
    CATALOGUE,
    CODES,
    E30,
    E90,
    E365,
    HELD,
    NAMES,
    PARTS,
    ROWS,
    RULES,
    SHIPPED,
    SPECS,
    changeable,
)

NESTED = ("emergency_contacts", "home_care_visits", "home_care_minutes", "missed_contacts")


def windows_of(family: str) -> list[int]:
    """Shorter windows first, as in the catalogue."""
    return [place for place, spec in enumerate(SPECS) if spec.family == family]


def test_every_candidate_keeps_what_belongs_together():
    """Not only the chosen one: every row that the search tries could be a client's."""
    tried = 0
    for row in ROWS:
        for one in Levers(HELD, CATALOGUE, SPECS).candidates(row):
            changed, tried = row.copy(), tried + 1
            changed[one.places] = one.values
            for family in NESTED:
                windows = changed[windows_of(family)]
                assert windows[0] >= 0
                assert (np.diff(windows) >= 0).all()
            consistent(changed)
    assert tried > 5_000


def consistent(row: np.ndarray) -> None:
    held = dict(zip(NAMES, row.tolist(), strict=True))
    for days in (30, 90, 365):
        assert (held[f"home_care_visits__{days}d"] > 0) == (held[f"home_care_minutes__{days}d"] > 0)
        since = held["days_since_emergency"]
        assert (held[f"emergency_contacts__{days}d"] > 0) == (since <= days)
    visits = held["home_care_visits__30d"]
    assert held["home_care_many_visits__30d"] == (visits >= 60)
    assert held["home_care_few_visits__30d"] == (1 <= visits <= 9)
    assert held["valid_care_plan"] + held["lapsed_care_plan"] <= 1


def one_row(**values: float) -> np.ndarray:
    """A client with nothing but the given values: counts 0, everything else unknown."""
    counted = {name: 0.0 for name in NAMES if name.split("__")[0] in NESTED}
    return np.array([{**counted, **values}.get(name, np.nan) for name in NAMES], dtype=np.float32)


def moved(row: np.ndarray, family: str, value: float) -> dict[str, float]:
    """What moves when the lever of a family takes a value."""
    number = list(HELD.rules.levers).index(family)
    found = [one for one in Levers(HELD, CATALOGUE, SPECS).candidates(row) if one.lever == number]
    one = next(one for one in found if one.values[list(one.places).index(one.lead)] == value)
    return {NAMES[place]: float(then) for place, then in zip(one.places, one.values, strict=True)}


SINCE = "days_since_emergency"


@pytest.mark.parametrize(
    "now,                                      value, then",
    [
        ({E30: 2, E90: 2, E365: 4, SINCE: 10},  2,    {E30: 1, E90: 1, E365: 2}),              # half of each
        ({E30: 1, E90: 2, E365: 4, SINCE: 10},  1,    {E30: 0, E90: 1, E365: 1, SINCE: 31}),   # 0,25 rounds to 0
        ({E30: 1, E90: 1, E365: 1, SINCE: 10},  0,    {E30: 0, E90: 0, E365: 0, SINCE: 366}),  # before all windows
        ({E30: 0, E90: 0, E365: 0, SINCE: 500}, 1,    {E365: 1, SINCE: 365}),                  # spread over the year
        ({E30: 0, E90: 0, E365: 0},             2,    {E365: 2, SINCE: 365}),                  # there had been none
        ({E30: 0, E90: 1, E365: 1, SINCE: 60},  2,    {E90: 2, E365: 2}),
    ],
)  # fmt: skip
def test_windows_and_days_since_move_together(now, value, then):
    assert moved(one_row(**now), "emergency_contacts", value) == then


def test_minutes_stay_nested_where_the_visits_of_a_window_round_up():
    """Half of one visit rounds up to one with all its 100 minutes, but 90 days now hold 120 x 2 / 4 = 60 of them."""
    visits, minutes = {30: 1, 90: 4, 365: 100}, {30: 100, 90: 120, 365: 3000}
    held = {f"home_care_visits__{days}d": count for days, count in visits.items()}
    held |= {f"home_care_minutes__{days}d": count for days, count in minutes.items()}
    assert moved(one_row(**held), "home_care_visits", 50) == {
        **{"home_care_visits__90d": 2, "home_care_visits__365d": 50},
        **{"home_care_minutes__30d": 60, "home_care_minutes__90d": 60, "home_care_minutes__365d": 1500},
    }


def test_a_lever_that_does_not_begin_stays_at_nothing():
    held = changeable(levers={"missed_contacts": {"from_nothing": False}, "emergency_contacts": {}})
    candidates = Levers(held, CATALOGUE, SPECS).candidates(one_row())
    assert {SPECS[one.lead].family for one in candidates} == {"emergency_contacts"}


def test_an_unknown_window_stays_unknown():
    row = one_row(**{E30: 1, E90: 2, E365: np.nan, SINCE: 10})
    assert moved(row, "emergency_contacts", 1) == {E90: 1}


def test_what_is_unknown_or_has_not_begun_cannot_be_changed():
    candidates = Levers(HELD, CATALOGUE, SPECS).candidates(one_row())
    families = {SPECS[one.lead].family for one in candidates}
    assert families == {"emergency_contacts", "missed_contacts"}  # no home care without a visit; no RAI, no plan


@pytest.mark.parametrize(
    "family,            now, allowed",
    [
        ("valid_care_plan", 0, [1.0]),
        ("valid_care_plan", 1, []),  # rises only
        ("rai_drs",         3, "either"),
    ],
)  # fmt: skip
def test_a_lever_keeps_its_direction(family, now, allowed):
    candidates = Levers(HELD, CATALOGUE, SPECS).candidates(one_row(**{family: now}))
    values = [one.values[list(one.places).index(one.lead)] for one in candidates if SPECS[one.lead].family == family]
    if allowed == "either":
        assert min(values) < now < max(values)
    else:
        assert values == allowed


def test_every_value_lies_in_the_plausible_range():
    held = HELD.ranges.values
    for row in ROWS[:50]:
        for one in Levers(HELD, CATALOGUE, SPECS).candidates(row):
            assert one.values[list(one.places).index(one.lead)] in held[NAMES[one.lead]]
    assert {name: (grid[0], grid[-1]) for name, grid in held.items()} == {
        name: tuple(np.quantile(own[~np.isnan(own)], (0.05, 0.95), method="nearest"))
        for name in held
        for own in [np.where(name.startswith("home_care_visits") & (col(name) <= 0), np.nan, col(name))]
    }


def col(name: str) -> np.ndarray:
    return ROWS[:, NAMES.index(name)]


@pytest.mark.parametrize(
    "values,                            clients,                 plausible",
    [
        ([0] * 5 + [1] * 5,             range(10),               (0.0, 1.0)),
        ([0] * 5 + [1] * 4,             range(9),                None),         # four clients have a 1
        ([0] * 5 + [1] * 5,             [*range(5), *[9] * 5],   None),         # five rows of one client
        ([0] * 5 + [4] * 5,             range(10),               (0.0, 1.0, 2.0, 3.0, 4.0)),  # whole numbers between
        ([0.5] * 5 + [4] * 5,           range(10),               (0.5, 4.0)),
        ([np.nan] * 20 + [0] * 2,       range(22),               None),
    ],
)  # fmt: skip
def test_a_plausible_value_never_shows_fewer_than_five_clients(values, clients, plausible):
    found = ChangeRanges.fit(np.array(values, dtype=float)[:, None], ["f"], np.array(list(clients)))
    assert found.values.get("f") == plausible


def told(row: np.ndarray, family: str, value: float) -> dict[str, str]:
    """The sentence of one change, without a model."""
    feature = {"emergency_contacts": E365}.get(family, family)
    spec = SPECS[NAMES.index(feature)]
    supposed = Supposed(spec, CATALOGUE.families[family].name.as_text(), float(row[NAMES.index(feature)]), value)
    return Supposer(HELD.rules.words, PARTS.sentences).change(supposed)


@pytest.mark.parametrize(
    "family, now, then, fi, sv, en",
    [
        ("emergency_contacts", 4, 1,
         "Päivystyskäyntejä 12 kuukauden aikana olisi 1 (nyt 4)",
         "Antalet jourbesök under 12 månader vore 1 (nu 4)",
         "The number of emergency visits in 12 months would be 1 (now 4)"),
        ("rai_drs", 7, 2,
         "RAI-arvion mieliala-asteikko DRS (0–14) olisi 2 (nyt 7)",
         "RAI-bedömningens sinnesstämningsskala DRS (0–14) vore 2 (nu 7)",
         "RAI mood scale DRS (0–14) would be 2 (now 7)"),
        ("valid_care_plan", 0, 1,
         "Tietona olisi ”Hoitosuunnitelma on voimassa” (nyt ”Voimassa olevaa hoitosuunnitelmaa ei ole”)",
         "Uppgiften vore ”En vårdplan är i kraft” (nu ”Ingen vårdplan är i kraft”)",
         "The record would be “A care plan is in force” (now “No care plan is in force”)"),
        ("days_since_emergency", np.nan, 365,
         "Tietona olisi ”Edellinen päivystyskäynti oli 12 kuukautta sitten” "
         "(nyt ”Ei aiempia päivystyskäyntejä tiedoissa”)",
         "Uppgiften vore ”Det senaste jourbesöket var för 12 månader sedan” "
         "(nu ”Inga tidigare jourbesök i uppgifterna”)",
         "The record would be “The latest emergency visit was 12 months ago” "
         "(now “No earlier emergency visits in the records”)"),
    ],
)  # fmt: skip
def test_one_change_in_words(family, now, then, fi, sv, en):
    feature = {"emergency_contacts": E365}.get(family, family)
    assert told(one_row(**{feature: now}), family, then) == {"fi": fi, "sv": sv, "en": en}


def test_training_fits_the_ranges_of_the_levers_only():
    everything = feature_specs(SHIPPED, CODES)
    rows = np.random.default_rng(1).integers(0, 3, (60, len(everything))).astype(np.float32)
    fitted = fit_changeable(RULES, SHIPPED, everything, rows, np.arange(60))
    families = {name.split("__")[0] for name in fitted.ranges.values}
    assert families == set(fitted.rules.levers)
    assert min(fitted.ranges.values["home_care_visits__30d"]) > 0  # only those who have visits count
    assert fit_changeable(None, SHIPPED, everything, rows, np.arange(60)) is None  # no rules, no counterfactual


@pytest.mark.parametrize(
    "levers, message",
    [
        ({"age": {}}, "`age` may never be changed: it is a fact about the person"),
        ({"sex": {}}, "`sex` may never be changed"),
        ({"language": {}}, "`language` may never be changed"),
        ({"observed_history": {}}, "`observed_history` may never be changed"),
        ({"fall_injury": {}}, "`fall_injury` may never be changed: it is derived from diagnoses"),
        ({"substance_care": {}}, "`substance_care` may never be changed: it is sensitive"),
        ({"ward_stays": {"followers": {"memory_disorder": "scaled"}}}, "`memory_disorder` may never be changed"),
        ({"rai_change": {}}, "`rai_change` is a `change_between_assessments`, which cannot be set"),
        ({"visits_by_service": {}}, "several columns that do not nest"),
        ({"ward_stay": {}}, "has none of the levers"),
        ({"ward_stays": {"direction": "down"}}, "direction"),
        ({"ward_stays": {}, "whodas": {"followers": {"ward_stays": "scaled"}}}, "is moved by two levers"),
    ],
)
def test_what_may_never_change_is_refused(tmp_path, levers, message):
    values = yaml.safe_load(resolve_path(RULES).read_text(encoding="utf-8"))
    file = tmp_path / "changeable.yaml"
    file.write_text(yaml.safe_dump({**values, "levers": levers}, allow_unicode=True), encoding="utf-8")
    with pytest.raises(ConfigError, match=re.escape(message)):
        load_changeable(str(file), SHIPPED)


def test_every_shipped_lever_and_follower_is_in_the_shipped_catalogue():
    """A name that is not there is left out in silence, so a slip of the pen must show here."""
    declared = yaml.safe_load(resolve_path(RULES).read_text(encoding="utf-8"))["levers"]
    kept = load_changeable(RULES, SHIPPED).levers
    assert list(kept) == list(declared)
    for name, lever in kept.items():
        assert list(lever.followers) == list(declared[name].get("followers", {}))


def test_a_catalogue_with_fewer_families_has_fewer_levers():
    kept = load_changeable(RULES, CATALOGUE).levers
    assert set(kept) == set(HELD.rules.levers)
    assert "phone_contacts" not in kept


def test_a_relative_change_is_a_line():
    assert relative_target(0.4, -0.25) == pytest.approx(0.3)
    assert relative_target(0.9, 0.5) < 1
    with pytest.raises(ConfigError, match="asks for nothing"):
        relative_target(0.4, 0)
