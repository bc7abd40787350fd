"""`python -m serving.rotate_key`: a new key signs the checkpoints from now on; what the old one signed still counts."""

import argparse
import getpass
from collections.abc import Sequence
from datetime import UTC, datetime

from configs.command import run_command, say
from serving.records.entries import Actor, AuditEvent
from serving.records.keeping.keys import rotate
from serving.records.logs import new_id
from serving.records.opening import open_records, witness_of
from serving.settings import DEFAULT_CONFIG, ServingSettings, load_settings


def main(argv: Sequence[str] | None = None) -> int:
    """Rotate, note it in the log, and note the heads under the new key."""
    parser = argparse.ArgumentParser(prog="python -m serving.rotate_key", description="Change the checkpoint key")
    parser.add_argument("--config", default=None, help=f"YAML file (default: {DEFAULT_CONFIG})")
    given = parser.parse_args(argv)
    return run_command(lambda: _rotate(load_settings(given.config)))


def _rotate(settings: ServingSettings) -> None:
    records, witness = open_records(settings, lambda: datetime.now(UTC)), witness_of(settings)
    witness.note_heads(records)  # the last word of the old key
    old, new = rotate(witness.keys)
    actor = Actor(f"command:{getpass.getuser()}", "system", settings.county, "", "none")
    records.audit(AuditEvent("checkpoint_key", "ok", actor, new_id(), "rotation", detail={"old": old, "new": new}))
    witness.note_heads(records)
    records.close()
    say(f"Key {new} signs now. Keep the public key of {old}: it proves what was signed before.")


if __name__ == "__main__":
    raise SystemExit(main())
