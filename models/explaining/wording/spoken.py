"""Which reasons are said aloud, and which feature speaks for its family.

Risks, protective factors and resources are told together, never risks only (Kanta-Häme plan), and no reason claims a
direction that its own sentence contradicts.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from models.answers import Reason

FEWEST_REASONS, MOST_REASONS = 3, 5
WORTH_SAYING = 0.01
"""A family that moves the log-odds less than this is not said aloud, unless it is the client's only resource."""
STRENGTHS = frozenset({"protective", "resource"})
RISES_WITH: Mapping[str, int] = {"risk": 1, "protective": -1, "resource": -1}
"""How a larger value is read by role: more of a risk raises the need, more of a resource lowers it."""
SHORTER_IS_MORE = frozenset({"days_since", "days_since_first"})
"""Aggregates read the other way round: the fewer days since an event, the more of it."""
SPEAKS_FROM = 0.1
"""A feature speaks for its family only with at least this share of the family's weight, when another could."""


def spoken(contributions: Sequence[Reason], most: int = MOST_REASONS) -> tuple[Reason, ...]:
    """The 3-5 reasons said aloud, in the order of `contributions` (largest first).

    The heaviest known families, with at least one of each direction and at least one protective factor or resource
    wherever such exists; a resource counts however little it weighs.  A family with nothing known is no reason unless
    fewer than three known ones weigh anything.
    """
    weighty = [reason for reason in contributions if abs(reason.contribution) >= WORTH_SAYING]
    known = [reason for reason in weighty if reason.value is not None]
    kept = {reason.family for reason in (*_of_each_direction(known), *_strength(contributions))}
    filling = [reason.family for reason in known if reason.family not in kept][: most - len(kept)]
    chosen = [reason for reason in contributions if reason.family in kept.union(filling)]
    unknown = [reason for reason in weighty if reason.value is None]
    return (*chosen, *unknown[: max(0, FEWEST_REASONS - len(chosen))])


def reads_backwards(
    role: str, contribution: float, value: float | None, usual: float | None, aggregate: str = ""
) -> bool:
    """True when value against usual says the opposite of the contribution: a raising risk with *less* than usual.

    Only a role that has a direction can be read backwards; `aggregate` is the family's.
    """
    if value is None or usual is None:
        return False
    more = (value > usual) - (value < usual)
    read = -more if aggregate in SHORTER_IS_MORE else more
    return read * RISES_WITH.get(role, 0) * contribution < 0


def heaviest(
    indices: Sequence[int],
    row: Sequence[float] | np.ndarray,
    shares: Sequence[float] | np.ndarray,
    total: float,
    backwards: Mapping[int, bool] | None = None,
) -> int:
    """The feature that speaks for its family: known first, then pulling the family's way, then one whose comparison
    agrees with that (`backwards` says for which it does not), then the largest share."""
    against = backwards or {}

    def weight(index: int) -> tuple[bool, bool, bool, float]:
        share = float(shares[index])
        agrees = not against.get(index, False) and abs(share) >= SPEAKS_FROM * abs(total)
        return (bool(row[index] == row[index]), share * total >= 0, agrees, abs(share))

    return max(indices, key=weight)


def _of_each_direction(known: Sequence[Reason]) -> list[Reason]:
    """The heaviest that raises and the heaviest that lowers."""
    raising = [reason for reason in known if reason.contribution > 0][:1]
    lowering = [reason for reason in known if reason.contribution < 0][:1]
    return raising + lowering


def _strength(contributions: Sequence[Reason]) -> list[Reason]:
    """The heaviest protective factor or resource: one that the client has before one that is lacking."""
    found = [one for one in contributions if one.role in STRENGTHS and one.value is not None and one.contribution != 0]
    return sorted(found, key=lambda reason: not reason.value)[:1]
