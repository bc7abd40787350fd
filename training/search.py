"""Optuna's door: a small, resumable search of LightGBM's settings, kept in SQLite.

The study's name holds the data's and the settings' hash, so that the same inputs always end at the same settings: a
stopped search goes on where it stopped, a finished one is only read.
"""

import hashlib
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pydantic import Field
from tqdm import tqdm

from configs.loader import StrictConfig
from models.learners.boosting import BoostingSettings


class SearchSettings(StrictConfig):
    """How many settings are tried; 0 = no search."""

    trials: int = Field(default=0, ge=0, le=1000)
    seed: int = 20260101


@dataclass(frozen=True)
class Searcher:
    """A search of one outcome.  `storage` is the SQLite file; `fingerprint` names the data that it saw."""

    settings: SearchSettings
    storage: Path
    study: str
    fingerprint: str

    def best(self, start: BoostingSettings, loss: Callable[[BoostingSettings], float]) -> BoostingSettings:
        """The settings with the lowest loss; `start` itself without trials.  `start` is always the first trial."""
        if self.settings.trials == 0:
            return start
        return self._search(start, loss)

    def _search(self, start: BoostingSettings, loss: Callable[[BoostingSettings], float]) -> BoostingSettings:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self.storage.parent.mkdir(parents=True, exist_ok=True)
        study = optuna.create_study(
            storage=f"sqlite:///{self.storage}",
            study_name=self._name(start),
            sampler=optuna.samplers.TPESampler(seed=self.settings.seed, n_startup_trials=3),
            load_if_exists=True,
        )
        if not study.trials:
            study.enqueue_trial(_first(start))
        done = sum(trial.state == optuna.trial.TrialState.COMPLETE for trial in study.trials)
        bar = tqdm(total=self.settings.trials, initial=done, desc=self.study, file=sys.stderr, disable=None)
        for number in range(done, self.settings.trials):
            # A sampler of its own per trial: a resumed search draws what an unbroken one would have drawn.
            study.sampler = optuna.samplers.TPESampler(seed=self.settings.seed + number, n_startup_trials=3)
            study.optimize(lambda trial: loss(_drawn(start, trial)), n_trials=1)
            bar.update()
        bar.close()
        return start.model_copy(update=dict(study.best_params))

    def _name(self, start: BoostingSettings) -> str:
        values = [self.fingerprint, start.model_dump(mode="json"), self.settings.model_dump(mode="json")]
        return f"{self.study}-{hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:16]}"


def _first(start: BoostingSettings) -> dict[str, float]:
    return {name: getattr(start, name) for name in ("trees", "learning_rate", "leaves", "minimum_rows", "ridge")}


def _drawn(start: BoostingSettings, trial) -> BoostingSettings:  # type: ignore[no-untyped-def]  # optuna stays inside
    drawn = {
        "trees": trial.suggest_int("trees", 60, 400, step=10),
        "learning_rate": trial.suggest_float("learning_rate", 0.01, 0.1, log=True),
        "leaves": trial.suggest_int("leaves", 3, 15),
        "minimum_rows": trial.suggest_int("minimum_rows", 5, 80),
        "ridge": trial.suggest_float("ridge", 0.5, 50.0, log=True),
    }
    return start.model_copy(update=drawn)
