"""Load a county YAML.  One county may be another with a few settings changed: `based_on: demo.yaml`."""

from pathlib import Path
from typing import Any

from configs.errors import ConfigError
from configs.loader import read_yaml, resolve_path, validate_config
from features.simulator.settings import County

KIND = "simulation"


def load_county(path: str) -> County:
    """The county that a file describes.  Raises ConfigError."""
    return validate_config(_settings(path, ()), County, Path(path).name)


def _settings(path: str, seen: tuple[str, ...]) -> dict[str, Any]:
    values = read_yaml(path)
    if values.pop("kind", KIND) != KIND:
        raise ConfigError(
            f"{path} is a county profile and cannot be simulated: it holds no rates. "
            f"Give settings with `kind: {KIND}`, e.g. `--config configs/county/demo.yaml`."
        )
    base = values.pop("based_on", None)
    if base is None:
        return values
    if not isinstance(base, str) or base in seen:
        raise ConfigError(
            f"`based_on` in {Path(path).name} must name another county file. Write e.g. `based_on: demo.yaml`."
        )
    return _merged(_settings(str(resolve_path(path).parent / base), (*seen, base)), values)


def _merged(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Sections are merged key by key; lists and single values are replaced."""
    result = dict(base)
    for key, value in changes.items():
        both = isinstance(value, dict) and isinstance(base.get(key), dict)
        result[key] = _merged(base[key], value) if both else value
    return result
