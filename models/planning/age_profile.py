"""Need by age without the THL files: a cited table of a few figures, used with the county's own population."""

import numpy as np
from pydantic import Field

from configs.loader import StrictConfig
from models.planning.ages import OLDEST, Ages, AgeStructure
from models.texts import Texts


class AgeStep(StrictConfig):
    """€/person and year above the reference ages."""

    ages: str = Field(pattern=r"^(\d+plus|\d+to\d+)$")
    female: float
    male: float


class AgeProfile(StrictConfig):
    """configs/age_profile.yaml: older people's care by age and sex."""

    source: str
    basis: Texts
    from_age: int = Field(ge=0)
    """The first age that the sector knows."""
    reference: float = Field(gt=0)
    """€/person and year at the reference ages."""
    steps: tuple[AgeStep, ...] = Field(min_length=1)

    def need(self) -> np.ndarray:
        """€/person and year: float64[sex, age]; zero below `from_age`."""
        grid = np.zeros((2, OLDEST + 1))
        grid[:, self.from_age :] = self.reference
        for one in self.steps:
            mask = Ages.of(one.ages).mask
            grid[0, mask] += one.female
            grid[1, mask] += one.male
        return grid

    def structure(self, persons: AgeStructure) -> AgeStructure:
        """The same people with this need by age."""
        return AgeStructure(persons.persons, self.need(), self.basis.as_text(), persons.open_from)
