"""configs/audit.yaml and what it names: rules of the coverage matrix, risks, rows of the impact assessment."""

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from configs.loader import StrictConfig
from models.texts import Texts

Rating = Literal["++", "+", "0", "-", "--"]
"""The plans' five-step scale: much better, better, no difference, worse, much worse."""
Evidence = Literal["all", "client", "planning"]


class Organisation(StrictConfig):
    """Whose system it is; empty = the report says that nobody filled it in."""

    controller: str = ""
    contact: str = ""
    senior_owner: str = ""
    privacy_assessment: str = ""
    """Where the data-protection impact assessment lies."""
    rights_assessment: str = ""
    """Where the fundamental-rights impact assessment (AI Act Art. 27) lies."""


class OwnerRoles(StrictConfig):
    """Who answers for a model's definition, its data and its user guide: roles, for versions that name none."""

    definer: str = ""
    data_reliability: str = ""
    user_guide: str = ""


class Rule(StrictConfig):
    """One thing that a rule of the field asks for, and where the report answers it."""

    id: str
    source: str
    asks: Texts
    section: int = Field(ge=1, le=16)
    needs: tuple[str, ...]
    """Evidence that must be there: keys of the report's `evidence`."""
    concerns: Evidence = "all"


class Risk(StrictConfig):
    """One risk of using a model.  `measured_by` names a figure that moves the likelihood; null = judged by people."""

    id: str
    name: Texts
    action: Texts
    owner: str
    likelihood: int = Field(ge=1, le=5)
    impact: int = Field(ge=1, le=5)
    measured_by: str | None = None
    steps: tuple[float, float, float, float] | None = None
    """From which value of the figure the likelihood is 2, 3, 4 and 5."""
    concerns: Evidence = "all"


class ImpactRow(StrictConfig):
    """One line of the people-impact assessment."""

    id: str
    name: Texts
    asks: Texts
    measured_by: str | None = None
    """A rating that the measurements suggest; null = a person judges."""


class Book(StrictConfig):
    """configs/audit_book.yaml: rules, risks and impact rows."""

    version: str
    rules: tuple[Rule, ...] = Field(min_length=1)
    risks: tuple[Risk, ...] = Field(min_length=1)
    impact: tuple[ImpactRow, ...] = Field(min_length=1)


class AuditConfig(StrictConfig):
    """configs/audit.yaml."""

    var: str
    histories: str
    book: str
    models: tuple[str, ...] = ()
    """Registered names; empty = every live model."""
    sample_rows: int = Field(default=10_000, ge=100)
    interaction_rows: int = Field(default=300, ge=20)
    seed: int = 20260101
    repeats: int = Field(default=200, ge=20)
    """Bootstrap draws of clients behind each interval."""
    thresholds: tuple[float, ...] = (0.05, 0.1, 0.2, 0.3, 0.5)
    """Probabilities from which on something would be offered."""
    impact_months: int = Field(default=6, ge=1)
    """How long a signed people-impact assessment holds."""
    pdf: bool = True
    clock: Literal["data", "system"] = "system"
    """Whether today is the day after the registers end (a simulated county) or the system's."""
    organisation: Organisation = Organisation()
    owners: dict[str, OwnerRoles] = {}
    """By registered name; `*` = every model that is not named."""

    def owners_of(self, name: str, tags: Mapping[str, str]) -> dict[str, str]:
        """The owners of one version: those that it was registered with, else those of this config."""
        own = self.owners.get(name, self.owners.get("*", OwnerRoles())).model_dump()
        return {role: tags.get(f"owner_{role}") or who for role, who in own.items()}
