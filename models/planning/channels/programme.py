"""The linear programme: variables, limits with names, and one matter's repeat contacts as an exact series."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from models.planning.channels.config import ChannelsConfig, Group

EXCLUDED, REACHABLE = "excluded", "reachable"
BETWEEN = " / "
"""Between the names of a limit on a group's share of a channel: group, channel and, where it matters, clients."""
Kind = Literal["staff_hours", "contacts", "smallest", "largest", "digital_suitable", "digital_target", "wait"]


@dataclass(frozen=True)
class Cell:
    """One variable: matters of a group's clients (digitally excluded or reachable) that begin in a channel."""

    group: str
    clients: str
    channel: str


@dataclass(frozen=True)
class Limit:
    """One soft-named limit: row · x ≤ bound.  `unit` is hours, matters, contacts or days of mean wait."""

    kind: Kind
    of: str
    """The profession, channel or group (or group and channel) that it limits."""
    row: np.ndarray
    bound: float
    unit: Literal["hours", "matters", "contacts", "days"]


@dataclass(frozen=True)
class Programme:
    """min cost · x, subject to the limits, every matter begun once (`demand`), and no digital cell for the excluded.

    The last is not a limit that could be bent: such cells do not exist.
    """

    cells: tuple[Cell, ...]
    cost: np.ndarray
    """Staff hours of one matter with all its repeat contacts."""
    limits: tuple[Limit, ...]
    demand_rows: np.ndarray
    demand: np.ndarray
    demand_of: tuple[tuple[str, str], ...]
    """(group, clients) of each demand row."""

    @property
    def matrix(self) -> np.ndarray:
        """float64[limit, cell]."""
        return np.array([one.row for one in self.limits]).reshape(len(self.limits), len(self.cells))

    @property
    def bounds(self) -> np.ndarray:
        """float64[limit]."""
        return np.array([one.bound for one in self.limits])


def visits_per_matter(config: ChannelsConfig) -> np.ndarray:
    """float64[begun in, met in]: contacts of one matter until it is solved, as (1 + R + R² + …) = (1 − R)⁻¹.

    R holds the share of contacts that are not solved and where they go next.
    """
    names = list(config.channels)
    again = np.zeros((len(names), len(names)))
    for row, one in enumerate(config.channels.values()):
        again[row, names.index(one.repeat_to)] = 1 - one.first_contact_resolution.value
    return np.linalg.inv(np.eye(len(names)) - again)


def programme(config: ChannelsConfig) -> Programme:
    """The programme of a config."""
    cells = _cells(config)
    hours = staff_hours(config, cells)
    demand = [(group, clients) for group in config.groups for clients in (EXCLUDED, REACHABLE)]
    rows = np.array([[(cell.group, cell.clients) == of for cell in cells] for of in demand], float)
    wanted = np.array([matters_of(config, group, clients) for group, clients in demand])
    return Programme(
        cells=cells,
        cost=np.sum(list(hours.values()), axis=0),
        limits=(*_staff(config, hours), *_contacts(config, cells), *_shares(config, cells)),
        demand_rows=rows,
        demand=wanted,
        demand_of=tuple(demand),
    )


def matters_of(config: ChannelsConfig, group: str, clients: str) -> float:
    """Matters of a group's digitally excluded or reachable clients."""
    return _matters_of(config.groups[group], clients)


def _matters_of(group: Group, clients: str) -> float:
    share = group.digitally_excluded.value
    return group.matters.value * (share if clients == EXCLUDED else 1 - share)


def _cells(config: ChannelsConfig) -> tuple[Cell, ...]:
    return tuple(
        Cell(group, clients, channel)
        for group in config.groups
        for clients in (EXCLUDED, REACHABLE)
        for channel, one in config.channels.items()
        if clients == REACHABLE or not one.digital
    )


def staff_hours(config: ChannelsConfig, cells: Sequence[Cell]) -> dict[str, np.ndarray]:
    """Hours of each profession that one matter of each cell takes, repeat contacts included."""
    names, met = list(config.channels), visits_per_matter(config)
    found = {profession: np.zeros(len(cells)) for profession in config.professions}
    for place, cell in enumerate(cells):
        for channel, count in zip(names, met[names.index(cell.channel)], strict=True):
            found[config.channels[channel].profession][place] += count * minutes(config, channel, cell.group) / 60
    return found


def minutes(config: ChannelsConfig, channel: str, group: str) -> float:
    """Handling minutes of one contact of a group in a channel."""
    one = config.channels[channel]
    return one.minutes_by_group.get(group, one.minutes).value


def days(config: ChannelsConfig, channel: str, group: str) -> float:
    """Days that a contact of a group waits in a channel."""
    one = config.channels[channel]
    return one.wait_by_group.get(group, one.wait).value


def contacts_met(config: ChannelsConfig, cells: Sequence[Cell]) -> dict[str, np.ndarray]:
    """Contacts in each channel that one matter of each cell brings."""
    names, met = list(config.channels), visits_per_matter(config)
    starts = [names.index(cell.channel) for cell in cells]
    return {channel: met[starts, column] for column, channel in enumerate(names)}


def _staff(config: ChannelsConfig, hours: dict[str, np.ndarray]) -> list[Limit]:
    return [
        Limit("staff_hours", name, hours[name], one.hours.value, "hours") for name, one in config.professions.items()
    ]


def _contacts(config: ChannelsConfig, cells: Sequence[Cell]) -> list[Limit]:
    met = contacts_met(config, cells)
    return [
        Limit("contacts", name, met[name], one.contacts.value, "contacts")
        for name, one in config.channels.items()
        if one.contacts is not None
    ]


def _shares(config: ChannelsConfig, cells: Sequence[Cell]) -> list[Limit]:
    whole = sum(one.matters.value for one in config.groups.values())
    digital = np.array([config.channels[cell.channel].digital for cell in cells])
    found: list[Limit] = []
    for name, one in config.channels.items():
        here = np.array([cell.channel == name for cell in cells], float)
        if one.smallest_share is not None:
            found.append(Limit("smallest", name, -here, -one.smallest_share.value * whole, "matters"))
        if one.largest_share is not None:
            found.append(Limit("largest", name, here, one.largest_share.value * whole, "matters"))
    for name, group in config.groups.items():
        inside = np.array([cell.group == name for cell in cells])
        count = group.matters.value
        suitable = group.digitally_suitable.value * count
        found.append(Limit("digital_suitable", name, (inside & digital).astype(float), suitable, "matters"))
        found += _clients_limits(name, group, cells) + _changes(config, name, group, cells)
        found += _waits(config, name, group, cells)
    if config.smallest_digital_share is not None:
        bound = -config.smallest_digital_share.value * whole
        found.append(Limit("digital_target", "all", -digital.astype(float), bound, "matters"))
    return found


def _clients_limits(name: str, group: Group, cells: Sequence[Cell]) -> list[Limit]:
    """The clients' own limits hold for the digitally excluded and the others apart: neither fills it for the other."""
    found = []
    for channel, share in group.smallest_share.items():
        for clients in (EXCLUDED, REACHABLE):
            there = np.array([cell == Cell(name, clients, channel) for cell in cells], float)
            if there.any():
                bound = -share * _matters_of(group, clients)
                found.append(Limit("smallest", BETWEEN.join((name, channel, clients)), -there, bound, "matters"))
    return found


def _changes(config: ChannelsConfig, name: str, group: Group, cells: Sequence[Cell]) -> list[Limit]:
    """How far each channel's share of the group may move from today."""
    if config.largest_change is None:
        return []
    found = []
    for channel in config.channels:
        there = np.array([(cell.group, cell.channel) == (name, channel) for cell in cells], float)
        today, change, of = group.today.get(channel, 0.0), config.largest_change.value, BETWEEN.join((name, channel))
        most, least = (min(today + change, 1.0) * group.matters.value, max(today - change, 0.0) * group.matters.value)
        found += [Limit("largest", of, there, most, "matters"), Limit("smallest", of, -there, -least, "matters")]
    return found


def _waits(config: ChannelsConfig, name: str, group: Group, cells: Sequence[Cell]) -> list[Limit]:
    """The mean wait for the first contact, of the digitally excluded and of the others apart."""
    found = []
    for clients in (EXCLUDED, REACHABLE):
        matters = _matters_of(group, clients)
        if group.largest_wait is not None and matters > 0:
            own = [(cell.group, cell.clients) == (name, clients) for cell in cells]
            row = [days(config, cell.channel, name) / matters * here for cell, here in zip(cells, own, strict=True)]
            found.append(Limit("wait", BETWEEN.join((name, clients)), np.array(row), group.largest_wait.value, "days"))
    return found
