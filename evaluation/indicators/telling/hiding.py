"""The one door to small-cell protection: which lines of an indicator are not told."""

from collections.abc import Sequence

from evaluation.client_groups.hiding import hidden_together
from evaluation.indicators.telling.figures import Figure

FEW, UNIFORM = "few", "uniform"


def hidden_lines(figures: Sequence[Figure], unit: str, smallest: int) -> list[str]:
    """Per line of one table whose total is known: why it is hidden ("" = shown).

    Hidden: fewer than `smallest` people, cases or others, what a total would give away, and shares of nobody or all.
    """
    n, cases = [one.n for one in figures], [one.cases for one in figures]
    counts = [n] if unit in ("change", "index", "days", "working_days", "count") else [n, cases]
    if unit == "share":
        counts.append([whole - part for whole, part in zip(n, cases, strict=True)])
    few = hidden_together(*counts, smallest=smallest) if figures else []
    return [FEW if hide else _uniform(one, unit) for hide, one in zip(few, figures, strict=True)]


def hidden_alone(figure: Figure, unit: str, smallest: int) -> str:
    """The same for a line without others: the whole county."""
    parts = [figure.n] + (
        [figure.cases, figure.n - figure.cases] if unit == "share" and figure.method == "wilson" else []
    )
    return FEW if any(0 < part < smallest for part in parts) else _uniform(figure, unit)


def _uniform(figure: Figure, unit: str) -> str:
    told = unit == "share" and figure.value is not None and figure.value in (0.0, 1.0)
    return UNIFORM if told else ""
