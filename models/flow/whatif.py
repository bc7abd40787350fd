"""What would one more staffed hour do?  The same drawn futures once more, with more hours at one stage."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from configs.errors import ModelError
from configs.phrases import Phrase
from models.flow.forecast import FlowFit
from models.flow.moves.simulate import Futures

SAMPLES = 200
Basis = Literal["line", "assumed", "per_client", "not_known"]
"""What an answer for a stage rests on.  line: its departures followed its hours in the back-test.  assumed: the chain
declares what an added hour does.  No answer: per_client (hours go to who is there), not_known (nothing is declared)."""

REFUSED: Mapping[str, str] = {
    "per_client": "its staffed hours go to the clients who are there, and let nobody leave sooner.",
    "not_known": "its departures are not known to follow staffed hours, and no `added_hours` are declared for it.",
}


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
    basis: Basis = "line"
    hours_each: float | None = None
    """Hours that one client more takes; None = not told."""


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
        basis=basis_of(fit, stage),
        hours_each=_hours_each(fit, stage),
    )


def basis_of(fit: FlowFit, stage: str) -> Basis:
    """What an answer for the stage would rest on."""
    if stage in fit.queue_days:
        return "line"
    if stage in fit.added:
        return "assumed"
    return "per_client" if stage in fit.capacities and fit.capacities[stage].per == "client_week" else "not_known"


def answered(fit: FlowFit) -> tuple[str, ...]:
    """Stages with an answer, in the chain's order."""
    return tuple(stage for stage in fit.hazards.stages if basis_of(fit, stage) in ("line", "assumed"))


def _hours_each(fit: FlowFit, stage: str) -> float:
    return fit.capacities[stage].hours_each if stage in fit.queue_days else fit.added[stage].hours_each


def _answerable(fit: FlowFit, stage: str, hours: float) -> None:
    if stage not in fit.hazards.stages:
        english = f"There is no stage `{stage}` in the chain. The stages are {', '.join(fit.hazards.stages)}."
        raise ModelError(Phrase(english, "no_stage"))
    if basis_of(fit, stage) not in ("line", "assumed"):
        english = (
            f"More hours at the stage `{stage}` have no answer: {REFUSED[basis_of(fit, stage)]} "
            f"Stages with one: {', '.join(answered(fit)) or 'none'}."
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
