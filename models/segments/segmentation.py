"""The segmentation model: a gate, people's own answers, a calibrated model per axis (and level), the scheme's table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

import numpy as np

from configs.errors import ModelError
from configs.loader import validate_config
from features.catalogue import Catalogue
from features.catalogue.vocabulary import Vocabulary
from models.answers import Arrangement, AxisAnswer, Likelihood, ModelStamp, SegmentAnswer, SegmentShare, Text
from models.bundles.bundle import Bundle
from models.learners.binary import BinaryModel
from models.needs.levels import level_shares
from models.needs.need_task import AGE
from models.needs.score_age import refused_for_age
from models.parts import ClientParts, as_json, read_json
from models.segments.conformal import ConformalSets
from models.segments.eligibility import Eligibility, EligibilityRules, assess, decided_by_people
from models.segments.questionnaire import decided_levels, settled
from models.segments.scheme import Axis, Level, Scheme, scheme_from_json

MODEL, SCHEME, ELIGIBILITY, CONFORMAL = "model.json", "scheme.json", "eligibility.json", "conformal.json"
Basis = Literal["model", "answers", "both"]


@dataclass(frozen=True)
class AxisModel:
    """One axis: for every level but the lowest, the probability of being at it or above."""

    axis: Axis
    thresholds: tuple[BinaryModel, ...]

    @property
    def steps(self) -> tuple[tuple[Level, BinaryModel], ...]:
        """(level, model of being at or above it), lowest first."""
        return tuple(zip(self.axis.levels[1:], self.thresholds, strict=True))

    def level_probabilities(self, used: np.ndarray) -> np.ndarray:
        """Probability of each level, rows x levels; an upper level is never more likely than one below it."""
        above = np.column_stack([model.probabilities(used) for model in self.thresholds])
        return level_shares(above)


@dataclass(frozen=True)
class SegmentationModel:
    """Everything that a segmentation answer needs; pure, no clock, no disk."""

    parts: ClientParts
    scheme: Scheme
    rules: EligibilityRules
    axes: tuple[AxisModel, ...]
    conformal: ConformalSets | None = None
    """Limits in the order of the scheme's segments; None = answers without a set."""

    def __post_init__(self) -> None:
        if self.conformal is not None and self.conformal.segments != self.scheme.segment_ids:
            raise ModelError(
                f"The conformal sets are of the segments {', '.join(self.conformal.segments)}, the scheme has "
                f"{', '.join(self.scheme.segment_ids)}. Train a new version."
            )

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

    def answer(
        self,
        row: np.ndarray,
        stamp: ModelStamp,
        answers: Sequence[AxisAnswer] = (),
        dates: Mapping[str, date] | None = None,
        today: date | None = None,
    ) -> SegmentAnswer:
        """The proposed segment of one client, or why there is none.

        `answers` are people's own, recorded (`models.segments.questionnaire.recorded_answers`) or given by hand
        (`by_hand`): an axis that one of them decides is not asked of the model.  `axes` still tells the model's own
        view of every axis, unless the gate keeps the model from being asked.  `dates` are as
        `features.freshness.newest_dates` gives them; `today` is the day of asking: a proposal older than the scheme's
        `score_life_days` is refused (None = no check). Raises ConfigError for an unknown axis or level.
        """
        known = settled(self.scheme, answers)
        given = decided_levels(known)
        verdict = self._too_old(stamp, today) or assess(self.rules, self.parts.by_name(row))
        asked = verdict.status == "answered"
        if len(given) == len(self.axes):
            verdict = decided_by_people(verdict)
        used = self.parts.used_columns(row.reshape(1, -1))
        freshness = self.parts.explainer.freshness(dates, date.fromisoformat(stamp.as_of))
        told = replace(self._answer(used[0], stamp, verdict, known), freshness=freshness)
        if verdict.status != "answered":
            return told
        likelihoods = self._likelihoods(used[0], {} if dates is None else dates) if asked else ()
        told = self._proposal(told, likelihoods, used, given)
        return replace(told, arrangement=self._arrangement(told, row))

    def _too_old(self, stamp: ModelStamp, today: date | None) -> Eligibility | None:
        as_of, life = date.fromisoformat(stamp.as_of), self.scheme.score_life_days
        return refused_for_age(as_of, today, life, None, life)

    def segment_probabilities(self, used: np.ndarray) -> np.ndarray:
        """Probability of each segment (scheme order) for rows of used columns: products over the axes."""
        levels = [axis.level_probabilities(used) for axis in self.axes]
        return combine(self.scheme, levels)

    def golden_outputs(self, rows: np.ndarray) -> dict[str, np.ndarray]:
        """Named numbers of whole rows that a loaded bundle must repeat."""
        used = self.parts.used_columns(rows)
        shares = self.segment_probabilities(used)
        outputs = {"segments": shares}
        if self.conformal is not None:
            outputs["conformal"] = self.conformal.members(shares).astype(np.float64)
        for axis in self.axes:
            for level, model in axis.steps:
                explained = model.explain(used)
                name = output_id(axis.axis, level)
                outputs |= {f"{name}_log_odds": explained.log_odds, f"{name}_base": np.array([explained.base])}
                outputs[f"{name}_shares"] = explained.shares
        return outputs

    def to_files(self) -> dict[str, bytes]:
        """The bundle's files, without the golden rows."""
        files, entries = self.parts.to_files(), []
        for axis in self.axes:
            for level, model in axis.steps:
                written, entry = model.to_files(f"{axis.axis.id}_{level.id}")
                files |= written
                entries.append({"axis": axis.axis.id, "level": level.id, **entry})
        if self.conformal is not None:
            files[CONFORMAL] = self.conformal.to_bytes()
        described = {SCHEME: self.scheme.model_dump(mode="json"), ELIGIBILITY: self.rules.model_dump(mode="json")}
        return (
            files | {name: as_json(values) for name, values in described.items()} | {MODEL: as_json({"axes": entries})}
        )

    @classmethod
    def from_files(cls, files: Mapping[str, bytes]) -> "SegmentationModel":
        """The inverse of `to_files`.  Raises ModelError or ConfigError when a part is missing or wrong."""
        scheme = scheme_from_json(read_json(files, SCHEME))
        rules = validate_config(read_json(files, ELIGIBILITY), EligibilityRules, ELIGIBILITY)
        models: dict[str, list[BinaryModel]] = {axis.id: [] for axis in scheme.axes}
        for entry in read_json(files, MODEL)["axes"]:
            models[entry["axis"]].append(BinaryModel.from_files(files, entry))
        axes = tuple(AxisModel(axis, tuple(models[axis.id])) for axis in scheme.axes)
        conformal = ConformalSets.from_bytes(files[CONFORMAL]) if CONFORMAL in files else None
        return cls(ClientParts.from_files(files), scheme, rules, axes, conformal=conformal)

    @classmethod
    def from_bundle(cls, bundle: Bundle) -> "SegmentationModel":
        """The model inside a verified bundle."""
        return cls.from_files(bundle.files)

    def _likelihoods(self, used: np.ndarray, dates: Mapping[str, date]) -> tuple[Likelihood, ...]:
        return tuple(
            self.parts.explainer.likelihood(
                model, used, output_id(axis.axis, level), axis.axis.name.as_text(), _outcome(axis.axis, level), dates
            )
            for axis in self.axes
            for level, model in axis.steps
        )

    def _proposal(
        self, answer: SegmentAnswer, likelihoods: tuple[Likelihood, ...], used: np.ndarray, given: Mapping[str, str]
    ) -> SegmentAnswer:
        """The answer with its segments: each axis's levels as people said them, else as the model estimates them."""
        levels = [
            told_level(axis.axis, given[axis.axis.id]) if axis.axis.id in given else axis.level_probabilities(used)
            for axis in self.axes
        ]
        probabilities = combine(self.scheme, levels)[0]
        credible, coverage = self._credible(probabilities, given)
        return replace(
            answer,
            segments=self._shares(probabilities),
            axes=likelihoods,
            credible=credible,
            coverage=coverage,
            basis=_basis(len(given), len(self.axes)),
        )

    def _arrangement(self, answer: SegmentAnswer, row: np.ndarray) -> Arrangement:
        """What the scheme arranges for the proposed segment at the client's age."""
        (proposed,) = (share.segment for share in answer.segments if share.proposed)
        age = self.parts.by_name(row).get(AGE, float("nan"))
        return self.scheme.segment(proposed).arrangement(self.scheme.age_group(age))

    def _credible(self, probabilities: np.ndarray, given: Mapping[str, str]) -> tuple[tuple[str, ...], float | None]:
        """The conformal set among the segments that the given levels leave possible, and its nominal coverage.

        The coverage carries over to given levels: one that is true raises the share of the true cell.
        """
        possible = {
            segment
            for combination, segment in self.scheme.combinations()
            if all(given.get(one.axis.id, level) == level for one, level in zip(self.axes, combination, strict=True))
        }
        if len(possible) == 1:
            return tuple(possible), None
        if self.conformal is None:
            return (), None
        credible = self.conformal.credible(probabilities)
        return tuple(segment for segment in credible if segment in possible), self.conformal.coverage

    def _shares(self, probabilities: np.ndarray) -> tuple[SegmentShare, ...]:
        proposed = int(np.argmax(probabilities))
        return tuple(
            SegmentShare(
                segment.id, segment.name.as_text(), segment.description.as_text(), float(share), index == proposed
            )
            for index, (segment, share) in enumerate(zip(self.scheme.segments, probabilities, strict=True))
        )

    def _answer(
        self, used: np.ndarray, stamp: ModelStamp, verdict: Eligibility, answers: tuple[AxisAnswer, ...]
    ) -> SegmentAnswer:
        """What is told whether or not a segment is proposed; people's own answers are never hidden."""
        return SegmentAnswer(
            stamp=stamp,
            status=verdict.status,
            status_reason=verdict.reason,
            scheme=self.scheme.id,
            scheme_version=self.scheme.version,
            client_flow=verdict.client_flow,
            need_duration=verdict.need_duration,
            segments=(),
            axes=(),
            missing=self.parts.explainer.missing(used),
            sources=self.parts.explainer.sources(used),
            notice=self.scheme.notice.as_text(),
            answers=answers,
        )


def output_id(axis: Axis, level: Level) -> str:
    """Id of one explained probability: the axis, and the level too when the axis has more than two."""
    return axis.id if len(axis.levels) == 2 else f"{axis.id}_{level.id}"


def told_level(axis: Axis, level: str) -> np.ndarray:
    """Probabilities of the levels (one row) of an axis whose level a person has said: 1 for it, 0 for the others."""
    return np.array([[float(one == level) for one in axis.level_ids]])


def combine(scheme: Scheme, levels: list[np.ndarray]) -> np.ndarray:
    """Segment probabilities (rows x segments) from the level probabilities of each axis."""
    place = {segment.id: index for index, segment in enumerate(scheme.segments)}
    shares = np.zeros((len(levels[0]), len(place)))
    for combination, segment in scheme.combinations():
        product = np.ones(len(shares))
        for axis, level, probabilities in zip(scheme.axes, combination, levels, strict=True):
            product = product * probabilities[:, axis.level_ids.index(level)]
        shares[:, place[segment]] += product
    return shares


def _basis(decided: int, axes: int) -> Basis:
    if decided == 0:
        return "model"
    return "answers" if decided == axes else "both"


def _outcome(axis: Axis, level: Level) -> Text:
    return (level.at_or_above or level.name).as_text()
