"""Which channels suit one client: told by written rules over the client's own row, never learned, never a decision.

Channels that are not digital are always offered.  A digital one is offered beside them only where every rule is known
and none speaks against it: what is not known is not read as "can use it".
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from pydantic import Field, model_validator

from configs.loader import StrictConfig
from models.texts import Text, Texts

Level = Literal["suits", "possible", "not_offered", "unknown"]


class Sign(StrictConfig):
    """One thing that the client's row can say: the feature lies between the limits."""

    feature: str
    at_least: float | None = None
    at_most: float | None = None
    name: Texts
    source: str = Field(min_length=1)

    def says(self, row: Mapping[str, float]) -> bool | None:
        """Whether it holds; None where the feature is not known."""
        value = row.get(self.feature, math.nan)
        if math.isnan(value):
            return None
        low = -math.inf if self.at_least is None else self.at_least
        high = math.inf if self.at_most is None else self.at_most
        return low <= value <= high


class ClientChannel(StrictConfig):
    """One channel, and what speaks for and against it for one client."""

    name: Texts
    digital: bool
    speaks_for: tuple[Sign, ...] = ()
    excludes: tuple[Sign, ...] = ()
    """The guard against digital exclusion: one of these is enough, and an unknown one is no permission."""

    @model_validator(mode="after")
    def _guarded(self) -> "ClientChannel":
        if self.digital and not self.excludes:
            raise ValueError("a digital channel needs `excludes`: what says that the client may not be able to use it")
        if not self.digital and self.excludes:
            raise ValueError("a channel that is not digital is never taken away; leave `excludes` out")
        return self


class SuitabilityRules(StrictConfig):
    """configs/channel_suitability.yaml."""

    version: str
    notice: Texts
    channels: dict[str, ClientChannel] = Field(min_length=2)

    @model_validator(mode="after")
    def _never_digital_only(self) -> "SuitabilityRules":
        if all(one.digital for one in self.channels.values()):
            raise ValueError("every channel is digital: whoever cannot use them needs another one. Add e.g. in_person")
        return self


@dataclass(frozen=True)
class Suitability:
    """How one channel suits the client, and which signs said so."""

    channel: str
    name: Text
    digital: bool
    level: Level
    reasons: tuple[Text, ...]

    @property
    def offered(self) -> bool:
        """Whether the professional sees it as a choice."""
        return self.level in ("suits", "possible")


@dataclass(frozen=True)
class ChannelAnswer:
    """Every channel of the rules, in their order; made by written rules, which the notice says."""

    version: str
    notice: Text
    channels: tuple[Suitability, ...]

    @property
    def offered(self) -> tuple[str, ...]:
        """The channels that can be chosen: always at least one that is not digital."""
        return tuple(one.channel for one in self.channels if one.offered)


def channel_suitability(rules: SuitabilityRules, row: Mapping[str, float]) -> ChannelAnswer:
    """The answer for one client's feature row (NaN or absent = not known)."""
    told = tuple(_told(name, one, row) for name, one in rules.channels.items())
    return ChannelAnswer(rules.version, rules.notice.as_text(), told)


def _told(name: str, channel: ClientChannel, row: Mapping[str, float]) -> Suitability:
    against = [sign for sign in channel.excludes if sign.says(row)]
    unknown = [sign for sign in channel.excludes if sign.says(row) is None]
    favour = [sign for sign in channel.speaks_for if sign.says(row)]
    level, signs = _level(against, unknown, favour)
    return Suitability(name, channel.name.as_text(), channel.digital, level, tuple(s.name.as_text() for s in signs))


def _level(against: list[Sign], unknown: list[Sign], favour: list[Sign]) -> tuple[Level, list[Sign]]:
    if against:
        return "not_offered", against
    if unknown:
        return "unknown", unknown
    return ("suits" if favour else "possible"), favour
