"""Old pseudonyms and the new ones, kept with the keys: what the service recorded before a change of key stays linked.

Whoever holds this list can join what was pseudonymised before and after the change, but not name a person.  It lies
where the keys lie, readable by its owner only, and never in the data folder of production.
"""

import os
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path

from configs.errors import ConfigError
from features.keys import Purpose

Renamed = Mapping[str, str]


def write_renamed(folder: Path, purpose: Purpose, old_id: str, new_id: str, clients: Renamed) -> Path:
    """Keep the list of one change of key."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = _file(folder, purpose, old_id, new_id)
    beside = file.with_name(f".{file.name}.part")
    beside.unlink(missing_ok=True)
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as stream:
        stream.writelines(f"{old} {new}\n" for old, new in sorted(clients.items()))
        stream.flush()
        os.fsync(stream.fileno())
    beside.replace(file)
    return file


def read_renamed(folder: Path, purpose: Purpose, key_ids: Sequence[str]) -> dict[str, str]:
    """Every earlier pseudonym and the present one; `key_ids` are those of the store, oldest first."""
    present: dict[str, str] = {}
    for old_id, new_id in reversed(list(pairwise(key_ids))):
        step = _read(_file(folder, purpose, old_id, new_id))
        present = present | {old: present.get(new, new) for old, new in step.items()}
    return present


def _read(file: Path) -> dict[str, str]:
    if not file.exists():
        raise ConfigError(
            f"The list {file.name} of a change of key is missing from the folder of keys. Restore it: the service's "
            "own records carry the pseudonyms of before."
        )
    return dict(line.split() for line in file.read_text(encoding="ascii").splitlines())


def _file(folder: Path, purpose: Purpose, old_id: str, new_id: str) -> Path:
    return folder / f"{purpose}.{old_id}.{new_id}.renamed"
