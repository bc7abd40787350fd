"""`python -m serving.client_log --to FOLDER`: the log about one client, for the client's own request (703/2023 § 11).

The henkilötunnus is asked for (not echoed) or read from stdin, never taken from the command line.  Two years are
told; `--special-reason` tells all of it.  Giving the log is itself an entry, made before a file is written.
"""

import argparse
import getpass
import hashlib
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from configs.command import run_command, say
from configs.errors import DataError
from features.identity import IdentifierError, canonical_henkilotunnus, pseudonymise
from features.keys import load_key
from serving.desk.masking import masked
from serving.disclosing.own_log import OwnLog, load_words, own_log, told_since, utc_since
from serving.disclosing.rendering import files_of
from serving.records.entries import HELSINKI, Actor, AuditEvent
from serving.records.logs import Clock, Records, new_id
from serving.records.opening import open_records, place_of
from serving.settings import DEFAULT_CONFIG, ServingSettings, load_settings


def main(argv: Sequence[str] | None = None) -> int:
    """Ask for the client, write the files."""
    parser = argparse.ArgumentParser(prog="python -m serving.client_log", description="A client's own log")
    parser.add_argument("--config", default=None, help=f"YAML file (default: {DEFAULT_CONFIG})")
    parser.add_argument("--to", type=Path, required=True, help="folder for the pages and tables")
    parser.add_argument("--special-reason", default=None, help="why entries older than two years are told too")
    given = parser.parse_args(argv)
    return run_command(lambda: _disclose(load_settings(given.config), given.to, given.special_reason))


def _disclose(settings: ServingSettings, folder: Path, reason: str | None) -> None:
    if not place_of(settings).exists():
        raise DataError("There is no log yet: nothing was served from this data folder. Type `make demo` first.")
    records = open_records(settings, lambda: datetime.now(UTC))
    told, files = disclosed(settings, records, _client(settings), reason, records.now)
    records.close()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name, content in files.items():
        (folder / name).write_bytes(content)
        (folder / name).chmod(0o600)
    say(f"{len(told.rows)} entries written to {len(files)} files. Read them before you hand them over.")


def disclosed(
    settings: ServingSettings, records: Records, client_id: str, reason: str | None, clock: Clock
) -> tuple[OwnLog, Mapping[str, bytes]]:
    """The log and its files, after the entry about giving them is committed.  Raises DataError or Unavailable."""
    today, words = clock().astimezone(HELSINKI).date(), load_words()
    since = told_since(today, reason)
    entries = records.about(client_id, utc_since(since))
    names = {user_id: user.name for user_id, user in settings.development_users.items()}
    told = own_log(entries, settings, since, today, words, lambda actor: names.get(actor, actor))
    files = files_of(told, words)
    detail = {
        "recipient": "client",
        "content": "access log",
        "format": "html, csv",
        "rows": len(told.rows),
        "export_sha256": {name: hashlib.sha256(content).hexdigest() for name, content in files.items()},
    }
    actor = Actor(f"command:{getpass.getuser()}", "system", settings.county, "", "none")
    free = masked(reason) if reason else None
    event = AuditEvent("client_log", "ok", actor, new_id(), "client_request", client_id=client_id, detail=detail)
    records.audit(AuditEvent(**{**vars(event), "free_ground": free}))
    return told, files


def _client(settings: ServingSettings) -> str:
    """The pseudonym of whoever is typed.  What was typed is never repeated."""
    typed = getpass.getpass("henkilötunnus: ") if sys.stdin.isatty() else sys.stdin.readline()
    try:
        known = canonical_henkilotunnus(typed, "link" if settings.is_development else "refuse")
    except IdentifierError:
        raise DataError("That is no henkilötunnus. Type it as it is written on the card.") from None
    data = None if settings.is_development else settings.workspace.root
    return pseudonymise(load_key(settings.workspace.keys, data=data), known)


if __name__ == "__main__":
    raise SystemExit(main())
