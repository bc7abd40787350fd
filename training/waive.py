"""Sign a waiver: let one version through one failed gate, with a reason and an end.

`python -m training.waive --model need_frequent_emergency_12m --rule calibration_slope --until 2026-12-31 --why "..."`
It is signed with the project's Ed25519 key, counts for the newest version only, and is shown as a condition wherever
the model is judged.  `--list` shows what is signed and what counts.
"""

import argparse
from collections.abc import Sequence
from datetime import UTC, date, datetime

from configs.command import run_command, say
from configs.errors import ConfigError, GateError
from configs.loader import load_config, nearest
from models.bundles.signing import load_or_create_signing_key, trusted_keys
from models.registry import RegisteredBundle
from training.promotion.desk import Desk, PromoteConfig, actor, open_desk
from training.promotion.gates import Gates
from training.promotion.judging import judgement
from training.promotion.waivers import store, waivers_of, written
from training.rollback import known

DEFAULT = "configs/promote.yaml"


def waive(desk: Desk, gates: Gates, name: str, rule: str, why: str, until: date) -> str:
    """Sign and store; the sentence to print.

    Raises ConfigError for a rule that does not fail, GateError without a candidate.
    """
    candidate = newest(desk, name)
    found = judgement(desk, candidate, desk.registry.champion(name), gates)
    failed = [check.rule for check in found.figures.checks if not check.passed]
    if rule not in failed:
        guess = nearest(rule, failed)
        hint = f"Did you mean `{guess}`?" if guess else f"Failing are: {', '.join(failed) or 'none'}."
        raise ConfigError(f"`{rule}` is no failing gate of {name} version {candidate.version}. {hint}")
    key = load_or_create_signing_key(desk.workspace.keys)
    waiver = written(candidate, rule, actor(), why, until, key, datetime.now(UTC))
    file = store(desk.workspace, waiver)
    return f"Signed: {name} version {candidate.version} may pass `{rule}` until {until.isoformat()} ({file.name})."


def newest(desk: Desk, name: str) -> RegisteredBundle:
    """The candidate.  Raises GateError when nothing is registered."""
    candidate = desk.registry.latest(name)
    if candidate is None:
        raise GateError(f"No version of {name} is registered. Train it first.")
    return candidate


def _list(desk: Desk, name: str) -> None:
    good, void = waivers_of(desk.workspace, newest(desk, name), trusted_keys(desk.workspace.keys))
    for rule, waiver in sorted(good.items()):
        say(f"{rule}: until {waiver.values['until']}, {waiver.values['who']}: {waiver.values['why']}")
    say("\n".join(void) if void else f"{len(good)} waivers count for the newest version of {name}.")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ConfigError("`--until` needs a date such as 2026-12-31.") from None


def main(argv: Sequence[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m training.waive", description="Signs a waiver of one gate.")
    parser.add_argument("--config", default=DEFAULT, help=f"YAML file (default: {DEFAULT})")
    parser.add_argument("--model", required=True, metavar="NAME", help="registered name; its newest version is meant")
    parser.add_argument("--rule", metavar="RULE", help="the failing gate, as promote prints it")
    parser.add_argument("--why", metavar="TEXT", default="", help="why it may pass all the same")
    parser.add_argument("--until", metavar="DATE", default="", help="the last day on which it counts")
    parser.add_argument("--list", action="store_true", help="show the waivers of the newest version")
    given = parser.parse_args(argv)

    def act() -> None:
        config = load_config(given.config, PromoteConfig)
        desk = open_desk(config)
        name = known(desk, given.model)
        if given.list:
            _list(desk, name)
        elif not given.rule:
            raise ConfigError("`--rule` says which failing gate is waived; `python -m training.promote` prints them.")
        else:
            say(waive(desk, load_config(config.gates, Gates), name, given.rule, given.why, _day(given.until)))

    return run_command(act)


if __name__ == "__main__":
    raise SystemExit(main())
