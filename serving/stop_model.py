"""`python -m serving.stop_model --model NAME --reason TEXT`: stop serving a model now; `--lift` serves it again.

The act is an entry of the audit log before it takes effect; every worker sees it with its next request.
"""

import argparse
import getpass
from collections.abc import Sequence
from datetime import UTC, datetime

from configs.command import run_command, say
from configs.errors import ConfigError
from models.oversight.facts import Stopped
from models.registry import connect
from serving.desk.masking import masked
from serving.oversight.stopping import LONGEST_REASON, SHORTEST_REASON, StopList
from serving.records.entries import Actor, AuditEvent, Event, local_text
from serving.records.logs import new_id
from serving.records.opening import open_records
from serving.settings import DEFAULT_CONFIG, ServingSettings, load_settings


def main(argv: Sequence[str] | None = None) -> int:
    """Turn the switch of one model."""
    parser = argparse.ArgumentParser(prog="python -m serving.stop_model", description="Stop serving a model")
    parser.add_argument("--config", default=None, help=f"YAML file (default: {DEFAULT_CONFIG})")
    parser.add_argument("--model", required=True, help="registered name, e.g. need_heavier_home_care_6m")
    parser.add_argument("--reason", required=True, help="why; everybody who signs in reads it")
    parser.add_argument("--lift", action="store_true", help="serve the model again")
    given = parser.parse_args(argv)
    return run_command(lambda: turn(load_settings(given.config), given.model, given.reason, given.lift))


def turn(settings: ServingSettings, name: str, reason: str, lift: bool) -> None:
    """Stop or lift one model.  Raises ConfigError for no such model, nothing to lift or a reason that says nothing."""
    because, stops = masked(reason).strip(), StopList(settings.workspace.records)
    if not SHORTEST_REASON <= len(because) <= LONGEST_REASON:
        raise ConfigError(f"A reason has {SHORTEST_REASON} to {LONGEST_REASON} characters. Write why.")
    if lift and name not in stops.all():
        raise ConfigError("This model is not stopped. Leave `--lift` out to stop it.")
    names = connect(settings.workspace).names() if not lift else ()
    if not lift and name not in names:
        raise ConfigError(f"There is no such model; registered: {', '.join(names) or 'none'}.")
    who = f"command:{getpass.getuser()}"
    _note(settings, who, name, because, "model_lifted" if lift else "model_stopped")
    if lift:
        stops.lift(name)
    else:
        stops.stop(name, Stopped(local_text(datetime.now(UTC).isoformat()), who, because))
    say(f"{name} is {'served again' if lift else 'stopped'}.")


def _note(settings: ServingSettings, who: str, name: str, reason: str, act: Event) -> None:
    records = open_records(settings, lambda: datetime.now(UTC))
    actor = Actor(who, "system", settings.county, "", "none")
    event = AuditEvent(act, "ok", actor, new_id(), "oversight", free_ground=reason, detail={"model": name})
    records.audit(event)
    records.close()


if __name__ == "__main__":
    raise SystemExit(main())
