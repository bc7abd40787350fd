"""Planning answers computed once more: forecasts, scenarios, staffing and service chains.

What people had stored by then is read from the override log, as far as the entry says it reached; planning files are
those of now, and a difference between them and then is found by their checksum.
"""

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from configs.errors import DataError
from configs.loader import validate_config
from configs.phrases import Phrase
from features.store import open_earlier, read_table
from models.planning.scenarios.config import Scenario
from serving.engine.catalogue import known_until
from serving.engine.clients.case import stamp_of
from serving.engine.shelf import LiveModel
from serving.planning.ground import Ground
from serving.planning.live import LiveDemand, LiveFlow
from serving.planning.working import Basis, Entries, comparison, staffing_picture
from serving.records.chain.chained import first_entries
from serving.records.opening import place_of
from serving.records.schema import OVERRIDE_LOG
from serving.replaying.sources import model_of
from serving.settings import ServingSettings

Said = Mapping[str, Any]
Computed = tuple[Any, Said]
"""What was computed, and what it rested on here."""


def _forecast(settings: ServingSettings, _entry: Said, said: Said) -> Computed:
    demand = _demand(model_of(settings.workspace, said))
    own, *longer = demand.periods(said["series_id"]) or ("",)
    asked = said.get("period", own)
    return demand.answer(said["series_id"], asked if asked in longer else None), {}


def _scenario(settings: ServingSettings, _entry: Said, said: Said) -> Computed:
    basis = _basis(settings, said, Ground(settings.planning), said.get("population_sha256"))
    asked = [_scenario_of(one) for one in _asked(said)]
    return comparison(basis, said["series_id"], asked), _rests_on(basis)


def _staffing(settings: ServingSettings, _entry: Said, said: Said) -> Computed:
    ground, people = Ground(settings.planning), said.get("population_sha256")
    basis = _basis(settings, said, ground, people)
    scenario = _scenario_of(said["asked"]) if said.get("asked") else None
    beside = [_basis(settings, one, ground, people) for one in said["beside"]]
    return staffing_picture(basis, said["changes"], scenario, lambda: beside), _rests_on(basis)


def _flow(settings: ServingSettings, _entry: Said, said: Said) -> Computed:
    return _chain(model_of(settings.workspace, said)).picture.answer, {}


def _what_if(settings: ServingSettings, _entry: Said, said: Said) -> Computed:
    if "stage" not in said:
        raise _not_noted()
    return _chain(model_of(settings.workspace, said)).model.what_if(said["stage"], said["hours"]), {}


PLANNED: Mapping[str, Callable[[ServingSettings, Said, Said], Computed]] = {
    "forecast": _forecast,
    "scenario": _scenario,
    "staffing": _staffing,
    "flow": _flow,
    "what_if": _what_if,
}
"""By the kind of answer."""


def _basis(settings: ServingSettings, said: Said, ground: Ground, population: str | None) -> Basis:
    if "overrides" not in said:
        raise _not_noted()
    live = _demand(model_of(settings.workspace, said))
    overrides = _overrides(settings, live.name, said["overrides"])
    return Basis(live, overrides, ground, _population(settings, population))


def _rests_on(basis: Basis) -> Said:
    return {"ground_sha256": basis.ground.sha256, "overrides": len(basis.overrides)}


def _overrides(settings: ServingSettings, model: str, count: int) -> Entries:
    """The first `count` overrides of a model: those that were stored when the question was asked."""
    engine = place_of(settings).engine()
    try:
        return first_entries(engine, OVERRIDE_LOG, count, model=model)
    finally:
        engine.dispose()


def _population(settings: ServingSettings, snapshot_sha256: str | None) -> pd.DataFrame | None:
    if snapshot_sha256 is None:
        return None
    return read_table(open_earlier(settings.workspace.store, snapshot_sha256), "population")


def _demand(live: LiveModel) -> LiveDemand:
    return LiveDemand(live.chosen.name, stamp_of(live, *known_until(live.model)), live.model)


def _chain(live: LiveModel) -> LiveFlow:
    return LiveFlow(live.chosen.name, stamp_of(live, *known_until(live.model)), live.model)


def _scenario_of(values: Any) -> Scenario:
    return validate_config(values, Scenario, "the entry")


def _asked(said: Said) -> list[Any]:
    if "asked" not in said:
        raise _not_noted()
    return list(said["asked"])


def _not_noted() -> DataError:
    english = "The entry is of a release that did not note everything that a planning answer rests on."
    return DataError(Phrase(english, "replay.say.not_noted"))
