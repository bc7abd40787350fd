"""What would one more staffed hour do?  The same drawn futures once more, with more hours at one stage."""

from dataclasses import dataclass

import numpy as np

from configs.errors import ModelError
from configs.phrases import Phrase
from models.flow.forecast import FlowFit
from models.flow.moves.simulate import Futures

SAMPLES = 200


@dataclass(frozen=True)
class WhatIf:
    """What more staffed hours at a stage change at the end of the horizon, against the forecast as it stands."""

    stage: str
    hours: float
    """More staffed hours a week."""
    more_departures: float
    """Clients a week handled more, mean over the horizon."""
    shorter_line: float
    """Clients fewer in the stage at the end."""
    shorter_wait_days: float | None
    """Days less in the stage at the end by Little's law (clients there / departures a day); None when nobody leaves."""
    more_downstream: float
    """Clients more in the later stages at the end: who does not wait here is there."""
    saved_client_days: float
    """Days of waiting in the stage saved over the horizon, all clients together."""


def what_if(fit: FlowFit, stage: str, hours: float, weeks: int, seed: int, samples: int = SAMPLES) -> WhatIf:
    """`hours` more staffed hours a week at `stage`.

    Raises ModelError when the stage is unknown, its staffed hours are not, or its departures do not follow them.
    """
    _answerable(fit, stage, hours)
    place = fit.hazards.stages.index(stage)
    base = fit.futures(weeks, samples, seed)
    more = fit.futures(weeks, samples, seed, {stage: hours})
    stock = base.stock_end.mean(axis=0), more.stock_end.mean(axis=0)
    shorter = stock[0][place] - stock[1][place]
    return WhatIf(
        stage=stage,
        hours=hours,
        more_departures=float((more.departures - base.departures).mean(axis=0)[place].mean()),
        shorter_line=float(shorter[-1]),
        shorter_wait_days=_shorter_wait(base, more, place),
        more_downstream=float(np.delete(stock[1] - stock[0], place, axis=0)[:, -1].sum()),
        saved_client_days=float(shorter.sum() * 7),
    )


def _answerable(fit: FlowFit, stage: str, hours: float) -> None:
    if stage not in fit.hazards.stages:
        english = f"There is no stage `{stage}` in the chain. The stages are {', '.join(fit.hazards.stages)}."
        raise ModelError(Phrase(english, "no_stage"))
    if stage not in fit.capacities:
        english = f"The staffed hours of the stage `{stage}` are not known. Add rows to `capacity`."
        raise ModelError(Phrase(english, "stage_hours"))
    if stage not in fit.queue_days:
        can = ", ".join(fit.queue_days) or "none"
        english = (
            f"The departures of the stage `{stage}` did not follow its staffed hours in the back-test, so more hours "
            f"have no answer. Stages with one: {can}."
        )
        raise ModelError(Phrase(english, "stage_no_answer"))
    if not np.isfinite(hours) or hours < 0:
        raise ModelError(Phrase("More staffed hours are a number from 0 up. Type e.g. 1.", "flow.fault.hours"))


def _shorter_wait(base: Futures, more: Futures, place: int) -> float | None:
    waits = [_wait(one, place) for one in (base, more)]
    return None if None in waits else float(waits[0] - waits[1])  # type: ignore[operator]


def _wait(futures: Futures, place: int) -> float | None:
    """Days in the stage in the last weeks: clients there over departures a day."""
    gone = futures.departures[:, place, -4:].mean() / 7
    return float(futures.stock_end[:, place, -4:].mean() / gone) if gone > 0 else None
