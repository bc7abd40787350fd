"""The one loader of YAML: strict, frozen, and clear about what is wrong."""

import difflib
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from configs.errors import ConfigError
from configs.phrases import Phrase, phrase_of

PROJECT_ROOT = Path(__file__).resolve().parent.parent


class StrictConfig(BaseModel):
    """A config section: frozen, no unknown keys, no silent conversion of types."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, arbitrary_types_allowed=False)


C = TypeVar("C", bound=BaseModel)


class _StrictYaml(yaml.SafeLoader):
    """SafeLoader that refuses a key given twice: the last one must not win in silence."""


def _mapping_without_doubles(loader: _StrictYaml, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
    seen: set[Any] = set()
    for key_node, _ in node.value:
        key = loader.construct_object(key_node, deep=True)  # type: ignore[no-untyped-call]
        if key in seen:
            line = key_node.start_mark.line + 1
            raise ConfigError(f"{loader.name}: the key `{key}` is given twice (line {line}). Keep one of them.")
        seen.add(key)
    return yaml.SafeLoader.construct_mapping(loader, node, deep)


_StrictYaml.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping_without_doubles)


def resolve_path(path: str | Path) -> Path:
    """An absolute path; a relative one is taken from the working folder when it exists there, else from the project."""
    given = Path(path).expanduser()
    if given.is_absolute():
        return given
    here = Path.cwd() / given
    return here if here.exists() else PROJECT_ROOT / given


def read_yaml(path: str | Path) -> dict[str, Any]:
    """The mapping in a YAML file.

    Raises ConfigError when the file is missing, is not UTF-8, is not YAML, or does not hold a mapping.
    """
    file = resolve_path(path)
    shown = _shown(file)
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigError(_missing_file(file)) from None
    except IsADirectoryError:
        raise ConfigError(f"{shown} is a folder. Give a YAML file, e.g. `--config configs/ingest.yaml`.") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{shown} is not UTF-8 text. Save it as UTF-8.") from None
    except OSError as error:
        raise ConfigError(f"{shown} cannot be read ({error.strerror}). Check its permissions.") from None
    return _parse(text, shown)


def load_config(path: str | Path, model: type[C]) -> C:
    """Read `path` and check it against `model` (a StrictConfig).

    Raises ConfigError that names every unknown key with the nearest valid one, every missing key and every bad value.
    """
    return validate_config(read_yaml(path), model, _shown(resolve_path(path)))


def validate_config(values: Mapping[str, Any], model: type[C], shown: str) -> C:
    """Check a mapping against `model`; `shown` is the file's name in messages.  Raises ConfigError."""
    try:
        # Through JSON, because strict JSON mode takes a list for a tuple and ISO text for a date, and nothing looser.
        return model.model_validate_json(json.dumps(values, default=str))
    except ValidationError as error:
        faults = tuple(_sentence(dict(fault), model) for fault in error.errors(include_url=False))
        raise ConfigError(Phrase(f"{shown}: {' '.join(faults)}", "several", faults=faults)) from None


def var_folder(configured: str) -> Path:
    """The data folder.  `LUOTAIN_VAR` from the environment takes the place of `var` in the config, as
    MLFLOW_TRACKING_URI wins over its config: `var/real` becomes `$LUOTAIN_VAR/real`.
    """
    given = os.environ.get("LUOTAIN_VAR")
    parts = Path(configured).expanduser().parts
    below = parts[1:] if parts[:1] == ("var",) else ()
    folder = Path(given).expanduser().joinpath(*below) if given else Path(configured).expanduser()
    return folder if folder.is_absolute() else PROJECT_ROOT / folder


def nearest(word: str, allowed: Iterable[str]) -> str | None:
    """The allowed word that looks most like `word`, or None when none does."""
    found = difflib.get_close_matches(word, list(allowed), n=1, cutoff=0.5)
    return found[0] if found else None


def _shown(file: Path) -> str:
    try:
        return str(file.relative_to(PROJECT_ROOT))
    except ValueError:
        return str(file)


def _missing_file(file: Path) -> str:
    names = [entry.name for entry in file.parent.glob("*.yaml")] if file.parent.is_dir() else []
    guess = nearest(file.name, names)
    hint = f" Did you mean `{_shown(file.parent / guess)}`?" if guess else " Check the path after `--config`."
    return f"The config file {_shown(file)} does not exist.{hint}"


def _parse(text: str, shown: str) -> dict[str, Any]:
    loader = _StrictYaml(text)
    loader.name = shown
    try:
        values = loader.get_single_data()  # type: ignore[no-untyped-call]
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1}" if mark else ""
        raise ConfigError(f"{shown} is not valid YAML{where}. Check the indentation and the colons.") from None
    finally:
        loader.dispose()  # type: ignore[no-untyped-call]
    if not isinstance(values, dict):
        raise ConfigError(f"{shown} must hold `key: value` lines, found {_kind(values)}.")
    return values


def _kind(value: object) -> str:
    names = {"NoneType": "nothing", "list": "a list", "str": "text", "int": "a number", "float": "a number"}
    return names.get(type(value).__name__, type(value).__name__)


def _sentence(fault: dict[str, Any], model: type[BaseModel]) -> Phrase:
    where = ".".join(str(part) for part in fault["loc"])
    if fault["type"] == "extra_forbidden":
        key = str(fault["loc"][-1])
        allowed = sorted(_keys_at(model, fault["loc"][:-1]))
        guess = nearest(key, allowed)
        hint = f"Did you mean `{guess}`?" if guess else f"Allowed keys: {', '.join(allowed) or 'none'}."
        return Phrase(f"unknown key `{where}`. {hint}", "key_unknown", allowed=[guess] if guess else allowed)
    if fault["type"] == "missing":
        return Phrase(f"the key `{where}` is missing. Add `{fault['loc'][-1]}: ...`.", "key_missing", where=where)
    message = str(fault["msg"]).removeprefix("Value error, ")
    english = f"`{where}`: {message}." if where else f"{message}."
    return Phrase(english, "at" if where else "plain", where=where, why=_why(fault))


def _why(fault: dict[str, Any]) -> Phrase:
    """What is wrong with one value: our own rule's phrase, or the kind of limit that was broken."""
    told = fault.get("ctx", {})
    own = phrase_of(told["error"]) if isinstance(told.get("error"), ValueError) else ""
    if isinstance(own, Phrase):
        return own
    limit = next((name for name in ("ge", "gt", "le", "lt") if name in told), None)
    return Phrase("", f"value_{limit}", limit=told[limit]) if limit else Phrase("", "value_wrong")


def _keys_at(model: type[BaseModel], loc: tuple[Any, ...]) -> list[str]:
    """The valid keys of the section that `loc` points into, found by walking the model's annotations."""
    current: Any = model
    for part in loc:
        fields = getattr(current, "model_fields", None)
        annotation = fields[part].annotation if fields and part in fields else current
        current = _section(annotation)
    return list(getattr(current, "model_fields", {}))


def _section(annotation: Any) -> Any:
    """The StrictConfig inside list[...], dict[..., ...] or `... | None`, or the annotation itself."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for inner in reversed(getattr(annotation, "__args__", ())):
        found = _section(inner)
        if isinstance(found, type) and issubclass(found, BaseModel):
            return found
    return annotation
