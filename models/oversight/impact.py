"""The people-impact assessment of a model: who signed what, whether the signature holds, and when it is due again."""

import calendar
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from models.bundles.signing import is_signed
from models.chain import canonical_json

FOLDER = "impact"
"""Under the records folder: one signed file per act, `NAME_DAY_NUMBER.json`; nothing is ever overwritten."""
KEYS, KEY_ENV, TRUSTED_ENV = "impact", "LUOTAIN_IMPACT_KEY", "LUOTAIN_IMPACT_TRUSTED"
"""The signers' own keys, apart from those of models: folder under `keys`, and the variables that name others."""
MONTHS = 6
"""Half-yearly (plan 002, line 624)."""
RATINGS = ("++", "+", "0", "-", "--")
State = Literal["signed", "overdue", "unsigned", "broken"]


@dataclass(frozen=True)
class Signed:
    """One assessment that a person put her name to."""

    model: str
    version: str
    who: str
    at: date
    ratings: Mapping[str, str]
    comment: str = ""


@dataclass(frozen=True)
class Impact:
    """What the verdict needs to know of it."""

    state: State
    days_late: int = 0


def signed_message(values: Mapping[str, Any]) -> bytes:
    """What is signed: everything in the file but the signature."""
    return canonical_json({name: value for name, value in values.items() if name != "signature"})


def read_signed(values: Mapping[str, Any], keys: Sequence[Ed25519PublicKey]) -> tuple[Signed, bool]:
    """(the assessment in a file, whether a trusted person signed exactly this).  Raises KeyError, ValueError."""
    found = Signed(
        model=str(values["model"]),
        version=str(values["version"]),
        who=str(values["who"]),
        at=date.fromisoformat(str(values["at"])),
        ratings={str(row): str(rating) for row, rating in dict(values["ratings"]).items()},
        comment=str(values.get("comment", "")),
    )
    return found, is_signed(signed_message(values), str(values.get("signature", "")), keys)


def impact_of(signed: Signed | None, intact: bool, version: str, today: date, months: int = MONTHS) -> Impact:
    """The state on a day.  An assessment of another version is none of this one's."""
    if signed is None or signed.version != version:
        return Impact("unsigned")
    if not intact:
        return Impact("broken")
    late = (today - due_day(signed.at, months)).days
    return Impact("overdue", late) if late > 0 else Impact("signed")


def due_day(at: date, months: int = MONTHS) -> date:
    """The last day on which an assessment holds; the last day of a shorter month stands for a later one."""
    year, month = divmod(at.year * 12 + at.month - 1 + months, 12)
    return date(year, month + 1, min(at.day, calendar.monthrange(year, month + 1)[1]))
