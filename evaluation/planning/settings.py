"""configs/planning.yaml."""

from typing import Literal

from pydantic import Field

from configs.loader import StrictConfig


class NeedFiles(StrictConfig):
    """THL's need model: its two files (`${LUOTAIN_DATA}/…`), which area's figures to use, and the year."""

    coefficients: str
    variables: str
    area: str
    year: int = Field(ge=2018, le=2100)


class PlanningConfig(StrictConfig):
    """What `python -m evaluation.planning` reads."""

    var: str
    model: str
    """Id of the demand config whose newest registered model is planned with."""
    scenarios: tuple[str, ...] = ()
    """YAML files, or workbooks (.xlsx) and CSV files filled in by a planner."""
    staffing: str | None = None
    channels: str | None = None
    matters_from: dict[str, str] = {}
    """Need group of the channels → series of the forecast that counts its matters."""
    overrides: str | None = None
    """A filled overrides sheet (.xlsx or .csv)."""
    author_role: str = "planner"
    """Of overrides whose sheet names no role."""
    population: bool = True
    """Read the population by age from the store, where it is there."""
    need: NeedFiles | None = None
    age_profile: str | None = None
    capacity: dict[str, float] = {}
    """Direct hours a period that are staffed today, by area."""
    languages: tuple[Literal["fi", "sv", "en"], ...] = ("fi",)
