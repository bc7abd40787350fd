"""The first source catalogue of a new county: every system of the profile that fills tables, ready to be completed."""

from collections.abc import Iterator
from typing import Any

import yaml

from features.county_profile.profile import Profile, System
from features.tables import TABLES

OWNER = "name the owner"
DELAY = 0
BY_THE_INGEST = ("superseded_at", "source", "legacy_org")
HEAD = """# The source catalogue of {name}, begun from configs/county/{id}.yaml.
# Complete: owner, purposes, refresh, delay as declared in the mapping, fields as mapped, problems as they are found.
# Not told where in use, to be added with a coverage: {missing}.
"""


class _Dumper(yaml.SafeDumper):
    """Writes every value out, and codes in quotes: `081` without quotes is a number to many readers."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="'" if value.isdigit() else None)


_Dumper.add_representer(str, _text)


def skeleton(profile: Profile) -> str:
    """A YAML text that `load_source_catalogue` accepts."""
    body = "sources:\n" + "".join(_block(name, source) for name, source in _sources(profile))
    missing = [one.id for one in profile.systems if _delivers(one) and not profile.coverage(one)]
    return HEAD.format(name=profile.name.en, id=profile.id, missing=", ".join(missing) or "none") + body


def _block(name: str, source: dict[str, Any]) -> str:
    """One source: its settings one per line, their values in the line."""
    lines = (f"    {key}: {_flow(value)}\n" for key, value in source.items())
    return f"  {name}:\n" + "".join(lines)


def _flow(value: Any) -> str:
    text = yaml.dump(value, Dumper=_Dumper, default_flow_style=True, sort_keys=False, allow_unicode=True, width=110)
    return text.removesuffix("\n...\n").rstrip("\n").replace("\n", "\n     ")


def _delivers(system: System) -> bool:
    return bool(system.tables) and system.status != "planned"


def _sources(profile: Profile) -> Iterator[tuple[str, dict[str, Any]]]:
    for system in profile.systems:
        if _delivers(system) and profile.coverage(system):
            for instance in system.instances or (None,):
                yield (f"{system.id}/{instance}" if instance else system.id), _source(profile, system, instance)


def _source(profile: Profile, system: System, instance: str | None) -> dict[str, Any]:
    coverage = profile.coverage(system, instance)
    return {
        "owner": OWNER,
        "purposes": ["care"],
        "keys": list(dict.fromkeys(key for table in system.tables for key in TABLES[table].key)),
        "refresh": "monthly",
        "recording_delay_days": DELAY if system.recording_delay_days is None else system.recording_delay_days,
        "sensitivity": "special_category",
        "coverage": {code: {"from": one.from_} for code, one in coverage.items()},
        "fields": {table: _columns(table) for table in system.tables},
        "source_breaks": list(_breaks(profile, system, set(coverage))),
    }


def _columns(table: str) -> list[str]:
    return [column.name for column in TABLES[table].columns if column.name not in BY_THE_INGEST]


def _breaks(profile: Profile, system: System, covered: set[str]) -> Iterator[dict[str, Any]]:
    for one in profile.breaks_of(system):
        left = [code for code in one.municipalities if code in covered]
        if left or not one.municipalities:
            said = one.model_dump(include={"date", "kind", "comparable", "what"})
            yield {**said, **({"municipalities": left} if left else {})}
