"""Put the version that was live before back, in one command; it is recorded as any promotion is.

`python -m training.rollback --model need_frequent_emergency_12m --why "alarms since Monday"`
No gate is asked, because the version passed one; a reason is.  Its bundle is verified as always.
"""

import argparse
from collections.abc import Sequence

from configs.command import run_command, say
from configs.errors import ConfigError, GateError
from configs.loader import load_config, nearest
from evaluation.evaluate import recomputed
from training.promotion.desk import Desk, Figures, PromoteConfig, make_live, open_desk, reasoned, refuse_unverified

DEFAULT = "configs/promote.yaml"


def roll_back(desk: Desk, name: str) -> str:
    """Make the version before the live one live again; a second roll-back goes one further.

    Raises GateError when there is nothing to go back to, or something else became live meanwhile.
    """
    live = desk.ledger.live(name)
    previous = live.entry["previous"] if live else None
    if live is None or previous is None:
        stop = f'python -m serving.stop_model --model {name} --reason "..."'
        raise GateError(f"{name} has no earlier version to go back to. Promote another version, or stop it: `{stop}`.")
    version = desk.registry.version(name, str(previous))
    refuse_unverified(desk, version)
    before = recomputed(desk.registry, desk.registry.version(name, live.version))
    earlier = desk.ledger.previous_of(name, version.version)
    make_live(desk, "rollback", version, live, earlier, Figures(recomputed(desk.registry, version), before))
    return f"{name}: back to version {version.version} from {live.version}."


def known(desk: Desk, name: str) -> str:
    """The name itself.  Raises ConfigError that offers the nearest registered one."""
    names = desk.registry.names()
    if name in names:
        return name
    guess = nearest(name, names)
    hint = f"Did you mean `{guess}`?" if guess else f"Registered are: {', '.join(names) or 'none'}."
    raise ConfigError(f"No model is called `{name}`. {hint}")


def main(argv: Sequence[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m training.rollback", description="Puts the version before back.")
    parser.add_argument("--config", default=DEFAULT, help=f"YAML file (default: {DEFAULT})")
    parser.add_argument("--model", required=True, metavar="NAME", help="registered name of the model")
    parser.add_argument("--why", metavar="TEXT", help="why; required, it goes into the ledger")
    given = parser.parse_args(argv)

    def act() -> None:
        why = reasoned(given.why)
        desk = open_desk(load_config(given.config, PromoteConfig), why)
        say(roll_back(desk, known(desk, given.model)))

    return run_command(act)


if __name__ == "__main__":
    raise SystemExit(main())
