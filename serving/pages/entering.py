"""What the pages ask of the sign-in at the county's identity provider."""

from dataclasses import dataclass
from typing import Protocol

from serving.pages.services import NotAllowed
from serving.refusals import refusal

BEGUN_SECONDS = 600
"""How long a person may take at the provider."""


@dataclass(frozen=True)
class Begun:
    """Where the browser goes, and what it brings back in a cookie."""

    address: str
    cookie: str


@dataclass(frozen=True)
class Returned:
    """What the provider sent the browser back with."""

    code: str = ""
    state: str = ""
    error: str = ""
    issuer: str | None = None


class TooMany(NotAllowed):
    """Too many attempts failed; `seconds` says how long to wait."""

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        super().__init__(refusal("too_many_failures"))


class Door(Protocol):
    """What the pages ask of the sign-in."""

    @property
    def has_provider(self) -> bool:
        """True when people sign in at the county's identity provider."""

    def begin(self, address: str) -> Begun:
        """Where the browser goes, and its cookie.  Raises Unavailable, TooMany."""

    def finish(self, cookie: str, returned: Returned, address: str, old_token: str | None) -> str:
        """The token of a new session.  Raises NotAllowed, TooMany or Unavailable, each with its sentence."""

    def leave(self) -> str | None:
        """Where the browser ends its session at the provider, if there is such a place."""
