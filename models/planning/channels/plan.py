"""The channel plan as tables and sentences: the mix, the load of staff, prices of limits, what is in the way."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from configs.errors import ConfigError
from configs.phrases import Phrase
from configs.words import unknown
from models.planning.channels import words
from models.planning.channels.config import ChannelsConfig
from models.planning.channels.programme import (
    EXCLUDED,
    Programme,
    contacts_met,
    matters_of,
    minutes,
    programme,
    staff_hours,
    visits_per_matter,
)
from models.planning.channels.solve import Conflict, Solution, conflicts, served_at_most, solve
from models.planning.channels.waits import waits_in_channels, waits_of, waits_told
from models.planning.staffing.config import Assumed
from models.texts import Text

PRICE = 1e-6
"""Prices below this are rounding."""


@dataclass(frozen=True)
class ChannelPlan:
    """What the programme says.

    `mix`: `group, clients, channel, matters, share` (of the group's clients of that kind).  `channels`: `channel,
    digital, matters_today, matters, contacts_today, contacts, hours_today, hours, wait_today, wait` (days).
    `professions`: `profession, hours_today, hours, moved, capacity`: the load of staff, not only the contacts.  All are
    empty of plan columns when `solved` is False; then `in_the_way` says what must give way.  `excluded_kept` is the
    share of digitally excluded matters that keep a non-digital channel (1 by construction).
    """

    solved: bool
    mix: pd.DataFrame
    channels: pd.DataFrame
    professions: pd.DataFrame
    waits: pd.DataFrame
    """Mean days that a matter waits, by need group and clients; see `models.planning.channels.waits.waits_of`."""
    waited: tuple[Text, ...]
    """The same of all matters, in sentences."""
    prices: tuple[Text, ...]
    in_the_way: tuple[Text, ...]
    apart: tuple[Text, ...]
    """What is told beside the plan and counted nowhere in it: the chatbot."""
    excluded_kept: float


def with_matters(config: ChannelsConfig, matters: Mapping[str, float], source: str) -> ChannelsConfig:
    """The config with the groups' matters from a forecast.  Raises ConfigError for an unknown group."""
    for name in matters:
        if name not in config.groups:
            why = unknown("group", name, config.groups)
            raise ConfigError(Phrase(f"channels: {why}", "plain", why=why))
    groups = {
        name: one.model_copy(update={"matters": Assumed.model_validate({"value": matters[name], "source": source})})
        if name in matters
        else one
        for name, one in config.groups.items()
    }
    return config.model_copy(update={"groups": groups})


def plan(config: ChannelsConfig) -> ChannelPlan:
    """The channel mix of fewest staff hours within every limit, or what stands in its way."""
    asked = programme(config)
    found = solve(asked)
    mix = _mix(config, asked, found)
    today = _today(config)
    waits = waits_of(config, today, mix)
    return ChannelPlan(
        solved=found is not None,
        mix=mix,
        channels=_channels(config, asked, found).join(waits_in_channels(config, today, mix), on="channel"),
        professions=_professions(config, asked, found),
        waits=waits,
        waited=waits_told(waits),
        prices=_prices(config, asked, found),
        in_the_way=() if found is not None else _in_the_way(config, conflicts(asked)),
        apart=_apart(config),
        excluded_kept=_excluded_kept(config, asked, found),
    )


def _mix(config: ChannelsConfig, asked: Programme, found: Solution | None) -> pd.DataFrame:
    rows = []
    for cell, matters in zip(asked.cells, found.matters if found else np.zeros(0), strict=False):
        whole = matters_of(config, cell.group, cell.clients)
        rows.append(
            (cell.group, cell.clients, cell.channel, float(matters), float(matters) / whole if whole > 0 else 0.0)
        )
    return pd.DataFrame(rows, columns=["group", "clients", "channel", "matters", "share"])


def _today(config: ChannelsConfig) -> pd.DataFrame:
    """Matters that begin today: group × channel."""
    rows = {
        name: {channel: one.matters.value * one.today.get(channel, 0.0) for channel in config.channels}
        for name, one in config.groups.items()
    }
    return pd.DataFrame(rows).T


def _today_hours(config: ChannelsConfig) -> pd.DataFrame:
    """Staff hours today by channel in which the contact is met: one row per channel, `contacts, hours`."""
    names, met, begun = list(config.channels), visits_per_matter(config), _today(config)
    contacts = begun.to_numpy() @ met
    per_contact = np.array([[minutes(config, channel, group) / 60 for channel in names] for group in begun.index])
    return pd.DataFrame({"contacts": contacts.sum(axis=0), "hours": (contacts * per_contact).sum(axis=0)}, index=names)


def _channels(config: ChannelsConfig, asked: Programme, found: Solution | None) -> pd.DataFrame:
    today, begun, met = _today_hours(config), _today(config).sum(), contacts_met(config, asked.cells)
    rows = []
    for name, one in config.channels.items():
        now = (float(begun[name]), float(today["contacts"][name]), float(today["hours"][name]))
        then = (np.nan, np.nan, np.nan)
        if found is not None:
            here = np.array([cell.channel == name for cell in asked.cells])
            spent = [
                count * minutes(config, name, cell.group) / 60
                for cell, count in zip(asked.cells, met[name], strict=True)
            ]
            then = (
                float(found.matters[here].sum()),
                float(found.matters @ met[name]),
                float(found.matters @ np.array(spent)),
            )
        rows.append((name, one.digital, now[0], then[0], now[1], then[1], now[2], then[2]))
    columns = ["channel", "digital", "matters_today", "matters", "contacts_today", "contacts", "hours_today", "hours"]
    return pd.DataFrame(rows, columns=columns)


def _professions(config: ChannelsConfig, asked: Programme, found: Solution | None) -> pd.DataFrame:
    today, hours = _today_hours(config)["hours"], staff_hours(config, asked.cells)
    rows = []
    for name, one in config.professions.items():
        now = float(sum(today[channel] for channel, told in config.channels.items() if told.profession == name))
        then = float(found.matters @ hours[name]) if found is not None else np.nan
        rows.append((name, now, then, then - now, one.hours.value))
    return pd.DataFrame(rows, columns=["profession", "hours_today", "hours", "moved", "capacity"])


def _prices(config: ChannelsConfig, asked: Programme, found: Solution | None) -> tuple[Text, ...]:
    if found is None:
        most, gains = served_at_most(asked)
        served = words.served(most, float(asked.demand.sum()))
        told = zip(asked.limits, gains, strict=True)
        return (served, *(words.more_served(config, one, float(gain)) for one, gain in told if gain > PRICE))
    told = zip(asked.limits, found.prices, strict=True)
    return tuple(words.saves(config, one, float(-price)) for one, price in told if price < -PRICE)


def _in_the_way(config: ChannelsConfig, found: tuple[Conflict, ...]) -> tuple[Text, ...]:
    return tuple(words.lacking(config, one.limit, one.lacking, one.alone) for one in found)


def _apart(config: ChannelsConfig) -> tuple[Text, ...]:
    bot = config.chatbot
    return () if bot is None else (words.chatbot(bot.talks.value, bot.solved_share.value),)


def _excluded_kept(config: ChannelsConfig, asked: Programme, found: Solution | None) -> float:
    if found is None:
        return 1.0
    inside = np.array([cell.clients == EXCLUDED for cell in asked.cells])
    spoken = np.array([not config.channels[cell.channel].digital for cell in asked.cells])
    whole = float(found.matters[inside].sum())
    return float(found.matters[inside & spoken].sum()) / whole if whole > 0 else 1.0
