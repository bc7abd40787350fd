"""One need task: how likely its outcome is for one client within the horizon, and why."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
from pydantic import Field

from configs.loader import StrictConfig, load_config, validate_config
from features.catalogue import Catalogue
from features.catalogue.vocabulary import Vocabulary
from features.outcomes import OutcomeRule
from models.answers import ModelStamp, NeedAnswer, Text
from models.bundles.bundle import Bundle
from models.eligibility import NOTHING, Ages, Condition, Eligibility, age_verdict, holds_all
from models.learners.binary import BinaryModel
from models.parts import ClientParts, as_json, read_json
from models.texts import Texts

MODEL, TASK = "model.json", "task.json"
AGE = "age"


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
    model_life_days: int = Field(default=365, ge=1)
    """Days from the end of the training data after which the model is refused."""
    main_level: str | None = None
    """Of an ordered outcome: the level whose "at or above it" is the main likelihood."""
    capacity: tuple[float, ...] = (0.05, 0.1)
    """Shares of the cohort that a team can see, for recall at capacity."""
    lead_days: tuple[int, ...] = (30, 60, 90)
    """Days before the event at which the early warning is measured."""
    alternatives: str | None = None
    """The YAML of service alternatives shown beside the answer."""


def load_task(path: str) -> NeedTask:
    """Read a task.  Raises ConfigError."""
    return load_config(path, NeedTask)


@dataclass(frozen=True)
class NeedModel:
    """Everything that an answer of one task needs; pure, no clock, no disk."""

    parts: ClientParts
    task: NeedTask
    model: BinaryModel

    @property
    def catalogue(self) -> Catalogue:
        """The feature catalogue to build rows with."""
        return self.parts.catalogue

    @property
    def vocabulary(self) -> Vocabulary:
        """The code vocabulary to build rows with."""
        return self.parts.vocabulary

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The columns of a row, in order."""
        return self.parts.feature_names

    def answer(self, row: np.ndarray, stamp: ModelStamp, dates: Mapping[str, date] | None = None) -> NeedAnswer:
        """The likelihood for one client, or why there is none; `dates` as `newest_dates` gives them."""
        verdict = gate(self.task, self.parts.by_name(row))
        used, explainer = self.parts.used_columns(row), self.parts.explainer
        likelihood = None
        if verdict is None:
            task = self.task
            likelihood = explainer.likelihood(
                self.model, used, task.id, task.name.as_text(), task.outcome_name.as_text(), dates or {}
            )
        return NeedAnswer(
            stamp=stamp,
            status="answered" if verdict is None else verdict.status,
            status_reason=NOTHING if verdict is None else verdict.reason,
            task=self.task.id,
            horizon_days=self.task.horizon_days,
            gap_days=self.task.gap_days,
            likelihood=likelihood,
            missing=explainer.missing(used),
            sources=explainer.sources(used),
            notice=self.task.notice.as_text(),
            freshness=explainer.freshness(dates, date.fromisoformat(stamp.as_of)),
        )

    def golden_outputs(self, rows: np.ndarray) -> dict[str, np.ndarray]:
        """Named numbers of whole rows that a loaded bundle must repeat."""
        explained = self.model.explain(self.parts.used_columns(rows))
        return {"log_odds": explained.log_odds, "base": np.array([explained.base]), "shares": explained.shares}

    def to_files(self) -> dict[str, bytes]:
        """The bundle's files, without the golden rows."""
        files, entry = self.model.to_files(self.task.id)
        described = {TASK: as_json(self.task.model_dump(mode="json")), MODEL: as_json(entry)}
        return self.parts.to_files() | files | described

    @classmethod
    def from_files(cls, files: Mapping[str, bytes]) -> "NeedModel":
        """The inverse of `to_files`.  Raises ModelError or ConfigError when a part is missing or wrong."""
        task = validate_config(read_json(files, TASK), NeedTask, TASK)
        return cls(ClientParts.from_files(files), task, BinaryModel.from_files(files, read_json(files, MODEL)))

    @classmethod
    def from_bundle(cls, bundle: Bundle) -> "NeedModel":
        """The model inside a verified bundle."""
        return cls.from_files(bundle.files)


def gate(task: NeedTask, row: Mapping[str, float]) -> Eligibility | None:
    """None when the task may be asked about this client; otherwise why not."""
    verdict = age_verdict(task.ages, row[AGE]) if AGE in row else None
    if verdict is not None:
        return verdict
    frame = {name: np.array([value]) for name, value in row.items()}
    if bool(holds_all(task.cohort.where, frame, 1)[0]):
        return None
    return Eligibility("not_eligible", _outside(task), "unknown", "unknown")


def _outside(task: NeedTask) -> Text:
    if task.cohort.reason is not None:
        return task.cohort.reason.as_text()
    return {
        "fi": "Asiakas ei kuulu ryhmään, jota tämä arvio koskee.",
        "sv": "Klienten hör inte till den grupp som bedömningen gäller.",
        "en": "The client is not in the group that this estimate concerns.",
    }
