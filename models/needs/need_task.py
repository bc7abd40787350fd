"""What a need task may say: whom it is about, what its outcome is, and how long its score lives.

A new need is a new YAML under `configs/needs/`, no code; `docs/needs.md` tells every shipped one.
"""

from pathlib import Path

from pydantic import Field

from configs.errors import ConfigError
from configs.loader import StrictConfig, load_config, nearest, resolve_path
from features.outcomes import OutcomeRule
from models.owners import Owners
from models.segments.eligibility import Ages, Condition
from models.texts import Texts

AGE = "age"
SHIPPED = "configs/needs"


class Cohort(StrictConfig):
    """Whom a task is about.  `where` reads the client's row, in training and in serving alike."""

    where: tuple[Condition, ...] = ()
    open_episode: tuple[str, ...] = ()
    """Kinds of episode, one of which is open; checked from the tables in training, beside `where`."""
    reason: Texts | None = None
    """Why a client outside is not answered."""


class Published(StrictConfig):
    """The best published figure for a like task, with its source."""

    auroc: float
    source: str


class NeedTask(StrictConfig):
    """A need task: a new need is a new YAML, no code."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    version: str
    name: Texts
    outcome_name: Texts
    notice: Texts
    ages: Ages = Ages()
    cohort: Cohort = Cohort()
    horizon_days: int = Field(ge=1)
    gap_days: int = Field(default=0, ge=0)
    outcome: OutcomeRule
    without_families: tuple[str, ...] = ()
    """Feature families that the model may not see."""
    published_best: Published | None = None
    report_only: bool = False
    """A group-level report of factors; no answer about one client."""
    score_life_days: int = Field(default=30, ge=1)
    """Days after which a score is refused."""
    model_life_days: int = Field(default=730, ge=1)
    """Days from the end of the training data after which the model is refused."""
    main_level: str | None = None
    """Of an ordered outcome: the level whose "at or above it" is the main likelihood."""
    capacity: tuple[float, ...] = (0.05, 0.1)
    """Shares of the cohort that a team can see, for recall at capacity."""
    lead_days: tuple[int, ...] = (30, 60, 90)
    """Days before the event at which the early warning is measured."""
    alternatives: str | None = None
    """The YAML of service alternatives shown beside the answer."""
    owners: Owners | None = None
    """Who answers for the task; without them no version goes live."""


def is_report_only(task: str) -> bool:
    """True for the id of a shipped task that is told of groups only."""
    file = resolve_path(SHIPPED) / f"{task}.yaml"
    return file.is_file() and load_config(file, NeedTask).report_only


def load_task(path: str) -> NeedTask:
    """Read a task, by its file or by its id alone.  Raises ConfigError that names the nearest shipped task."""
    if Path(path).suffix == ".yaml":
        return load_config(path, NeedTask)
    shipped = {file.stem for file in resolve_path(SHIPPED).glob("*.yaml")}
    if path in shipped:
        return load_config(f"{SHIPPED}/{path}.yaml", NeedTask)
    guess = nearest(path, shipped)
    hint = f"Did you mean `{guess}`?" if guess else f"Shipped tasks: {', '.join(sorted(shipped))}."
    raise ConfigError(f"no need task is called `{path}`. {hint}")
