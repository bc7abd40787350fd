"""What planning reads besides the forecast: the files of the settings, and the population of the registers."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from configs.errors import DataError, LuotainError
from configs.loader import PROJECT_ROOT, load_config
from features.sources.fetching.places import data_folder
from models.answers import Text
from models.planning.age_profile import AgeProfile
from models.planning.ages import AgeStructure, spread_bands
from models.planning.channels.config import ChannelsConfig
from models.planning.scenarios import words
from models.planning.scenarios.config import Scenario, load_scenario
from models.planning.staffing.config import StaffingConfig
from models.planning.thl_need import NeedModel
from serving.planning.hashing import answer_sha256
from serving.settings import PlanningFiles

DATA = "${LUOTAIN_DATA}/"
WITHOUT_NEED: Text = {
    "fi": "THL:n tarvemallin tiedostoja ei ole: skenaariot käyttävät väestöä ja ikäprofiilia.",
    "sv": "Filerna till THL:s behovsmodell saknas: scenarierna använder befolkning och åldersprofil.",
    "en": "The files of THL's need model are not there: scenarios use the population and the age profile.",
}


@dataclass(frozen=True)
class Ground:
    """The planning files of the settings, each read when it is first asked for."""

    files: PlanningFiles

    @cached_property
    def scenarios(self) -> tuple[Scenario, ...]:
        """The scenarios that come with the service, by file name.  Raises ConfigError for a faulty one."""
        folder = PROJECT_ROOT / self.files.scenarios
        return tuple(load_scenario(file) for file in sorted(folder.glob("*.yaml"))) if folder.is_dir() else ()

    @cached_property
    def staffing(self) -> StaffingConfig:
        """What turns hours and calls into people."""
        return load_config(self.files.staffing, StaffingConfig)

    @cached_property
    def channels(self) -> ChannelsConfig:
        """Channels, need groups and limits."""
        return load_config(self.files.channels, ChannelsConfig)

    @cached_property
    def profile(self) -> AgeProfile | None:
        """Need by age where THL's files are missing."""
        return load_config(self.files.age_profile, AgeProfile) if self.files.age_profile else None

    @cached_property
    def need(self) -> NeedModel | None:
        """THL's need model, where its two files are."""
        told = self.files.need
        if told is None:
            return None
        try:
            coefficients, variables = _data_file(told.coefficients), _data_file(told.variables)
            if coefficients.is_file() and variables.is_file():
                return NeedModel(pd.read_csv(coefficients), pd.read_csv(variables))
        except (LuotainError, OSError, ValueError):
            return None
        return None

    @cached_property
    def sha256(self) -> str:
        """Checksum of what staffing and scenarios read: their files, and THL's where they are."""
        need = None if self.need is None else vars(self.need)
        return answer_sha256({"files": self.files, "staffing": self.staffing, "profile": self.profile, "need": need})

    def structure(self, scenario: Scenario, people: AgeStructure | None) -> AgeStructure | None:
        """On what a population change rests: the need model, else the age profile (older people), else heads."""
        if scenario.sector == "none" or not scenario.population:
            return people
        if self.need is not None and self.files.need is not None:
            return self.need.structure(scenario.sector, self.files.need.area, self.files.need.year, people)
        if people is not None and self.profile is not None and scenario.sector == "older_people":
            return self.profile.structure(people)
        return people

    def said(self) -> tuple[Text, ...]:
        """What must be said of a scenario's basis."""
        return (WITHOUT_NEED,) if self.files.need is not None and self.need is None else ()


def people_of(population: pd.DataFrame | None, areas: tuple[str, ...]) -> AgeStructure | None:
    """The newest year of a population table in the forecast's areas, which are municipalities; None without it."""
    if population is None:
        return None
    told = population[population["superseded_at"].isna() & population["municipality"].astype(str).isin(areas)]
    if told.empty:
        return None
    newest = told[told["year"] == told["year"].max()].rename(columns={"municipality": "area", "age_band": "ages"})
    try:
        persons, open_from = spread_bands(newest.astype({"area": str, "ages": str, "sex": str}))
    except (DataError, ValueError):
        return None
    return AgeStructure(persons, np.ones((2, 106)), words.BY_HEAD, open_from)


def _data_file(name: str) -> Path:
    return data_folder() / name.removeprefix(DATA) if name.startswith(DATA) else PROJECT_ROOT / name
