"""How long matters wait: days to the first contact and, repeat contacts included, until the matter is solved.

A channel's wait is an assumption of the config: it does not grow or shrink with the matters that the plan moves.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from models.planning.channels.config import ChannelsConfig
from models.planning.channels.programme import EXCLUDED, REACHABLE, days, visits_per_matter
from models.planning.channels.words import number
from models.texts import LANGUAGES, Text

EVERYONE = "everyone"
"""A group's clients, digitally excluded or not."""
WHOLE = ""
"""All need groups together."""
MEASURES = ("until_first_today", "until_first", "until_solved_today", "until_solved")
HOUR, MINUTE = 1 / 24, 1 / 24 / 60
HALF = 0.5
"""From half a day on a span is told in days."""
UNITS: Mapping[str, Text] = {
    "days": {"fi": "{} vrk", "sv": "{} dygn", "en": "{} days"},
    "hours": {"fi": "{} h", "sv": "{} h", "en": "{} h"},
    "minutes": {"fi": "{} min", "sv": "{} min", "en": "{} min"},
}

TODAY: Text = {
    "fi": "Asia odottaa ammattilaista nyt keskimäärin {}, ratkeamiseen asti yhteensä {}.",
    "sv": "Ett ärende väntar nu på en yrkesutbildad person i genomsnitt {}, sammanlagt {} tills det är löst.",
    "en": "A matter waits for a professional {} on average today, {} in all until it is solved.",
}
PLANNED: Text = {
    "fi": "Asia odottaa ammattilaista keskimäärin {1} (nyt {0}), ratkeamiseen asti yhteensä {3} (nyt {2}).",
    "sv": "Ett ärende väntar på en yrkesutbildad person i genomsnitt {1} (nu {0}), sammanlagt {3} (nu {2}) tills "
    "det är löst.",
    "en": "A matter waits for a professional {1} on average (today {0}), {3} in all until it is solved (today {2}).",
}
"""Filled with the spans of `MEASURES`, in that order."""
APART: Text = {
    "fi": "Digipalvelujen ulkopuolella olevat odottavat keskimäärin {}, muut {}.",
    "sv": "De som står utanför digitala tjänster väntar i genomsnitt {}, de andra {}.",
    "en": "The digitally excluded wait {} on average, the others {}.",
}


def days_of(config: ChannelsConfig) -> pd.DataFrame:
    """Days that one contact waits: group × channel."""
    rows = {group: {channel: days(config, channel, group) for channel in config.channels} for group in config.groups}
    return pd.DataFrame(rows).T.reindex(columns=list(config.channels))


def waits_of(config: ChannelsConfig, today: pd.DataFrame, mix: pd.DataFrame) -> pd.DataFrame:
    """`group, clients` and mean days of a matter: `until_first(_today), until_solved(_today)`.

    `today` holds matters begun (group × channel), `mix` the plan's (empty without one).  The group "" is all of them;
    today's channels are known of everyone together only.  NaN where there are no matters or it is not known.
    """
    plans = {name: _begun(config, mix[mix["clients"] == name]) for name in (EXCLUDED, REACHABLE)} if len(mix) else {}
    if plans:
        plans[EVERYONE] = _begun(config, mix)
    rows = []
    for group in (WHOLE, *config.groups):
        for clients in (EVERYONE, EXCLUDED, REACHABLE):
            now = _means(config, today if clients == EVERYONE else None, group)
            then = _means(config, plans.get(clients), group)
            rows.append((group, clients, now[0], then[0], now[1], then[1]))
    return pd.DataFrame(rows, columns=["group", "clients", *MEASURES])


def waits_in_channels(config: ChannelsConfig, today: pd.DataFrame, mix: pd.DataFrame) -> pd.DataFrame:
    """Mean days that a contact of each channel waits: one row per channel, `wait_today, wait`; NaN without contacts."""
    plan = _begun(config, mix) if len(mix) else None
    told = {"wait_today": _in_channels(config, today), "wait": _in_channels(config, plan)}
    return pd.DataFrame(told, index=list(config.channels))


def _in_channels(config: ChannelsConfig, begun: pd.DataFrame | None) -> np.ndarray:
    """float64[channel]: the mean over the contacts that the matters bring, repeat contacts included."""
    if begun is None:
        return np.full(len(config.channels), np.nan)
    contacts, waited = begun.to_numpy() @ visits_per_matter(config), days_of(config).to_numpy()
    counts = contacts.sum(axis=0)
    return np.divide((contacts * waited).sum(axis=0), counts, out=np.full(len(counts), np.nan), where=counts > 0)


def _begun(config: ChannelsConfig, mix: pd.DataFrame) -> pd.DataFrame:
    """Matters of the plan: group × channel."""
    table = mix.pivot_table(index="group", columns="channel", values="matters", aggfunc="sum")
    return table.reindex(index=list(config.groups), columns=list(config.channels)).fillna(0.0)


def _means(config: ChannelsConfig, begun: pd.DataFrame | None, group: str) -> tuple[float, float]:
    """Mean days to the first contact and until solved."""
    if begun is None:
        return np.nan, np.nan
    asked = begun if group == WHOLE else begun.loc[[group]]
    first = days_of(config).loc[asked.index].to_numpy()
    matters, whole = asked.to_numpy(), float(asked.to_numpy().sum())
    if whole <= 0:
        return np.nan, np.nan
    solved = first @ visits_per_matter(config).T
    return float((matters * first).sum()) / whole, float((matters * solved).sum()) / whole


def waits_told(waits: pd.DataFrame) -> tuple[Text, ...]:
    """How long matters wait, in sentences: all of them, and the digitally excluded beside the others."""
    whole = waits[waits["group"] == WHOLE].set_index("clients")
    means = {name: float(whole[name][EVERYONE]) for name in MEASURES}
    apart = [float(whole["until_first"][clients]) for clients in (EXCLUDED, REACHABLE)]
    found = []
    if not np.isnan(means["until_first_today"]):
        planned = not np.isnan(means["until_first"])
        found.append(_said(PLANNED, *means.values()) if planned else _said(TODAY, *list(means.values())[::2]))
    if not np.isnan(apart).any():
        found.append(_said(APART, *apart))
    return tuple(found)


def lasting(span: float) -> Text:
    """A span of days as people say it: days, or hours or minutes where it is short.  NaN is a dash."""
    if np.isnan(span):
        return dict.fromkeys(LANGUAGES, "–")
    hours = ("hours", HOUR, 1) if span >= HOUR else ("minutes", MINUTE, 0)
    unit, size, decimals = ("days", 1.0, 1) if span >= HALF else hours
    return {code: UNITS[unit][code].format(number(span / size, code, decimals)) for code in LANGUAGES}


def _said(body: Text, *spans: float) -> Text:
    """The sentence with its spans."""
    told = [lasting(span) for span in spans]
    return {code: body[code].format(*(one[code] for one in told)) for code in LANGUAGES}
