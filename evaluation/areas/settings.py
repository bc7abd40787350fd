"""configs/areas.yaml."""

from collections.abc import Mapping
from datetime import date

from pydantic import Field, model_validator

from configs.loader import StrictConfig
from configs.words import Words

OTHER = "other"
OTHER_NAME = Words(fi="Muu tai tuntematon kunta", sv="Annan eller okänd kommun", en="Other or unknown municipality")


class Area(StrictConfig):
    """One area of the county."""

    name: Words
    municipalities: tuple[str, ...] = Field(min_length=1)


class TurnoverSettings(StrictConfig):
    """Whose yearly turnover is told, and the published share beside it."""

    kind: str
    published: float | None = Field(default=None, ge=0, le=1)
    source: str = ""


class Newcomers(StrictConfig):
    """How the forecast of new clients looks back."""

    first_origin: date
    step_days: int = Field(ge=1)
    observed_days: int = Field(ge=0)
    settle_days: int = Field(ge=0)
    half_life_days: int = Field(ge=1)
    prior_events: float = Field(gt=0)
    minimum_windows: int = Field(ge=1)


class Demand(StrictConfig):
    """The demand forecast to compare with."""

    model: str
    measures: Mapping[str, str] = {}
    """Need task → the measure of the forecast that counts the same people."""


class AreasConfig(StrictConfig):
    """What `python -m evaluation.areas` reads."""

    var: str
    histories: str
    tasks: tuple[str, ...] = Field(min_length=1)
    county: Words
    areas: Mapping[str, Area] = Field(min_length=1)
    turnover: TurnoverSettings
    newcomers: Newcomers
    demand: Demand

    @model_validator(mode="after")
    def _each_municipality_once(self) -> "AreasConfig":
        named = [code for area in self.areas.values() for code in area.municipalities]
        twice = next((code for code in named if named.count(code) > 1), None)
        if twice is not None:
            raise ValueError(f"the municipality {twice} is in two areas; keep it in one")
        if OTHER in self.areas:
            raise ValueError(f"the area id `{OTHER}` is taken by everybody else; give the area another id")
        return self

    @property
    def area_of(self) -> dict[str, str]:
        """Municipality → area."""
        return {code: area for area, one in self.areas.items() for code in one.municipalities}

    @property
    def names(self) -> dict[str, Words]:
        """Area → name, with everybody else's."""
        return {**{area: one.name for area, one in self.areas.items()}, OTHER: OTHER_NAME}
