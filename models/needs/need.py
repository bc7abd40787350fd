"""One need task: how likely its outcome is for one client within the horizon, and why."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np

from configs.loader import validate_config
from features.catalogue import Catalogue
from features.catalogue.vocabulary import Vocabulary
from models.answers import Alternative, Expected, LevelShare, Likelihood, ModelStamp, NeedAnswer, Text
from models.bundles.bundle import Bundle
from models.learners.amount import AmountModel
from models.learners.binary import BinaryModel
from models.needs.alternatives import Alternatives, evidence_of
from models.needs.levels import level_shares
from models.needs.need_task import AGE, Cohort, NeedTask, Published, load_task
from models.needs.score_age import refused_for_age
from models.parts import ClientParts, as_json, read_json
from models.segments.eligibility import NOTHING, Eligibility, age_verdict, holds_all

__all__ = ["AGE", "Cohort", "NeedModel", "NeedTask", "Published", "gate", "load_task"]

MODEL, TASK, ALTERNATIVES = "model.json", "task.json", "alternatives.json"
AT_LEAST: Text = {"fi": "Vähintään: {name}", "sv": "Minst: {name}", "en": "At least: {name}"}


@dataclass(frozen=True)
class NeedModel:
    """Everything that an answer of one task needs; pure, no clock, no disk."""

    parts: ClientParts
    task: NeedTask
    model: BinaryModel
    """Of the outcome; of ordered levels the one of being at the main level or above."""
    steps: tuple[BinaryModel, ...] = ()
    """Of ordered levels: being at or above each level but the lowest, lowest first (`model` is one of them)."""
    amount: AmountModel | None = None
    alternatives: Alternatives | None = None
    trained_until: date | None = None
    """The end of the last training row's window; None in a bundle of before."""

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

    @property
    def outputs(self) -> Mapping[str, BinaryModel]:
        """Every explained probability by the id that answers carry; of ordered levels the lowest first."""
        steps = {output_id(self.task, level): one for level, one in zip(self.levels, self.steps, strict=True)}
        return steps or {self.task.id: self.model}

    @property
    def levels(self) -> tuple[str, ...]:
        """Of ordered levels: those above the lowest, as `steps`; empty where the outcome is yes or no."""
        return self.task.outcome.levels[1:] if self.steps else ()

    def answer(
        self,
        row: np.ndarray,
        stamp: ModelStamp,
        dates: Mapping[str, date] | None = None,
        today: date | None = None,
    ) -> NeedAnswer:
        """The likelihood for one client, or why there is none.

        `dates` as `newest_dates` gives them; `today` is the day of asking: an over-age score is refused (None = no
        check, as in a replay).
        """
        named = self.parts.by_name(row)
        verdict = self._too_old(stamp, today) or gate(self.task, named)
        used, explainer = self.parts.used_columns(row), self.parts.explainer
        likelihoods = () if verdict else tuple(self._likelihoods(used, {} if dates is None else dates))
        main = next((one for one in likelihoods if one.id == self.task.id), None)
        return NeedAnswer(
            stamp=stamp,
            status="answered" if verdict is None else verdict.status,
            status_reason=NOTHING if verdict is None else verdict.reason,
            task=self.task.id,
            horizon_days=self.task.horizon_days,
            gap_days=self.task.gap_days,
            likelihood=main,
            missing=explainer.missing(used),
            sources=explainer.sources(used),
            notice=self.task.notice.as_text(),
            levels=() if verdict else self._levels(used),
            likelihoods=likelihoods if self.steps else (),
            expected=None if verdict else self._expected(used, {} if dates is None else dates),
            alternatives=() if verdict else self._alternatives(named),
            freshness=explainer.freshness(dates, date.fromisoformat(stamp.as_of)),
        )

    def level_probabilities(self, used: np.ndarray) -> np.ndarray:
        """Probability of each level, rows x levels, for an ordered outcome."""
        return level_shares(np.column_stack([model.probabilities(used) for model in self.steps]))

    def golden_outputs(self, rows: np.ndarray) -> dict[str, np.ndarray]:
        """Named numbers of whole rows that a loaded bundle must repeat."""
        used = self.parts.used_columns(rows)
        found: dict[str, np.ndarray] = {}
        for name, model in self.outputs.items():
            explained, key = model.explain(used), "" if name == self.task.id else f"{name}_"
            found |= {f"{key}log_odds": explained.log_odds, f"{key}base": np.array([explained.base])}
            found[f"{key}shares"] = explained.shares
        if self.amount is not None:
            amounts = self.amount.explain(used)
            low, high = self.amount.interval(amounts.values)
            found |= {"amount": amounts.values, "amount_shares": amounts.shares, "amount_low": low, "amount_high": high}
        return found

    def to_files(self) -> dict[str, bytes]:
        """The bundle's files, without the golden rows."""
        files, entry = self.model.to_files(self.task.id)
        if self.steps:
            files, entry = {}, {"steps": []}
            for level, model in zip(self.levels, self.steps, strict=True):
                written, one = model.to_files(f"{self.task.id}_{level}")
                files, entry["steps"] = files | written, [*entry["steps"], one]  # type: ignore[misc]
        if self.amount is not None:
            written, entry["amount"] = self.amount.to_files(self.task.id)
            files |= written
        entry["trained_until"] = None if self.trained_until is None else self.trained_until.isoformat()
        if self.alternatives is not None:
            files[ALTERNATIVES] = as_json(self.alternatives.model_dump(mode="json"))
        described = {TASK: as_json(self.task.model_dump(mode="json")), MODEL: as_json(entry)}
        return self.parts.to_files() | files | described

    @classmethod
    def from_files(cls, files: Mapping[str, bytes]) -> "NeedModel":
        """The inverse of `to_files`.  Raises ModelError or ConfigError when a part is missing or wrong."""
        task, entry = validate_config(read_json(files, TASK), NeedTask, TASK), read_json(files, MODEL)
        steps = tuple(BinaryModel.from_files(files, one) for one in entry.get("steps", ()))
        amount, until = entry.get("amount"), entry.get("trained_until")
        return cls(
            ClientParts.from_files(files),
            task,
            main_step(task, steps) if steps else BinaryModel.from_files(files, entry),
            steps,
            AmountModel.from_files(files, amount) if amount else None,
            _alternatives_in(files),
            date.fromisoformat(until) if until else None,
        )

    @classmethod
    def from_bundle(cls, bundle: Bundle) -> "NeedModel":
        """The model inside a verified bundle."""
        return cls.from_files(bundle.files)

    def _too_old(self, stamp: ModelStamp, today: date | None) -> Eligibility | None:
        as_of, task = date.fromisoformat(stamp.as_of), self.task
        return refused_for_age(as_of, today, task.score_life_days, self.trained_until, task.model_life_days)

    def _likelihoods(self, used: np.ndarray, dates: Mapping[str, date]) -> Iterator[Likelihood]:
        name = self.task.name.as_text()
        for id, model in self.outputs.items():
            yield self.parts.explainer.likelihood(model, used, id, name, self._outcome(id), dates)

    def _outcome(self, id: str) -> Text:
        """What a likelihood is of, in words."""
        if id == self.task.id:
            return self.task.outcome_name.as_text()
        level = id.removeprefix(f"{self.task.id}_")
        called = self.task.outcome.level_names[level].as_text()
        if level == self.levels[-1]:
            return called
        return {language: words.format(name=called[language]) for language, words in AT_LEAST.items()}

    def _levels(self, used: np.ndarray) -> tuple[LevelShare, ...]:
        if not self.steps:
            return ()
        names = self.task.outcome.level_names
        shares = self.level_probabilities(used.reshape(1, -1))[0]
        return tuple(
            LevelShare(level, names[level].as_text(), float(share))
            for level, share in zip(self.task.outcome.levels, shares, strict=True)
        )

    def _expected(self, used: np.ndarray, dates: Mapping[str, date]) -> Expected | None:
        rule = self.task.outcome.minutes_change
        if self.amount is None or rule is None:
            return None
        explained = self.amount.explain(used.reshape(1, -1))
        low, high = self.amount.interval(explained.values)
        return Expected(
            id=f"{self.task.id}_amount",
            name=rule.name.as_text(),
            unit=rule.unit.as_text(),
            value=float(explained.values[0]),
            low=float(low[0]),
            high=float(high[0]),
            base=explained.base,
            contributions=self.parts.explainer.contributions(used, explained.shares[0], dates),
        )

    def _alternatives(self, named: Mapping[str, float]) -> tuple[Alternative, ...]:
        if self.alternatives is None:
            return ()
        specs = {spec.name: spec for spec in self.parts.specs}
        return evidence_of(self.alternatives, named, self.catalogue, specs, self.parts.sentences)


def output_id(task: NeedTask, level: str) -> str:
    """Id of the likelihood of being at a level or above: the task's own for the main level."""
    return task.id if level == main_level(task) else f"{task.id}_{level}"


def main_level(task: NeedTask) -> str:
    """The level whose "at it or above" is the main likelihood: as configured, else the lowest above the first."""
    return task.main_level or task.outcome.levels[1]


def main_place(task: NeedTask) -> int:
    """The place of the main level among the outcome's levels; 1 where the outcome is yes or no."""
    return task.outcome.levels.index(main_level(task))


def main_step(task: NeedTask, steps: tuple[BinaryModel, ...]) -> BinaryModel:
    """The model of the main level among those of every level above the lowest."""
    return steps[main_place(task) - 1]


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


def _alternatives_in(files: Mapping[str, bytes]) -> Alternatives | None:
    if ALTERNATIVES not in files:
        return None
    return validate_config(read_json(files, ALTERNATIVES), Alternatives, ALTERNATIVES)
