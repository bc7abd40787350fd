"""One explained number for the page: whole numbers, reasons in both directions, and every contribution folded."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from models.answers import AxisAnswer, DimensionShare, Likelihood, Reason
from models.explaining.restricted import RESTRICTED_NAME
from models.names import DIMENSIONS, ROLES
from serving.pages.charts import difference_bar, dot_row, share_bar
from serving.pages.format import Format, in_hundred

SHOWN_CONTRIBUTIONS = 12


@dataclass(frozen=True)
class ContributionLine:
    """One family's share of the estimate; `name` is None for the sum of the many small ones."""

    name: str | None
    others: int
    value: float
    bar: Markup


@dataclass(frozen=True)
class DimensionLine:
    """What one guidance dimension and role weigh together, named in the page's language."""

    dimension: str
    role: str
    value: float
    bar: Markup


@dataclass(frozen=True)
class Explained:
    """One explained probability: its number, its reasons in both directions, and all contributions folded."""

    likelihood: Likelihood
    number: int
    dots: Markup
    meter: Markup
    raises: tuple[Reason, ...]
    lowers: tuple[Reason, ...]
    lines: tuple[ContributionLine, ...]
    dimensions: tuple[DimensionLine, ...]
    decided: AxisAnswer | None = None
    """A person's answer that decides instead."""


def explain(likelihood: Likelihood, format: Format, decided: AxisAnswer | None = None) -> Explained:
    """One probability with its reasons split by direction."""
    number = in_hundred(likelihood.probability)
    return Explained(
        likelihood=likelihood,
        number=number,
        dots=dot_row(number),
        meter=share_bar(likelihood.probability, strong=True),
        raises=tuple(reason for reason in likelihood.reasons if reason.contribution > 0),
        lowers=tuple(reason for reason in likelihood.reasons if reason.contribution <= 0),
        lines=contribution_lines(likelihood.contributions, format),
        dimensions=dimension_lines(likelihood.dimensions, format),
        decided=decided,
    )


def dimension_lines(shares: Sequence[DimensionShare], format: Format) -> tuple[DimensionLine, ...]:
    """The sums by dimension and role, largest first."""
    largest = max((abs(one.contribution) for one in shares), default=0.0)
    return tuple(
        DimensionLine(
            format.said(DIMENSIONS.get(one.dimension, RESTRICTED_NAME)),
            format.said(ROLES.get(one.role)),
            one.contribution,
            difference_bar(one.contribution, largest),
        )
        for one in shares
    )


def contribution_lines(contributions: Sequence[Reason], format: Format) -> tuple[ContributionLine, ...]:
    """The largest contributions one by one, the rest as one sum, so that the column adds up."""
    shown, rest = contributions[:SHOWN_CONTRIBUTIONS], contributions[SHOWN_CONTRIBUTIONS:]
    remainder = sum(reason.contribution for reason in rest)
    largest = max((abs(value) for value in [*(r.contribution for r in shown), remainder]), default=0.0)
    lines = [
        ContributionLine(format.said(reason.name), 0, reason.contribution, difference_bar(reason.contribution, largest))
        for reason in shown
    ]
    if rest:
        lines.append(ContributionLine(None, len(rest), remainder, difference_bar(remainder, largest)))
    return tuple(lines)
