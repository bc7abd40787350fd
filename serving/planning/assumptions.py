"""Assumptions of staffing and channels as a planner may change them for one look: named numbers, checked as the files.

A name is a path, e.g. `teams.0.work.travel` or `channels.phone.minutes`; only numbers with a source may be changed.
"""

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from configs.loader import StrictConfig, validate_config
from models.planning.staffing.config import Queue, StaffingConfig
from models.planning.staffing.erlang import QueueNeed
from models.planning.staffing.plan import StaffingPlan, queue_need

CHANGED = "changed on the page"
USUAL_CONTACTS = 1000.0
"""Contacts a period that are asked about before a visitor gives a number."""
T = TypeVar("T", bound=StrictConfig)


def numbers_of(config: StrictConfig) -> dict[str, float]:
    """Every assumed number by its path, in the order of the file."""
    return dict(_numbers(config.model_dump(mode="json"), ""))


def changed(config: T, changes: Mapping[str, float]) -> T:
    """The config with other numbers; unknown paths are left out.  Raises ConfigError for what the file may not hold."""
    known = numbers_of(config)
    wanted = {path: value for path, value in changes.items() if path in known and value != known[path]}
    if not wanted:
        return config
    told = config.model_dump(mode="json")
    for path, value in wanted.items():
        _set(told, path.split("."), value)
    return validate_config(told, type(config), "assumptions")


def _numbers(told: Any, path: str) -> Iterator[tuple[str, float]]:
    if isinstance(told, Mapping):
        if set(told) == {"value", "source"}:
            yield path, float(told["value"])
            return
        for name, part in told.items():
            yield from _numbers(part, f"{path}.{name}" if path else str(name))
    elif isinstance(told, list):
        for place, part in enumerate(told):
            yield from _numbers(part, f"{path}.{place}")


def _set(told: Any, path: list[str], value: float) -> None:
    for step in path:
        told = told[int(step)] if isinstance(told, list) else told[step]
    told.update({"value": value, "source": CHANGED})


def tried_queues(
    config: StaffingConfig, plan: StaffingPlan, changes: Mapping[str, float], period: str
) -> tuple[tuple[Queue, float, QueueNeed], ...]:
    """What a given number of contacts would need on each queue that the forecast does not count."""
    open_queues = [(place, one) for place, one in enumerate(config.queues) if one.measure in plan.missing]
    asked = [(one, changes.get(f"contacts.{place}", USUAL_CONTACTS)) for place, one in open_queues]
    return tuple((one, contacts, queue_need(one, contacts, period)) for one, contacts in asked)
