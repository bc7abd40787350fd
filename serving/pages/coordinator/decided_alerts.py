"""What is decided about single alerts, as pages and core hand it to each other."""

from dataclasses import dataclass
from typing import Literal

AlertChoice = Literal["confirm", "dismiss"]
DismissReason = Literal["known_already", "handled", "records_wrong", "not_relevant", "other"]


@dataclass(frozen=True)
class AlertDecision:
    """What a professional says of one alert.  A dismissal needs a reason code; `other` needs the reason in words."""

    alert: str
    choice: str
    reason_code: str
    reason: str
    key: str


@dataclass(frozen=True)
class AlertState:
    """The latest decision about an alert whose evidence is still the same."""

    choice: AlertChoice
    reason_code: str | None
    reason: str
    role: str
    time: str


@dataclass(frozen=True)
class AlertCount:
    """One alert in one unit: at how many clients it was last confirmed or dismissed; None = 1 to 4."""

    alert: str
    unit: str
    confirmed: int | None
    dismissed: int | None
    total: int | None
