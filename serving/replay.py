"""`python -m serving.replay --entry N`: computes a logged answer once more and compares it bit for bit.

The process starts from nothing but the snapshot, the bundle and the entry.  Exit code 1 when the answer is another,
or cannot be computed any more; the sentence says which of the sources is to blame.
"""

import argparse
import getpass
import json
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from configs.command import run_command, say
from configs.errors import DataError, LuotainError
from configs.loader import PROJECT_ROOT
from configs.phrases import Phrase, phrase_of
from serving.records.entries import Actor, AuditEvent
from serving.records.logs import new_id
from serving.records.opening import open_records
from serving.replaying.recompute import replay
from serving.replaying.verdict import Replayed, heard, sentence_heard, sentence_told, told
from serving.settings import DEFAULT_CONFIG, ServingSettings, load_settings

REPLAY_SECONDS = 120


class NotTheSame(LuotainError):
    """The answer of an entry did not come out again."""


def main(argv: Sequence[str] | None = None) -> int:
    """Print one line per answer."""
    parser = argparse.ArgumentParser(prog="python -m serving.replay", description="Compute a logged answer once more")
    parser.add_argument("--config", default=None, help=f"YAML file (default: {DEFAULT_CONFIG})")
    parser.add_argument("--entry", type=int, required=True, help="number of the audit entry")
    parser.add_argument("--json", action="store_true", help="for a caller that notes the replay itself")
    given = parser.parse_args(argv)
    return run_command(lambda: _replay(load_settings(given.config), given.entry, given.json))


def replay_in_process(config: str, seq: int, seconds: float = REPLAY_SECONDS) -> Replayed:
    """Replay in a fresh process, for the auditor's page; the caller notes it in the audit log.

    Raises DataError with the command's sentence, or with the command to type where it takes longer than `seconds`.
    """
    typed = f"python -m serving.replay --config {config} --entry {seq}"
    command = [sys.executable, *typed.split()[1:], "--json"]
    try:
        done = subprocess.run(command, cwd=PROJECT_ROOT, capture_output=True, text=True, check=False, timeout=seconds)
        values = json.loads(done.stdout.splitlines()[-1])
    except subprocess.TimeoutExpired:
        english = f"Computing it again takes longer than a page may wait ({seconds:g} s). Type in a terminal: {typed}"
        raise DataError(Phrase(english, "replay.say.slow", seconds=f"{seconds:g}", command=typed)) from None
    except (ValueError, IndexError):
        raise DataError(done.stderr.strip().removeprefix("luotain: ") or "The replay gave no answer.") from None
    if "fault" in values:
        raise DataError(sentence_heard(values["fault"]))
    return heard(values)


def _replay(settings: ServingSettings, seq: int, as_json: bool) -> None:
    if as_json:
        say(json.dumps(_told(settings, seq)))
        return
    found = replay(settings, seq)
    _note(settings, found)
    for number, one in enumerate(found.verdicts, start=1):
        what = " ".join(part for part in (one.kind, one.id, "by", one.model) if part)
        say(f"answer {number} of {len(found.verdicts)}: {what}: {one.said}")
    for note in found.notes:
        say(note)
    if not found.is_same:
        raise NotTheSame(f"Entry {seq} did not come out the same. The sentences above say what to look at.")
    say(f"Entry {seq} of {found.time}: every answer is the same, bit for bit.")


def _told(settings: ServingSettings, seq: int) -> dict[str, Any]:
    """What was found, or why nothing could be looked for."""
    try:
        return told(replay(settings, seq))
    except LuotainError as fault:
        return {"fault": sentence_told(phrase_of(fault))}


def _note(settings: ServingSettings, found: Replayed) -> None:
    """Reading the log is an act that the log keeps."""
    records = open_records(settings, lambda: datetime.now(UTC))
    actor = Actor(f"command:{getpass.getuser()}", "system", settings.county, "", "none")
    detail = {"entry": found.seq, "outcomes": [one.outcome for one in found.verdicts]}
    records.audit(AuditEvent("replay", "ok", actor, new_id(), "oversight", detail=detail))
    records.close()


if __name__ == "__main__":
    raise SystemExit(main())
