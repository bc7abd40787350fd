"""What a benchmark prints last: one JSON object of figures, each beside its target."""

import json
import math
import sys
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """A measured value; `at_least`, `at_most` or both are its target, neither means it is only told."""

    value: float
    unit: str
    at_least: float | None = None
    at_most: float | None = None

    def as_json(self) -> dict[str, object]:
        holds = (self.at_least is None or self.value >= self.at_least) and (
            self.at_most is None or self.value <= self.at_most
        )
        value = round(self.value, 4) if math.isfinite(self.value) else None  # JSON knows no NaN
        return {"value": value, "target": self._target(), "unit": self.unit, "holds": holds}

    def _target(self) -> float | list[float] | None:
        """The one bound, or [lower, upper]."""
        if self.at_least is not None and self.at_most is not None:
            return [self.at_least, self.at_most]
        return self.at_most if self.at_least is None else self.at_least


def tell(text: str) -> None:
    """Progress, on stderr."""
    print(text, file=sys.stderr, flush=True)


def finish(figures: Mapping[str, Figure]) -> None:
    """The last line of stdout."""
    print(json.dumps({name: figure.as_json() for name, figure in figures.items()}), flush=True)
