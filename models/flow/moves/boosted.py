"""LightGBM competing risks: a person's week in a stage ends there, in another stage, or outside the chain.

Multi-class trees over the week in the stage and the person's kind start from the counted chances (as init score) and
correct them; the number of trees is chosen on the last weeks of the training time.  Within a week the counted days
keep their shape: 1 − (1 − h)^f with the f that gives the week's chance.  Kinds with like chances share a row of the
drawn futures, so a bundle tells of rows, not of clients.  Source: Tutz & Schmid 2016, ch. 8 (discrete-time competing
risks as multi-class learning).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import lightgbm
import numpy as np
import pandas as pd

from models.flow.moves.hazards import LONGEST, Hazards, fit_hazards
from models.flow.moves.profiles import codes_of, places_in, profiles_of
from models.flow.moves.weekly_chances import LAST_WEEK, SMALLEST, WEEK, person_weeks, weekly_chances

BINS = np.array([0, 1, 2, 3, 4, 6, 8, 12, 16, 26, 39, 52, 78, 104])
"""First week of each span that the trees tell apart."""
ROWS_A_STAGE = 4
JUDGED_SHARE = 0.25
"""Of the training time; its last part chooses the number of trees."""
MOST_TREES, PATIENCE = 150, 15
PARAMETERS = {
    "objective": "multiclass", "num_leaves": 8, "learning_rate": 0.05, "min_data_in_leaf": 1,
    "min_sum_hessian_in_leaf": 5.0, "lambda_l2": 5.0, "cat_smooth": 20.0, "max_cat_threshold": 8, "seed": 20260101,
    "deterministic": True, "force_row_wise": True, "num_threads": 1, "verbose": -1,
}  # fmt: skip


@dataclass(frozen=True)
class Boosted:
    """The trees as LightGBM text, and the kinds of clients with the row of the futures that each belongs to."""

    text: str
    profiles: pd.DataFrame
    """Traits, `stays`, and `row`."""

    def rows_of(self, spells: pd.DataFrame) -> np.ndarray:
        """The row of each stay."""
        return self.profiles["row"].to_numpy(int)[places_in(self.profiles, spells)]


def fit_boosted(
    spells: pd.DataFrame,
    counted: Hazards,
    since: pd.Timestamp,
    until: pd.Timestamp,
    single: Sequence[str] = (),
) -> Boosted:
    """Learn from the weeks [since, until) that clients spent in each stage.  Stages in `single` stay one row."""
    judged_from = until - (until - since) * JUDGED_SHARE
    earlier = fit_hazards(spells, counted.stages, since, judged_from.normalize())
    seen = (spells["left"].isna() | (spells["left"] >= since)) & (spells["entered"] < until)
    profiles = profiles_of(spells[seen], counted.stages)
    spans = [
        _table(spells, profiles, base, begin, end)
        for base, begin, end in ((earlier, since, judged_from.normalize()), (earlier, judged_from.normalize(), until),
                                 (counted, since, until))
    ]  # fmt: skip
    rounds = _rounds(profiles, counted.stages, spans[0], spans[1])
    booster = lightgbm.train(PARAMETERS | {"num_class": len(counted.stages) + 2},
                             _dataset(profiles, counted.stages, spans[2]), rounds)  # fmt: skip
    found = Boosted(booster.model_to_string(), profiles)
    return replace(found, profiles=profiles.assign(row=_rows(found, counted, single)))


def curves(counted: Hazards, boosted: Boosted) -> Hazards:
    """The trees' chances as days in the stage, row by row."""
    profiles, base = boosted.profiles, weekly_chances(counted)
    row, weight = profiles["row"].to_numpy(int), profiles["stays"].to_numpy(float) + 1e-6
    stage = profiles["stage"].map({name: place for place, name in enumerate(counted.stages)}).to_numpy(int)
    told = _corrected(boosted, counted, base)
    belongs = np.array([stage[row == one][0] for one in range(row.max() + 1)])
    weekly = np.stack([np.average(told[row == one], axis=0, weights=weight[row == one]) for one in range(len(belongs))])
    leave = _daily(counted.leave[belongs], base[belongs], weekly)
    goals = _goals(counted.goes[belongs], base[belongs], weekly)
    shares = _entry(profiles, row, weight, belongs, counted.stages)
    goes = np.concatenate([goals[:, :, belongs] * shares[:, None, :][belongs], goals[:, :, -1:]], axis=2)
    return Hazards(counted.stages, leave, goes, belongs, shares[-1])


def _corrected(boosted: Boosted, counted: Hazards, base: np.ndarray) -> np.ndarray:
    """[profiles × weeks × outcomes]: the counted chances of the stage, corrected for the kind."""
    codes = codes_of(boosted.profiles, counted.stages)
    asked = np.column_stack([np.repeat(codes, len(BINS), axis=0), np.tile(BINS, len(codes))])
    booster = lightgbm.Booster(model_str=boosted.text)
    raw = np.asarray(booster.predict(asked, raw_score=True, num_threads=1)).reshape(len(codes), len(BINS), -1)
    weeks = np.searchsorted(BINS, np.arange(LAST_WEEK + 1), side="right") - 1
    score = np.log(np.maximum(base[codes[:, 0].astype(int)], SMALLEST)) + raw[:, weeks]
    chance = np.exp(score - score.max(axis=2, keepdims=True))
    return np.asarray(chance / chance.sum(axis=2, keepdims=True))


def _daily(leave: np.ndarray, base: np.ndarray, weekly: np.ndarray) -> np.ndarray:
    week = np.minimum(np.arange(LONGEST) // WEEK, LAST_WEEK)
    stays, counted = (np.log(np.clip(one[:, :, 0], SMALLEST, 1 - SMALLEST)) for one in (weekly, base))
    power = stays / counted
    return np.asarray(1 - (1 - np.minimum(leave, 1 - 1e-12)) ** power[:, week])


def _goals(goes: np.ndarray, base: np.ndarray, weekly: np.ndarray) -> np.ndarray:
    week = np.minimum(np.arange(LONGEST) // WEEK, LAST_WEEK)
    ratio = np.maximum(weekly[:, :, 1:], SMALLEST) / np.maximum(base[:, :, 1:], SMALLEST)
    found = goes * ratio[:, week]
    return np.asarray(found / found.sum(axis=2, keepdims=True))


def _entry(
    profiles: pd.DataFrame, row: np.ndarray, weight: np.ndarray, belongs: np.ndarray, stages: Sequence[str]
) -> np.ndarray:
    """[stages + outside × rows]: of those who come to a stage from there, the share of each of its rows."""
    came = profiles["came_from"].to_numpy(object)
    found = np.zeros((len(stages) + 1, len(belongs)))
    for place, source in enumerate((*stages, "outside")):
        seen = np.bincount(row, weight * (came == source), minlength=len(belongs))
        every = np.bincount(row, weight, minlength=len(belongs))
        for stage in range(len(stages)):
            own = belongs == stage
            used = seen if seen[own].sum() > 0 else every
            found[place, own] = used[own] / used[own].sum()
    return found


def _rows(boosted: Boosted, counted: Hazards, single: Sequence[str]) -> np.ndarray:
    """Kinds of a stage in order of their chance to leave, cut into rows of about as many stays."""
    base = weekly_chances(counted)
    profiles = boosted.profiles
    told = _corrected(boosted, counted, base)[:, BINS, 0]
    score = np.log(-np.log(np.clip(told, SMALLEST, 1 - SMALLEST))).mean(axis=1)
    found, next_row = np.zeros(len(profiles), int), 0
    for stage in counted.stages:
        own = np.flatnonzero((profiles["stage"] == stage).to_numpy())
        classes = _classes(score[own], profiles["stays"].to_numpy(float)[own], 1 if stage in single else ROWS_A_STAGE)
        found[own] = classes + next_row
        next_row += int(classes.max()) + 1
    return found


def _classes(score: np.ndarray, stays: np.ndarray, most: int) -> np.ndarray:
    """Kinds cut into at most `most` classes of about as many stays; a kind without stays is in the middle one."""
    order = np.argsort(score, kind="stable")
    order = order[stays[order] > 0]
    if not len(order):
        return np.zeros(len(score), int)
    middle = (np.cumsum(stays[order]) - stays[order] / 2) / stays.sum()
    _, classes = np.unique(np.floor(middle * most), return_inverse=True)
    found = np.full(len(score), classes[np.searchsorted(middle, 0.5).clip(max=len(middle) - 1)])
    found[order] = classes
    return found


@dataclass(frozen=True)
class _Span:
    """Person-weeks counted by kind, span of weeks and outcome, with the counted chances of each."""

    profile: np.ndarray
    week: np.ndarray
    outcome: np.ndarray
    clients: np.ndarray
    chance: np.ndarray


def _table(
    spells: pd.DataFrame, profiles: pd.DataFrame, base: Hazards, since: pd.Timestamp, until: pd.Timestamp
) -> _Span:
    weeks = person_weeks(spells, base.stages, since, until)
    profile = places_in(profiles, spells)[weeks["spell"].to_numpy(int)]
    chance = weekly_chances(base)[weeks["stage"].to_numpy(int), weeks["week"].to_numpy(int)]
    span = BINS[np.searchsorted(BINS, weeks["week"].to_numpy(int), side="right") - 1]
    keys = pd.DataFrame({"profile": profile, "week": span, "outcome": weeks["outcome"].to_numpy(int)})
    keys = keys[profile >= 0]
    grouped = pd.DataFrame(chance[profile >= 0]).groupby([keys[name] for name in keys])
    mean, size = grouped.mean(), grouped.size()
    parts = [mean.index.get_level_values(name).to_numpy(int) for name in keys]
    return _Span(parts[0], parts[1], parts[2], size.to_numpy(float), mean.to_numpy(float))


def _dataset(profiles: pd.DataFrame, stages: Sequence[str], span: _Span) -> lightgbm.Dataset:
    codes = codes_of(profiles, stages)
    rows = np.column_stack([codes[span.profile], span.week])
    start = np.log(np.maximum(span.chance, SMALLEST))
    return lightgbm.Dataset(
        rows, span.outcome, weight=span.clients, init_score=start, free_raw_data=False,
        categorical_feature=list(range(codes.shape[1])), params={"verbose": -1, "min_data_in_bin": 1},
    )  # fmt: skip


def _rounds(profiles: pd.DataFrame, stages: Sequence[str], earlier: _Span, later: _Span) -> int:
    """Trees that told the later weeks best; at least one."""
    if not len(later.outcome) or not len(earlier.outcome):
        return 1
    data = _dataset(profiles, stages, earlier)
    booster = lightgbm.train(
        PARAMETERS | {"num_class": len(stages) + 2, "metric": "multi_logloss"}, data, MOST_TREES,
        valid_sets=[_dataset(profiles, stages, later)],
        callbacks=[lightgbm.early_stopping(PATIENCE, verbose=False)],
    )  # fmt: skip
    return max(int(booster.best_iteration), 1)
