"""Which channels suit one client: told by written rules over the client's own row, never learned, never a decision.

Channels that are not digital are always offered.  A digital one is offered beside them only where every rule is known
and none speaks against it: what is not known is not read as "can use it".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from models.planning.channels.suitability_config import ClientChannel, Sign, SuitabilityRules
from models.texts import Text

Level = Literal["suits", "possible", "not_offered", "unknown"]


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
