"""A waiver: somebody lets one version through one failed gate, says why and until when, and signs it.

One file per waiver in the records folder, never changed.  It counts only for the very version, bundle and rule that it
names, only until its day, and only with a signature of a trusted key over every word of it.
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from configs.errors import ConfigError
from configs.workspace import Workspace
from features.manifest import write_atomically
from models.bundles.signing import is_signed, key_id, sign
from models.chain import canonical_json
from models.registry import RegisteredBundle

FOLDER = "waivers"
PURPOSE = "luotain gate waiver v1"
"""Part of what is signed: a signature made for another purpose is no waiver."""
SHORTEST_WHY = 10  # characters
LONGEST_DAYS = 366
"""A waiver is for mending something, not for living without a gate."""
FIELDS = ("model", "version", "bundle_sha256", "rule", "who", "why", "signed_at", "until", "key")


@dataclass(frozen=True)
class Waiver:
    """One signed waiver, as written."""

    values: Mapping[str, str]
    signature: str

    def message(self) -> bytes:
        """What is signed."""
        return canonical_json({**self.values, "purpose": PURPOSE})

    def as_dict(self) -> dict[str, str]:
        """As the file and the ledger hold it."""
        return {**self.values, "signature": self.signature}


def written(
    version: RegisteredBundle, rule: str, who: str, why: str, until: date, key: Ed25519PrivateKey, now: datetime
) -> Waiver:
    """A new waiver.  Raises ConfigError when it says too little or lasts too long."""
    if len(why.strip()) < SHORTEST_WHY:
        raise ConfigError(f'A waiver needs a reason of at least {SHORTEST_WHY} characters: `--why "..."`.')
    if not now.date() <= until <= now.date() + timedelta(days=LONGEST_DAYS):
        raise ConfigError(f"A waiver lasts from today to at most {LONGEST_DAYS} days ahead: `--until YYYY-MM-DD`.")
    values = {
        "model": version.name,
        "version": version.version,
        "bundle_sha256": version.sha256,
        "rule": rule,
        "who": who,
        "why": why.strip(),
        "signed_at": now.isoformat(timespec="seconds"),
        "until": until.isoformat(),
        "key": key_id(key.public_key()),
    }
    unsigned = Waiver(values, "")
    return Waiver(values, sign(key, unsigned.message()))


def store(workspace: Workspace, waiver: Waiver) -> Path:
    """Write the file; two waivers of one rule stand side by side."""
    content = json.dumps(waiver.as_dict(), ensure_ascii=False, indent=1, sort_keys=True).encode()
    rule = re.sub(r"[^a-z0-9]+", "-", waiver.values["rule"].lower()).strip("-")
    stem = f"{waiver.values['model']}_v{waiver.values['version']}_{rule}_{hashlib.sha256(content).hexdigest()[:8]}"
    folder = workspace.records / FOLDER
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_atomically(folder / f"{stem}.json", content)
    return folder / f"{stem}.json"


def waivers_of(
    workspace: Workspace, version: RegisteredBundle, keys: Sequence[Ed25519PublicKey], today: date | None = None
) -> tuple[dict[str, Waiver], tuple[str, ...]]:
    """(rule → the waiver that counts today, why other waivers of this version do not count)."""
    day = today or datetime.now(UTC).date()
    good: dict[str, Waiver] = {}
    told: list[str] = []
    for file in sorted((workspace.records / FOLDER).glob("*.json")):
        waiver = _read(file)
        if waiver is not None and (waiver.values["model"], waiver.values["version"]) != (version.name, version.version):
            continue  # of another version: nothing to say about this one
        fault = "it is no waiver" if waiver is None else _fault(waiver, version, keys, day)
        if fault:
            told.append(f"The waiver {file.name} does not count: {fault}.")
        elif waiver is not None:
            good[waiver.values["rule"]] = waiver
    return good, tuple(told)


def _read(file: Path) -> Waiver | None:
    try:
        values: Any = json.loads(file.read_text(encoding="utf-8"))
        kept = {name: values[name] for name in FIELDS}
        whole = set(values) == {*FIELDS, "signature"} and all(type(text) is str for text in values.values())
        return Waiver(kept, values["signature"]) if whole else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _fault(waiver: Waiver, version: RegisteredBundle, keys: Sequence[Ed25519PublicKey], day: date) -> str:
    if not is_signed(waiver.message(), waiver.signature, keys):
        return "it was changed, or not signed with a trusted key"
    if waiver.values["bundle_sha256"] != version.sha256:
        return "it is for another bundle"
    until = waiver.values["until"]
    return f"it ended on {until}" if date.fromisoformat(until) < day else ""
