"""What a value of each scale can be: the ranges of configs/scales.yaml as a rule of the ingest."""

from collections.abc import Mapping
from functools import cache

from pydantic import RootModel, model_validator

from configs.errors import ConfigError
from configs.loader import StrictConfig, load_config

SCALES = "configs/scales.yaml"


class Range(StrictConfig):
    """The least and the greatest value of a scale, both allowed."""

    low: float
    high: float

    @model_validator(mode="after")
    def _in_order(self) -> "Range":
        if self.low >= self.high:
            raise ValueError("`low` must be less than `high`")
        return self


class Scales(RootModel[Mapping[str, Mapping[str, Range]]]):
    """Instrument to scale to range."""


@cache
def load_scales(path: str = SCALES) -> Mapping[str, Mapping[str, Range]]:
    """Read the ranges.  Raises ConfigError."""
    return load_config(path, Scales).root


def outside(scales: Mapping[str, Mapping[str, Range]]) -> str:
    """SQL that is true for an assessment whose value its scale cannot have; a scale without a range has any value."""
    parts = [
        f'("instrument" = {_quoted(instrument)} AND "scale" = {_quoted(scale)} '
        f'AND ("value" < {allowed.low:g} OR "value" > {allowed.high:g}))'
        for instrument, own in scales.items()
        for scale, allowed in own.items()
    ]
    return " OR ".join(parts) or "false"


def _quoted(text: str) -> str:
    if "'" in text:
        raise ConfigError(f"{SCALES}: `{text}` holds a quote mark. Write the name without it.")
    return f"'{text}'"
