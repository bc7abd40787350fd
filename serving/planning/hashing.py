"""The checksum of a planning answer or its settings: tables and configs written out as JSON, one spelling per value."""

import hashlib
from collections.abc import Mapping
from dataclasses import is_dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from configs.loader import StrictConfig
from models.chain import canonical_json


def answer_sha256(shown: object) -> str:
    """SHA-256 of the canonical JSON."""
    return hashlib.sha256(canonical_json(_plain(shown))).hexdigest()


def _plain(value: Any) -> Any:
    """As JSON writes it: tables by column, configs and dataclasses by field."""
    if isinstance(value, pd.DataFrame):
        return {str(name): _plain(value[name].tolist()) for name in value}
    if isinstance(value, StrictConfig):
        return value.model_dump(mode="json")
    if isinstance(value, Mapping):
        return {str(name): _plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple | np.ndarray):
        return [_plain(part) for part in value]
    if is_dataclass(value):
        return {name: _plain(part) for name, part in vars(value).items()}
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, float):
        return value if np.isfinite(value) else str(value)
    if isinstance(value, date):
        return value.isoformat()
    if value is None or isinstance(value, str | int):
        return value
    raise TypeError(f"A {type(value).__name__} has no checksum here. Write it out in `serving.planning.hashing`.")
