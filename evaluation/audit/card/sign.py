"""A person signs the people-impact assessment of a live model.

`python -m evaluation.audit.card.sign --model NAME --who "NAME, ROLE" [--ratings FILE] [--comment TEXT]` signs what the
newest report suggests; a YAML file `row: rating` gives the person's own word for rows, and has to for rows that no
measurement suggests.  A signature is a new file; nothing is overwritten.
"""

import argparse
import json
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from configs.command import run_command, say
from configs.errors import ConfigError, DataError, ModelError
from configs.loader import load_config, nearest, read_yaml
from configs.workspace import Workspace
from evaluation.audit.clock import today_of
from evaluation.audit.material import Material
from evaluation.audit.settings import AuditConfig
from evaluation.audit.summary import report_stem
from features.manifest import write_atomically
from models.bundles.signing import load_or_create_signing_key, sign
from models.oversight.impact import FOLDER, KEY_ENV, KEYS, RATINGS, due_day, signed_message
from models.registry import RegisteredBundle, connect

DEFAULT = "configs/audit.yaml"
SHORTEST_WHO = 5
FORMAT = 1


def signed(
    config: AuditConfig, name: str, who: str, given: Mapping[str, str], comment: str = ""
) -> tuple[Path, dict[str, Any]]:
    """Write one signed assessment of the live version of `name`: (file, its content).

    Raises ModelError when the model is not live, DataError when no report of it is published, ConfigError for an
    unknown row or rating, for a row without any, and for a signer without a name.
    """
    if len(who.strip()) < SHORTEST_WHO:
        raise ConfigError('Say who signs: `--who "Forename Surname, role"`.')
    workspace = Workspace.of(config.var)
    version = _live(workspace, name)
    values: dict[str, Any] = {
        "format": FORMAT,
        "model": version.name,
        "version": version.version,
        "bundle_sha256": version.sha256,
        "who": who.strip(),
        "at": today_of(workspace, config.clock).isoformat(),
        "ratings": _ratings(_rows(workspace, version), given),
        "comment": comment,
    }
    key = load_or_create_signing_key(workspace.keys / KEYS, KEY_ENV)
    values["signature"] = sign(key, signed_message(values))
    return _write(workspace.records / FOLDER, values), values


def _live(workspace: Workspace, name: str) -> RegisteredBundle:
    registry = connect(workspace)
    found = registry.champion(name)
    if found is None:
        live = registry.champions()
        guess = nearest(name, live)
        hint = f"Did you mean `{guess}`?" if guess else f"Live: {', '.join(live) or 'none'}."
        raise ModelError(f"No version of {name} is live. {hint}")
    return found


def _rows(workspace: Workspace, version: RegisteredBundle) -> list[dict[str, Any]]:
    """The rows of the published report: what its measurements suggest."""
    report = Material(workspace, connect(workspace), version).published(
        f"{report_stem(version.name, version.version)}.json"
    )
    if report is None:
        raise DataError(
            f"No audit report of {version.name} version {version.version} is published. Type "
            "`python -m evaluation.audit --config configs/audit.yaml` first: nobody signs what was not measured."
        )
    return list(report["impact"]["rows"])


def _ratings(rows: Sequence[Mapping[str, Any]], given: Mapping[str, str]) -> dict[str, str]:
    known = [row["id"] for row in rows]
    for row, rating in given.items():
        if row not in known:
            raise ConfigError(f"The assessment has no row `{row}`. Rows: {', '.join(known)}.")
        if rating not in RATINGS:
            raise ConfigError(f"`{row}: {rating}` is no rating. Allowed: {', '.join(RATINGS)} (in quotes).")
    ratings = {row["id"]: given.get(row["id"]) or row["suggested"] for row in rows}
    open_rows = [row for row, rating in ratings.items() if rating is None]
    if open_rows:
        raise ConfigError(
            f"No measurement suggests a rating for {', '.join(open_rows)}: a person has to. Write a file with "
            f'`{open_rows[0]}: "0"` and name it: `--ratings FILE`.'
        )
    return ratings


def _write(folder: Path, values: Mapping[str, Any]) -> Path:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    stem = f"{values['model']}_{values['at']}"
    number = 1 + len(list(folder.glob(f"{stem}_*.json")))
    file = folder / f"{stem}_{number:03d}.json"
    write_atomically(file, (json.dumps(values, ensure_ascii=False, indent=1) + "\n").encode())
    return file


def _given(path: str | None) -> dict[str, str]:
    return {str(row): str(rating) for row, rating in read_yaml(path).items()} if path else {}


def main(argv: Sequence[str] | None = None) -> int:
    """Sign one assessment."""
    parser = argparse.ArgumentParser(prog="python -m evaluation.audit.card.sign", description="Signs an assessment.")
    parser.add_argument("--config", default=DEFAULT, help=f"YAML file (default: {DEFAULT})")
    parser.add_argument("--model", required=True, help="registered name of a live model")
    parser.add_argument("--who", required=True, help='name and role, e.g. "Aino Virtanen, quality manager"')
    parser.add_argument("--ratings", help="YAML file: row: rating")
    parser.add_argument("--comment", default="", help="a few words")
    asked = parser.parse_args(argv)

    def action() -> None:
        config = load_config(asked.config, AuditConfig)
        file, values = signed(config, asked.model, asked.who, _given(asked.ratings), asked.comment)
        due = due_day(date.fromisoformat(values["at"]), config.impact_months)
        told = ", ".join(f"{row} {rating}" for row, rating in values["ratings"].items())
        say(f"{values['model']} version {values['version']}: {told}")
        say(f"Signed by {values['who']} on {values['at']}, due again on {due}; kept in {file.parent.name}/{file.name}.")

    return run_command(action)


if __name__ == "__main__":
    raise SystemExit(main())
