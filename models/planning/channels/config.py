"""configs/channels.yaml: channels, need groups, staff and limits.  Every assumption carries its source."""

from pydantic import Field, model_validator

from configs.loader import StrictConfig
from configs.phrases import Phrase
from configs.words import unknown
from models.planning.staffing.config import Assumed, Share
from models.texts import Texts

TOLERANCE = 1e-6


class Channel(StrictConfig):
    """One way to meet a professional."""

    name: Texts
    digital: bool
    profession: str
    minutes: Assumed
    """Handling minutes of one contact, of the channel's profession."""
    minutes_by_group: dict[str, Assumed] = {}
    first_contact_resolution: Assumed
    """Share of matters solved at the contact; the others are taken up again in `repeat_to`."""
    repeat_to: str
    wait: Assumed
    """Days from asking to a contact in this channel, a repeat contact included.  It does not change with the load."""
    wait_by_group: dict[str, Assumed] = {}
    contacts: Assumed | None = None
    """Most contacts in a period; none = only staff limits it."""
    smallest_share: Share | None = None
    """The county's limit: at least this share of all matters begins here."""
    largest_share: Assumed | None = None

    @model_validator(mode="after")
    def _possible(self) -> "Channel":
        least = min(one.value for one in (self.minutes, self.wait, *self.wait_by_group.values()))
        if not 0 < self.first_contact_resolution.value <= 1 or least < 0:
            english = "`first_contact_resolution` lies above 0 and at most 1, `minutes` and `wait` are at least 0"
            raise ValueError(Phrase(english, "channel_numbers"))
        return self


class Group(StrictConfig):
    """Clients with one kind of need."""

    name: Texts
    matters: Assumed
    """Matters that begin in a period (a number, or the forecast's sum put here by the caller)."""
    digitally_excluded: Share
    """Share of the matters whose client cannot use a digital channel: they always keep another one."""
    digitally_suitable: Share
    """Share of the matters that can be handled digitally at all."""
    today: dict[str, float]
    """Share of the matters that begin in each channel today; adds up to 1."""
    smallest_share: dict[str, float] = {}
    """The clients' limit by channel, e.g. {in_person: 0.2}: for the digitally excluded and the others alike."""
    largest_wait: Assumed | None = None
    """Most days to the first contact, as the mean of the digitally excluded and of the others alike."""

    @model_validator(mode="after")
    def _possible(self) -> "Group":
        if self.digitally_excluded.value + self.digitally_suitable.value > 1 + TOLERANCE:
            english = "`digitally_suitable` and `digitally_excluded` together are more than 1: nobody is both"
            raise ValueError(Phrase(english, "digital_sum"))
        if abs(sum(self.today.values()) - 1) > TOLERANCE or min(self.today.values()) < 0:
            english = f"the shares of `today` add up to {sum(self.today.values()):g}; they must add up to 1"
            raise ValueError(Phrase(english, "today_sum"))
        return self


class Profession(StrictConfig):
    """Staff of one kind."""

    name: Texts
    hours: Assumed
    """Direct hours in a period."""


class Chatbot(StrictConfig):
    """Talks with a programme: no contact with a professional, so it is told apart and never counted."""

    talks: Assumed
    solved_share: Share


class ChannelsConfig(StrictConfig):
    """configs/channels.yaml."""

    version: str
    period: Texts
    channels: dict[str, Channel] = Field(min_length=1)
    groups: dict[str, Group] = Field(min_length=1)
    professions: dict[str, Profession] = Field(min_length=1)
    smallest_digital_share: Share | None = None
    """A target, e.g. .35 of all matters; a limit like the others."""
    largest_change: Share | None = None
    """Most that a channel's share of a group's matters may move from today, in either direction."""
    chatbot: Chatbot | None = None

    @model_validator(mode="after")
    def _known(self) -> "ChannelsConfig":
        for name, one in self.channels.items():
            _in(f"channels.{name}.profession", one.profession, self.professions)
            _in(f"channels.{name}.repeat_to", one.repeat_to, self.channels)
            for field in ("minutes_by_group", "wait_by_group"):
                for group in getattr(one, field):
                    _in(f"channels.{name}.{field}", group, self.groups)
            if not one.digital and self.channels[one.repeat_to].digital:
                raise ValueError(
                    f"channels.{name}.repeat_to is digital: a client of a non-digital channel must not be sent to a "
                    "digital one. Choose a non-digital channel"
                )
        for group, told in self.groups.items():
            for channel in (*told.today, *told.smallest_share):
                _in(f"groups.{group}", channel, self.channels)
        if both := set(self.groups) & set(self.channels):
            raise ValueError(f"`{min(both)}` names a group and a channel; give them different keys")
        if all(one.digital for one in self.channels.values()):
            raise ValueError(
                "every channel is digital: digitally excluded clients need another one. Add e.g. in_person"
            )
        return self


def _in(where: str, name: str, known: dict) -> None:  # type: ignore[type-arg]
    if name not in known:
        raise ValueError(f"{where}: {unknown('name', name, known).rstrip('.')}")
