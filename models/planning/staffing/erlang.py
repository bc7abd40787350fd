"""Erlang C: how many people a phone line or a chat needs (M/M/c; nobody hangs up, so rather too many than too few).

Source: A. K. Erlang 1917; the two published numbers of the tests: 1,000 calls an hour of 120 s, 80 % in 20 s, occupancy
at most .85 → 40 agents; 58 on the roster at 30 % shrinkage.
"""

from dataclasses import dataclass
from math import ceil, exp

from configs.errors import ConfigError
from configs.phrases import Phrase

HOUR = 3600
MOST = 100_000
"""Agents above which a demand is a mistake."""


@dataclass(frozen=True)
class QueueNeed:
    """What one busy hour needs."""

    contacts_per_hour: float
    load: float
    """Erlangs: mean number of contacts being handled."""
    agents: int
    """People answering."""
    rostered: int
    """People on the roster: `agents` ÷ (1 − shrinkage), rounded up."""
    occupancy: float
    service_level: float
    """Share answered within the target."""
    mean_wait_seconds: float
    bound_by: str
    """`service` or `occupancy`: which of the two limits asks for the last agent."""


def waits(load: float, servers: int) -> float:
    """Erlang C: the probability that a contact must wait.  1 when the load is at least the servers."""
    if load <= 0:
        return 0.0
    if servers <= load:
        return 1.0
    blocked = 1.0
    for n in range(1, servers + 1):  # Erlang B by its recursion: no factorial overflows
        blocked = load * blocked / (n + load * blocked)
    return blocked / (1 - load / servers * (1 - blocked))


def service_level(load: float, servers: int, handling_seconds: float, target_seconds: float) -> float:
    """The share of contacts answered within `target_seconds`."""
    if servers <= load:
        return 0.0
    return 1 - waits(load, servers) * exp(-(servers - load) * target_seconds / handling_seconds)


def agents_needed(
    contacts_per_hour: float,
    handling_seconds: float,
    share: float,
    target_seconds: float,
    max_occupancy: float = 1.0,
    shrinkage: float = 0.0,
    concurrency: int = 1,
) -> QueueNeed:
    """The fewest people for which `share` is answered within `target_seconds` and nobody is busier than allowed.

    With `concurrency` c each person is c servers, and `handling_seconds` is how long a contact lasts while c are
    handled side by side.  Raises ConfigError for numbers that no staff can meet.
    """
    _possible(contacts_per_hour, handling_seconds, share, max_occupancy, shrinkage)
    load = contacts_per_hour * handling_seconds / HOUR
    by_occupancy = ceil(load / max_occupancy / concurrency - 1e-9)
    agents = max(by_occupancy, 1 if load > 0 else 0)
    while load > 0 and service_level(load, agents * concurrency, handling_seconds, target_seconds) < share:
        agents += 1
    servers = agents * concurrency
    return QueueNeed(
        contacts_per_hour=contacts_per_hour,
        load=load,
        agents=agents,
        rostered=ceil(agents / (1 - shrinkage) - 1e-9),
        occupancy=load / servers if servers else 0.0,
        service_level=service_level(load, servers, handling_seconds, target_seconds) if load > 0 else 1.0,
        mean_wait_seconds=waits(load, servers) * handling_seconds / (servers - load) if load > 0 else 0.0,
        bound_by="service" if agents > max(by_occupancy, 1) else "occupancy",
    )


def _possible(contacts: float, handling: float, share: float, occupancy: float, shrinkage: float) -> None:
    if contacts < 0 or handling <= 0:
        raise ConfigError(
            Phrase(f"A queue needs contacts ≥ 0 and handling seconds > 0, got {contacts:g} and {handling:g}.", "queue")
        )
    if not (0 < occupancy <= 1 and 0 <= share < 1 and 0 <= shrinkage < 1):
        english = "A queue needs 0 < max_occupancy ≤ 1, 0 ≤ share < 1 and 0 ≤ shrinkage < 1. Write 0.8 for 80 %."
        raise ConfigError(Phrase(english, "queue_shares"))
    if contacts * handling / HOUR > MOST:
        english = f"The queue would need more than {MOST:,} people. Check the contacts per hour."
        raise ConfigError(Phrase(english, "queue_large", most=MOST))
