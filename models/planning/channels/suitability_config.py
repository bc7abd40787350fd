"""configs/channel_suitability.yaml: what speaks for and against each channel for one client."""

import math
from collections.abc import Mapping

from pydantic import Field, model_validator

from configs.loader import StrictConfig
from models.texts import Texts


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
