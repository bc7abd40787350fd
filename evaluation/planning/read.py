"""What the command reads: the registered forecast, population, THL files, scenarios and overrides."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd

from configs.errors import DataError, ModelError
from configs.loader import load_config, resolve_path
from configs.workspace import Workspace
from evaluation.planning.settings import NeedFiles, PlanningConfig
from features.sources.fetching.places import data_folder
from features.store import open_snapshot, read_table
from models.bundles.signing import trusted_keys
from models.bundles.verify import verify_bundle
from models.demand.model import DemandModel
from models.exchange import Found, read_csv, read_workbook
from models.names import DEMAND_PREFIX, demand_model
from models.planning.age_profile import AgeProfile
from models.planning.ages import AgeStructure, spread_bands
from models.planning.base import Base
from models.planning.overrides import Override
from models.planning.scenarios import words
from models.planning.scenarios.config import Scenario, load_scenario
from models.planning.sheets.overrides_in import read_overrides
from models.planning.sheets.scenarios_in import read_scenario
from models.planning.thl_need import NeedModel
from models.registry import RegisteredBundle, Registry
from models.texts import Text

DATA = "${LUOTAIN_DATA}/"


@dataclass(frozen=True)
class Forecast:
    """A registered demand model and its version."""

    model: DemandModel
    version: RegisteredBundle


def read_forecast(workspace: Workspace, registry: Registry, config_id: str) -> Forecast:
    """The newest registered version.  Raises ModelError when there is none, or its bundle is damaged."""
    version = registry.latest(demand_model(config_id))
    if version is None:
        known = [name.removeprefix(DEMAND_PREFIX) for name in registry.names() if name.startswith(DEMAND_PREFIX)]
        raise ModelError(
            f"No demand model {config_id} is registered (found: {', '.join(known) or 'none'}). "
            "Type `python -m training.demand` first, or name another under `model`."
        )
    with tempfile.TemporaryDirectory() as folder:
        fetched = registry.fetch(version.name, version.version, Path(folder) / "bundle")
        return Forecast(DemandModel.from_bundle(verify_bundle(fetched, trusted_keys(workspace.keys))), version)


@dataclass(frozen=True)
class Basis:
    """On what a population change rests: a structure by sector, or none; and the need model where its files are."""

    people: AgeStructure | None
    profile: AgeProfile | None
    need: NeedModel | None
    files: NeedFiles | None
    said: tuple[Text, ...]

    def structure(self, scenario: Scenario) -> AgeStructure | None:
        """THL's need model where its files are; else the age profile (older people's care); else heads."""
        if scenario.sector == "none" or (self.need is None and self.people is None):
            return self.people
        if self.need is not None and self.files is not None:
            return self.need.structure(scenario.sector, self.files.area, self.files.year, self.people)
        if self.people is not None and self.profile is not None and scenario.sector == "older_people":
            return self.profile.structure(self.people)
        return self.people


def read_basis(config: PlanningConfig, workspace: Workspace, areas: Sequence[str]) -> Basis:
    """Everything that is there; what is missing is said and not an error."""
    people = _population(workspace, areas) if config.population else None
    need = _need(config.need) if config.need is not None else None
    profile = load_config(config.age_profile, AgeProfile) if config.age_profile else None
    missing = config.need is not None and need is None
    return Basis(people, profile, need, config.need, (WITHOUT_THL,) if missing else ())


WITHOUT_THL: Text = {
    "fi": "THL:n tarvemallin tiedostoja ei ole: skenaariot käyttävät väestöä ja ikäprofiilia.",
    "sv": "Filerna till THL:s behovsmodell saknas: scenarierna använder befolkning och åldersprofil.",
    "en": "The files of THL's need model are not there: scenarios use the population and the age profile.",
}


def _population(workspace: Workspace, areas: Sequence[str]) -> AgeStructure | None:
    """The newest year of the store's population in the forecast's areas, which are municipalities; None without it."""
    try:
        table = read_table(open_snapshot(workspace.store), "population")
    except DataError:
        return None
    told = table[table["superseded_at"].isna() & table["municipality"].astype(str).isin(list(areas))]
    if told.empty:
        return None
    newest = told[told["year"] == told["year"].max()]
    bands = newest.rename(columns={"municipality": "area", "age_band": "ages"}).astype(
        {"area": str, "ages": str, "sex": str}
    )
    persons, open_from = spread_bands(bands)
    return AgeStructure(persons, np.ones((2, 106)), words.BY_HEAD, open_from)


def _need(files: NeedFiles) -> NeedModel | None:
    coefficients, variables = data_file(files.coefficients), data_file(files.variables)
    if not (coefficients.is_file() and variables.is_file()):
        return None
    return NeedModel(pd.read_csv(coefficients), pd.read_csv(variables))


def data_file(name: str) -> Path:
    """A file below ${LUOTAIN_DATA}, or of the project."""
    return data_folder() / name.removeprefix(DATA) if name.startswith(DATA) else resolve_path(name)


def read_scenarios(paths: Sequence[str]) -> tuple[Scenario, ...]:
    """Every scenario, from YAML, workbook or CSV."""
    return tuple(_scenario(path) for path in paths)


def _scenario(path: str) -> Scenario:
    return load_scenario(path) if path.endswith((".yaml", ".yml")) else read_scenario(read_sheets(path))


def read_sheets(path: str) -> dict[str, tuple[tuple[Found, ...], ...]]:
    """The sheets of an .xlsx or .csv file.  Raises DataError when it is missing or is neither."""
    file = resolve_path(path)
    if not file.is_file():
        raise DataError(f"The file {file.name} does not exist. Check the path.")
    if file.suffix == ".csv":
        return read_csv(file.read_bytes(), file.stem)
    if file.suffix != ".xlsx":
        raise DataError(f"{file.name} is neither .xlsx nor .csv. Save it as one of them.")
    return read_workbook(file.read_bytes())


def overrides_of(config: PlanningConfig, base: Base) -> tuple[Override, ...]:
    """The overrides of the configured sheet, stamped with the file's own time."""
    if config.overrides is None:
        return ()
    sheets = read_sheets(config.overrides)
    changed = datetime.fromtimestamp(resolve_path(config.overrides).stat().st_mtime, UTC)
    return read_overrides(sheets, base, changed, config.author_role)
