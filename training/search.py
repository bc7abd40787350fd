"""Optuna's door: a small, resumable search of LightGBM's settings, kept in SQLite.

The study's name holds the data's and the settings' hash, so that the same inputs always end at the same settings: a
stopped or killed search goes on where it stopped, a finished one is only read, and a larger budget goes on from there.
"""

import hashlib
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import Field
from tqdm import tqdm

from configs.command import say
from configs.loader import StrictConfig
from models.learners.boosting import BoostingSettings

Number = TypeVar("Number", int, float)
WHOLE: dict[str, tuple[int, int]] = {"trees": (60, 400), "leaves": (3, 15), "depth": (2, 6), "minimum_rows": (5, 80)}
"""Searched whole numbers with their ends; the settings to start from are inside even where these are not."""
REAL: dict[str, tuple[float, float]] = {"learning_rate": (0.01, 0.1), "ridge": (0.5, 50.0), "feature_share": (0.1, 1.0)}
"""Searched on a logarithmic scale."""
SMALLEST_REAL = 1e-6
"""A logarithm needs more than the 0 that `ridge` may start from."""
STARTUP = 3
"""Trials drawn at random before the sampler learns."""


class SearchSettings(StrictConfig):
    """How many settings are tried; 0 = no search."""

    trials: int = Field(default=0, ge=0, le=1000)
    minutes: float | None = Field(default=None, gt=0)
    """Longest search of one outcome in minutes; where it ends then depends on the machine.  null = every trial."""
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
        study = self._opened(start)
        done = len(_complete(study))
        if done == 0 and not any(trial.state.name == "WAITING" for trial in study.trials):
            study.enqueue_trial({name: _value(start, name) for name in (*WHOLE, *REAL)})
        bar = tqdm(total=self.settings.trials, initial=done, desc=self.study, file=sys.stderr, disable=None)
        until = time.monotonic() + 60 * self.settings.minutes if self.settings.minutes else float("inf")
        while done < self.settings.trials and (done == 0 or time.monotonic() < until):
            # A sampler of its own per trial: a resumed search draws what an unbroken one would have drawn.
            study.sampler = _sampler(self.settings.seed + done)
            study.optimize(lambda trial: loss(_drawn(start, trial)), n_trials=1)
            done += 1
            bar.update()
        bar.close()
        if done < self.settings.trials:
            say(f"Search {self.study}: {done} of {self.settings.trials} trials in its time; the next run goes on.")
        counted = _complete(study)[: self.settings.trials]
        return start.model_copy(update=dict(min(counted, key=lambda trial: trial.value).params))

    def _opened(self, start: BoostingSettings) -> Any:
        """The study; what a killed search left half done is closed, so that it is tried again."""
        import optuna

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self.storage.parent.mkdir(parents=True, exist_ok=True)
        study = optuna.create_study(
            storage=f"sqlite:///{self.storage}",
            study_name=self._name(start),
            sampler=_sampler(self.settings.seed),
            load_if_exists=True,
        )
        for trial in study.trials:
            if trial.state.name == "RUNNING":
                study.tell(trial.number, state=optuna.trial.TrialState.FAIL)
        return study

    def _name(self, start: BoostingSettings) -> str:
        values = [self.fingerprint, start.model_dump(mode="json"), self.settings.seed, WHOLE, REAL]
        return f"{self.study}-{hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:16]}"


def _complete(study: Any) -> Sequence[Any]:
    """Finished trials, oldest first."""
    return [trial for trial in study.trials if trial.state.name == "COMPLETE"]


def _sampler(seed: int) -> Any:
    import optuna

    return optuna.samplers.TPESampler(seed=seed, n_startup_trials=STARTUP)


def _drawn(start: BoostingSettings, trial: Any) -> BoostingSettings:
    whole = {name: trial.suggest_int(name, *_around(_value(start, name), ends)) for name, ends in WHOLE.items()}
    real = {
        name: trial.suggest_float(name, *_around(_value(start, name), ends), log=True) for name, ends in REAL.items()
    }
    return start.model_copy(update={**whole, **real})


def _value(start: BoostingSettings, name: str) -> Any:
    return getattr(start, name) if name in WHOLE else max(getattr(start, name), SMALLEST_REAL)


def _around(value: Number, ends: tuple[Number, Number]) -> tuple[Number, Number]:
    """The ends, widened to hold the value to start from."""
    return min(value, ends[0]), max(value, ends[1])
