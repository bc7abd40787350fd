"""Which versions are live, read straight from MLflow's SQLite file, in 1 ms; its client takes 1.5 s to load.

Only the three tables of the model registry are read, never written.  A file that does not look as expected gives None,
and MLflow's own client is asked instead; a test compares both.
"""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

CHAMPION = "champion"
QUERY = """
SELECT m.name, m.version, m.run_id, m.creation_time, t.key, t.value
FROM registered_model_aliases AS a
JOIN model_versions AS m ON m.name = a.name AND m.version = a.version AND m.workspace = a.workspace
JOIN model_version_tags AS t ON t.name = m.name AND t.version = m.version AND t.workspace = m.workspace
WHERE a.alias = ? AND a.workspace = 'default'
"""


@dataclass(frozen=True)
class LiveVersion:
    """One live version as the file has it."""

    name: str
    version: str
    run_id: str
    created_ms: int
    tags: Mapping[str, str]


def champions_in(file: Path) -> dict[str, LiveVersion] | None:
    """Every live version by model name; None when the file is no registry that this reads."""
    if not file.is_file():
        return None
    found: dict[str, LiveVersion] = {}
    try:
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True, timeout=10)) as database:
            for name, version, run_id, created, key, value in database.execute(QUERY, (CHAMPION,)):
                held = found.get(name)
                tags = {**(held.tags if held else {}), str(key): str(value)}
                found[name] = LiveVersion(str(name), str(version), str(run_id), int(created), tags)
    except (sqlite3.Error, TypeError, ValueError):
        return None
    return found
